"""A client of the drift watch for services: one file to copy, nothing but the standard library.

    watch = DriftClient("ranking", "https://maestro.example.com", token=os.environ["MAESTRO_TOKEN"])
    ...
    watch.observe({"price": 12.5, "card": "visa", "score": 0.83})

`observe` notes a row and returns: it takes no lock, sends nothing, and never raises into the service. A thread of its
own adds the rows up by day and feature each second, and sends what came each `interval` seconds. What cannot be sent is
kept and sent again, under the same name, so that Maestro counts it once; of what is too much the oldest goes first.

Only counts leave the service: of numbers by logarithmic bin (1 % wide, DDSketch's rule), of everything else by value.
Python 3.9 or later.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping
from math import ceil, isfinite, log
from typing import Any

GAMMA = 1.01 / 0.99
TINY = 1e-300  # what is not farther from zero is zero
MOST_BINS, MOST_NAMES, LONGEST_NAME = 2048, 1000, 100
MOST_ROWS = 100_000  # that wait to be added up
MOST_BATCHES = 48  # that wait to be sent
TIMEOUT = 10.0  # seconds
_WIDTH = log(GAMMA)
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})  # in any case, as Maestro reads them
_NEVER = frozenset({400, 401, 403, 404, 409, 413, 422})  # answers that another try would not change

Send = Callable[[str, bytes, Mapping[str, str]], int]
"""POSTs a body to an address with headers; the status. Raises OSError where nobody answered."""


class Nothing:
    """Rows of one feature that say nothing of what it is: all are missing."""

    kind = "numeric"  # as good as the other: Maestro takes a sketch of missing values for either

    def __init__(self) -> None:
        self.rows = 0

    def add(self, value: Any) -> None:
        """One row."""
        self.rows += 1

    def sketch(self) -> dict[str, Any]:
        """As Maestro reads it."""
        return {"type": self.kind, "version": 1, "rows": self.rows, "missing": self.rows}


class Numbers:
    """Numbers of one feature, counted by logarithmic bin."""

    kind = "numeric"

    def __init__(self, missing: int = 0) -> None:
        self.rows = self.missing = missing
        self.zero = 0
        self.least: float | None = None
        self.most: float | None = None
        self.positive: Counter[int] = Counter()
        self.negative: Counter[int] = Counter()

    def add(self, value: Any) -> None:
        """One row; what is no finite number is missing."""
        number = _number(value)
        self.rows += 1
        if number is None:
            self.missing += 1
            return
        self.least = number if self.least is None else min(self.least, number)
        self.most = number if self.most is None else max(self.most, number)
        if abs(number) <= TINY:
            self.zero += 1
        else:
            (self.positive if number > 0 else self.negative)[ceil(log(abs(number)) / _WIDTH)] += 1

    def sketch(self) -> dict[str, Any]:
        """As Maestro reads it."""
        extremes = {} if self.least is None else {"min": self.least, "max": self.most}
        bins = {"positive": _highest(self.positive), "negative": _highest(self.negative)}
        return {"type": self.kind, "version": 1, "rows": self.rows, "missing": self.missing, "zero": self.zero} | (
            extremes | bins
        )


class Names:
    """Values of one feature, counted one by one as long as there is room."""

    kind = "categorical"

    def __init__(self, missing: int = 0) -> None:
        self.rows = self.missing = missing
        self.other = 0
        self.counts: Counter[str] = Counter()

    def add(self, value: Any) -> None:
        """One row; None, the empty text, `NA`, `null` and the like are missing."""
        name = _name(value)
        self.rows += 1
        if name.lower() in _MISSING:
            self.missing += 1
            return
        self.counts[name] += 1
        if len(self.counts) > 2 * MOST_NAMES:
            self._make_room()

    def sketch(self) -> dict[str, Any]:
        """As Maestro reads it."""
        self._make_room()
        sums = {"rows": self.rows, "missing": self.missing, "other": self.other}
        return {"type": self.kind, "version": 1} | sums | {"counts": dict(self.counts)}

    def _make_room(self) -> None:
        """The rarest names are no longer told apart."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        self.other += sum(count for _, count in ranked[MOST_NAMES:])
        self.counts = Counter(dict(ranked[:MOST_NAMES]))


