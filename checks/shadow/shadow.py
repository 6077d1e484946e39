"""The shadow diff of one experiment: counts that grow by a triple at a time, and looks at them."""

from __future__ import annotations

from checks.shadow.config import ShadowConfig
from checks.shadow.counts import Counts
from checks.shadow.difference import Comparing
from checks.shadow.look import due, note, report
from checks.shadow.noise import Noise
from checks.shadow.patterns import names
from checks.shadow.report import Report
from checks.shadow.triple import Triple


class Shadow:
    """Counts triples under `config`; `noise`: of an earlier run, for triples that come without a secondary.

    A triple that comes twice counts twice: whoever feeds it keeps the ids.
    """

    def __init__(self, config: ShadowConfig | None = None, noise: Noise | None = None) -> None:
        self.config = config or ShadowConfig()
        self.noise = noise or Noise()
        self._compare = Comparing(self.config)
        self._counts = Counts()

    @classmethod
    def from_json(cls, config: ShadowConfig, text: str | bytes, noise: Noise | None = None) -> Shadow:
        """Goes on from what `to_json` wrote. Raises StateError for any other text."""
        shadow = cls(config, noise)
        shadow._counts = Counts.read(text)
        return shadow

    def to_json(self) -> str:
        """All that was counted: going on from it gives the same bytes as going on without a break."""
        return self._counts.to_json()

    @property
    def came(self) -> int:
        """How many triples it was told."""
        return self._counts.came

    def flags(self, config: ShadowConfig) -> Shadow:
        """One under `config` that knows of no answer, but of the fields that this one has flagged."""
        other = Shadow(config, self.noise)
        other._counts = self._counts.flags()
        return other

    def update(self, triple: Triple) -> None:
        """Count one triple, and look where a look is due; of a method that is not compared, only that it came."""
        if triple.method not in self.config.methods:
            self._counts.skip(triple)
            return
        raw = self._compare(triple.primary, triple.candidate)
        noise = None if triple.secondary is None else self._compare(triple.primary, triple.secondary)
        shown = frozenset(name for name, seen in raw.items() if seen[0] is not None and names(self.config.show, name))
        self._counts.add(triple, raw, noise, shown)
        if due(self._counts):
            self._note()

    def report(self) -> Report:
        """What was seen at the looks so far: asking for it changes nothing."""
        return report(self._counts, self.config, self.noise)

    def look(self) -> Report:
        """Look once more, due or not: at the end of what there is to compare."""
        self._note()
        return self.report()

    def _note(self) -> None:
        note(self._counts, self.config, self.noise)
