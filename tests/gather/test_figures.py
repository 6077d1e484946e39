"""When a source is asked, what for, and what is said where it has no answer. No test waits for a clock."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from app.gather.figures import SourceReader, due
from app.model import Canary, Cause, Figures, KeptExperiment
from app.sources import Prometheus, Sources, Window
from app.sources.prometheus_entry import PrometheusEntry
from app.store.database import connect
from app.store.experiments import Experiments
from checks.experiment import Config, Gate, GateConfig, begin, dump
from checks.held import Feed
from tests import storage
from tests.sources.guards import Slots
from tests.sources.prometheus import StandIn, standing_in

START = 1_700_000_010.0  # 30 s ticks end at 1_700_000_010, ..._040
SHA = "0a1b2c3" + "d" * 33
QUERIES = {
    "errors": {
        "control": {"total": 'requests{v="x"}', "bad": 'errors{v="x"}'},
        "canary": {"total": 'requests{v="{short_sha}"}', "bad": 'errors{v="{short_sha}"}'},
    }
}
RULES = Config.model_validate(
    {"environments": ["canary"], "gate": {"baseline": 0.01}, "source": "production", "queries": QUERIES}
)
ASKED = Feed("production", 15.0)


def kept(
    rules: Config = RULES, feed: Feed | None = ASKED, state: str = "", environment: str = "canary"
) -> KeptExperiment:
    canary = Canary("octo/shop", SHA, environment, "main", 7)
    written = state or dump(begin(rules.judged_by))
    return KeptExperiment(12, canary, rules.model_dump_json(), written, "waiting_data", "", START, START, feed=feed)


def when(now: float, state: str = "", feed: Feed | None = ASKED) -> Window | None:
    assert RULES.watched is not None
    return due(kept(feed=feed, state=state), RULES.watched, 15.0, now)


# --- when ------------------------------------------------------------------------------------------------------------


def test_a_source_that_was_not_asked_yet_is_asked_at_once() -> None:
    assert when(START + 1, feed=None) == when(START + 1, feed=Feed("staging")) == Window(START - 30, 30, 1)


def test_a_tick_is_due_once_its_figures_are_complete() -> None:
    assert when(START + 30 + 14) is None
    assert when(START + 30 + 15) == Window(START, 30, 1)
    assert when(START + 60 + 15) == Window(START, 30, 2)


def test_what_can_no_longer_count_is_not_read() -> None:
    assert when(START + 30 + 60) == Window(START + 30, 30, 1), "the first has settled"
    assert when(START + 3_600 + 15) == Window(START + 3_540, 30, 2)


def test_a_tick_that_was_read_is_read_again_with_the_next_one_only() -> None:
    gate = Gate(RULES.judged_by)
    gate.update({"t": START + 30, "metrics": {}}, now=START + 46)
    assert when(START + 59 + 15, gate.to_json()) is None
    assert when(START + 60 + 15, gate.to_json()) == Window(START, 30, 2)


# --- what it says ----------------------------------------------------------------------------------------------------


@dataclass
class Scene:
    """One source, whoever reads it, and the time."""

    source: StandIn
    reader: SourceReader
    at: float = START + 75

    async def read(self, experiment: KeptExperiment) -> Figures:
        for _ in range(20):
            found = await self.reader.due(experiment)
            if found is not None:
                return found
        raise AssertionError("it never answers")


@asynccontextmanager
async def scene(**entry: object) -> AsyncIterator[Scene]:
    async with standing_in(StandIn(every=15)) as source, aiohttp.ClientSession() as session:
        told = {"kind": "prometheus", "url": source.url, "repositories": ["octo/*"], "lag_seconds": 15} | entry
        here = Scene(source, SourceReader(Sources(), session, Slots(), lambda: here.at))
        here.reader = replace(
            here.reader, sources=Sources.model_validate_json(json.dumps({"sources": {"production": told}}))
        )
        yield here
        await here.reader.close()


def counting(bad: Mapping[str, float]) -> dict[str, Any]:
    """Ten requests a second on either side, and so many bad ones in 30 seconds."""
    requests = {f'requests{{v="{version}"': lambda at: 10 * (at - 1_600_000_000) for version in bad}
    errors = {f'errors{{v="{v}"': lambda at, many=many: many * (at - 1_600_000_020) // 30 for v, many in bad.items()}
    return requests | errors


async def test_ticks_are_read_as_if_they_had_been_sent() -> None:
    async with scene() as here:
        here.source.counters = counting({"x": 3, "0a1b2c3": 6})
        found = await here.read(kept())
        assert found.feed == Feed("production", 15.0)
        good = {"control": {"total": 300, "good": 297}, "canary": {"total": 300, "good": 294}}
        assert found.ticks == tuple({"t": START + t, "metrics": {"errors": good}} for t in (30, 60))


GUARDED = {
    "errors": QUERIES["errors"],
    "spec": {
        side: {"total": f"speclive:{side}:evaluated", "bad": f"speclive:{side}:violated"} for side in QUERIES["errors"]
    },
}


async def test_what_spec_cards_saw_stands_beside_the_figures_of_any_source() -> None:
    gate = {"baseline": 0.01, "metrics": [{"name": "errors"}, {"name": "spec", "role": "rollback_only"}]}
    rules = Config.model_validate(RULES.model_dump() | {"gate": gate, "queries": GUARDED})
    async with scene() as here:
        here.source.counters = counting({"x": 3, "0a1b2c3": 6})
        here.reader = replace(
            here.reader, guards=Slots({5: (90, 0), 30: (10, 1)}, {10: (20, 4), 35: (20, 3), 65: (1, 1)})
        )
        found = await here.read(kept(rules))
        assert [tick["metrics"]["spec"] for tick in found.ticks] == [
            {"control": {"total": 100, "good": 99}, "canary": {"total": 20, "good": 16}},
            {"canary": {"total": 20, "good": 17}},
        ]
        assert found.ticks[0]["metrics"]["errors"]["canary"] == {"total": 300, "good": 294}


async def test_without_queries_the_source_speclive_is_asked_what_was_violated() -> None:
    rules = Config.model_validate({"environments": ["canary"], "gate": {"baseline": 0.01}, "source": "speclive"})
    assert rules.judged_by.expected_share is None, "clauses are not split as requests are"
    async with scene() as here:
        found = await here.read(kept(rules, Feed("speclive", 12.0)))
        assert found.feed is not None
        assert "no guarded process of the control told anything" in found.feed.trouble
        here.reader = replace(here.reader, guards=Slots({5: (90, 0)}, {10: (20, 4)}))
        found = await here.read(kept(rules, Feed("speclive", 12.0)))
        assert found.feed == Feed("speclive", 12.0)
        both = {"control": {"total": 90, "good": 90}, "canary": {"total": 20, "good": 16}}
        assert found.ticks[0]["metrics"]["errors"] == both
    odd = {"errors": {side: {"total": "requests", "bad": "errors"} for side in ("control", "canary")}}
    wrong = Config.model_validate(rules.model_dump() | {"queries": odd}).judged_by
    assert "`speclive` counts" in " ".join(Sources().warnings(wrong, "octo/shop"))
    assert not Sources().warnings(rules.judged_by, "octo/shop")
    entry = {"kind": "prometheus", "url": "https://example.com", "repositories": ["a/*"], "lag_seconds": 1}
    told = json.dumps({"sources": {"speclive": entry}})
    with pytest.raises(ValueError, match="is the name of what Spec Cards saw"):
        Sources.model_validate_json(told)


async def test_the_first_look_brings_no_tick_from_before_the_experiment() -> None:
    async with scene() as here:
        here.at = START + 1
        here.source.counters = counting({"x": 3, "0a1b2c3": 6})
        assert await here.read(kept(feed=None)) == Figures(Feed("production", 15.0))


async def test_what_was_counted_since_a_scrape_before_the_experiment_is_no_part_of_it() -> None:
    """Scrapes lie 6 seconds before it began, 6 after it, and then 12 apart; ten requests a second."""
    async with scene() as here:
        here.source.every = 12
        here.source.counters = counting({"x": 3, "0a1b2c3": 6})
        found = await here.read(kept())
        assert found.ticks[0]["metrics"]["errors"]["canary"]["total"] == 240


async def test_a_selector_that_matches_nothing_is_said_at_once_and_its_ticks_are_missing() -> None:
    async with scene() as here:
        here.source.counters = counting({"x": 3})
        found = await here.read(kept())
        assert found.feed.trouble == '`requests{v="0a1b2c3"}` matches no series'
        assert found.ticks == tuple({"t": START + t, "metrics": {"errors": {}}} for t in (30, 60))
        gate = Gate(RULES.judged_by)
        for tick in found.ticks:
            gate.update(tick, now=START + 200)
        assert gate.state.status.value == "waiting_data"


async def test_the_same_trouble_lasts_since_it_began_and_ends_with_the_next_answer() -> None:
    async with scene() as here:
        here.source.wrong = lambda _request: web.Response(status=500)
        first = await here.read(kept())
        assert (first.feed, first.ticks) == (Feed("production", 15.0, "HTTP 500", here.at), ())
        here.at += 10
        assert (await here.read(kept(feed=first.feed))).feed == first.feed
        here.source.wrong, here.source.counters = None, counting({"x": 3, "0a1b2c3": 6})
        assert (await here.read(kept(feed=first.feed))).feed == ASKED


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"repositories": ["other/*"]}, "the operator lets octo/shop use no source of this name"),
        ({"lag_seconds": 55}, "too late for watermark_seconds 60: set it to 65 at least"),
        ({"url": "http://127.0.0.1:1"}, "connection refused"),
    ],
)
async def test_why_nothing_is_read_is_said(entry: dict[str, object], said: str) -> None:
    async with scene(**entry) as here:
        found = await here.read(kept(feed=None))
        assert said in found.feed.trouble
        assert found.ticks == ()


class _Unforeseen(PrometheusEntry):
    """A source with a bug."""

    def opened(self, session: aiohttp.ClientSession, repository: str) -> Prometheus:
        raise OverflowError(f"int too large to convert: {repository} {session}")


async def test_what_nobody_foresaw_is_trouble_in_a_few_words_and_ends_the_experiment_in_time(
    tmp_path: Path, written: io.StringIO
) -> None:
    database = connect(storage.laid(tmp_path / "kept").main)
    odd = _Unforeseen(kind="prometheus", url="http://127.0.0.1:1", repositories=("octo/*",))
    async with scene() as here:
        here.reader = replace(here.reader, sources=Sources(sources={"production": odd}))
        experiments = Experiments(database, lambda: round(here.at * 1e6))
        begun, _ = await experiments.begin(kept().canary, RULES, Cause("tests"))
        for seconds in (75, 300):
            here.at += seconds
            await experiments.heard(begun.id, await here.read(begun))
            found = await experiments.look(begun.id, Cause("tests"))
            assert found.feed is not None
            assert found.feed.trouble == "its answer could not be used: OverflowError"
        assert (found.status, found.reason) == ("inconclusive", "stale")
        assert "source.unforeseen" in written.getvalue()
    await database.dispose()


async def test_a_source_that_is_not_lent_and_one_that_is_not_there_are_told_alike() -> None:
    async with scene(repositories=["other/*"]) as here:
        lent = await here.read(kept(feed=None))
        here.reader = replace(here.reader, sources=Sources())
        assert await here.read(kept(feed=None)) == lent
        assert lent.feed.lag is None


async def test_a_query_cannot_be_broken_out_of_by_the_name_of_an_environment() -> None:
    queries = {"errors": {side: {"total": 'a{e="{environment}"}', "bad": "b"} for side in ("control", "canary")}}
    rules = Config.model_validate(RULES.model_dump() | {"queries": queries})
    async with scene() as here:
        found = await here.read(kept(rules, environment='x"} or up{a="'))
        assert "{environment} cannot stand in a query" in found.feed.trouble
        assert here.source.asked == []


@pytest.mark.slow
async def test_a_slow_source_holds_up_no_look() -> None:
    async with scene() as here:
        here.source.slow = 1.0
        here.source.counters = counting({"x": 3, "0a1b2c3": 6})
        assert await here.reader.due(kept()) is None
        assert len(here.reader.begun) == 1
        assert len((await here.read(kept())).ticks) == 2
        assert not here.reader.begun


async def test_what_was_asked_under_other_rules_is_no_answer() -> None:
    other = Config.model_validate(RULES.model_dump() | {"gate": {"baseline": 0.02}})
    async with scene() as here:
        here.source.slow, here.source.counters = 0.6, counting({"x": 3, "0a1b2c3": 6})
        assert await here.reader.due(kept()) is None
        here.source.slow, here.source.counters = 0.0, counting({"x": 30, "0a1b2c3": 60})
        (first, _) = (await here.read(kept(other))).ticks
        assert first["metrics"]["errors"]["canary"]["good"] == 240


async def test_rules_without_a_source_ask_nobody() -> None:
    async with scene() as here:
        plain = Config.model_validate({"environments": ["canary"], "gate": {"baseline": 0.01}})
        assert await here.reader.due(kept(plain)) is None
        assert await here.reader.due(replace(kept(), status="rollback")) is None
        assert here.source.asked == []


async def test_scrapes_that_are_too_rare_are_said() -> None:
    async with scene() as here:
        here.source.every, here.source.counters = 65, counting({"x": 3, "0a1b2c3": 6})
        found = await here.read(kept())
        assert found.feed.trouble.startswith("its scrapes are too rare")
        assert [tick["metrics"] for tick in found.ticks] == [{"errors": {}}] * 2


async def test_a_scrape_that_fails_on_one_side_is_no_mismatch_of_the_split() -> None:
    async with scene() as here:
        here.source.counters = counting({"x": 3, "0a1b2c3": 3})
        here.source.lost = {START + 60.0: "0a1b2c3"}
        gate = Gate(GateConfig(baseline=0.01, srm_alpha=0.01))
        for end in range(60, 300, 30):
            here.at = START + end + 15
            for tick in (await here.read(kept())).ticks:
                gate.update(tick, now=here.at)
        assert gate.state.reason.value == ""
        assert gate.state.metrics[0].missing == 0