class DriftClient:
    """Watches one module. `kinds`: `numeric` or `categorical` by feature; of others the first that is there tells.

    `failure` is why the last batch could not be sent, "" where it was; `lost` counts batches that had no room, or
    that Maestro would not have, rows that were none, values that cannot be told, and each time that rows had no room.
    """

    def __init__(
        self,
        module: str,
        url: str,
        token: str,
        *,
        interval: float = 60.0,
        kinds: Mapping[str, str] | None = None,
        send: Send | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.failure, self.lost = "", 0
        self._address = f"{url.rstrip('/')}/api/drift/{module}"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._interval, self._kinds, self._send, self._now = interval, dict(kinds or {}), send or post, now
        self._rows: deque[tuple[float, dict[str, Any]]] = deque(maxlen=MOST_ROWS)
        self._days: dict[str, dict[str, Nothing | Numbers | Names]] = {}
        self._outbox: deque[bytes] = deque(maxlen=MOST_BATCHES)
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.close)

    def observe(self, features: Mapping[str, Any]) -> None:
        """Note one row. It is copied, so that the caller may go on with it."""
        try:
            self._rows.append((self._now(), dict(features)))
        except Exception:  # whatever it was, the service must not hear of it
            self.lost += 1

    def flush(self) -> bool:
        """Add up what was noted, and send it now: has all of it arrived?"""
        with self._turn:
            self._add_up()
            self._pack()
            return self._sent()

    def close(self) -> None:
        """Send what there is, once, and stop."""
        self._closed.set()
        self.flush()

    # --- the thread ----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """A thread for this process; a forked one begins with nothing of its parent's."""
        self._name, self._sequence = uuid.uuid4().hex, 0
        self._turn, self._closed = threading.Lock(), threading.Event()
        self._rows.clear()
        self._days.clear()
        self._outbox.clear()
        threading.Thread(target=self._run, name="drift", daemon=True).start()

    def _run(self) -> None:
        due = time.monotonic() + self._interval
        while not self._closed.wait(min(1.0, self._interval)):
            with self._turn:
                self._add_up()
            if time.monotonic() >= due:
                self.flush()
                due = time.monotonic() + self._interval

    def _add_up(self) -> None:
        """Take the rows that wait, each to its day by UTC."""
        if len(self._rows) == MOST_ROWS:
            self.lost += 1  # or more: the oldest made room
        for _ in range(len(self._rows)):
            at, row = self._rows.popleft()
            day = self._days.setdefault(time.strftime("%Y-%m-%d", time.gmtime(at)), {})
            for feature, value in row.items():
                self._count(day, feature, value)

    def _count(self, day: dict[str, Nothing | Numbers | Names], feature: Any, value: Any) -> None:
        try:
            self._of(day, str(feature), value).add(value)
        except Exception:  # the value's own code: the thread goes on with the next
            self.lost += 1

    def _of(self, day: dict[str, Nothing | Numbers | Names], feature: str, value: Any) -> Nothing | Numbers | Names:
        """Where the value counts. A feature of which nothing was said yet becomes what its first value is."""
        there = day.get(feature)
        if feature not in self._kinds and _name(value).lower() not in _MISSING:
            self._kinds[feature] = Numbers.kind if _is_number(value) else Names.kind
        if there is None or (isinstance(there, Nothing) and feature in self._kinds):
            day[feature] = self._counted(feature, there.rows if there else 0)
        return day[feature]

    def _counted(self, feature: str, missing: int) -> Nothing | Numbers | Names:
        if feature not in self._kinds:
            return Nothing()
        return Names(missing) if self._kinds[feature] == Names.kind else Numbers(missing)

    def _pack(self) -> None:
        """A batch for each day, under a name that nobody else gives."""
        for day, features in self._days.items():
            self._sequence += 1
            sketches = {feature: found.sketch() for feature, found in features.items()}
            batch = {"batch": f"{self._name}.{self._sequence}", "day": day, "features": sketches}
            self.lost += len(self._outbox) == MOST_BATCHES
            self._outbox.append(json.dumps(batch).encode())
        self._days.clear()

    def _sent(self) -> bool:
        """Send the oldest first, up to the first that nobody takes now."""
        while self._outbox:
            status = self._status(self._outbox[0])
            if status not in _NEVER and not 200 <= status < 300:
                return False
            self.lost += status in _NEVER
            self._outbox.popleft()
        return not self.failure

    def _status(self, body: bytes) -> int:
        try:
            status = self._send(self._address, body, self._headers)
        except Exception as error:  # a service is not stopped by what watches it
            self.failure = f"{type(error).__name__}: {error}"
            return 0
        self.failure = "" if 200 <= status < 300 else f"HTTP {status}"
        return status


def post(address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST by the standard library, to http(s) alone. Raises OSError where nobody answered, ValueError elsewhere."""
    if not address.startswith(("https://", "http://")):
        raise ValueError("the address is none of http or https")
    request = urllib.request.Request(address, body, dict(headers), method="POST")  # noqa: S310 - see above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def _plain(value: Any) -> Any:
    """A scalar of numpy and its like as Python's own."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value


def _is_number(value: Any) -> bool:
    """Decimals, fractions and scalars of numpy are numbers, too; truth values are names."""
    return hasattr(type(value), "__float__") and not isinstance(_plain(value), bool)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _name(value: Any) -> str:
    """1, 1.0 and "1" are one."""
    value = _plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and isfinite(value) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    try:
        return str(value).strip()[:LONGEST_NAME]
    except ValueError:  # a whole number with thousands of digits
        return "a huge number"


def _highest(bins: Counter[int]) -> dict[int, int]:
    """The highest bins; what lies below is counted in the lowest of these."""
    lowest = max(bins, default=0) - MOST_BINS + 1
    kept = Counter({index: count for index, count in bins.items() if index >= lowest})
    if len(kept) < len(bins):
        kept[lowest] += sum(count for index, count in bins.items() if index < lowest)
    return dict(sorted(kept.items()))
