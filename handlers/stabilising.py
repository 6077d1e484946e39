"""What follows where a module drifts, or nobody sees it: one issue that lasts as long, and what was prepared for it.

Each step is found where it was done before, and what was done is kept with the module's course.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from msgspec.structs import replace

from app.model import (
    Cause,
    CloseIssue,
    DriftText,
    EditIssue,
    OpenIssue,
    Performed,
    Place,
    Suspect,
)
from checks.drift.alarm import Acted, Alarm, Course
from checks.drift.block import Module
from handlers.drift_ports import DriftTexts, Suspects
from handlers.ports import Writer
from handlers.remedy import Remedy

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Stabilising:
    """Brings GitHub to what a course asks for."""

    writer: Writer
    suspects: Suspects
    remedy: Remedy
    texts: DriftTexts
    now: Callable[[], float] = time.time

    async def __call__(
        self, place: Place, rules: Module, course: Course, window: tuple[int, int] | None, cause: Cause
    ) -> Course:
        """The course with what was done about it. `window`: the days of the reference."""
        if course.alarm is Alarm.DRIFT:
            acted = await self.remedy(place, rules, course, cause)
        else:
            acted = await self.remedy.withdrawn(place, rules, course.acted, cause)
        course = replace(course, acted=acted)
        if not course.alarm:
            return replace(course, acted=await self._closed(place, rules, course, cause))
        if rules.issue:
            return replace(course, acted=await self._said(place, rules, course, window, cause))
        return course

    async def _said(
        self, place: Place, rules: Module, course: Course, window: tuple[int, int] | None, cause: Cause
    ) -> Acted:
        """The issue is open and says this: once a day anew, and at once where the module stands otherwise."""
        acted, today, gist = course.acted, self._today(), _gist(course)
        if (acted.said, acted.said_day) == (gist, today):
            return acted
        suspects = await self._suspected(place, rules, course)
        text = self.texts.issue(place.repository, rules, course, window, suspects)
        outcome = (await self.writer.perform(place, (_words(rules, course, text),), cause))[-1]
        number = outcome.remote if isinstance(outcome, Performed) else acted.issue
        return replace(acted, issue=number, said=gist, said_day=today)

    async def _closed(self, place: Place, rules: Module, course: Course, cause: Cause) -> Acted:
        """What it was open for is over."""
        acted = course.acted
        if acted.issue is not None and acted.said:
            close = CloseIssue(acted.issue, _about(rules), f"{course.episode}", self.texts.over(rules, course))
            await self.writer.perform(place, (close,), cause)
        return Acted(issue=acted.issue)

    async def _suspected(self, place: Place, rules: Module, course: Course) -> Sequence[Suspect]:
        """The deployments from the last good day to the end of the first bad one."""
        if course.alarm is not Alarm.DRIFT or course.since is None:
            return ()
        start = datetime.combine(date.fromordinal(course.since - 1), datetime.min.time(), UTC).timestamp()
        return await self.suspects.between(place, rules.environment, start, start + 2 * _DAY)

    def _today(self) -> int:
        return datetime.fromtimestamp(self.now(), UTC).date().toordinal()


def _words(rules: Module, course: Course, text: DriftText) -> OpenIssue | EditIssue:
    """Opened for this alarm, or said anew."""
    acted, about = course.acted, _about(rules)
    if acted.issue is None or not acted.said:
        return OpenIssue(about, f"{course.episode}", text.title, text.body)
    return EditIssue(acted.issue, about, text.title, text.body)


def _about(rules: Module) -> str:
    return f"drift of {rules.name}"


def _gist(course: Course) -> str:
    """What makes it worth saying at once: the alarm, its first day, how each feature stands, what was done."""
    stands = [(one.name, one.state.value) for one in course.told.features] if course.told else []
    acted = course.acted
    said = (course.episode, course.alarm.value, course.since, stands, acted.pull, acted.proposed, acted.ran)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
