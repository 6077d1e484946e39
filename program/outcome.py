"""What came of an attempt, of what the head and the newest decision show since. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from program.classify import CONTRACT
from program.next_step import Signs
from program.remediation import Attempted, Failure, Result, Step

_ASKED_AGAIN = 120.0  # seconds after which a check that another App was asked for should have begun
_PUSH = 120.0  # seconds that a push may take to be heard of, after the run that made it has ended
BROKE_OFF = frozenset({"cancelled", "timed_out", "startup_failure", "stale"})


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since an attempt was begun. `moved`: the head is another one. `ours`: that is the attempt's doing;
    `who`: else who pushed it, "" where nobody knows, and `person` whether that is a person.

    `run`: how what was run stands, GitHub's conclusion, "" while it runs or where nobody knows; `ended`: when it ended,
    epoch seconds. `ran_on`: it has ended, and what it says of the head counts. `fix`: how the fixes of the bill stand:
    "open", "merged", "closed", or "" for none.
    """

    moved: bool = False
    ours: bool = False
    who: str = ""
    person: bool = False
    run: str = ""
    ended: float = 0.0
    ran_on: bool = False
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an attempt may take until something of it is seen, in seconds; and when all must be over, epoch
    seconds.
    """

    patience: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The attempt is over. `note`: our own words. `left`: a person took over."""

    result: Result
    note: str
    left: bool = False


def outcome(one: Attempted, signs: Signs, since: Since, limits: Limits, now: float) -> Outcome | None:
    """What came of `one`; None while it may be at work still."""
    found = _found(one, signs, since, limits.patience, now)
    if found is None and now >= limits.deadline:
        return Outcome(Result.SILENT, "it was at work still when the time was up")
    return found


def _found(one: Attempted, signs: Signs, since: Since, patience: float, now: float) -> Outcome | None:
    if since.moved:
        return _moved(signs, since)
    if signs.ships:
        return Outcome(Result.MENDED if one.step is Step.RERUN else Result.NEEDLESS, _held(one))
    if one.step is Step.RERUN:
        return _rerun(one, signs, since, patience, now)
    if one.step is Step.FIX and since.fix == "closed":
        return Outcome(Result.FAILED, "the fix was closed and not merged")
    if one.step is Step.AGENT and since.run and now - since.ended >= _PUSH:
        return _without_a_push(since.run)
    return _silent(one, patience, now)


def _moved(signs: Signs, since: Since) -> Outcome | None:
    if not since.ours:
        who = f"`{since.who}`" if since.who else "somebody"
        return Outcome(Result.OVERTAKEN, f"{who} pushed `{signs.head_sha[:7]}` first", since.person)
    if signs.pending:
        return None
    if signs.ships:
        return Outcome(Result.MENDED, f"`{signs.head_sha[:7]}` may ship")
    if all(trouble.failure is Failure.POLICY and trouble.check == CONTRACT for trouble in signs.troubles):
        return Outcome(Result.UNTOLD, f"`{signs.head_sha[:7]}` cannot be told to hold: {signs.said}")
    return Outcome(Result.FAILED, f"`{signs.head_sha[:7]}` does not hold: {signs.said}")


def _held(one: Attempted) -> str:
    return "what had failed passes" if one.step is Step.RERUN else "what had failed holds, and it has pushed nothing"


def _rerun(one: Attempted, signs: Signs, since: Since, patience: float, now: float) -> Outcome | None:
    done = since.ran_on or (one.run is None and now - one.began >= _ASKED_AGAIN)
    if done and not signs.pending:
        return Outcome(Result.FAILED, f"it ran again and fails still: {signs.said}")
    return _silent(one, patience, now)


def _without_a_push(run: str) -> Outcome:
    if run in BROKE_OFF:
        return Outcome(Result.INFRA, f"its run broke off ({run})")
    return Outcome(Result.FAILED, f"its run ended ({run}) and pushed nothing")


def _silent(one: Attempted, patience: float, now: float) -> Outcome | None:
    if now - one.began < patience:
        return None
    return Outcome(Result.SILENT, f"nothing came of it within {round(patience / 60)} minutes")
