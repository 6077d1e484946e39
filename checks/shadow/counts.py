"""What the triples of one experiment add up to: a tally a field of each route, small enough to be kept as JSON."""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from checks.shadow.difference import SAME, Seen
from checks.shadow.exemplar import MOST, exemplar
from checks.shadow.tally import Tally
from checks.shadow.triple import Triple

MOST_FIELDS = 2_000  # of all routes together; further ones are not told apart
CROWD = "…"  # the route, the field, and the method, that stands for these
_MOST_METHODS = 20
_VERSION = 1


class StateError(ValueError):
    """This is no state of a shadow diff, or not of this version."""


class Counts(Struct):
    """`triples`, `pairs`: by route, with and without a secondary; `skipped`: by method, what was not compared;
    `crowded`: of how many answers some fields were not told apart; `looked`: the answers at the last look.
    """

    version: int = _VERSION
    triples: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    crowded: int = 0
    looked: int = 0
    tallies: dict[str, dict[str, Tally]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | bytes) -> Counts:
        """What `to_json` wrote. Raises StateError for any other text."""
        try:
            counts = msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise StateError(f"no state of a shadow diff: {error}") from None
        if counts.version != _VERSION:
            raise StateError(f"a state of version {counts.version}, where this one reads {_VERSION}")
        return counts

    def to_json(self) -> str:
        """The same counts are the same bytes."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @property
    def fields(self) -> int:
        """Of all routes."""
        return sum(map(len, self.tallies.values()))

    @property
    def answers(self) -> int:
        """Of the candidate, that were compared."""
        return sum(self.triples.values()) + sum(self.pairs.values())

    @property
    def came(self) -> int:
        """Triples, those that were not compared with them."""
        return self.answers + sum(self.skipped.values())

    def flags(self) -> Counts:
        """Before the first answer, but for the fields that a look has flagged."""
        fell = {
            route: {name: tally for name, tally in named.items() if tally.fell} for route, named in self.tallies.items()
        }
        return Counts(tallies={route: named for route, named in fell.items() if named})

    def skip(self, triple: Triple) -> None:
        """Count that a triple came, of a method that is not compared."""
        method = triple.method if triple.method in self.skipped or len(self.skipped) < _MOST_METHODS else CROWD
        self.skipped[method] = self.skipped.get(method, 0) + 1

    def add(self, triple: Triple, raw: dict[str, Seen], noise: dict[str, Seen] | None, shown: frozenset[str]) -> None:
        """Count one triple. `raw`, `noise`: the candidate and the secondary held against the primary, each field;
        `shown`: those whose values an example may show.
        """
        left = max(MOST_FIELDS - max(self.fields, len(self.tallies)), 0)
        route = triple.route if triple.route in self.tallies or left else CROWD
        came = self.pairs if noise is None else self.triples
        came[route] = came.get(route, 0) + 1
        tallies = self.tallies.setdefault(route, {})
        met = {**raw, **(noise or {})}
        known = [name for name in met if name in tallies]
        new = [name for name in met if name not in tallies]
        for name in (*known, *new[:left]):
            tally, seen = tallies.setdefault(name, Tally()), raw.get(name, SAME)
            by_itself = None if noise is None else noise.get(name, SAME)
            _count(tally, seen, by_itself)
            if len(tally.exemplars) < MOST and seen[0] is not None and (by_itself or SAME)[0] is None:
                tally.exemplars.append(exemplar(triple.id, name, seen, name in shown))
        if crowd := new[left:]:
            self.crowded += 1
            _count(tallies.setdefault(CROWD, Tally()), _any(raw, crowd), None if noise is None else _any(noise, crowd))


def _count(tally: Tally, raw: Seen, noise: Seen | None) -> None:
    difference = raw[0]
    if noise is None:
        tally.pairs += 1
        tally.differing += difference is not None
    else:
        tally.triples += 1
        tally.candidate_alone += difference is not None and noise[0] is None
        tally.secondary_alone += difference is None and noise[0] is not None
        tally.both += difference is not None and noise[0] is not None
    if difference is not None:
        tally.differences[difference] = tally.differences.get(difference, 0) + 1


def _any(seen: dict[str, Seen], names: list[str]) -> Seen:
    """The first difference that one of these fields shows."""
    return next((seen[name] for name in names if seen.get(name, SAME)[0] is not None), SAME)
