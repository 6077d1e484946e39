"""Has anybody touched the log? Reads a chain row by row and names whatever does not fit. Pure.

Each row is held against the hash that the row before it *shows*, so that one changed row makes one finding and does not
spoil all that follow. A row that does not fit is looked for elsewhere: that tells what was moved from what was changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from app.model import Seal
from app.store.chain import GENESIS

Row = tuple[int, bytes, bytes]
"""Number, entry and hash, as the database has them."""

_Shown = tuple[int, bytes]
"""A row's number and the hash that it shows."""

MOST_SOUGHT = 250  # rows that are looked for elsewhere: each is held against all of their neighbours
NEIGHBOURS = 8  # rows before one that does not fit: as many may have been inserted with hashes that do


@dataclass(frozen=True, slots=True, order=True)
class Flaw:
    """One thing that is wrong with the log, and the row at which it shows."""

    row: int
    what: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows were read, where they end, and all that is wrong with them."""

    rows: int
    head: Seal
    flaws: tuple[Flaw, ...]


@dataclass(slots=True)
class _Stray:
    """A row that does not follow from the one before it."""

    seq: int
    entry: bytes
    hash: bytes
    due: bytes  # the hash that its entry would have in this place
    rehashed: bool = False  # its entry stands where it belongs, and only its hash is wrong
    after: int | None = None  # the row that it was written right after, where that could be found

    @property
    def flaw(self) -> Flaw:
        if self.rehashed:
            return Flaw(self.seq, "its hash was changed")
        if self.after is not None:
            return Flaw(self.seq, f"out of order: it was written right after row {self.after}")
        before = self.seq - 1
        doubt = f"its entry was changed, or row {before} was rewritten or inserted, or what stood between was removed"
        return Flaw(self.seq, f"does not follow from row {before}: {doubt}")


@dataclass(slots=True)
class Verification:
    """One reading of a log, from its first row to its last, against what witnesses saw of it."""

    witnessed: Sequence[Seal] = ()
    rows: int = 0
    _last: _Shown = (0, GENESIS.encode())
    _strays: list[_Stray] = field(default_factory=list)
    _ends: dict[int, bytes] = field(default_factory=lambda: {0: GENESIS.encode()})  # may have lost their successor
    _recent: list[Row] = field(default_factory=list)
    _flaws: list[Flaw] = field(default_factory=list)

    def read(self, rows: Sequence[Row]) -> None:
        """Take the next rows, in the order of their numbers."""
        last, before = self._last
        for index, (seq, entry, shown) in enumerate(rows):
            if seq == last + 1 and sha256(before + entry).hexdigest().encode() == shown:
                last, before = seq, shown
            else:
                near = [*self._recent, *rows[max(index - NEIGHBOURS, 0) : index]]
                last, before = self._doubted((seq, entry, shown), (last, before), near)
        self._last = last, before
        self._recent = list(rows[-NEIGHBOURS:])
        self.rows += len(rows)
        self._flaws += _disputed(rows, self.witnessed)

    def report(self) -> Report:
        """The end is reached: all that is wrong, in the order of the rows."""
        self._sought()
        flaws = {*self._flaws, *_truncated(self._last[0], self.witnessed), *_told(self._strays)}
        return Report(self.rows, _seal(self._last), tuple(sorted(flaws)))

    def _doubted(self, row: Row, last: _Shown, near: Sequence[Row]) -> _Shown:
        """Look into a row that does not fit where it stands; returns what the row after it is to be held against."""
        seq, entry, shown = row
        if seq < 1:
            self._flaws.append(Flaw(seq, "inserted: the log begins with row 1"))
            return last
        due = _hash(last[1], entry)
        if seq > last[0] + 1:
            self._flaws.append(_gap(last[0], seq, due == shown))
            self._ends[last[0]] = last[1]
        elif not self._rehashed(row):
            sought = len(self._strays) < MOST_SOUGHT
            self._strays.append(_Stray(seq, entry if sought else b"", shown, due))
            self._ends |= {row[0]: row[2] for row in near} if sought else {}
        return seq, shown

    def _rehashed(self, row: Row) -> bool:
        """Would this row follow, had the one before it the hash that is due to its entry?"""
        stray = self._strays[-1] if self._strays else None
        if stray is None or stray.seq != row[0] - 1 or _hash(stray.due, row[1]) != row[2]:
            return False
        stray.rehashed = True
        return True

    def _sought(self) -> None:
        """Find what each stray was written right after: a row near another stray, the first, or the last."""
        ends = self._ends | {self._last[0]: self._last[1]}
        for stray in self._strays[:MOST_SOUGHT]:
            if not stray.rehashed:
                found = (seq for seq, shown in ends.items() if _hash(shown, stray.entry) == stray.hash)
                stray.after = next(found, None)


def _told(strays: Sequence[_Stray]) -> Iterator[Flaw]:
    """What is wrong with strays. Rows that stand between one and the row it was written after came in from outside."""
    moved = {stray.seq for stray in strays if stray.after is not None}
    alien: set[int] = set()
    for stray in strays:
        after = stray.after
        if after is not None and after + 1 < stray.seq and after + 1 not in moved:
            yield Flaw(after + 1, _inserted(after, stray.seq))
            alien.update(one.seq for one in strays if after < one.seq <= stray.seq)
    yield from (stray.flaw for stray in strays if stray.seq not in alien)


def _inserted(after: int, seq: int) -> str:
    end = f" up to row {seq - 1}" if seq > after + 2 else ""
    return f"inserted{end}: row {seq} was written right after row {after}"


def _gap(last: int, seq: int, follows: bool) -> Flaw:
    renumbered = f"; nothing is, if row {seq} was renumbered, for it follows from row {last}" if follows else ""
    return Flaw(last + 1, f"missing{_up_to(last + 1, seq - 1)}{renumbered}")


def _truncated(last: int, witnessed: Iterable[Seal]) -> Iterator[Flaw]:
    furthest = max((seal.seq for seal in witnessed), default=0)
    if furthest > last:
        missing = f"missing{_up_to(last + 1, furthest)}"
        yield Flaw(last + 1, f"{missing}: the log ends with row {last}, and row {furthest} was witnessed")


def _up_to(first: int, last: int) -> str:
    return f", with all rows up to {last}" if last > first else ""


def _disputed(rows: Sequence[Row], witnessed: Iterable[Seal]) -> Iterator[Flaw]:
    """Rows whose hash is not the one that somebody saw."""
    seals = {seal.seq: seal for seal in witnessed if rows and rows[0][0] <= seal.seq <= rows[-1][0]}
    for seq, _, shown in rows if seals else ():
        if seq in seals and not shown.startswith(seals[seq].hash.encode()):
            saw = f"{seals[seq].short} was witnessed and {_seal((seq, shown)).short} stands here"
            yield Flaw(seq, f"{saw}: it, or a row before it, was rewritten")


def _hash(before: bytes, entry: bytes) -> bytes:
    return sha256(before + entry).hexdigest().encode()


def _seal(row: _Shown) -> Seal:
    return Seal(row[0], row[1].decode("ascii", "backslashreplace"))
