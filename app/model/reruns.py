"""What failed on a head, and can be had run again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A workflow run of GitHub Actions whose attempt `attempt` did not pass. `workflow`: its file, untrusted."""

    run: int
    attempt: int
    conclusion: str  # GitHub's word; "" where a later attempt has begun, and nobody tells any more
    workflow: str


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check run of another App that did not pass, in its suite. `name` and `app` are untrusted."""

    run: int
    suite: int
    conclusion: str
    name: str
    app: str


@dataclass(frozen=True, slots=True)
class Failed:
    """All of it, as far as one command has it run again; `more` is how much is left."""

    runs: tuple[FailedRun, ...] = ()
    checks: tuple[FailedCheck, ...] = ()
    more: int = 0

    @property
    def each(self) -> tuple[FailedRun | FailedCheck, ...]:
        """One after the other."""
        return (*self.runs, *self.checks)
