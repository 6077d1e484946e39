"""`maestro token`: who may send measurements and bills, of which repository or of which commit."""

from __future__ import annotations

import re

import click

from app.commands.kept import with_stores
from app.model import is_bill_path, is_sha
from app.store.tokens import Grant

_REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_HOUR = 60  # minutes
_DAY = 24 * _HOUR


def of_repository(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    """The argument REPOSITORY, where it is one."""
    if not _REPOSITORY.fullmatch(given):
        raise click.BadParameter(f"{given!r} is not owner/name")
    return given


def _sha(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    if given and not is_sha(given):
        raise click.BadParameter(f"{given!r} is not a full commit sha")
    return given


def _path(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    if given and not is_bill_path(given):
        raise click.BadParameter(f"{given!r} is not the path of a bill")
    return given


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def token() -> None:
    """Issue or revoke the tokens with which CI sends measurements and bills."""


@token.command("issue")
@click.argument("repository", callback=of_repository)
@click.option("--sha", default="", callback=_sha, help="Bind it to this commit; it then ends by itself.")
@click.option("--path", default="", callback=_path, help="Bind it to this bill of that commit.")
@click.option("--minutes", type=click.IntRange(1, _DAY), help=f"Life of a token with --sha.  [default: {_HOUR}]")
def issue(repository: str, sha: str, path: str, minutes: int | None) -> None:
    """Print a new token for REPOSITORY (owner/name). It is shown this once; only its hash is kept."""
    if not sha and (path or minutes):
        raise click.UsageError("--path and --minutes need --sha")
    seconds = (minutes or _HOUR) * 60.0 if sha else None
    granted = Grant(repository, sha, path)
    click.echo(with_stores(lambda kept: kept.tokens.issue(granted, seconds)))


@token.command("revoke")
@click.argument("repository", callback=of_repository)
def revoke(repository: str) -> None:
    """Revoke every token of REPOSITORY (owner/name)."""
    click.echo(f"{with_stores(lambda kept: kept.tokens.revoke(repository))} revoked")
