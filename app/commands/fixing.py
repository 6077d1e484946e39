"""`maestro sbom fix`: the smallest safe edit of a checkout's manifests for each vulnerable package of a bill."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import unified_diff
from io import StringIO
from pathlib import Path
from typing import Any

import click

from app.commands.bills import EXISTING, PLACE, advisories, bill, day_of, manifests, policy, text
from app.exit import Exit
from app.render.escape import log as inert
from checks.model import Advisories, Document, Finding, Pull, SbomPair, Snapshot
from checks.sbom import CHECK, Config
from checks.sbom.advisories.severity import SEVERITIES
from checks.sbom.repair import Repair, Unrepaired, plan
from checks.sbom.rules.selectors import Rule

# A change is not blamed for what was there before; whoever asks for fixes wants to hear of just that.
_ALL = Rule.model_validate({"rule": "vulnerability", "class": "preexisting", "action": "warn"})


@click.command("fix")
@click.argument("file", type=EXISTING)
@click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where the manifests are; the current directory if not given.",
)
@click.option("--osv", type=PLACE, help="Advisories: OSV records in a directory, .json, .jsonl, .jsonl.gz or .zip.")
@click.option("--policy", "rules", type=EXISTING, help="A maestro.yml, or its `sbom` block by itself.")
@click.option("--vex", type=EXISTING, multiple=True, help="A VEX document (OpenVEX, CycloneDX); may be repeated.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    default=SEVERITIES[0],
    show_default=True,
    help="Only advisories of at least this severity.",
)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Judge as on this day (UTC); today if not given.")
@click.option("--write", is_flag=True, help="Write the edits; without it they are only shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def fix(
    file: Path,
    repo: Path,
    osv: Path | None,
    rules: Path | None,
    vex: tuple[Path, ...],
    severity: str,
    day: datetime | None,
    write: bool,
    as_json: bool,
) -> None:
    """Show, or write, the smallest safe edit of the manifests for each vulnerable package of the bill FILE.

    Lock files are yours to make anew. The exit code is 0 when nothing vulnerable is left, 1 when something is,
    3 when an advisory could not be read.
    """
    snapshot = _snapshot(file, repo, osv, vex, day_of(day))
    answers = _planned(snapshot, policy(rules), SEVERITIES.index(severity))
    after = _edited(snapshot, answers)
    if write:
        for document in after:
            (repo / document.path).write_bytes(document.text.encode())
    if as_json:
        click.echo(json.dumps([_plain(one) for one in answers], indent=2))
    else:
        click.echo("\n".join([*_told(answers), *_patch(snapshot, after)]) or "nothing vulnerable is known")
    open_ones = [one for one in answers if isinstance(one, Unrepaired) or one.remaining or not write]
    unread = isinstance(snapshot.advisories, Advisories) and snapshot.advisories.unread
    sys.exit(Exit.BLOCK if open_ones else Exit.HOLD if unread else Exit.SHIP)


def _snapshot(file: Path, repo: Path, osv: Path | None, vex: Sequence[Path], day: str) -> Snapshot:
    """The bill as if a change left it alone: then all that is known against it was there before."""
    known, said = advisories(osv, [bill(file)]), Document(str(file), "", text(file))
    return Snapshot(
        pull=Pull("local/checkout", None, "", "", "", "", "", ""),
        sboms=(SbomPair(str(file), said, said),),
        advisories=known,
        vex=tuple(Document(str(one), "", text(one)) for one in vex),
        manifests=manifests(repo),
        day=day,
    )


def _planned(snapshot: Snapshot, config: Config, floor: int) -> tuple[Repair | Unrepaired, ...]:
    """One answer a package, each on top of the edits of those before it."""
    stirred = config.model_copy(update={"rules": (*config.rules, _ALL)})
    found = CHECK.evaluate(snapshot, stirred, {}).findings

    def weighs(finding: Finding) -> bool:
        return SEVERITIES.index(finding.severity) >= floor

    answers: list[Repair | Unrepaired] = []
    for purl in [one.purl for one in plan(found, snapshot, stirred, weighs)]:
        own = [finding for finding in found if finding.purl.startswith(purl)]
        answers += [one for one in plan(own, snapshot, stirred, weighs) if one.purl == purl]
        snapshot = replace(snapshot, manifests=_merged(snapshot, _edited(snapshot, answers)))
    return tuple(answers)


def _edited(snapshot: Snapshot, answers: Sequence[Repair | Unrepaired]) -> tuple[Document, ...]:
    """The manifests that the repairs change, as the last of them leaves each."""
    texts = {each.path: each.text for one in answers if isinstance(one, Repair) for each in one.splices}
    return tuple(Document(path, "", said) for path, said in texts.items())


def _merged(snapshot: Snapshot, edited: Sequence[Document]) -> tuple[Document, ...]:
    there = snapshot.manifests if isinstance(snapshot.manifests, tuple) else ()
    return tuple({one.path: one for one in (*there, *edited)}.values())


# --- how it is told ----------------------------------------------------------------------------------------


def _told(answers: Sequence[Repair | Unrepaired]) -> Iterator[str]:
    for one in answers:
        if isinstance(one, Unrepaired):
            yield inert(f"{one.package}: no edit: {one.reason}")
            continue
        move = f"{', '.join(one.current)} -> {one.version}" + (" (a new major version)" if one.breaking else "")
        yield inert(f"{one.package} {move}: {one.reason}")
        yield inert(f"  mends {', '.join(f'{each.id} ({each.severity})' for each in one.mended)}")
        if one.remaining:
            yield inert(f"  leaves {', '.join(one.remaining)}")
        yield from (inert(f"  make {lock} anew") for lock in one.locks)


def _patch(snapshot: Snapshot, after: Sequence[Document]) -> Iterator[str]:
    """All edits as one patch, which `git apply` takes."""
    before = {one.path: one.text for one in _merged(snapshot, ())}
    for document in after:
        names = (f"a/{document.path}", f"b/{document.path}")
        old, new = (list(StringIO(said, newline="\n")) for said in (before[document.path], document.text))
        for line in unified_diff(old, new, *names):
            yield _shown(line.removesuffix("\n"))
            if not line.endswith("\n"):
                yield "\\ No newline at end of file"


def _shown(line: str) -> str:
    """A line of a patch as it is for a program; for a person's terminal nothing in it may be alive."""
    return inert(line) if sys.stdout.isatty() else line


def _plain(one: Repair | Unrepaired) -> dict[str, Any]:
    if isinstance(one, Unrepaired):
        return {"package": one.package, "purl": one.purl, "version": None, "reason": one.reason}
    return {
        "package": one.package,
        "purl": one.purl,
        "current": list(one.current),
        "version": one.version,
        "way": one.way,
        "breaking": one.breaking,
        "mends": [each.id for each in one.mended],
        "remaining": list(one.remaining),
        "locks": list(one.locks),
        "reason": one.reason,
        "edits": [
            {"path": each.path, "line": each.line, "before": each.before, "after": each.after} for each in one.splices
        ],
    }
