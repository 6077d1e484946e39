"""`maestro demo`: a local GitHub, the whole App, and six pull requests that get their decisions, without keys."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from pydantic import SecretStr

from app import logs, record
from app.commands import screen
from app.commands.repairing import repaired
from app.commands.running import attending, reserved, working
from app.commands.runs import Runs
from app.commands.story import REPOSITORY, Chapter, Shop, tell
from app.engine.engine import Pace
from app.exit import Exit
from app.github.sandbox import Repo, Sandbox
from app.main import System, system
from app.model import CARD_MARKER
from app.osv.sandbox import OsvSandbox
from app.pages.signing_in import BACK
from app.settings import Settings
from app.sources import Sources
from checks.judge import judge
from checks.model import Decision

_SECRET = "demo"
_GRACE = 1.0  # seconds: nothing here outlives the command
_AT_ONCE = Pace(hand_over=0.1, lanes=0.06)  # at 0.02 the looks alone took half a core


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--serve", is_flag=True, help="Stay up afterwards, with addresses to look at.")
def demo(serve: bool) -> None:
    """Watch six pull requests get their decisions: two may ship, one of them repaired, two may not, two must wait."""
    logs.configure("ERROR")
    as_told = asyncio.run(_demo(serve))
    sys.exit(Exit.SHIP if as_told else Exit.INFRASTRUCTURE)


async def _demo(serve: bool) -> bool:
    started = time.monotonic()
    async with _town() as (github, maestro, address):
        shop, chapters = await tell(github, maestro, address)
        await rest(github, maestro)
        chapters.append(await repaired(shop, maestro.stores.remediations, lambda: rest(github, maestro)))
        as_told = all([await _show(maestro, shop.repo, chapter) for chapter in chapters])
        _sum_up(github, as_told, time.monotonic() - started)
        if serve:
            await _stay(shop, chapters, address)
        return as_told and not github.violations


@asynccontextmanager
async def _town() -> AsyncIterator[tuple[Sandbox, System, str]]:
    """A local GitHub and the App with its address, in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="maestro-demo-") as directory:
        async with (
            Sandbox(Sandbox.generate_app(), webhook_secret=_SECRET) as github,
            beside(github, Path(directory), _SECRET) as (maestro, address),
        ):
            yield github, maestro, address


@asynccontextmanager
async def beside(
    github: Sandbox,
    directory: Path,
    secret: str,
    ci_grace: float = 0.0,
    osv_url: str = "",
    sources: Sources | None = None,
) -> AsyncIterator[tuple[System, str]]:
    """The App and its address: running, its data in `directory`, its webhook address known to the local GitHub.

    Without `osv_url` it asks a local OSV service that knows of nothing.
    """
    async with _advisories(osv_url) as osv:
        told = {"ci_grace": ci_grace, "osv_url": osv, "sources": sources or Sources()}
        settings = settings_for(github, directory, secret).model_copy(update=told)
        async with _running(settings, github) as started:
            yield started


@asynccontextmanager
async def _advisories(url: str) -> AsyncIterator[str]:
    if url:
        yield url
        return
    async with OsvSandbox() as osv:
        yield osv.url


@asynccontextmanager
async def _running(settings: Settings, github: Sandbox) -> AsyncIterator[tuple[System, str]]:
    place, address = reserved(settings.host)
    async with (
        system(_open_to_people(settings, github, address), _AT_ONCE) as maestro,
        attending(maestro.web, place, _GRACE),
        working(maestro.engine, maestro.stores.address, _GRACE),
    ):
        github.webhook_url = f"{address}/webhook"
        yield maestro, address


def _open_to_people(settings: Settings, github: Sandbox, address: str) -> Settings:
    """With our own address, at which people can sign in: GitHub knows where to send them back to."""
    github.sign_in.callbacks = (f"{address}{BACK}",)
    app = github.app
    told = {"url": address, "client_id": app.client_id, "client_secret": SecretStr(app.client_secret)}
    return settings.model_copy(update=told)


def settings_for(github: Sandbox, directory: Path, secret: str) -> Settings:
    """What the environment of an App registered at `github` would say."""
    return Settings.model_validate(
        {
            "MAESTRO_APP_ID": str(github.app.app_id),
            "MAESTRO_PRIVATE_KEY": github.app.private_key,
            "MAESTRO_WEBHOOK_SECRET": secret,
            "MAESTRO_GITHUB_API": github.url,
            "MAESTRO_OSV_URL": "",  # until somebody says where a local one is
            "MAESTRO_HOST": "127.0.0.1",
            "PORT": 0,
            "MAESTRO_SWEEP_SECONDS": 0,  # no webhook goes astray on the way here
            "MAESTRO_REDELIVERY_SECONDS": 0,
            "MAESTRO_ADVISORIES_SECONDS": 0,
            "MAESTRO_PULL_TIMES_SECONDS": 0,
            "DATABASE_URL": f"sqlite:///{directory / 'maestro.db'}",
        }
    )


async def rest(github: Sandbox, maestro: System, seconds: float = 20.0) -> None:
    """Wait until every webhook was delivered and handled, and what followed from it too. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            await github.settle()
            await maestro.engine.idle(seconds)
            before = len(github.deliveries)
            await github.settle()
            if len(github.deliveries) == before and not await maestro.engine.depth():
                return


async def _show(maestro: System, repo: Repo, chapter: Chapter) -> bool:
    """Print what became of one pull request; was it as the story tells?"""
    decision = await _decision(maestro, chapter.number)
    click.echo(f"\n#{chapter.number} {chapter.title}\n   {chapter.told}\n")
    if decision is None:
        click.echo("   no decision was made", err=True)
        return False
    click.echo(screen.drawn(decision))
    on_github = any(comment.body.startswith(CARD_MARKER) for comment in repo.comments(chapter.number))
    return decision.verdict is chapter.verdict and on_github


async def _decision(maestro: System, number: int) -> Decision | None:
    written = await maestro.stores.decisions.latest(REPOSITORY, number)
    return None if written is None else judge(record.read(written))


def _sum_up(github: Sandbox, as_told: bool, seconds: float) -> None:
    requests, wrong = len(github.requests), len(github.violations)
    click.echo(f"\n{requests} calls to GitHub, {len(github.writes)} of them writes, {wrong} against its contract;")
    click.echo(f"{'every decision as told' if as_told else 'NOT every decision as told'}, in {seconds:.1f} s.")


async def _stay(shop: Shop, chapters: list[Chapter], address: str) -> None:
    click.echo("\nThe pull requests, as GitHub would show them:")
    for chapter in chapters:
        click.echo(f"  {shop.repo.url(chapter.number)}  {chapter.title}")
    click.echo(
        "The same in the Decision Center; you sign in by a click, as alice (admin), bob (write) or carol (read):"
    )
    for chapter in chapters:
        click.echo(f"  {address}/login?next=/pr/{shop.repo.full_name}/{chapter.number}")
    click.echo(f"  {address}/      all that are open\n  {address}/pair  where you are signed in")
    click.echo(
        "There #2 may be tried again, tested more heavily or overridden: what is dispatched runs for some seconds."
    )
    click.echo(f"Maestro itself: {address}/healthz  {address}/metrics  {address}/schema/maestro.json")
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    click.echo("Ctrl-C ends it.")
    runs = asyncio.create_task(Runs(shop)())
    await told.wait()
    runs.cancel()
