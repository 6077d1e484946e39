"""How long the jobs of GitHub Actions ran, as GitHub bills them: each in whole minutes, a part of one as a whole.

GitHub lists the newest run of each job, so one that ran again counts with each run that was seen to have ended. What a
runner costs (larger ones, macOS and Windows cost more; one's own nothing) is not told by its check run.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from app.github.records import CheckRun

ACTIONS = "github-actions"
_LONGEST = 35 * 24 * 60  # minutes: no run of a workflow lasts longer (docs.github.com, "Actions limits")
_UNBILLED = frozenset({"", "skipped", "action_required", "stale"})  # it did not run, or has not ended


def jobs_of(listed: Iterable[CheckRun]) -> tuple[tuple[int, int], ...]:
    """Each job among `listed` that ran and ended, by its id and with its minutes; sorted."""
    ran = (run for run in listed if run.app_slug == ACTIONS and run.conclusion not in _UNBILLED)
    return tuple(sorted((run.id, minutes) for run in ran if (minutes := _minutes(run)) is not None))


def _minutes(run: CheckRun) -> int | None:
    """None where GitHub says no two moments that make sense, or it was cancelled before it began."""
    seconds = run.completed - run.started
    if not (run.started and run.completed) or seconds < 0 or (seconds == 0 and run.conclusion == "cancelled"):
        return None
    return min(max(ceil(seconds / 60), 1), _LONGEST)
