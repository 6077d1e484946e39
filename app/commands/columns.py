"""Tables in CSV files as columns, a block of rows at a time; numbers are told from names by what the cells say."""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import TextIOWrapper
from itertools import islice
from typing import IO, Protocol

import click
import numpy as np
from numpy.typing import NDArray

from checks.drift import Kind
from checks.drift.column import NUMERIC, Column, Names, column, is_missing, name, number, numbers

BLOCK = 20_000  # rows
PROGRESS = 500_000  # rows between two words of progress
MOST_NAMES = 100_000  # distinct, of one column; further ones are counted together

Table = Mapping[str, Column]

_BROKEN = (csv.Error, UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error)


class Rows(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


@dataclass(slots=True)
class _Cells:
    """What was read of one column: numbers, NaN where there is none, and the texts among them that are no numbers."""

    kind: Kind | None
    read: list[NDArray[np.float64]] = field(default_factory=list)
    texts: Counter[str] = field(default_factory=Counter)
    other: int = 0  # texts beyond `MOST_NAMES`
    missing: int = 0

    def add(self, cells: tuple[str, ...]) -> None:
        """More rows."""
        if self.kind is not Kind.CATEGORICAL:
            try:
                self.read.append(np.array(cells, dtype=np.float64))
            except ValueError:
                cells = self._numbers_of(cells)
            else:
                return
        self._names_of(cells)

    def _numbers_of(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        """Keeps the numbers, and returns the other cells."""
        values = np.fromiter(map(number, cells), np.float64, len(cells))
        self.read.append(values[~np.isnan(values)])
        return tuple(cells[at] for at in np.flatnonzero(np.isnan(values)).tolist())

    def _names_of(self, cells: tuple[str, ...]) -> None:
        for cell, times in Counter(cells).items():
            if is_missing(cell):
                self.missing += times
            elif cell in self.texts or len(self.texts) < MOST_NAMES:
                self.texts[name(cell)] += times
            else:
                self.other += times

    def column(self) -> Column:
        """All rows, as the kind they are."""
        values = np.concatenate([*self.read, np.empty(0)])
        told = int(np.isfinite(values).sum())
        texts = self.texts.total() + self.other
        if (self.kind or Kind.NUMERIC) is Kind.NUMERIC and (self.kind or told >= NUMERIC * (told + texts)):
            lost = np.full(self.missing + texts, np.nan)
            return numbers(np.concatenate([values, lost]), texts)
        named = column(values, Kind.CATEGORICAL)
        assert isinstance(named, Names)
        return Names(Counter(named.counts) + self.texts, named.missing + self.missing, self.other)


def tables(file: str, kinds: Mapping[str, Kind], day: str | None) -> dict[int, Table]:
    """The columns of a CSV file with a header, by the days of its column `day` (`date.toordinal`).

    Where there is no such column there is one table, under 0. "-" is standard input; a name that ends in .gz is
    unpacked. What is no such file ends the command with exit code 2, with the line.
    """
    with _opened(file) as text:
        rows = csv.reader(text, strict=True)
        try:
            return _read(rows, file, kinds, day)
        except _BROKEN as error:
            raise click.ClickException(f"{file}:{rows.line_num}: {error}") from None


@contextmanager
def _opened(file: str) -> Iterator[IO[str]]:
    if file == "-":
        yield TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
        return
    opener = gzip.open if file.endswith(".gz") else open
    with opener(file, "rt", encoding="utf-8-sig", newline="") as text:
        yield text


def _read(rows: Rows, file: str, kinds: Mapping[str, Kind], day: str | None) -> dict[int, Table]:
    header = _header(next(rows, []), file)
    at = header.index(day) if day in header else None
    cells = {0: [_Cells(kinds.get(name)) for name in header]} if at is None else {}
    for block in _blocks(rows, file, len(header)):
        for ordinal, part in _by_day(block, at, file, rows):
            columns = cells.setdefault(ordinal, [_Cells(kinds.get(name)) for name in header])
            for one, told in zip(columns, zip(*part, strict=True), strict=True):
                one.add(told)
    return {ordinal: _table(header, columns, at) for ordinal, columns in sorted(cells.items())}


def _table(header: Sequence[str], columns: Sequence[_Cells], day: int | None) -> Table:
    return {name: columns[at].column() for at, name in enumerate(header) if at != day}


def _header(names: Sequence[str], file: str) -> list[str]:
    header = [name.strip() for name in names]
    twice = [name for name, times in Counter(header).items() if times > 1]
    if not header or "" in header or twice:
        raise click.ClickException(f"{file}:1: a header with a name for each column is needed, each name once")
    return header


def _blocks(rows: Rows, file: str, width: int) -> Iterator[list[list[str]]]:
    read = 0
    while block := list(islice(rows, BLOCK)):
        told = [row for row in block if row]
        if any(len(row) != width for row in told):
            odd = next(at for at, row in enumerate(block) if row and len(row) != width)
            line = rows.line_num - len(block) + odd + 1
            raise click.ClickException(f"{file}:{line}: {len(block[odd])} cells, and {width} in the header")
        if told:
            yield told
        read += len(block)
        if read % PROGRESS == 0:
            click.echo(f"{file}: {read:,} rows read", err=True)


def _by_day(block: list[list[str]], at: int | None, file: str, rows: Rows) -> Iterator[tuple[int, list[list[str]]]]:
    """The block by day, in the order of first appearance."""
    if at is None:
        yield 0, block
        return
    parts: dict[str, list[list[str]]] = {}
    for row in block:
        parts.setdefault(row[at].strip()[:10], []).append(row)
    for told, part in parts.items():
        try:
            yield date.fromisoformat(told).toordinal(), part
        except ValueError:
            line = rows.line_num - len(block) + 1
            raise click.ClickException(
                f"{file}: {told!r} is no day, as in 2026-11-30 (line {line:,} or after)"
            ) from None
