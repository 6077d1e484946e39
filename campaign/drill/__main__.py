"""`python -m campaign.drill`: let canaries go bad, print how long they served on; exit 1 where that is too long."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from app import logs
from campaign.drill.clock import Clock
from campaign.drill.drill import Drill, drilled
from campaign.drill.ground import BASELINE, SCRAPE, SHARE, TICK, WATERMARK
from campaign.drill.report import BAR, lines, rows, written


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--repeats", default=20, show_default=True, type=click.IntRange(1, 1_000), help="Of each kind.")
@click.option(
    "--ratio",
    "ratios",
    default=(2.0, 3.0, 10.0),
    type=click.FloatRange(1, 100),
    multiple=True,
    show_default=True,
    help="So bad.",
)
@click.option(
    "--after",
    default=(0.0, 2.0),
    type=click.FloatRange(0, 600),
    multiple=True,
    show_default=True,
    help="Minutes of health before.",
)
@click.option(
    "--pace", default=30.0, show_default=True, type=click.FloatRange(1, 200), help="Canary requests a second."
)
@click.option("--scale", default=10.0, show_default=True, type=click.FloatRange(1, 60), help="So fast runs the clock.")
@click.option("--at-once", default=10, show_default=True, type=click.IntRange(1, 50), help="Canaries side by side.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write all of it there, too.")
def main(
    repeats: int,
    ratios: Sequence[float],
    after: Sequence[float],
    pace: float,
    scale: float,
    at_once: int,
    file: Path | None,
) -> None:
    """Deploy canaries that go bad, and measure how long each serves on, from its first failure to its last visitor."""
    logs.configure("CRITICAL")
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    done = asyncio.run(drilled(Drill(tuple(ratios), tuple(after), repeats, pace, Clock(scale), at_once)))
    found = rows(done)
    click.echo(
        f"scrape {SCRAPE:g} s, tick {TICK:g} s, watermark {WATERMARK:g} s, {pace:g} canary requests a second, "
        f"{SHARE:.0%} of all; {BASELINE:.0%} of the stable version's fail; {scale:g} s of the drill in one of the clock"
    )
    click.echo("\n".join(lines(found)))
    holds = all(row.holds for row in found)
    click.echo(f"p95 <= {BAR:.0f} s: {'holds' if holds else 'MISSED'}; in {time.monotonic() - began:.0f} s")
    if file is not None:
        file.write_text(written(found, done, {"pace": pace, "scale": scale, "at_once": at_once}))
    sys.exit(not holds)


if __name__ == "__main__":
    main()
