"""`maestro token`: who may send measurements of which repository."""

from __future__ import annotations

import re

import click

from app.commands.kept import with_stores

_REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_.-]{1,100}")


def _repository(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    if not _REPOSITORY.fullmatch(given):
        raise click.BadParameter(f"{given!r} is not owner/name")
    return given


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def token() -> None:
    """Issue or revoke the token with which CI sends measurements."""


@token.command("issue")
@click.argument("repository", callback=_repository)
def issue(repository: str) -> None:
    """Print a new token for REPOSITORY (owner/name). It is shown this once; only its hash is kept."""
    click.echo(with_stores(lambda kept: kept.tokens.issue(repository)))


@token.command("revoke")
@click.argument("repository", callback=_repository)
def revoke(repository: str) -> None:
    """Revoke every token of REPOSITORY (owner/name)."""
    click.echo(f"{with_stores(lambda kept: kept.tokens.revoke(repository))} revoked")
