"""What is done about a failing change, in words: one line for now, and one row for each attempt.

The words are plain text in which `code` may stand; each medium escapes them. Names of arms, logins and notes may be
anybody's: what would end a stretch of code in them is taken out here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.render import words
from app.render.escape import Markdown, line
from app.render.templates import render
from program.remediation import Attempted, Course, Failure, Remediation, Result, Step

REMEDIATE, STOP = "remediate", "remediate stop"
"""The commands that begin it, or give the word for it, and that end it."""

_PULL = re.compile(r"(https?://[^/\s]+/[^/\s]+/[^/\s]+)/pull/\d+")
_NAME, _SENTENCE = 64, 300  # characters of an arm's name or a login, and of a sentence

_FAILURES: Mapping[Failure, str] = {
    Failure.FLAKY: "flaky",
    Failure.INFRA: "infrastructure",
    Failure.CONTRACT: "contract",
    Failure.SBOM: "bill of materials",
    Failure.POLICY: "policy",
    Failure.CONFLICT: "conflict with the base",
}
_STEPS: Mapping[Step, str] = {
    Step.RERUN: "what failed runs again",
    Step.UPDATE: "the base is merged into the branch",
    Step.FIX: "a fix is proposed",
    Step.AGENT: "an agent tries",
}
_RESULTS: Mapping[Result, tuple[str, str]] = {  # word and tone
    Result.OPEN: ("at work", "open"),
    Result.MENDED: ("mended", "good"),
    Result.FAILED: ("fails still", "bad"),
    Result.INFRA: ("did not run: infrastructure", "calm"),
    Result.SILENT: ("nothing came of it in time", "bad"),
    Result.REFUSED: ("refused by GitHub", "bad"),
    Result.UNSENT: ("never carried out", "calm"),
    Result.OVERTAKEN: ("overtaken by somebody else", "calm"),
    Result.NEEDLESS: ("not needed: it holds already", "calm"),
    Result.UNTOLD: ("cannot be told: no measure", "calm"),
}
_COURSES: Mapping[Course, tuple[str, str]] = {
    Course.ASKING: ("waits for a maintainer", "open"),
    Course.WORKING: ("repairing", "open"),
    Course.MENDED: ("mended", "good"),
    Course.LAPSED: ("ended", "calm"),
    Course.UNANSWERED: ("waits no longer", "calm"),
    Course.LEFT: ("left to a person", "calm"),
    Course.STOPPED: ("stopped", "calm"),
    Course.HANDED_OVER: ("handed over to people", "bad"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One attempt in words. `step`: what it does; `run`: the address of its workflow run, "" where there is none;
    `usd`: what was reported that it cost; moments are epoch seconds.
    """

    n: int
    step: str
    failure: str
    arm: str
    expected: str
    result: str
    tone: str
    usd: float | None
    run: str
    note: str
    began: float
    ended: float | None


def word(remediation: Remediation) -> str:
    """How it stands, in a word or a few."""
    return _COURSES[remediation.course][0]


def tone(remediation: Remediation) -> str:
    """In which tone that is said: good, bad, open or calm."""
    return _COURSES[remediation.course][1]


def told(remediation: Remediation, url: str) -> tuple[Told, ...]:
    """Every attempt, in the order in which they were made. `url`: of the pull request's page, "" where it has none."""
    return tuple(_told(one, url) for one in remediation.attempts)


def said(remediation: Remediation) -> str:
    """How it stands now: one sentence without a full stop, with the command that changes it where there is one."""
    parts = _ended(remediation) if remediation.course.over else _going_on(remediation)
    return " · ".join(filter(None, parts))


def telling(remediation: Remediation | None, ships: bool) -> str:
    """The same where it tells something of a change that `ships` or does not: what was mended and fails again was not
    mended, and who was asked in vain is not asked any more once it may ship. Else "".
    """
    if remediation is None or (remediation.course.over and ships is not (remediation.course is Course.MENDED)):
        return ""
    return said(remediation)


