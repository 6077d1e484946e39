"""`python -m campaign`: run the parts, print what was done and what held; exit 1 where something did not."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import click

from app import logs
from campaign.burst import burst
from campaign.clocks import stepped
from campaign.disk import filled
from campaign.installation import database
from campaign.kills import killed
from campaign.misfortunes import befallen
from campaign.outages import outlived
from campaign.programs import delivered
from campaign.recovery import recovered
from campaign.report import Report, say
from campaign.rolling import rolled
from campaign.tampering import tampered
from tests.postgres import Postgres, running

BURST = (32, 25)  # checks, pull requests

DAY: dict[str, int] = {
    "kills-sqlite": 40,
    "kills-postgresql": 20,
    "programs": 200,
    "misfortunes": 300,
    "outages": 10,
    "disk": 3,
    "clocks": 20,
    "rolling": 2,
    "tampering": 1,
    "recovery": 3,
    "burst": 1,
}
NIGHT = DAY | {
    "kills-sqlite": 1_000,
    "kills-postgresql": 500,
    "programs": 20_000,
    "misfortunes": 10_000,
    "outages": 200,
    "disk": 30,
    "clocks": 500,
    "rolling": 50,
    "tampering": 25,
    "recovery": 10,
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """The parts by name, each of which takes its size."""

    server: Postgres
    seed: int

    def part(self, name: str) -> Callable[[int], Awaitable[Report]]:
        """The part of this name."""
        seed, server = self.seed, self.server
        parts: dict[str, Callable[[int], Awaitable[Report]]] = {
            "kills-sqlite": lambda size: killed("", size, seed, workers=1),
            "kills-postgresql": self._killed_on_postgresql,
            "programs": lambda size: delivered(size, seed),
            "misfortunes": lambda size: befallen(size, seed),
            "outages": lambda size: outlived(server, size, seed),
            "disk": lambda size: filled(size, seed),
            "clocks": lambda size: stepped(server, size, seed),
            "rolling": lambda size: rolled(server, size, seed),
            "tampering": lambda size: tampered(server, size),
            "recovery": lambda size: recovered(server, size),
            "burst": lambda _size: burst(*BURST),
        }
        return parts[name]

    async def _killed_on_postgresql(self, size: int) -> Report:
        with database(self.server) as url:
            return await killed(url, size, self.seed, workers=2)


def sizes(names: tuple[str, ...], given: tuple[str, ...], *, night: bool) -> Iterator[tuple[str, int]]:
    """Which parts to run, and how large. Raises UsageError for a size that is none."""
    chosen = dict(NIGHT if night else DAY)
    for one in given:
        name, _, size = one.partition("=")
        if name not in chosen or not size.isdigit():
            raise click.UsageError(f"--size {one}: say one of {', '.join(chosen)}, '=', and a number")
        chosen[name] = int(size)
    yield from ((name, size) for name, size in chosen.items() if size and (not names or name in names))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(tuple(DAY)))
@click.option("--size", "given", multiple=True, metavar="PART=N", help="So large a part; 0 leaves it out.")
@click.option("--night", is_flag=True, help="The sizes of the night.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all that is drawn.")
def main(names: tuple[str, ...], given: tuple[str, ...], night: bool, seed: int) -> None:
    """Throw at Maestro what can go wrong, and see whether anything was lost or done twice. All parts, or NAMES."""
    logs.configure("CRITICAL")
    logging.disable(logging.CRITICAL)  # what fails here is meant to
    wanted = tuple(sizes(names, given, night=night))
    with running() as server:
        campaign = Campaign(server, seed)
        broken = [name for name, size in wanted if _run(name, size, campaign)]
    click.echo(f"seed {seed}: " + (f"BROKEN: {', '.join(broken)}" if broken else "everything held"))
    sys.exit(bool(broken))


def _run(name: str, size: int, campaign: Campaign) -> bool:
    """Run one part; whether it is broken."""
    say(f"{name}, {size}")
    began = time.monotonic()
    report = asyncio.run(_reported(name, size, campaign))
    click.echo("\n".join(report.lines()))
    click.echo(f"   in {time.monotonic() - began:.0f} s\n")
    return bool(report.violations)


async def _reported(name: str, size: int, campaign: Campaign) -> Report:
    """The report; that something did not happen in its time is one, too."""
    try:
        return await campaign.part(name)(size)
    except TimeoutError:
        return Report(name, violations=[f"stood still: {traceback.format_exc()}"])


if __name__ == "__main__":
    main()
