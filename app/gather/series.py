"""The metrics of causal impact and what they are held against: sent to us, or read from the source that is named.

Whatever goes wrong with a source is a word about the metric that it is about. A control of which nothing is known has
no value, as whoever studies it will tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.gather.ranged import Answer, Question, RangeReader
from app.sources import Grid, grid, of_series
from app.store.series import SentSeries, Step, Stream
from checks.impact.block import UNBORN, Config, Metric, of_one_version
from checks.impact.kind import Kind
from checks.impact.series import Observed, Series

CANARY, CONTROL = "canary", "control"
UNSENT = "no value of it was sent for this time"

Side = Literal["canary", ""]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One series: what it is `called` in a study; its name and side where it was sent, its query where it is asked for;
    and its kind, which says what several points of one step come to.
    """

    called: str
    name: str
    side: str
    query: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Plan:
    """A metric and what it is held against."""

    y: _Wanted
    controls: tuple[_Wanted, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    """Whose series, where, at which commit, on which steps."""

    repository: str
    environment: str
    sha: str
    at: Grid


_Found = Mapping[_Wanted, Answer]


@dataclass(frozen=True, slots=True)
class SeriesReader:
    """Reads what was `sent`, and asks sources by `ranged`."""

    sent: SentSeries
    ranged: RangeReader

    async def observed(
        self, repository: str, config: Config, environment: str, start: float, end: float, side: Side, sha: str = ""
    ) -> tuple[Observed, ...]:
        """Each metric with its controls, on the steps that lie whole between `start` and `end` (epoch seconds).

        `side`: "canary" for a canary, which the version in service is a control of; "" for all that serves there.
        `sha`: for queries that name it; "" where it is not known. No source makes it raise.
        """
        window = _Window(repository, environment, sha, grid(start, end, config.step_seconds))
        plans = [_plan(metric, side) for metric in config.metrics if _is_studied(metric, config, side)]
        wanted = {one for plan in plans for one in (plan.y, *plan.controls)}
        found = await (self._asked(config.source, wanted, window) if config.source else self._sent(wanted, window))
        return tuple(_observed(plan, found, window.at) for plan in plans)

    async def _sent(self, wanted: Collection[_Wanted], window: _Window) -> _Found:
        found: dict[_Wanted, Answer] = {}
        at = window.at
        for side in {one.side for one in wanted}:
            here = [one for one in wanted if one.side == side]
            stream, names = Stream(window.repository, window.environment, side), {one.name for one in here}
            steps = await self.sent.steps(stream, names, at.start, at.seconds, at.count + 1)
            found |= {one: _summed(steps.get(one.name, {}), one.kind, at) for one in here}
        return found

    async def _asked(self, source: str, wanted: Collection[_Wanted], window: _Window) -> _Found:
        asked = {one: _question(one, window) for one in wanted}
        answers = await self.ranged.answers(window.repository, source, asked.values(), window.at)
        return {one: answers[question] for one, question in asked.items()}


def _is_studied(metric: Metric, config: Config, side: Side) -> bool:
    """Where a source is asked, only what there is a query of that side for."""
    return not config.source or bool(metric.canary_query if side else metric.query)


def _plan(metric: Metric, side: Side) -> _Plan:
    query = metric.canary_query if side else metric.query
    y = _Wanted(metric.name, metric.name, side, query, Kind(metric.kind))
    return _Plan(y, tuple(_controls(metric, side)))


def _controls(metric: Metric, side: Side) -> Iterator[_Wanted]:
    """What is declared; and of a canary the same metric of the version in service."""
    kind = Kind(metric.kind)
    if side:
        yield _Wanted(f"{metric.name} ({CONTROL})", metric.name, CONTROL, metric.query, kind)
    for one in metric.held_against:
        yield _Wanted(one.name, one.name, "", one.query, kind)


def _question(wanted: _Wanted, window: _Window) -> Question:
    return Question(wanted.query, tuple(of_series(window.sha, window.environment, wanted.side).items()))


def _summed(steps: Mapping[int, Step], kind: Kind, at: Grid) -> Answer:
    """Amounts and events of one step add up; of levels and shares the mean is their value. A sum counts once something
    of a later step is there, be it the one under way: until then more of it may come.
    """
    if not any(place < at.count for place in steps):
        return Answer(trouble=UNSENT)
    values = {place: step.total if kind.sums else step.mean for place, step in steps.items()}
    if kind.sums:
        del values[max(values)]
    return Answer(tuple(values.get(place) for place in range(at.count)))


def _observed(plan: _Plan, found: _Found, at: Grid) -> Observed:
    controls = tuple(_series(one, found[one], at) for one in plan.controls)
    y, hint = found[plan.y], UNBORN if of_one_version(plan.y.query) else ""
    return Observed(plan.y.called, _series(plan.y, y, at), controls, y.trouble, hint)


def _series(wanted: _Wanted, answer: Answer, at: Grid) -> Series:
    return Series(wanted.called, tuple(map(float, at.times)), answer.values or (None,) * at.count)
