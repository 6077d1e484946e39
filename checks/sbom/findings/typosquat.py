"""Names that are made to be mistaken: one slip of the finger away, other separators, other letters that look the same.

Damerau's four slips (one letter more, less, other, or two swapped; Comm. ACM 7 (1964) 171-176). Short names, names that
differ in a number only, and siblings that share all but one word of several are left alone: they are alike by nature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checks.sbom.findings.popular import POPULAR

SHORTEST = 5  # letters: below, half of all names are one slip apart
LONGEST = 214  # what npm allows; beyond that nobody types
_SEPARATORS = re.compile(r"[-_./@:+~ ]+")
_LOOKS = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "|": "l"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_FOREIGN = str.maketrans("аеорсухіјѕԁɡӏνοаρτκαβ", "aeopcyxijsdglvoaptkab")


class Names:
    """Names to compare with: those given, as (ecosystem, name), and the popular ones of each ecosystem met."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        self._known: dict[str, set[str]] = {}
        for ecosystem, name in known:
            self._known.setdefault(ecosystem, set()).add(name)
        self._tables: dict[str, _Table] = {}

    def twin(self, ecosystem: str, name: str) -> str:
        """The first of the names that `name` could be mistaken for; "" where it is known itself, or like none."""
        if not ecosystem or len(name) > LONGEST:
            return ""
        if ecosystem not in self._tables:
            self._tables[ecosystem] = _Table(self._known.get(ecosystem, set()) | POPULAR.get(ecosystem, frozenset()))
        return self._tables[ecosystem].twin(name)


class _Table:
    """Known names by what they look like, and by every form that lacks one letter."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in names if len(name) <= LONGEST)
        self._skeletons: dict[str, str] = {}
        self._shorter: dict[str, list[str]] = {}
        for name in sorted(self._names):
            self._skeletons.setdefault(skeleton(name), name)
            if len(name) >= SHORTEST:
                for form in {name, *_lacking(name)}:
                    self._shorter.setdefault(form, []).append(name)

    def twin(self, name: str) -> str:
        lowered = name.lower()
        if lowered in self._names:
            return ""
        alike = self._skeletons.get(skeleton(lowered), "")
        if alike and len(_SEPARATORS.sub("", lowered)) >= SHORTEST - 1:
            return alike
        if len(lowered) < SHORTEST:
            return ""
        near = {each for form in (lowered, *_lacking(lowered)) for each in self._shorter.get(form, ())}
        return min((each for each in near if slipped(lowered, each) and not _siblings(lowered, each)), default="")


def skeleton(name: str) -> str:
    """What a reader sees: no separators, and letters that look alike as one."""
    seen = _SEPARATORS.sub("", name.lower().translate(_FOREIGN)).translate(_LOOKS)
    for pair, letter in _PAIRS:
        seen = seen.replace(pair, letter)
    return seen


def slipped(a: str, b: str) -> bool:
    """Is `a` exactly one slip away from `b`?

    >>> slipped("lodahs", "lodash"), slipped("lodash", "lodash"), slipped("lodsh", "lodash")
    (True, False, True)
    """
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    left, right = a[start:], b[start:]
    if len(left) != len(right):
        longer, shorter = (left, right) if len(left) > len(right) else (right, left)
        return longer[1:] == shorter
    return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])


def _lacking(name: str) -> Iterator[str]:
    return (name[:place] + name[place + 1 :] for place in range(len(name)))


def _siblings(a: str, b: str) -> bool:
    """Alike by nature: they differ in digits only, or in one whole word of several that is short."""
    if _undigited(a) == _undigited(b):
        return True
    words, others = _SEPARATORS.split(a), _SEPARATORS.split(b)
    if len(words) != len(others):
        return False
    differing = [(x, y) for x, y in zip(words, others, strict=True) if x != y]
    return len(words) > 1 and all(min(len(x), len(y)) < SHORTEST for x, y in differing)


def _undigited(name: str) -> str:
    return re.sub(r"\d+", "", name)
