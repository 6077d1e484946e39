"""When a module is worth an alarm: it drifts, or nobody sees it; and since when, and for the how manieth time."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks.drift.comparison import Standing
from checks.drift.told import Told, plain, written

BLIND_DAYS = 2  # in a row that say nothing are worth an alarm: one may be a holiday


class Alarm(StrEnum):
    """What an issue is open for."""

    NONE = ""
    DRIFT = "drift"
    BLIND = "blind"


class Acted(Struct, frozen=True, omit_defaults=True):
    """What was done about the alarm. `said`: a digest of what the issue says, `said_day`: when it was last written.

    `branch` and `base` are those of the pull request `pull`; `proposed` says why there is none, `ran` what became of a
    workflow.
    """

    issue: int | None = None
    said: str = ""
    said_day: int = 0
    branch: str = ""
    base: str = ""
    pull: int | None = None
    proposed: str = ""
    ran: str = ""


class Course(Struct, frozen=True, omit_defaults=True):
    """A module as it was left by the last look. `episode` counts its alarms, `alarm` is the present one, which is there
    since the day `since`; `told`: of the last day that says anything.
    """

    state: Standing = Standing.BLIND
    reason: str = "nobody looked yet"
    told: Told | None = None
    episode: int = 0
    alarm: Alarm = Alarm.NONE
    since: int | None = None
    acted: Acted = Acted()

    @property
    def word(self) -> str:
        """How it stands, as people are told."""
        return f"{self.state} {self.alarm}"


def after(course: Course, newest: Sequence[Told], silent: tuple[int, str] | None, learning: str) -> Course:
    """The course once `newest` was told of the last days, the oldest first.

    `silent`: since which day nothing comes, and that in words; None: it does. `learning`: why there is no reference
    yet; "" where there is one.
    """
    told = newest[-1] if newest else None
    alarm, since = _alarm(course, newest, silent)
    begins = alarm not in {Alarm.NONE, course.alarm}
    return replace(
        course,
        state=_state(told, silent),
        reason=_reason(told, silent, learning),
        told=told,
        episode=course.episode + begins,
        alarm=alarm,
        since=since,
        acted=Acted(issue=course.acted.issue) if begins else course.acted,
    )


def load(text: str) -> Course:
    """The course, from its JSON; of a module that nobody looked at yet, from ""."""
    return msgspec.json.decode(text, type=Course) if text else Course()


def dump(course: Course) -> str:
    """As one line of JSON."""
    return msgspec.json.encode(course).decode()


def shown(text: str, days: Sequence[str]) -> dict[str, Any]:
    """The course in `text` in JSON's own types, and what was told of each of `days`."""
    course = load(text)
    history = [msgspec.json.decode(one, type=Told) for one in days]
    stands = {"state": course.state, "reason": course.reason, "since": written(course.since)}
    said = plain(course.told) if course.told else {"day": None, "first": None, "features": []}
    told = [{"day": written(one.day), "state": one.state} for one in history]
    return stands | said | {"issue": course.acted.issue, "pull_request": course.acted.pull, "history": told}


def _alarm(course: Course, newest: Sequence[Told], silent: tuple[int, str] | None) -> tuple[Alarm, int | None]:
    told = newest[-1] if newest else None
    if told is not None and told.state is Standing.DRIFT:
        return Alarm.DRIFT, told.first or told.day
    begun = _begun(newest, silent)
    if begun is None:
        return Alarm.NONE, None
    known = course.since if course.alarm is Alarm.BLIND else None
    return Alarm.BLIND, begun if known is None else min(known, begun)


def _begun(newest: Sequence[Told], silent: tuple[int, str] | None) -> int | None:
    """Since when nobody sees the module, as far as the last days tell; None where somebody does."""
    if silent is not None:
        return silent[0]
    blind = _blind(newest)
    return blind[0].day if len(blind) >= BLIND_DAYS else None


def _blind(newest: Sequence[Told]) -> Sequence[Told]:
    """The last days that say nothing."""
    seen = [place for place, told in enumerate(newest) if told.state is not Standing.BLIND]
    return newest[seen[-1] + 1 :] if seen else newest


def _state(told: Told | None, silent: tuple[int, str] | None) -> Standing:
    if told is None:
        return Standing.BLIND
    if silent is None or told.state is Standing.DRIFT:
        return told.state
    return Standing.BLIND


def _reason(told: Told | None, silent: tuple[int, str] | None, learning: str) -> str:
    said = learning or (told.reason if told else "no day is over yet")
    if silent is None:
        return said
    return f"{said}; {silent[1]}" if told is not None and told.state is Standing.DRIFT else silent[1]
