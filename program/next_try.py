"""Which arm tries next at a pull request: one answer for the card, for `/maestro retry` and for the loop. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from program.arms import Ladder
from program.bounds import Bounds
from program.chain import Choice, Tried, choose, task_class
from program.next_step import recent, refusals, settled
from program.remediation import LONGEST, MOST_ATTEMPTS, Attempted, Remediation, Result, Step

AT_WORK = 3_600.0
"""Seconds for which an arm is taken to be at work, as long as the head stays."""


@dataclass(frozen=True, slots=True)
class SentArm:
    """An arm that was sent to a head, by whomever. `at`: epoch seconds."""

    arm: str
    head_sha: str
    at: float


@dataclass(frozen=True, slots=True)
class Past:
    """What is known when it is asked which arm tries next.

    `made`: what was done about the pull request, the oldest first; `sent`: the arms that were sent to it; `stated`:
    those that it says it was made by; `ended`: the attempts of the repository that have an outcome; `spent_usd`: what
    the pull request has cost.
    """

    made: Sequence[Remediation] = ()
    sent: Sequence[SentArm] = ()
    stated: Sequence[str] = ()
    ended: Sequence[Attempted] = ()
    spent_usd: float = 0.0

    def at_work(self, head_sha: str, now: float) -> bool:
        """May an arm that was sent to this head be at work?"""
        return any(one.head_sha == head_sha and now - one.at < AT_WORK for one in self.sent)

    def until(self, at: float) -> Past:
        """What was known at a moment: whoever asks anew after a kill gets the same answer."""
        made = [replace(one, attempts=_until(one.attempts, at)) for one in self.made if one.began <= at]
        sent = [one for one in self.sent if one.at <= at]
        ended = [one for one in self.ended if (one.ended or 0.0) <= at]
        return replace(self, made=made, sent=sent, ended=ended)


def next_try(
    ladder: Ladder, bounds: Bounds | None, past: Past, pull: str, paths: Iterable[str], now: float
) -> Choice | str:
    """The arm, or why there is none. `pull`: the name of the pull request, of which, with the number of tries before,
    chance is drawn: so whoever asks gets the same arm, as long as nothing new is known.
    """
    by_hand, lately = _by_hand(past), recent(past.made, now)
    tries = len(lately) + sum(now - one.at < LONGEST for one in by_hand)
    most = ladder.terms.attempts if bounds is None else min(bounds.attempts, MOST_ATTEMPTS)
    if tries >= most:
        return f"no attempt is left of {most} within a day"
    known = _sendable(ladder, past)
    if isinstance(known, str):
        return known
    history = [_tried(one) for one in past.ended if one.step is Step.AGENT and one.arm and settled(one.result)]
    kind = task_class(ladder, paths)
    failed = _failed(ladder, past, by_hand)
    seed = f"{pull} {tries}"
    return choose(known, kind, history, tried=failed, left=most - tries, spent_usd=past.spent_usd, seed=seed)


def _sendable(ladder: Ladder, past: Past) -> Ladder | str:
    """The ladder without the arms that GitHub would not have sent in what goes on; or why none is left."""
    refused = [one for one in _going(past) if one.step is Step.AGENT and one.result is Result.REFUSED]
    names = {one.arm for one in refused}
    left = tuple(arm for arm in ladder.arms if arm.name not in names)
    return replace(ladder, arms=left) if left else f"no arm of the ladder can be sent: {refusals(refused)}"


def _going(past: Past) -> Sequence[Attempted]:
    """The attempts of what goes on."""
    return past.made[-1].attempts if past.made and not past.made[-1].course.over else ()


def _failed(ladder: Ladder, past: Past, by_hand: Sequence[SentArm]) -> list[str]:
    """The arms that failed at this change: those that made it, those sent by hand, and those of what goes on.

    An arm that the change names is counted once, for its own commits name it again.
    """
    tried = [one.arm for one in _going(past) if one.step is Step.AGENT and settled(one.result)]
    known = {one.arm for one in past.sent} | {one.arm for each in past.made for one in each.attempts}
    stated = [arm.name for arm in map(ladder.named, past.stated) if arm is not None and arm.name not in known]
    return [*dict.fromkeys(stated), *(one.arm for one in by_hand), *tried]


def _by_hand(past: Past) -> list[SentArm]:
    """Those that are no attempt of ours. Nobody measured what came of them."""
    ours = {(one.arm, one.head_sha) for each in past.made for one in each.attempts}
    return [one for one in past.sent if (one.arm, one.head_sha) not in ours]


def _until(attempts: Iterable[Attempted], at: float) -> tuple[Attempted, ...]:
    begun = [one for one in attempts if one.began <= at]
    return tuple(
        one if one.ended is None or one.ended <= at else replace(one, ended=None, result=Result.OPEN) for one in begun
    )


def _tried(one: Attempted) -> Tried:
    return Tried(one.arm, one.task_class, one.result is Result.MENDED, one.usd)
