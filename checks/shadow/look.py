"""A look at the counts: which differences are more than what the service does by itself?

`note` is the look that counts, taken when `due`; `report` says what was noted, as often as anybody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from checks.globs import matches
from checks.shadow import evidence
from checks.shadow.config import ShadowConfig
from checks.shadow.counts import Counts
from checks.shadow.evidence import Floats
from checks.shadow.noise import Noise
from checks.shadow.patterns import names
from checks.shadow.report import FieldRow, Report, Route
from checks.shadow.status import status
from checks.shadow.tally import Tally

_LEAST = 10  # answers from one look to the next, and ...
_PACE = 0.1  # ... this share more: 50 looks at 5,000 answers, 80 at 100,000


def next_look(looked: int) -> int:
    """The number of answers at which to look again, after a look at `looked` of them.

    By the answers alone, so that the same answers give the same looks, in whatever portions they came.
    """
    return looked + max(_LEAST, int(_PACE * looked))


def due(counts: Counts) -> bool:
    """Is it time to look?"""
    return counts.answers >= next_look(counts.looked)


def note(counts: Counts, config: ShadowConfig, stored: Noise) -> None:
    """Look, and note in `counts` what was seen: a field that one look has flagged stays flagged.

    Fields are held together by their evidence of now: the largest that each ever had is no e-value any more.
    """
    cases = _cases(counts, stored)
    for case in cases:
        case.tally.peak = max(case.tally.peak, case.log_e)
    falls = evidence.flagged([case.log_e for case in cases], config.q)
    for case, falls_now in zip(cases, falls, strict=True):
        if falls_now and not case.tally.fell and case.effect >= config.floor:
            case.tally.fell = case.tally.answers
    counts.looked = counts.answers


def report(counts: Counts, config: ShadowConfig, stored: Noise) -> Report:
    """What there is to say: flags as they were noted, rates of all that was counted."""
    cases = _cases(counts, stored)
    rows = sorted((_row(case, config, stored) for case in cases if case.tally.raw), key=_worst_first)
    routes = _routes(counts, config, stored)
    found, reason = status(rows, routes, config)
    return Report(
        status=found,
        reason=reason,
        triples=sum(counts.triples.values()),
        pairs=sum(counts.pairs.values()),
        fields=len(cases),
        differing=len(rows),
        flagged=sum(row.flagged for row in rows),
        rows=tuple(rows),
        routes=routes,
        skipped=dict(counts.skipped),
        crowded=counts.crowded,
        q=config.q,
        noise=_measured(counts),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One field, with what may be held against it. `rate`: at most so often it differs by itself, where no secondary
    says; `log_e`: of now.
    """

    route: str
    field: str
    tally: Tally
    rate: float
    log_e: float

    @property
    def effect(self) -> float:
        """In which share of the answers the candidate differs beyond the noise."""
        tally = self.tally
        beyond = tally.candidate_alone - tally.secondary_alone + tally.differing - self.rate * tally.pairs
        return beyond / tally.answers

    @property
    def noise_rate(self) -> float:
        return (self.tally.noise + self.rate * self.tally.pairs) / self.tally.answers


def _cases(counts: Counts, stored: Noise) -> list[_Case]:
    found = [(route, name, tally) for route, named in counts.tallies.items() for name, tally in named.items()]
    tallies = [tally for _, _, tally in found]
    rates = _rates([stored.of(route, name) for route, name, _ in found])
    with_secondary = evidence.log_e([of.candidate_alone for of in tallies], [of.secondary_alone for of in tallies])
    without = evidence.log_e([of.differing for of in tallies], [of.pairs - of.differing for of in tallies], rates)
    log_es = with_secondary + without  # triples and pairs are different requests: their e-values multiply
    return [
        _Case(route, name, tally, float(rate), float(log_e))
        for (route, name, tally), rate, log_e in zip(found, rates, log_es, strict=True)
    ]


def _rates(measured: Sequence[tuple[int, int]]) -> Floats:
    """How often each may differ by itself; of what nobody measured: always."""
    bounds = evidence.rate_bound([differing for _, differing in measured], [answers for answers, _ in measured])
    return np.minimum(bounds, _NEARLY_ALWAYS)


def _row(case: _Case, config: ShadowConfig, stored: Noise) -> FieldRow:
    tally, flagged, noisy = case.tally, case.tally.fell > 0, case.noise_rate > config.noisy
    return FieldRow(
        route=case.route,
        field=case.field,
        answers=tally.answers,
        raw_rate=tally.raw / tally.answers,
        noise_rate=case.noise_rate,
        noise_from=_noise_from(case, stored),
        effect=case.effect,
        log_e=case.log_e,
        peak=tally.peak,
        flagged=flagged,
        noisy=noisy,
        critical=names(config.critical, case.field),
        blocks=flagged and not noisy and _counts(case.route, config),
        differences={of.value: count for of, count in sorted(tally.differences.items())},
        exemplars=tuple(tally.exemplars),
    )


def _noise_from(case: _Case, stored: Noise) -> str:
    if not case.tally.pairs:
        return "secondary"
    otherwise = "stored" if stored.of(case.route, case.field)[0] else "unknown"
    return f"secondary and {otherwise}" if case.tally.triples else otherwise


def _worst_first(row: FieldRow) -> tuple[bool, bool, bool, float, str, str]:
    return not row.blocks, not (row.blocks and row.critical), not row.flagged, -row.peak, row.route, row.field


def _routes(counts: Counts, config: ShadowConfig, stored: Noise) -> tuple[Route, ...]:
    return tuple(
        Route(
            route=route,
            triples=counts.triples.get(route, 0),
            pairs=counts.pairs.get(route, 0),
            fields=len(named),
            detectable=_detectable(route, counts, config, stored),
            counts=_counts(route, config),
        )
        for route, named in sorted(counts.tallies.items())
    )


def _detectable(route: str, counts: Counts, config: ShadowConfig, stored: Noise) -> float | None:
    """By its triples or by its pairs, whichever see more. Pairs are held against the median of its fields' rates."""
    rates = np.sort(_rates([stored.of(route, name) for name in counts.tallies[route]]))
    by_triples = evidence.detectable(counts.triples.get(route, 0), counts.fields, config.q)
    by_pairs = evidence.detectable(counts.pairs.get(route, 0), counts.fields, config.q, float(rates[len(rates) // 2]))
    least = min(by_triples, by_pairs)
    return least if isfinite(least) else None


def _counts(route: str, config: ShadowConfig) -> bool:
    return matches(route, config.endpoints)


def _measured(counts: Counts) -> Noise:
    return Noise(
        fields={
            route: {name: (tally.triples, tally.noise) for name, tally in named.items() if tally.triples}
            for route, named in counts.tallies.items()
            if route in counts.triples
        }
    )


_NEARLY_ALWAYS = 1 - 1e-9  # a rate of 1 leaves nothing to be odd
