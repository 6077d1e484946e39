"""How each figure is computed: pure functions of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from program.kpi.figures import LEAST, Figure, Told, by_kind, middle, share, shares_of
from program.kpi.rows import Facts, Remedied

Compute = Callable[[Facts], Told]
FARTHEST = 1e12
"""What a reported number is at most, up or down, to be counted."""


def reported(name: str, least: float = -FARTHEST, most: float = FARTHEST) -> Compute:
    """The median of what was reported under `name`, a commit a value. What is not from `least` to `most` is left out:
    one that is no score would make the figure none.
    """

    def compute(facts: Facts) -> Told:
        every = [one.value for one in facts.numbers if one.name == name]
        found = [value for value in every if least <= value <= most]
        out = len(every) - len(found)
        beside = (f"{out:,} not from {least:g} to {most:g}, and left out",) if out else ()
        return Told(middle(found), beside=beside)

    return compute


def cached_tokens(facts: Facts) -> Told:
    """Tokens from a cache among all that were read. Those of one report hang together: no interval."""
    read = sum(one.read for one in facts.tokens)
    n = len(facts.tokens)
    if n < LEAST or not read:
        return Told(Figure(n))
    return Told(Figure(n, sum(one.cached for one in facts.tokens) / read), beside=(f"{read:,} tokens read",))


def overrides(facts: Facts) -> Told:
    """Pull requests with an override among those judged, by check."""
    found = [one.overridden for one in facts.judged if one.overridden]
    n = len(facts.judged)
    return Told(share(len(found), n), shares_of(found, n))


def adoption(facts: Facts) -> Told:
    """Pull requests on which a person had something done among those judged, by surface."""
    found = [one.surfaces for one in facts.judged if one.surfaces]
    n = len(facts.judged)
    return Told(share(len(found), n), shares_of(found, n))


def self_resolved(facts: Facts) -> Told:
    """Remediations that mended without a person among those that ended, by what had failed."""
    return Told(_alone(facts.remedied), by_kind(facts.remedied, lambda one: (one.failure,), _alone))


def self_resolved_time(facts: Facts) -> Told:
    """From the beginning of a remediation that mended without a person to its end, by what had failed."""
    alone = [one for one in facts.remedied if one.alone]
    parts = by_kind(alone, lambda one: (one.failure,), lambda rows: middle(one.seconds for one in rows))
    return Told(middle(one.seconds for one in alone), parts)


def disagreement(facts: Facts) -> Told:
    """Opinions that disagree among all."""
    return Told(share(sum(not one.agree for one in facts.voices), len(facts.voices)))


def overruled(facts: Facts) -> Told:
    """Of the pull requests that were blocked and are closed, those that merged under an override."""
    closed = [one for one in facts.judged if one.blocked and one.merged is not None]
    open_yet = sum(one.blocked for one in facts.judged) - len(closed)
    beside = (f"{open_yet:,} more were blocked, and are open or not listed yet",) if open_yet else ()
    return Told(share(sum(bool(one.merged and one.overridden) for one in closed), len(closed)), beside=beside)


def recovery(facts: Facts) -> Told:
    """From the first bad word to the next good one, by what went wrong."""
    over = [(one.kind, one.seconds) for one in facts.failing if one.seconds is not None]
    parts = by_kind(over, lambda one: (one[0],), lambda rows: middle(seconds for _, seconds in rows))
    going_on = len(facts.failing) - len(over)
    beside = (f"{going_on:,} that began in this time go on",) if going_on else ()
    return Told(middle(seconds for _, seconds in over), parts, beside=beside)


def review(facts: Facts) -> Told:
    """From opening to merging or closing, since the App and as long before it."""
    since = middle(one.seconds for one in facts.lasted if one.since)
    return Told(since, before=middle(one.seconds for one in facts.lasted if not one.since))


def first_verdict(facts: Facts) -> Told:
    """From opening to our first verdict, of what GitHub lists as closed."""
    took = [max(one.at - one.opened, 0.0) for one in facts.judged if one.opened is not None]
    return Told(middle(took, of=len(facts.judged)))


def cost(facts: Facts) -> Told:
    """US dollars that were reported of a pull request."""
    return _spent([one.usd for one in facts.judged if one.usd is not None], len(facts.judged), "${:,.2f} in all")


def minutes(facts: Facts) -> Told:
    """Minutes of CI that were reported of a pull request."""
    found = [one.ci_minutes for one in facts.judged if one.ci_minutes is not None]
    return _spent(found, len(facts.judged), "{:,.0f} minutes in all")


def _alone(rows: Sequence[Remedied]) -> Figure:
    return share(sum(one.alone for one in rows), len(rows))


def _spent(found: list[float], of: int, words: str) -> Told:
    return Told(middle(found, of), beside=(words.format(sum(found)),) if found else ())
