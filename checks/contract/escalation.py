"""Heavier tests that somebody had run on the head: the newest run counts as one more test, whatever its name."""

from __future__ import annotations

from typing import Any

from checks.model import Missing, Snapshot
from checks.tested import Escalated, TestRun

_SILENT = frozenset({"neutral", "skipped"})


def counted(snapshot: Snapshot) -> Escalated | None:
    """The newest that runs, or will, on the head itself."""
    here = [one for one in _all(snapshot) if one.head_sha in {"", snapshot.pull.head_sha}]
    return here[-1] if here else None


def as_run(one: Escalated) -> TestRun:
    """The same as a test among others."""
    return TestRun(f"{one.workflow} (escalated)", one.status, one.conclusion, one.url, n=one.n)


def open_to(snapshot: Snapshot) -> bool:
    """May heavier tests be asked for: are there any, and have they neither passed nor begun?"""
    newest = counted(snapshot)
    offered = snapshot.dispatching is not None and snapshot.dispatching.escalates
    return offered and (newest is None or (newest.status == "completed" and not passes(newest)))


def passes(one: Escalated) -> bool:
    """It ended, and every job of it passed."""
    return one.status == "completed" and one.conclusion == "success"


def told(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Each that was asked for on this head, in JSON's own types: its workflow, run and state, and that in words."""
    newest = counted(snapshot)
    return [_told(one, snapshot.pull.head_sha, newest) for one in _all(snapshot)]


def _told(one: Escalated, head: str, newest: Escalated | None) -> dict[str, Any]:
    state, text = _state(one)
    if one.head_sha not in {"", head}:
        state, text = "astray", f"ran on {one.head_sha[:7]}, which is not the head {head[:7]}: it does not count"
    elif one is not newest:
        text = f"{text}; a newer run counts in its place"
    return {"workflow": one.workflow, "run": one.run, "state": state, "text": text, "url": one.url}


def _state(one: Escalated) -> tuple[str, str]:
    if one.run is None:
        return "wait", "was asked for, and GitHub does not show its run yet"
    if one.status != "completed":
        return "wait", "is still running"
    if passes(one):
        return "pass", "passed"
    return "fail", "said nothing of the change" if one.conclusion in _SILENT else "failed"


def _all(snapshot: Snapshot) -> tuple[Escalated, ...]:
    tests = snapshot.tests
    return () if tests is None or isinstance(tests, Missing) else tests.escalated
