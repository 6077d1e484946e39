"""How bad an advisory is: CVSS vectors and the words that databases use, on one scale. `unknown` is a level of its own.

Bands are those of the qualitative scale of CVSS v3.1 and v4.0; CVSS v2 knows no `critical`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

SEVERITIES = ("unknown", "info", "low", "medium", "high", "critical")
"""From the mildest to the worst; what nobody has rated is never taken for mild."""

_BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
_WORDS = {
    **{word: word for word in SEVERITIES},
    "none": "info",
    "informational": "info",
    "negligible": "low",
    "minor": "low",
    "moderate": "medium",
    "important": "high",
    "major": "high",
    "severe": "critical",
}
_KINDS = ("CVSS_V4", "CVSS_V3", "CVSS_V2")  # the first that is there counts
_MARKED = {"CVSS:3": "CVSS_V3", "CVSS:4": "CVSS_V4"}  # a vector that says what it is counts as that
_MAX_LENGTH = 512


class Rating(NamedTuple):
    """`level`: one of SEVERITIES; `score`: the CVSS base score, 0 to 10, None where there is only a word."""

    level: str
    score: float | None = None


UNRATED = Rating("unknown")


def band(score: float) -> str:
    """The level of a CVSS v3 or v4 base score; 0.0 is `info`, what is no score is `unknown`.

    >>> band(9.8), band(6.9), band(0.0)
    ('critical', 'medium', 'info')
    """
    if not 0 <= score <= 10:  # also what is not a number
        return "unknown"
    return next((level for floor, level in _BANDS if score >= floor), "info")


def word(text: str) -> str:
    """The level that a database's word means: MODERATE is `medium`, IMPORTANT is `high`; else `unknown`."""
    return _WORDS.get(text.strip().lower(), "unknown")


def worst(ratings: Iterable[Rating]) -> Rating:
    """The worst of several, by level and then by score; `unknown` when there is none."""
    return max(ratings, key=_weight, default=UNRATED)


def rate(vectors: Iterable[tuple[str, str]], words: Iterable[str] = ()) -> Rating:
    """The rating of one advisory from its (type, score) pairs, as OSV's `severity` has them, and from words.

    CVSS v4 goes before v3 before v2, any vector before any word; of several of a kind the worst counts. What cannot be
    read says nothing.
    """
    stated = list(vectors)
    for kind in _KINDS:
        scored = [_scored(kind, vector) for name, vector in stated if name == kind]
        found = worst(rating for rating in scored if rating.level != "unknown")
        if found.level != "unknown":
            return found
    spoken = [vector for name, vector in stated if name not in _KINDS]
    return worst(Rating(word(text)) for text in (*spoken, *words))


def _weight(rating: Rating) -> tuple[int, float]:
    return SEVERITIES.index(rating.level), -1.0 if rating.score is None else rating.score


@lru_cache(maxsize=4096)
def _scored(kind: str, vector: str) -> Rating:
    score = _number(vector) if len(vector) <= _MAX_LENGTH else None
    if score is None:
        score = _base_score(kind, vector.strip())
    if score is None:
        return UNRATED
    level = band(score)
    return Rating("high" if kind == "CVSS_V2" and level == "critical" else level, score)


def _number(text: str) -> float | None:
    """Some databases write the bare score where a vector belongs."""
    try:
        score = float(text)
    except ValueError:
        return None
    return score if math.isfinite(score) else None


def _base_score(kind: str, vector: str) -> float | None:
    if not vector or len(vector) > _MAX_LENGTH:
        return None
    spelt = (vector, vector.upper().replace("/AU:", "/Au:"))
    return next((score for one in spelt if (score := _computed(_MARKED.get(one[:6], kind), one)) is not None), None)


def _computed(kind: str, vector: str) -> float | None:
    import cvss  # type: ignore[import-untyped]

    scheme = {"CVSS_V4": cvss.CVSS4, "CVSS_V3": cvss.CVSS3, "CVSS_V2": cvss.CVSS2}[kind]
    try:
        return float(scheme(vector.rstrip("/")).base_score)
    except Exception:  # its own errors, and whatever else a hostile vector trips
        return None
