"""What is counted of one field of one route, and all that the judgement needs to know of it."""

from __future__ import annotations

from msgspec import Struct, field

from checks.shadow.difference import Difference
from checks.shadow.exemplar import Exemplar


class Tally(Struct):
    """Of triples: how often the candidate alone differed from the primary, the secondary alone, both; of pairs, to
    which there was no secondary, how often the candidate did.

    `peak`: the largest log-e at any look so far; `fell`: the number of triples and pairs at the first look that
    flagged it, 0 while none did.
    """

    triples: int = 0
    candidate_alone: int = 0
    secondary_alone: int = 0
    both: int = 0
    pairs: int = 0
    differing: int = 0
    peak: float = 0.0
    fell: int = 0
    differences: dict[Difference, int] = field(default_factory=dict)
    exemplars: list[Exemplar] = field(default_factory=list)

    @property
    def answers(self) -> int:
        """Of the candidate, that had this field on one of the sides."""
        return self.triples + self.pairs

    @property
    def raw(self) -> int:
        """How often the candidate differed from the primary."""
        return self.candidate_alone + self.both + self.differing

    @property
    def noise(self) -> int:
        """How often the secondary did."""
        return self.secondary_alone + self.both
