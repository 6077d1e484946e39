"""How long jobs ran, as GitHub bills them."""

from __future__ import annotations

from typing import Any

import pytest

from app.gather.minutes import jobs_of
from app.github.records import CheckRun, read_check_run

RUN = {
    "id": 7,
    "name": "test",
    "status": "completed",
    "conclusion": "success",
    "app": {"id": 15368, "slug": "github-actions"},
    "started_at": "2026-03-01T10:00:00Z",
    "completed_at": "2026-03-01T10:02:01Z",
}


def run(**changes: Any) -> CheckRun:
    return read_check_run(RUN | changes)


@pytest.mark.parametrize(
    ("ended", "minutes"),
    [("10:00:00", 1), ("10:00:01", 1), ("10:01:00", 1), ("10:01:01", 2), ("16:00:00", 360)],
)
def test_a_part_of_a_minute_counts_as_a_whole_one(ended: str, minutes: int) -> None:
    assert jobs_of([run(completed_at=f"2026-03-01T{ended}Z")]) == ((7, minutes),)


def test_each_job_is_rounded_up_by_itself() -> None:
    short = [run(id=n, completed_at="2026-03-01T10:00:05Z") for n in (3, 1, 2)]
    assert jobs_of(short) == ((1, 1), (2, 1), (3, 1))


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "cancelled", "neutral"])
def test_what_ended_badly_cost_as_much(conclusion: str) -> None:
    assert jobs_of([run(conclusion=conclusion)]) == ((7, 3),)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "in_progress", "conclusion": None, "completed_at": None},
        {"conclusion": "skipped"},
        {"conclusion": "cancelled", "completed_at": RUN["started_at"]},
        {"started_at": None},
        {"started_at": "yesterday"},
        {"completed_at": "2026-03-01T09:00:00Z"},
        {"app": {"id": 1, "slug": "circleci"}},
        {"app": None},
    ],
)
def test_what_did_not_run_on_github_actions_cost_no_minutes(changes: dict[str, Any]) -> None:
    assert jobs_of([run(**changes)]) == ()


def test_a_job_never_lasts_longer_than_a_run_may() -> None:
    assert jobs_of([run(completed_at="2999-01-01T00:00:00Z")]) == ((7, 50_400),)
