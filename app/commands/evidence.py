"""`maestro evidence`: one decision with all that it rests on, as a file that a stranger can check."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from app.commands.existing import existing
from app.pack.evidence import Sources, chosen, own_history
from app.pack.pack import pack_of
from app.pack.redaction import Unmade
from app.pack.secrets import LEAST
from app.pack.signing import Signer
from app.record import BadRecord
from app.settings import SettingsError, SigningSettings, key_text, signing
from app.store.database import connect
from app.store.pull_news import PullKey

_WHERE = re.compile(
    r"(?P<repository>[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100})#(?P<number>[1-9][0-9]{0,8})", re.ASCII
)


def _pull(_context: click.Context, _parameter: click.Parameter, given: str | None) -> PullKey | None:
    if given is None:
        return None
    found = _WHERE.fullmatch(given)
    if found is None:
        raise click.BadParameter("name a pull request as OWNER/NAME#NUMBER")
    return found["repository"].lower(), int(found["number"])


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("pull", metavar="[OWNER/NAME#NUMBER]", required=False, callback=_pull)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--decision", type=click.IntRange(min=1), help="The id of an earlier decision  [default: the newest].")
@click.option("--public-key", is_flag=True, help="Print the key that packs are signed with, and nothing else.")
def evidence(pull: PullKey | None, output: Path | None, decision: int | None, public_key: bool) -> None:
    """Write the Repro Pack of a pull request's newest decision: facts, rules, decision, log, bills, ticks, signed.

    It is read from the database in DATABASE_URL, which stays as it is, and signed with a key that is derived from
    MAESTRO_PRIVATE_KEY. What looks like a secret is left out. `maestro replay` checks it and decides again.
    """
    try:
        settings = signing()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if public_key:
        click.echo(Signer.of(key_text(settings)).public.pem.decode(), nl=False)
        return
    if pull is None:
        raise click.UsageError("name a pull request as OWNER/NAME#NUMBER")
    content = _made(settings, pull, decision)
    short = sum(len(one) < LEAST for one in settings.secrets)
    if short:
        click.echo(
            f"maestro: {short} of this App's own secrets are shorter than {LEAST} characters: not looked for", err=True
        )
    file = output or Path(f"{pull[0].replace('/', '-')}-{pull[1]}.zip")
    file.write_bytes(content)
    click.echo(f"{file}: {len(content):,} bytes, signed with {Signer.of(key_text(settings)).public.fingerprint}")


def _made(settings: SigningSettings, pull: PullKey, decision: int | None) -> bytes:
    async def read() -> bytes | Unmade:
        engine = connect(existing())
        try:
            sources = Sources.over(engine)
            judged = chosen(await own_history(sources.decisions, pull, {}), decision)
            if judged is None:
                return Unmade("nothing was decided of it" if decision is None else f"it has no decision {decision}")
            return pack_of(await sources.of(judged), Signer.of(key_text(settings)), settings.secrets)
        except DBAPIError as error:
            raise OSError(f"the database cannot be read: {error.orig}") from None
        except BadRecord as error:
            return Unmade(f"another version kept it: {error}")
        finally:
            await engine.dispose()

    found = asyncio.run(read())
    if isinstance(found, Unmade):
        raise click.ClickException(f"no pack of {pull[0]}#{pull[1]}: {found.why}")
    return found
