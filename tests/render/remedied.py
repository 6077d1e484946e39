"""Remediations as the loop leaves them, for every surface to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.model.beside import Spent
from checks.model import Measurement
from program.remediation import Attempted, Course, Failure, Remediation, Result, Step

from .decisions import HEAD

BEGAN = 1_795_333_200.0  # 2026-11-22 07:40 UTC
CHOSEN = "arm `impl@medium`: $0.25, expected chain $0.34"
RERUN = Attempted(
    *(1, Step.RERUN, Failure.FLAKY, HEAD, "1" * 32, BEGAN),
    run=41,
    result=Result.FAILED,
    ended=BEGAN + 120,
    note="the same tests fail again",
)
SMALL = Attempted(
    *(2, Step.AGENT, Failure.CONTRACT, HEAD, "2" * 32, BEGAN + 130),
    arm="impl@small",
    task_class="python",
    expected="arm `impl@small`: $0.08, expected chain $0.26",
    run=42,
    result=Result.FAILED,
    ended=BEGAN + 500,
    usd=0.08,
    note="`perf_p95_ms` is 255 ms, limit < 250",
)
MEDIUM = Attempted(
    *(3, Step.AGENT, Failure.CONTRACT, "b2c3d4e5" * 5, "3" * 32, BEGAN + 510),
    arm="impl@medium",
    task_class="python",
    expected=CHOSEN,
    run=43,
)
WORKING = Remediation(*(1, "acme/shop", 7, HEAD, BEGAN, Failure.CONTRACT, "maestro"), attempts=(RERUN, SMALL, MEDIUM))
MENDED = replace(
    WORKING,
    course=Course.MENDED,
    ended=BEGAN + 840,
    attempts=(RERUN, SMALL, replace(MEDIUM, result=Result.MENDED, ended=BEGAN + 840, usd=0.25)),
)
HANDED_OVER = replace(
    MENDED,
    course=Course.HANDED_OVER,
    why="3 attempts failed; it is a draft now, with the label `needs-human`",
    attempts=(RERUN, SMALL, replace(MEDIUM, result=Result.SILENT, ended=BEGAN + 840)),
)
ASKING = replace(WORKING, course=Course.ASKING, attempts=())
STOPPED = replace(HANDED_OVER, course=Course.STOPPED, why="stopped by alice")
LEFT = replace(HANDED_OVER, course=Course.LEFT, why="octocat pushed to it")
LAPSED = replace(HANDED_OVER, course=Course.LAPSED, why="it was closed")
UNANSWERED = replace(ASKING, course=Course.UNANSWERED, ended=BEGAN + 86_400, why="nobody said so within 24 hours")
COURSES = {
    "working": WORKING,
    "mended": MENDED,
    "handed-over": HANDED_OVER,
    "asking": ASKING,
    "stopped": STOPPED,
    "left": LEFT,
    "lapsed": LAPSED,
    "unanswered": UNANSWERED,
}
SPENT = Spent(0.42, 18.2, 1_000, 610, 2.0, 3)
SCORES = (
    Measurement("eval_score", 0.91, n=20),
    Measurement("robustness_delta", -0.02),
    Measurement("perf_p95_ms", 9.0),
)


def spoilt(text: str, course: Course = Course.WORKING) -> Remediation:
    """One in which all that anybody may have written is `text`."""
    facts: dict[str, Any] = {"arm": text, "expected": text, "note": text, "task_class": text}
    made = tuple(replace(one, **facts) for one in (RERUN, SMALL, MEDIUM))
    ended = None if course in {Course.WORKING, Course.ASKING} else BEGAN + 900
    return replace(WORKING, course=course, ended=ended, who=text, word=text, why=text, attempts=made)
