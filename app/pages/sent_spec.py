"""A report of Spec Cards as it was sent: whether its sender signed it, whether it is of this time, what is in it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from app.model import MOST_EXEMPLAR, SpecReport
from app.store.speclive import LATE
from checks.drift.batch import BatchError, sketches

TIMESTAMP, SIGNATURE, KEY = "X-Maestro-Timestamp", "X-Maestro-Signature-256", "Idempotency-Key"
FRESH = 300.0  # seconds by which a timestamp may be off
AHEAD = 60.0  # seconds by which the clock of a service may be ahead
LONGEST = 3_600.0  # seconds of a window
_REPORT = msgspec.json.Decoder(SpecReport)


class BadReport(ValueError):
    """Nothing of it can be kept; the message says where and why, for people."""


class Unsigned(ValueError):
    """Nobody can tell that its bearer sent it; the message says why."""


class OutOfTime(ValueError):
    """Its window is over for too long, or to come."""


def signature(key: str, message: bytes) -> str:
    """How whoever holds `key` signs `message`."""
    return "sha256=" + hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def verify(headers: Mapping[str, str], token: str, content: bytes, now: float) -> None:
    """Raises Unsigned, unless the bearer of `token` signed `content`, the body as it was sent, a moment ago."""
    stamp, said = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise Unsigned(f"send `{TIMESTAMP}`: the moment, in whole epoch seconds")
    wanted = signature(token, f"{stamp}.{headers.get(KEY, '')}.".encode() + content)
    if not hmac.compare_digest(wanted.encode(), said.encode()):
        raise Unsigned(f"`{SIGNATURE}` is not that of this body, this `{KEY}` and this moment under this token")
    if abs(now - int(stamp)) > FRESH:
        raise Unsigned(f"`{TIMESTAMP}` is more than {FRESH / 60:.0f} minutes off: is the clock right?")


def report_in(content: bytes, now: float) -> SpecReport:
    """Read a report. Raises BadReport with the place of the mistake, or OutOfTime."""
    try:
        report = _REPORT.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadReport(str(error)) from None
    for place, wrong in _mistakes(report):
        raise BadReport(f"{wrong} - at `$.{place}`")
    if report.kind == "live":
        _in_time(report, now)
    return report


def _in_time(report: SpecReport, now: float) -> None:
    if report.end > now + AHEAD:
        raise OutOfTime("its window ends in the future: is the clock of the service right?")
    if report.end < now - LATE:
        raise OutOfTime(f"its window was over more than {LATE / 3_600:.0f} hours ago")


def _mistakes(report: SpecReport) -> Iterator[tuple[str, str]]:
    """What the form alone does not tell, with its place."""
    if not report.start <= report.end <= report.start + LONGEST:
        yield "end", "a window ends after it began, and within an hour"
    yield from _twice("targets", [one.name for one in report.targets])
    yield from _twice("clauses", [one.id for one in report.clauses])
    for place, target in enumerate(report.targets):
        if target.guarded > target.calls:
            yield f"targets[{place}].guarded", "more calls were guarded than there were"
    for place, clause in enumerate(report.clauses):
        if clause.violated + clause.errors > clause.evaluated:
            yield f"clauses[{place}].evaluated", "less than what was violated and went wrong"
    for place, one in enumerate(report.exemplars):
        if len(msgspec.json.encode(one)) > MOST_EXEMPLAR:
            yield f"exemplars[{place}]", f"more than {MOST_EXEMPLAR:,} bytes"
    if report.mutants is not None and report.mutants.killed > report.mutants.made:
        yield "mutants.killed", "more than were made"
    yield from _sketched(report)


def _twice(where: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    known: set[str] = set()
    for place, name in enumerate(names):
        if name in known:
            yield f"{where}[{place}]", "named twice"
        known.add(name)


def _sketched(report: SpecReport) -> Iterator[tuple[str, str]]:
    for place, one in enumerate(report.watched):
        try:
            sketches({one.name: one.sketch}, {})
        except BatchError as error:
            yield f"watched[{place}].sketch", str(error)
