"""Baselines of measurements: which commit of the base they are of, and whose word counts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.gather.before import Baselines
from app.gather.lineage import MOST, Lineage
from app.github.records import Commit, PullRequest
from checks.model import Baseline, Before, Measurement

from .test_measured import P95, PULL, Runs, table

FORKED = "b" * 40


def sha(behind: int) -> str:
    return FORKED if behind == 0 else f"{behind:040x}"


LINE = [Commit(sha(at), (sha(at + 1),), f"2026-11-{30 - at % 30:02}T00:00:00Z") for at in range(40)]


@dataclass
class Kept:
    """What was sent, by commit, and how often it was asked for."""

    sent: dict[str, tuple[Measurement, ...]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    async def of(self, _repository: str, sha: str) -> tuple[Measurement, ...]:
        return self.sent.get(sha, ())

    async def of_each(self, _repository: str, shas: Sequence[str]) -> Mapping[str, tuple[Measurement, ...]]:
        self.asked.append(len(shas))
        return {one: self.sent[one] for one in shas if one in self.sent}


class Base(Runs):
    """Workflow runs, and the heads of forks that came in as they were."""

    forks: frozenset[str] = frozenset()

    async def commit_pulls(self, sha: str) -> tuple[PullRequest, ...]:
        about = ("t", "", "mallory", "closed", False, (), "", sha, "fix", FORKED, "main", 1, 0, True)
        own = PullRequest(3, "octo/shop", "octo/shop", *about)
        fork = PullRequest(4, "octo/shop", "mallory/shop", *about)
        return (own, fork) if sha in self.forks else (own,)


def found(kept: Kept, runs: Base | None = None, wanted: frozenset[str] = P95, line: Sequence[Commit] = LINE) -> Before:
    async def history(_sha: str) -> Sequence[Commit]:
        return line

    lineage = Lineage(line[0], history)
    (one,) = asyncio.run(Baselines(kept, runs or Base(), PULL, lineage).of(wanted))  # type: ignore[arg-type]
    return one


def p95(value: float, *, trusted: bool = True) -> tuple[Measurement, ...]:
    return (Measurement("p95", value, "ms", source="api", trusted=trusted),)


def test_nobody_is_asked_where_nothing_is_wanted() -> None:
    runs, kept = Base(), Kept()
    assert asyncio.run(Baselines(kept, runs, PULL, Lineage(LINE[0])).of(frozenset())) == ()  # type: ignore[arg-type]
    assert (runs.calls, kept.asked) == ([], [])


def test_what_was_sent_where_the_change_left_its_base_counts_first() -> None:
    kept = Kept({sha(0): p95(200), sha(1): p95(100)})
    assert found(kept) == Before(p95(200)[0], Baseline(FORKED, LINE[0].at, 0))
    assert kept.asked == [], "no history is needed"


def test_an_artifact_there_counts_before_anything_earlier() -> None:
    runs = Base()
    runs.run(1, {11: table(210)})
    one = found(Kept({sha(1): p95(100)}), runs)
    assert (one.measurement.value, one.measurement.source, one.baseline) == (
        210,
        "artifact",
        Baseline(FORKED, LINE[0].at, 0),
    )


def test_else_the_newest_commit_before_in_one_question() -> None:
    kept = Kept({sha(5): p95(150), sha(3): p95(130)})
    one = found(kept)
    assert (one.measurement.value, one.baseline) == (130, Baseline(sha(3), LINE[3].at, 3))
    assert kept.asked == [MOST - 1]


def test_the_walk_ends_and_the_reason_names_where_it_began() -> None:
    one = found(Kept({sha(MOST): p95(1)}))
    assert one.baseline is None
    assert one.measurement.value is None
    assert one.measurement.missing is not None
    assert one.measurement.missing.reason == (
        "nothing trusted was measured of it at bbbbbbb, where the change left its base, or 29 before"
    )
    assert found(Kept({sha(MOST - 1): p95(1)})).measurement.value == 1


def test_what_is_not_trusted_is_no_baseline() -> None:
    runs = Base()
    runs.run(1, {11: table(9)}, home="mallory/shop")
    kept = Kept({sha(0): p95(1, trusted=False), sha(1): p95(2, trusted=False), sha(2): p95(3)})
    assert found(kept, runs).measurement.value == 3


def test_a_commit_that_a_fork_brought_as_it_is_was_measured_by_the_forks_own_word() -> None:
    runs = Base()
    runs.forks = frozenset({sha(0), sha(1)})
    kept = Kept({sha(0): p95(1), sha(1): p95(2), sha(2): p95(3)})
    assert found(kept, runs).measurement.value == 3
    runs.run(1, {11: table(210)})
    assert found(kept, runs).measurement.value == 210, "the repository's own workflow ran on it"


def test_an_artifact_that_was_refused_is_told_where_nothing_else_counts() -> None:
    runs = Base()
    runs.run(1, {11: b"no zip"})
    one = found(Kept(), runs)
    assert one.measurement.missing is not None
    assert one.measurement.missing.reason.endswith("artifact was refused: it cannot be unpacked: BadZipFile")


def test_each_name_has_its_own_commit_and_they_are_sorted() -> None:
    kept = Kept({sha(0): p95(200), sha(4): (Measurement("lag", 7.0), *p95(1))})

    async def history(_sha: str) -> Sequence[Commit]:
        return LINE

    asked = Baselines(kept, Base(), PULL, Lineage(LINE[0], history))  # type: ignore[arg-type]
    both = asyncio.run(asked.of(frozenset({"p95", "lag", "none"})))
    assert [(one.measurement.name, one.baseline and one.baseline.behind) for one in both] == [
        ("lag", 4),
        ("none", None),
        ("p95", 0),
    ]
