"""`maestro deliveries`: what came in, what is dead and why, and letting it run again."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.commands.existing import existing
from app.commands.kept import with_stores
from app.render.escape import log as inert
from app.store.deliveries import Kept, Standing

_PIPED = 4_000  # characters: what is read by a program is not folded


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def deliveries(context: click.Context, dead: bool, limit: int, as_json: bool) -> None:
    """List the webhooks that came in, the newest first; `replay` lets dead ones run again."""
    if context.invoked_subcommand is not None:
        return
    existing()
    standing = Standing.FAILED if dead else None
    kept = with_stores(lambda stores: stores.deliveries.listed(standing, limit))
    if as_json:
        for one in kept:
            click.echo(json.dumps(_plain(one)))
    else:
        _draw(kept)


@deliveries.command("replay")
@click.argument("guids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that are dead.")
def replay(guids: Sequence[str], every: bool) -> None:
    """Let the dead deliveries with these GUIDs run again, from the beginning; what was done is not done twice."""
    if bool(guids) is every:
        raise click.UsageError("name the GUIDs of dead deliveries, or say --all")
    existing()
    revived = with_stores(lambda stores: stores.deliveries.replay(guids))
    click.echo(f"{revived} will run again")
    if revived < len(guids):
        raise click.ClickException(f"{len(guids) - revived} of them are not dead, or not known")


def _plain(one: Kept) -> dict[str, Any]:
    return {
        "guid": one.guid,
        "event": one.event,
        "standing": one.standing,
        "received_at": _moment(one),
        "error": one.error,
    }


def _draw(kept: Sequence[Kept]) -> None:
    if not kept:
        click.echo("no deliveries")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("received", "event", "standing", "guid", "error"):
        table.add_column(name, overflow="fold")
    for one in kept:
        table.add_row(_moment(one), one.event, one.standing, one.guid, inert(one.error))
    Console(width=None if sys.stdout.isatty() else _PIPED).print(table, markup=False)


def _moment(one: Kept) -> str:
    return datetime.fromtimestamp(one.received_at, UTC).isoformat(timespec="seconds")
