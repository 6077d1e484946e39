"""When a failed call may be made again, and after how long. Pure: no clock, no sleep, no network.

Rules: docs.github.com "Best practices for using the REST API" (retry-after; else the reset when none remain;
else at least a minute, growing) and "Rate limits for the REST API" (a limit is a 429, or a 403 of two kinds).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from app.github.exchange import Answer, Cut, Request
from app.github.limits import SECONDS_WITHOUT_RETRY_AFTER

MARGIN = 1.0  # seconds past a reset or a zero retry-after: GitHub counts in whole seconds
LONGEST_SILENCE = 3_600.0  # seconds; where doubling stops
LONGEST_BACKOFF = 8.0  # seconds between two attempts at a failing server
_SECONDARY_WORDS = ("secondary rate limit", "abuse detection")


class Kind(StrEnum):
    """Why a call brought no answer, and that asking again may help."""

    PRIMARY = "primary"  # the hour's requests are used up
    SECONDARY = "secondary"  # too fast, too many at once, or too many writes
    SERVER = "server"  # 5xx
    NETWORK = "network"  # refused, cut or timed out


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt. `asked`: seconds GitHub told us to wait, None when it did not say."""

    kind: Kind
    message: str
    status: int = 0
    asked: float | None = None
    sent: bool = True  # False: the request never left, so it did nothing

    @property
    def limited(self) -> bool:
        return self.kind in {Kind.PRIMARY, Kind.SECONDARY}


def diagnose(answer: Answer, now: float) -> Fault | None:
    """Name the fault of `answer`; None when asking again would change nothing. `now`: epoch seconds."""
    after = _retry_after(answer.headers, now)
    if answer.status >= 500:
        return Fault(Kind.SERVER, answer.message or f"HTTP {answer.status}", answer.status, after)
    if answer.status not in {403, 429}:
        return None
    reset = _until_reset(answer.headers, now)
    kind = _limit(answer, told=after is not None, spent=reset is not None)
    if kind is None:
        return None
    return Fault(kind, answer.message or f"{kind} rate limit", answer.status, after if after is not None else reset)


def cut_short(cut: Cut) -> Fault:
    """The fault of an exchange that brought no answer at all."""
    return Fault(Kind.NETWORK, cut.reason, sent=cut.sent)


def may_repeat(request: Request, fault: Fault) -> bool:
    """Would a second attempt be safe? A limit refused the first; a cut or failed write may have happened."""
    return fault.limited or not fault.sent or request.repeatable


def silence(fault: Fault, strikes: int) -> float:
    """Seconds of no calls at all after a limit, the `strikes`-th in a row that named no time.

    GitHub's own figure counts; without one it is a minute, then two, four ... up to an hour.
    """
    if fault.asked is not None:
        return max(fault.asked, MARGIN)
    return min(SECONDS_WITHOUT_RETRY_AFTER * 2.0 ** min(strikes - 1, 10), LONGEST_SILENCE)


def backoff(fault: Fault, attempt: int, draw: float) -> float:
    """Seconds before the next attempt at a failing server: as asked, else 0.5, 1, 2 ... less up to half."""
    own: float = min(0.5 * 2.0 ** (attempt - 1), LONGEST_BACKOFF) * (1.0 - draw / 2.0)
    return max(fault.asked or 0.0, own)


def _limit(answer: Answer, *, told: bool, spent: bool) -> Kind | None:
    said = answer.message.lower()
    if any(words in said for words in _SECONDARY_WORDS):
        return Kind.SECONDARY
    if spent and not told:
        return Kind.PRIMARY
    return Kind.SECONDARY if told or answer.status == 429 else None


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """`Retry-After` in seconds: a number from GitHub, perhaps a date from a proxy; the rest is not heard."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    moment = _moment(value)
    return None if moment is None else max(moment - _server_now(headers, now), 0.0)


def _until_reset(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the spent hour ends; None while requests remain."""
    reset = headers.get("X-RateLimit-Reset", "")
    if headers.get("X-RateLimit-Remaining", "").strip() != "0" or not (reset.isascii() and reset.isdigit()):
        return None
    return max(float(reset[:12]) - _server_now(headers, now), 0.0) + MARGIN


def _server_now(headers: Mapping[str, str], now: float) -> float:
    """GitHub's clock, which its moments are meant in; ours when it does not say."""
    moment = _moment(headers.get("Date", ""))
    return now if moment is None else moment


def _moment(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
