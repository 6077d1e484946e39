"""`maestro check`: the whole decision on a git checkout, with no credentials and no network."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from app import __version__, record
from app.commands import screen
from app.exit import BY_VERDICT, Exit
from app.gather.checkout import Checkout, MeasuredAt, MeasuredBefore, UnknownRef
from app.gather.checkout_rules import Rules
from app.gather.git import Git, GitError
from app.metrics_file import BadMetrics, OtherCommit, measurements_in
from app.osv.model import Source
from checks.judge import Case, Unreadable, judge
from checks.model import Decision, Measurement


class _Writable(click.Path):
    """A file to write: that it can be is found out before the work, and before anything is written."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        file = cast("Path", super().convert(value, param, ctx))
        place = file if file.exists() else file.parent
        if file.is_dir() or (place is not file and not place.is_dir()) or not os.access(place, os.W_OK):
            self.fail(f"{str(file)!r} cannot be written.", param, ctx)
        return file


_WRITTEN = _Writable(dir_okay=False, writable=True, path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--repo", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), help="A git checkout."
)
@click.option("--base", default="main", show_default=True, help="What the change goes onto: a branch, tag or commit.")
@click.option("--head", default="HEAD", show_default=True, help="The change: a branch, tag or commit.")
@click.option(
    "--measurements",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='JSON of what was measured on the head: {"tests": "pass", "perf_p95_ms": 212}.',
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same of where HEAD left BASE, or of the commit before that it names.",
)
@click.option(
    "--config", "config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Judge by this file."
)
@click.option(
    "--osv",
    type=click.Path(exists=True, path_type=Path),
    help="Published advisories in OSV's form: a directory, a .json, .jsonl(.gz) or .zip file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
@click.option("--markdown", type=_WRITTEN, help="Write the card to this file.")
@click.option("--record", "record_to", type=_WRITTEN, help="Write all the decision was made of.")
def check(
    repo: Path,
    base: str,
    head: str,
    measurements: Path | None,
    baseline: Path | None,
    config: Path | None,
    osv: Path | None,
    as_json: bool,
    markdown: Path | None,
    record_to: Path | None,
) -> None:
    """Judge the change from BASE to HEAD by the base's `.github/maestro.yml`, and print the card.

    SBOMs are held against where HEAD left BASE: whether that was green, a checkout cannot tell. OSV is not asked; --osv
    brings advisories. The exit code is the verdict: 0 ship, 1 block, 3 hold.
    """
    rules = None if config is None else Rules(config.read_bytes(), str(config), f"judged by {config}")
    measured = partial(_measurements, measurements), partial(_before, baseline)
    case = asyncio.run(_case(repo, base, head, measured, rules, _advisories(osv)))
    if config is not None and isinstance(case.policy, Unreadable):
        raise click.ClickException("\n".join(f"{one.path}:{one.line}: {one.message}" for one in case.policy.findings))
    decision = cast("Decision", judge(case))  # a checkout always has rules: its own, or the built-in ones
    click.echo(screen.as_json(decision) if as_json else screen.drawn(decision))  # first: no full disk may lose it
    if markdown is not None:
        _write_card(markdown, decision)
    if record_to is not None:
        record_to.write_bytes(record.write(case, decision))
    sys.exit(BY_VERDICT[decision.verdict])


async def _case(
    repo: Path,
    base: str,
    head: str,
    measured: tuple[MeasuredAt, MeasuredBefore],
    rules: Rules | None,
    osv: Source | None,
) -> Case:
    at, before = measured
    try:
        return await Checkout(await Git.at(repo), base, head, at, rules, __version__, osv, before=before).case()
    except (UnknownRef, GitError) as error:
        raise click.ClickException(str(error)) from None
    except FileNotFoundError as error:
        click.echo(f"maestro: cannot run {error.filename}", err=True)
        sys.exit(Exit.INFRASTRUCTURE)


def _measurements(file: Path | None, sha: str) -> tuple[Measurement, ...]:
    try:
        return () if file is None else measurements_in(file.read_bytes(), "file", sha)
    except BadMetrics as error:
        raise click.ClickException(f"{file}: {error}") from None


def _before(file: Path | None, line: Sequence[str]) -> tuple[int, tuple[Measurement, ...]]:
    """What `file` says, and of which commit of `line`; without a word on it, of the first."""
    for behind, sha in enumerate(line):
        try:
            return behind, () if file is None else measurements_in(file.read_bytes(), "file", sha)
        except OtherCommit:
            continue
        except BadMetrics as error:
            raise click.ClickException(f"{file}: {error}") from None
    where = f"neither {line[0]}, where the change left its base, nor one of the {len(line) - 1} commits before it"
    raise click.ClickException(f"{file}: measured at a commit that is {where}")


def _advisories(place: Path | None) -> Source | None:
    if place is None:
        return None
    from app.osv.local import BadAdvisories, at  # here, because most checks bring none

    try:
        return at(place)
    except BadAdvisories as error:
        raise click.ClickException(str(error)) from None


def _write_card(file: Path, decision: Decision) -> None:
    from app.render.card import card  # the templates' engine takes longer to load than the rest takes to run

    file.write_text(card(decision, now=datetime.now(UTC)).body, encoding="utf-8")
