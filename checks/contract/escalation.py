"""Heavier tests that somebody had run on the head: the newest run counts as one more test, whatever its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checks.model import Missing, Snapshot
from checks.tested import Escalated, TestRun

_SILENT = frozenset({"neutral", "skipped"})


def counted(snapshot: Snapshot) -> Escalated | None:
    """The newest that runs, or will, on the head itself."""
    return newest(_all(snapshot), snapshot.pull.head_sha)


def newest(runs: Sequence[Escalated], head_sha: str) -> Escalated | None:
    """The last of `runs`, the oldest of which comes first, that runs, or will, on `head_sha`."""
    here = [one for one in runs if one.head_sha in {"", head_sha}]
    return here[-1] if here else None


def as_run(one: Escalated) -> TestRun:
    """The same as a test among others."""
    return TestRun(f"{one.workflow} (escalated)", one.status, one.conclusion, one.url, n=one.n)


def open_to(snapshot: Snapshot) -> bool:
    """May heavier tests be asked for: are there any, and have they neither passed nor begun?"""
    last = counted(snapshot)
    offered = snapshot.dispatching is not None and snapshot.dispatching.escalates
    return offered and (last is None or (last.status == "completed" and not passes(last)))


def passes(one: Escalated) -> bool:
    """It ended, and every job of it passed."""
    return one.status == "completed" and one.conclusion == "success"


def told(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Each that was asked for on this head, in JSON's own types: its workflow, run and state, and that in words."""
    last = counted(snapshot)
    return [_told(one, snapshot.pull.head_sha, last) for one in _all(snapshot)]


def _told(one: Escalated, head: str, last: Escalated | None) -> dict[str, Any]:
    state, text = _state(one)
    if one.head_sha not in {"", head}:
        state, text = "astray", f"ran on {one.head_sha[:7]}, which is not the head {head[:7]}: it does not count"
    elif one is not last:
        text = f"{text}; a newer run counts in its place"
    return {"workflow": one.workflow, "run": one.run, "state": state, "text": text, "url": one.url}


def _state(one: Escalated) -> tuple[str, str]:
    if one.run is None:
        return "wait", "was asked for, and GitHub does not show its run yet"
    if one.status != "completed":
        return "wait", "is still running"
    if passes(one):
        return "pass", "passed"
    if one.conclusion in _SILENT:
        return "fail", "said nothing of the change"
    return "fail", "was cancelled" if one.conclusion == "cancelled" else "failed"


def _all(snapshot: Snapshot) -> tuple[Escalated, ...]:
    tests = snapshot.tests
    return () if tests is None or isinstance(tests, Missing) else tests.escalated
