"""`maestro replay`: a webhook, a recorded decision or a Repro Pack decided again. Nothing is written to GitHub."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app import record
from app.commands import screen
from app.commands.unpacking import replay_pack
from app.exit import BY_VERDICT, Exit
from app.gather.simulation import simulated
from app.github.address import Address
from app.github.client import API_URL
from app.github.errors import Denied, GitHubError, NotFound
from app.main import reader_with_token, understanding
from app.model import Delivery
from app.osv.query import OSV_URL
from app.wire import root
from checks.decide import worst
from checks.model import Decision

# Which event a payload belongs to, told by the keys it holds; the more particular first. Deployments may bring their
# workflow run, reviews bring their pull request.
_TELLING: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (event, frozenset(keys.split()))
    for event, keys in (
        ("installation_repositories", "repositories_added"),
        ("installation_target", "installation target_type"),
        ("deployment_status", "deployment_status"),
        ("deployment", "deployment"),
        ("workflow_job", "workflow_job"),
        ("workflow_run", "workflow_run"),
        ("check_run", "check_run"),
        ("check_suite", "check_suite"),
        ("merge_group", "merge_group"),
        ("pull_request_review_comment", "pull_request comment"),
        ("pull_request_review_thread", "pull_request thread"),
        ("pull_request_review", "pull_request review"),
        ("pull_request", "pull_request"),
        ("issue_comment", "issue comment"),
        ("commit_comment", "comment"),
        ("issues", "issue"),
        ("push", "commits"),
        ("ping", "zen"),
    )
)


_ZIP = b"PK"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--event", help="The X-GitHub-Event header; guessed from the payload when left out.")
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Who must have signed a pack."
)
@click.option("--json", "as_json", is_flag=True, help="Print the decisions as JSON.")
def replay(file: Path, event: str | None, key: Path | None, as_json: bool) -> None:
    """Decide FILE again: a webhook's payload, a record that `maestro check --record` wrote, or a Repro Pack.

    A record is decided from itself alone, and must come out to the same decision. So is a pack of `maestro evidence`,
    once its members, its signature, its part of the log and its ticks were checked; --key names the file of the public
    key, in PEM, that you trust. A webhook is read from GitHub as it
    is now, with the token in GITHUB_TOKEN and the API in MAESTRO_GITHUB_API; no database is read, so measurements
    that were sent to a server's API are not seen.
    """
    content = file.read_bytes()
    if content.startswith(_ZIP):
        replay_pack(content, key, as_json)
    if key is not None:
        raise click.UsageError("--key is for a Repro Pack")
    held = _object(content, file)
    decisions = [_again(content)] if "case" in held else asyncio.run(_replayed(content, event or guessed(held)))
    if not decisions:
        raise click.ClickException(
            "nothing to decide: the event asks for none, or what it speaks of is closed or not configured"
        )
    for decision in decisions:
        click.echo(screen.as_json(decision) if as_json else screen.drawn(decision))
    sys.exit(BY_VERDICT[worst(decision.verdict for decision in decisions).value])


def _again(content: bytes) -> Decision:
    try:
        return record.again(content)
    except record.BadRecord as error:
        raise click.ClickException(str(error)) from None


async def _replayed(content: bytes, event: str) -> list[Decision]:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        raise click.ClickException("set GITHUB_TOKEN to a token that can see the repository")
    try:
        async with reader_with_token(token, _api(), _osv()) as reader:
            triggers = understanding(Delivery(0, "replay", event, content, 0.0))
            asked = [one for trigger in triggers for one in await reader.evaluations(trigger)]
            found = [await simulated(reader, one) for one in asked]
            return [decision for decision in found if decision is not None]
    except (NotFound, Denied) as error:
        raise click.ClickException(f"{error}; can the token in GITHUB_TOKEN see the repository?") from None
    except GitHubError as error:
        click.echo(f"maestro: {error}", err=True)
        sys.exit(Exit.INFRASTRUCTURE)


def _api() -> str:
    """Where GitHub is, as the environment says."""
    api = os.environ.get("MAESTRO_GITHUB_API") or API_URL
    try:
        Address(api)
    except ValueError as error:
        raise click.ClickException(f"MAESTRO_GITHUB_API: {error}") from None
    return api


def _osv() -> str:
    """Where OSV is, as the environment says; empty where nobody is to be asked."""
    address = os.environ.get("MAESTRO_OSV_URL", OSV_URL)
    try:
        return str(root(address)) if address else ""
    except ValueError as error:
        raise click.ClickException(f"MAESTRO_OSV_URL: {error}") from None


def _object(content: bytes, file: Path) -> Mapping[str, Any]:
    try:
        held = json.loads(content)
    except (ValueError, RecursionError):
        raise click.ClickException(f"{file} is no Repro Pack, record or payload: neither a zip nor JSON") from None
    if not isinstance(held, dict):
        raise click.ClickException(f"{file} is not a JSON object")
    return held


def guessed(held: Mapping[str, Any]) -> str:
    """The X-GitHub-Event header that the payload `held` came under. Raises ClickException where nothing tells."""
    event = next((event for event, keys in _TELLING if keys <= held.keys()), None)
    if event is None and "installation" in held and "repository" not in held:  # every payload of an App holds the first
        return "installation"
    if event is None:
        raise click.ClickException("cannot tell which event this is; name it with --event")
    return event
