"""Which version became which, where several of one package live side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checks.sbom.drift.change import Move
from checks.sbom.versions import comparison

MOST = 64  # versions of one package on one side; beyond that nobody can follow, and ordering them costs
_MAJOR = re.compile(r"[vV=]?(?:\d+[!:])?(\d+)", re.ASCII)


def pair(ecosystem: str, before: Iterable[str], after: Iterable[str]) -> tuple[Move, ...]:
    """The versions that only one side has, matched: within the same major first, the newest with the newest.

    What is left over arrived or left.

    >>> pair("npm", ["1.1.0", "2.0.0", "2.1.0"], ["1.2.0", "2.1.0", "3.0.0"])
    (('1.1.0', '1.2.0'), ('2.0.0', '3.0.0'))
    """
    left, right = set(before), set(after)
    gone, come = left - right, right - left
    if not gone or not come or max(len(gone), len(come)) > MOST:
        return ()
    ranked, waiting = (comparison.ordered(ecosystem, side)[::-1] for side in (gone, come))
    moves: list[Move] = []
    for version in list(ranked):
        twin = next((each for each in waiting if major(each) == major(version) is not None), None)
        if twin is not None:
            moves.append((version, twin))
            ranked.remove(version)
            waiting.remove(twin)
    return (*moves, *zip(ranked, waiting, strict=False))


def major(version: str) -> int | None:
    """The major number; None when there is none."""
    matched = _MAJOR.match(version)
    return int(matched[1]) if matched and len(matched[1]) < 20 else None


def crosses(moves: Iterable[Move]) -> bool:
    """Does one of them lead to another major version?"""
    steps = [(major(old), major(new)) for old, new in moves]
    return any(old != new for old, new in steps if None not in (old, new))