def remediated(remediation: Remediation | None, url: str) -> Markdown:
    """A table of every attempt of it, for a card; "" where none was made. `url`: as above."""
    if remediation is None or not remediation.attempts:
        return Markdown("")
    return render("remediated.md.j2", said=said(remediation), attempts=told(remediation, url))


def summary(remediation: Remediation | None) -> str:
    """What it folds under, "" where none was made."""
    return f"Repairs ({len(remediation.attempts)})" if remediation and remediation.attempts else ""


def gist(remediation: Remediation | None, ships: bool) -> str:
    """Changes with whatever a card shows of it, and with nothing else; "" where it shows nothing."""
    if remediation is None:
        return ""
    shown = [telling(remediation, ships), *map(repr, told(remediation, ""))]
    runs = [one.run for one in remediation.attempts]
    return hashlib.sha256(repr((shown, runs)).encode()).hexdigest() if any(shown) else ""


def cost(remediation: Remediation) -> str:
    """What its attempts cost as far as somebody reported it: `$0.33`, "" where nobody did."""
    known = [one.usd for one in remediation.attempts if one.usd is not None]
    unknown = any(one.usd is None for one in remediation.attempts if one.step is Step.AGENT)
    return f"{words.dollars(sum(known))}{' as far as it was reported' if unknown else ''}" if known else ""


def _going_on(remediation: Remediation) -> Sequence[str]:
    if remediation.course is Course.ASKING:
        return _sentence(remediation.why) or "waits for the word of a maintainer", f"`/maestro {REMEDIATE}`"
    at_work = remediation.working
    before = sum(one.counts for one in remediation.attempts if one is not at_work)
    counted = f"attempt {before + 1} of at most {remediation.most}"
    now = _at_work(at_work) if at_work else "is about to begin"
    until = f"until {_minute(remediation.began + remediation.seconds)} at the latest"
    return f"{counted}{': ' if at_work else ' '}{now}", until, f"`/maestro {STOP}`"


def _at_work(attempt: Attempted) -> str:
    """What it does; of an arm, why that one, but not what the figures rest on."""
    return _sentence(attempt.expected.partition(";")[0]) or _what(attempt)


def _what(attempt: Attempted) -> str:
    return f"`{_name(attempt.arm)}` tries" if attempt.arm else _STEPS[attempt.step]


def _ended(remediation: Remediation) -> Sequence[str]:
    if remediation.course is Course.MENDED:
        return _mended(remediation), cost(remediation)
    why, course = _sentence(remediation.why), word(remediation)
    said = why if why.startswith(course.split()[0]) else ": ".join(filter(None, (course, why)))
    counted = "" if "attempt" in why else _counted(remediation)
    return said, counted, cost(remediation)


def _mended(remediation: Remediation) -> str:
    by = next((one for one in reversed(remediation.attempts) if one.result is Result.MENDED), None)
    who = f" (`{_name(by.arm)}`)" if by and by.arm else ""
    after = "" if remediation.ended is None else f" after {words.lasted(remediation.ended - remediation.began)}"
    return f"mended{f' by attempt {by.n}{who}' if by else ''}{after}"


def _counted(remediation: Remediation) -> str:
    made = len(remediation.attempts)
    return "" if not made else "1 attempt" if made == 1 else f"{made} attempts"


def _told(one: Attempted, url: str) -> Told:
    result, its_tone = _RESULTS[one.result]
    texts = _name(one.arm), _sentence(one.expected)
    places = _run(one, url), line(one.note, _SENTENCE)
    failed, times = _FAILURES[one.failure], (one.began, one.ended)
    return Told(one.n, _what(one), failed, *texts, result, its_tone, one.usd, *places, *times)


def _run(one: Attempted, url: str) -> str:
    home = _PULL.match(url)
    return f"{home[1]}/actions/runs/{one.run:d}" if home and one.run is not None else ""


def _sentence(text: str) -> str:
    return line(text, _SENTENCE).rstrip(".")


def _name(text: str) -> str:
    return line(text.replace("`", ""), _NAME)


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
