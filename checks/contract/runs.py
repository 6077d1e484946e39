"""`tests`: the check runs of the head, read as one answer."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from checks.contract.config import Tests
from checks.contract.escalation import as_run, counted, passes
from checks.contract.predicate import GREEN
from checks.contract.reading import Known, Reading, Unknown, unavailable
from checks.model import Missing, Snapshot, State, TestRun

NAMES_SHOWN = 3
NAME_SHOWN = 80  # characters

_PASSED = "success"
_SILENT = frozenset({"neutral", "skipped"})  # they say nothing of the change, though GitHub counts them as passed
_HELD = "waiting"  # GitHub's word for what a person must let go first
_APPROVE = "A maintainer approves the workflows of this first-time contributor, or closes the pull request."
_NEXT = "Name the check runs that count under `contract.tests.include`, or see why none ran."


def read_tests(snapshot: Snapshot, selection: Tests) -> Reading:
    """`pass` or `fail`. One failure is an answer, whatever still runs; nothing at all is never a pass."""
    tests = snapshot.tests
    if tests is None or isinstance(tests, Missing):
        return unavailable("tests", tests)
    heavier = counted(snapshot)
    also = () if heavier is None else (as_run(heavier),)
    runs = sorted((*(run for run in tests.runs if _counts(run, selection)), *also), key=_order)
    failed = [run for run in runs if _failed(run)]
    pending = [run for run in runs if run.status != "completed"]
    passed = [run for run in runs if run.conclusion == _PASSED]
    if failed:
        number = _sum(failed)
        words = f"{number} of {_count(_sum(runs))} failed" if number else "tests failed before any was counted"
        words = f"{words}: {names(failed)}"
        return Known("fail", n=_sum(runs), evidence=failed[0].url or tests.source, words=words)
    if pending:
        return _pending(pending, len(runs), tests.source)
    if not passed:
        return Unknown(State.UNMEASURED, _silence(snapshot.pull.head_sha, len(runs), len(tests.runs)), _NEXT)
    among = f", {names(also)} among them" if heavier is not None and passes(heavier) else ""
    words = f"{_sum(passed)} of {_count(_sum(runs))} passed{among}"
    return Known(GREEN, n=_sum(runs), evidence=passed[0].url or tests.source, words=words)


def _pending(pending: Sequence[TestRun], of: int, source: str) -> Unknown:
    evidence = pending[0].url or source
    if all(run.of_suite and run.status == _HELD for run in pending):
        return Unknown(State.WAIT, f"tests: not begun: {names(pending)}", _APPROVE, evidence)
    return Unknown(State.WAIT, f"tests: {len(pending)} of {of} still running: {names(pending)}", evidence=evidence)


def _counts(run: TestRun, selection: Tests) -> bool:
    """A suite with more to come may bring any of the checks that are selected."""
    return (run.of_suite and run.status != "completed") or _selected(run.name, selection)


def _selected(name: str, selection: Tests) -> bool:
    wanted = any(fnmatchcase(name, glob) for glob in selection.include)
    return wanted and not any(fnmatchcase(name, glob) for glob in selection.exclude)


def _failed(run: TestRun) -> bool:
    """Completed without success. A conclusion that GitHub adds tomorrow fails too: it is no known pass."""
    return run.status == "completed" and run.conclusion != _PASSED and run.conclusion not in _SILENT


def _order(run: TestRun) -> tuple[str, ...]:
    return run.name, run.app, run.url, run.status, run.conclusion


def _silence(sha: str, selected: int, reported: int) -> str:
    if selected:
        why = "skipped or neutral" if selected == 1 else f"all {selected} skipped or neutral"
        return f"no test has reported on {sha[:7]} ({why})"
    aside = f" ({reported} reported, none selected)" if reported else ""
    return f"no test has reported on {sha[:7]}{aside}"


def _sum(runs: Sequence[TestRun]) -> int:
    return sum(run.n for run in runs)


def _count(runs: int) -> str:
    return "1 test" if runs == 1 else f"{runs} tests"


def names(runs: Sequence[TestRun]) -> str:
    """The first few of `runs` by name, and how many more."""
    shown = ", ".join(_name(run) for run in runs[:NAMES_SHOWN])
    return f"{shown} and {len(runs) - NAMES_SHOWN} more" if len(runs) > NAMES_SHOWN else shown


def _name(run: TestRun) -> str:
    name = " ".join(run.name.split())[:NAME_SHOWN]
    return f"{name} ({run.conclusion or 'no conclusion'})" if _failed(run) and run.conclusion != "failure" else name
