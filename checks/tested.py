"""What others reported on the head, as a Snapshot holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestRun:
    """One check run (or a suite that never started a run) of another App on the head, as GitHub reports it."""

    __test__ = False  # the name is the field's, not pytest's

    name: str
    status: str  # queued in_progress completed (and GitHub's rarer pending states)
    conclusion: str = ""  # success failure neutral cancelled skipped timed_out action_required startup_failure stale
    url: str = ""
    app: str = ""
    n: int = 1  # how many tests it stands for, where that is known
    of_suite: bool = False  # it speaks of a whole suite, whose checks are not known by name yet


@dataclass(frozen=True, slots=True)
class Escalated:
    """Heavier tests that somebody had run on the head: one run of `workflow`, as GitHub has it now.

    `run` None: it was asked for, and GitHub does not show it yet. `head_sha`: the commit that it runs on, which should
    be the head; "" while nobody knows.
    """

    workflow: str
    run: int | None
    head_sha: str
    status: str  # as of a TestRun
    conclusion: str = ""
    url: str = ""
    n: int = 1  # how many checks it stands for


@dataclass(frozen=True, slots=True)
class TestFacts:
    """All that others reported on the head."""

    __test__ = False

    runs: tuple[TestRun, ...]
    source: str = ""
    escalated: tuple[Escalated, ...] = ()  # the oldest first; what they reported is not among `runs`
    jobs: tuple[tuple[int, int], ...] = ()  # of GitHub Actions that ended: the id of each, and its whole minutes
