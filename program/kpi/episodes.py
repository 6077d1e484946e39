"""When something went wrong, and when it was good again: from the words that were said of it one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType

from program.kpi.rows import Failing


class Word(Enum):
    """What a word means to an episode; any other one leaves it as it is."""

    BAD = "bad"
    GOOD = "good"
    GONE = "gone"  # nobody waits for it any more


VERDICTS: Mapping[str, Word] = MappingProxyType(
    {"block": Word.BAD, "rollback": Word.BAD, "ship": Word.GOOD, "silence": Word.GONE}
)
EXPERIMENTS: Mapping[str, Word] = MappingProxyType({"rollback": Word.BAD, "promote": Word.GOOD})
DRIFT: Mapping[str, Word] = MappingProxyType({"drift": Word.BAD, "ok": Word.GOOD})


def episodes(kind: str, said: Iterable[tuple[float, Word | None]]) -> Iterator[Failing]:
    """The episodes of one thing: moments (epoch seconds, in order) and what its word meant. The last may go on."""
    began: float | None = None
    for at, word in said:
        if word is Word.BAD and began is None:
            began = at
        elif word is Word.GOOD and began is not None:
            yield Failing(at, kind, max(at - began, 0.0))
            began = None
        elif word is Word.GONE:
            began = None
    if began is not None:
        yield Failing(began, kind)
