"""A change as the risk model sees it: six numbers, and how to read them off files and messages."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import SupportsFloat

from checks.model import ChangeFacts

FEATURES = ("lines_added", "lines_deleted", "files", "dirs", "entropy", "fix")
CEILING = 1e9  # far above the largest change ever recorded, far below where arithmetic suffers

# The subject line of a commit that repairs something: the usual keywords of just-in-time defect prediction
# (Kamei et al., IEEE TSE 2013), without "patch", which says how a change arrived rather than what it is for.
FIX = re.compile(r"\b(?:bug|defect|regression|fault)s?\b|\b(?:bug|hot)?fix(?:e[sd]|ing)?\b", re.IGNORECASE)
MERGE = re.compile(r"Merge (?:branch|pull request|remote-tracking branch|tag|commit)\b")


class ChangeError(ValueError):
    """A number that no change can have, or one that is missing; the message names the field."""


@dataclass(frozen=True, slots=True)
class Change:
    """Size, spread and purpose of one change. All numbers are finite, not negative and at most `CEILING`."""

    lines_added: float
    lines_deleted: float
    files: float
    dirs: float  # distinct directories below the root of the repository
    entropy: float  # bits; 0 when one file holds every changed line
    fix: float  # 1 when the change repairs something, else 0

    def __post_init__(self) -> None:
        for name in FEATURES:
            value = getattr(self, name)
            if not 0 <= value <= CEILING:  # also false for NaN
                raise ChangeError(f"`{name}` must be between 0 and {CEILING:,.0f}, not {value!r}")
        if self.fix not in {0, 1}:
            raise ChangeError(f"`fix` must be 0 or 1, not {self.fix!r}")

    @classmethod
    def read(cls, source: object) -> Change:
        """A Change from anything that has the six names as keys or as attributes; any other is ignored.

        Raises ChangeError for a missing name, for text, and for NaN, infinite, negative or absurd numbers.
        """
        if isinstance(source, cls):
            return source
        return cls(**{name: _number(name, _find(source, name)) for name in FEATURES})


def change_of(facts: ChangeFacts) -> Change:
    """The change as one squashed commit: what `facts` lists, summed over its files.

    A binary file counts as a file without lines; whether the change is a fix, `is_fix` says.
    """
    lines = [file.added + file.deleted for file in facts.files]
    folders = {PurePosixPath(file.path).parent for file in facts.files} - {PurePosixPath(".")}
    return Change(
        lines_added=sum(file.added for file in facts.files),
        lines_deleted=sum(file.deleted for file in facts.files),
        files=len(facts.files),
        dirs=len(folders),
        entropy=entropy(lines),
        fix=float(is_fix(facts.messages)),
    )


def entropy(lines: Iterable[int]) -> float:
    """Spread in bits of the changed lines over files (Hassan, ICSE 2009).

    `lines` holds the changed lines of each file: one file has 0 bits, n files alike log2(n).
    """
    counts = Counter(count for count in lines if count > 0)
    total = sum(count * times for count, times in counts.items())
    # Summed in the order of size, so that the order in which files are listed cannot change the last digit.
    shares = ((count / total, times) for count, times in sorted(counts.items()))
    return abs(sum(times * share * math.log2(share) for share, times in shares))


def is_fix(messages: Iterable[str]) -> bool:
    """Whether at least half of the commits, merges aside, match `FIX` in their subject line."""
    subjects = [message.partition("\n")[0] for message in messages if not MERGE.match(message)]
    fixes = sum(1 for subject in subjects if FIX.search(subject))
    return fixes > 0 and 2 * fixes >= len(subjects)


def _find(source: object, name: str) -> object:
    try:
        return source[name] if isinstance(source, Mapping) else getattr(source, name)
    except (KeyError, AttributeError):
        raise ChangeError(f"the change lacks `{name}`") from None


def _number(name: str, value: object) -> float:
    if not isinstance(value, SupportsFloat):
        raise ChangeError(f"`{name}` must be a number, not {type(value).__name__}")
    try:
        return float(value)
    except OverflowError:
        raise ChangeError(f"`{name}` must be between 0 and {CEILING:,.0f}") from None
