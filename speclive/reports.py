"""Reports in files: one to a line, or one, or a list of them, as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from speclive.cards import Cards
from speclive.counted import told
from speclive.wire import TESTS, VERSION, Counted, Report, Target

COMMIT = ("MAESTRO_SHA", "GITHUB_SHA", "CI_COMMIT_SHA")
"""Where the commit that is looked at is told; else git is asked."""


class Unreadable(ValueError):
    """A file that holds no reports; the reason in one line."""


def read(paths: Iterable[str | Path]) -> list[Report]:
    """All the reports of the files, each once. Raises Unreadable."""
    found = [report for path in paths for report in _of(Path(path))]
    return list({report["id"]: report for report in found}.values())


def write(path: str | Path, reports: Iterable[Report]) -> None:
    """Write reports, one to a line: each is the body of one request."""
    text = "".join(json.dumps(report, sort_keys=True) + "\n" for report in reports)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def begun(kind: Literal["live", "static"], root: Path, start: float | None = None) -> Report:
    """An empty report of the tests of the repository at `root`; `start`: of its window, in epoch seconds."""
    now = time.time()
    return {
        "version": VERSION,
        "kind": kind,
        "id": uuid.uuid4().hex,
        "service": os.environ.get("MAESTRO_SERVICE") or root.resolve().name,
        "environment": TESTS,
        "side": "",
        "sha": commit(root),
        "start": now if start is None else start,
        "end": now,
        "targets": [],
        "clauses": [],
        "exemplars": [],
    }


def commit(root: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The commit that is looked at; "" where nobody can tell."""
    for name in COMMIT:
        if environ.get(name):
            return environ[name]
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the developer has
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def uncounted(cards: Cards) -> list[Counted]:
    """The clauses of cards, as a report has them of which nothing was called."""
    return [told(card, clause, card.mode) for card in cards for clause in card.clauses]


def summed_targets(windows: Iterable[list[Target]]) -> list[Target]:
    """The targets of several processes, each once, their calls added up."""
    found: dict[str, Target] = {}
    for target in (target for window in windows for target in window):
        mine = found.setdefault(target["name"], Target(**{**target, "calls": 0, "guarded": 0}))
        mine["calls"] = mine.get("calls", 0) + target.get("calls", 0)
        mine["guarded"] = mine.get("guarded", 0) + target.get("guarded", 0)
        mine["critical"] = mine["critical"] or target["critical"]
    return list(found.values())


def summed_clauses(windows: Iterable[list[Counted]]) -> list[Counted]:
    """The clauses of several processes, each once, what was seen of it added up."""
    found: dict[str, Counted] = {}
    for clause in (clause for window in windows for clause in window):
        mine = found.get(clause["id"])
        if mine is None:
            found[clause["id"]] = clause.copy()
            continue
        mine["evaluated"] += clause["evaluated"]
        mine["violated"] += clause["violated"]
        mine["errors"] += clause["errors"]
    return list(found.values())


def _of(path: Path) -> list[Report]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error
    try:
        told = json.loads(text)
    except ValueError:
        told = [_line(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    reports = told if isinstance(told, list) else [told]
    if not reports or not all(_is_report(report) for report in reports):
        raise Unreadable(f"{path}: it holds no reports of version {VERSION}")
    return cast("list[Report]", reports)


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise Unreadable(f"{path}:{number}: {error}") from error


def _is_report(told: Any) -> bool:
    lists = ("targets", "clauses", "exemplars")
    return (
        isinstance(told, dict)
        and told.get("version") == VERSION
        and told.get("kind") in {"live", "static"}
        and isinstance(told.get("id"), str)
        and all(isinstance(told.get(name), list) for name in lists)
    )
