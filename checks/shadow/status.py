"""From the table of a look to one status, with its reason in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from checks.shadow.config import ShadowConfig
from checks.shadow.report import FieldRow, Route, Status
from checks.shadow.words import answers, share


def status(rows: Sequence[FieldRow], routes: Sequence[Route], config: ShadowConfig) -> tuple[Status, str]:
    """`rows`: the worst first. An endpoint that does not count can neither stop a promotion nor carry it."""
    blocking = [row for row in rows if row.blocks]
    if blocking:
        return Status.REGRESSION, _regression(blocking)
    counting = [route for route in routes if route.counts]
    if not counting:
        return Status.NO_DATA, "no mirrored answer of an endpoint that counts was compared"
    best = min(counting, key=_least)
    if _least(best) > config.detect:
        return Status.WAITING, _waiting(best, config)
    all_of_them = sum(route.answers for route in counting)
    unjudged = sum(route.answers for route in counting if _least(route) > config.detect)
    if 2 * unjudged > all_of_them:
        return Status.WAITING, f"{unjudged:,} of {answers(all_of_them)} are of endpoints with too few each to be judged"
    told = sum(row.flagged for row in rows)
    if told:
        fields = "1 field differs that differs" if told == 1 else f"{told} fields differ that differ"
        return Status.NOISY, f"{fields} by itself often, or does not count"
    least = f"{share(_least(best))} of the answers of {best.route}"
    return Status.CLEAN, f"no field differs beyond the noise; one that did in {least} would have shown"


def _regression(blocking: Sequence[FieldRow]) -> str:
    worst = blocking[0]
    more = f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""
    return f"{worst.field} of {worst.route} differs in {share(worst.effect)} of its answers beyond the noise{more}"


def _waiting(best: Route, config: ShadowConfig) -> str:
    so_far = f"{answers(best.answers)} of {best.route} so far"
    if best.detectable is None and best.pairs and not best.triples:
        return f"{so_far} without a secondary; there is no, or too small, a stored noise to hold them against"
    if best.detectable is None:
        return f"{so_far}, too few to show any difference"
    enough = best.answers * best.detectable / config.detect
    return f"{so_far}; about {enough:,.0f} show {share(config.detect)} that differ"


def _least(route: Route) -> float:
    return inf if route.detectable is None else route.detectable
