"""`maestro speclive`: the operator's word on the guards of a repository's services."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

import click

from app.commands.kept import with_stores
from app.commands.token import of_repository
from app.model import Cause, SpecSwitch, Surface

_CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_CONTEXT)
def speclive() -> None:
    """Switch the guards of Spec Cards off and on, for all services of a repository."""


@speclive.command("off", context_settings=_CONTEXT)
@click.argument("repository", callback=of_repository)
@click.option("--reason", default="", help="Why, for whoever wonders; it is logged.")
def off(repository: str, reason: str) -> None:
    """Switch off every guard of REPOSITORY (owner/name): each service hears of it when it asks next."""
    _turn(repository, SpecSwitch(True, reason[:200], getpass.getuser()))
    click.echo(f"guards of {repository} are off")


@speclive.command("on", context_settings=_CONTEXT)
@click.argument("repository", callback=of_repository)
def on(repository: str) -> None:
    """Let the guards of REPOSITORY (owner/name) do what its cards and rules say."""
    _turn(repository, SpecSwitch(False, "", getpass.getuser()))
    click.echo(f"guards of {repository} are on")


@speclive.command("status", context_settings=_CONTEXT)
@click.argument("repository", callback=of_repository)
def status(repository: str) -> None:
    """Say whether the guards of REPOSITORY (owner/name) are switched off, by whom and why."""
    said = with_stores(lambda kept: kept.speclive.switch(repository))
    if not said.at:
        click.echo(f"guards of {repository} are on: nobody ever switched them off")
        return
    when = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    why = f": {said.reason}" if said.reason else ""
    click.echo(f"guards of {repository} are {'off' if said.off else 'on'} since {when}, by {said.who}{why}")


def _turn(repository: str, said: SpecSwitch) -> None:
    cause = Cause(reason=said.reason, who=said.who, surface=Surface.CLI)
    with_stores(lambda kept: kept.speclive.turn(repository, said, cause))
