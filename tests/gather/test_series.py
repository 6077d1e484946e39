"""What a study is told of its metrics, whether they were sent or are asked of a source. No test waits for a clock."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from math import sin
from pathlib import Path

import aiohttp
import pytest
import yaml
from structlog.testing import capture_logs

from app.gather.ranged import AT_ONCE, RangeReader
from app.gather.series import UNSENT, SeriesReader
from app.sources import Sources
from app.store.database import connect
from app.store.series import Moments, SentSeries, Stream
from checks.impact.block import UNBORN, Config
from checks.impact.outcome import Outcome
from checks.impact.series import Observed
from checks.impact.study import study
from tests.sources.prometheus import StandIn, standing_in
from tests.storage import laid

START = 1_700_000_040  # a multiple of 60
END = START + 240
TIMES = tuple(float(START + 60 * step) for step in range(4))
ENDS = tuple(time + 60 for time in TIMES)
SHA = "0a1b2c3" + "d" * 33
NONE = (None,) * 4
EMPTY = "the query comes to no series"
PAGE = Path(__file__).parents[2] / "docs" / "series.md"


def rules(*metrics: Mapping[str, object], **told: object) -> Config:
    return Config.model_validate(
        {"metrics": [{"better": "lower", **one} for one in metrics], "pre_seconds": 3_600, "post_seconds": 3_600} | told
    )


@dataclass
class Scene:
    """One source, what was sent, and whoever reads both."""

    source: StandIn
    sent: SentSeries
    reader: SeriesReader

    async def observed(self, config: Config, environment: str = "production", **told: object) -> list[Observed]:
        asked = {"start": START, "end": END, "side": "", "sha": SHA} | told
        return list(await self.reader.observed("octo/shop", config, environment, **asked))  # type: ignore[arg-type]


@asynccontextmanager
async def scene(directory: Path, now: float = END + 60, longest: float = 5.0, **entry: object) -> AsyncIterator[Scene]:
    engine = connect(laid(directory).main)
    async with standing_in(StandIn()) as source, aiohttp.ClientSession() as session:
        told = {"kind": "prometheus", "url": source.url, "repositories": ["octo/*"], "demand": {"team": "x"}} | entry
        sources = Sources.model_validate_json(json.dumps({"sources": {"production": told}}))
        sent = SentSeries(engine)
        yield Scene(source, sent, SeriesReader(sent, RangeReader(sources, session, lambda: now, longest)))
    await engine.dispose()


# --- what was sent -----------------------------------------------------------------------------------------------


async def test_points_come_onto_one_grid_as_their_kind_asks_and_gaps_stay_gaps(tmp_path: Path) -> None:
    points: Moments = {START - 1: 9.0, START: 1.0, START + 59: 3.0, START + 150: None, START + 200: 4.0, END: 9.0}
    async with scene(tmp_path) as here:
        await here.sent.keep(Stream("octo/shop", "production"), {"p95": points, "orders": points, "rival": points})
        found = await here.observed(rules({"name": "p95"}, {"name": "orders", "kind": "count", "controls": ["rival"]}))
    level, count = found
    assert (level.metric, level.y.name, level.trouble) == ("p95", "p95", "")
    assert level.y.times == count.y.times == count.controls[0].times == TIMES
    assert level.y.values == (2.0, None, None, 4.0)
    assert count.y.values == count.controls[0].values == (4.0, None, None, 4.0)
    assert (level.controls, [one.name for one in count.controls]) == ((), ["rival"])


async def test_a_sum_of_which_more_may_come_is_a_gap_until_something_later_is_there(tmp_path: Path) -> None:
    points: Moments = {START + 10 * place: 1.0 for place in range(22)}  # the newest step is half there
    both = rules({"name": "orders", "kind": "count"}, {"name": "p95"})
    async with scene(tmp_path) as here:
        await here.sent.keep(Stream("octo/shop", "production"), {"orders": points, "p95": points})
        orders, p95 = await here.observed(both)
        assert (orders.y.values, p95.y.values) == ((6.0, 6.0, 6.0, None), (1.0,) * 4)
        await here.sent.keep(Stream("octo/shop", "production"), {"orders": {END - 20: 1.0, END - 10: 1.0, END: 1.0}})
        orders, _ = await here.observed(both)
    assert orders.y.values == (6.0,) * 4


async def test_what_nobody_sent_is_said_of_the_metric_and_is_a_control_without_a_value(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await here.sent.keep(Stream("octo/shop", "production"), {"p95": {START + 1: 1.0}})
        p95, lost = await here.observed(rules({"name": "p95", "controls": ["rival"]}, {"name": "lost"}))
    assert (p95.trouble, p95.controls[0].values) == ("", NONE)
    assert (lost.trouble, lost.y.values) == (UNSENT, NONE)


async def test_a_canary_is_held_against_the_other_side_besides_what_is_declared(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        for value, side in enumerate(("canary", "control", "")):
            names = ("p95", "rival") if side == "" else ("p95",)
            await here.sent.keep(Stream("octo/shop", "canary", side), {name: {END - 1: value} for name in names})
        (found,) = await here.observed(rules({"name": "p95", "controls": ["rival"]}), "Canary", side="canary")
    assert found.y.values[-1] == 0.0
    assert [(one.name, one.values[-1]) for one in found.controls] == [("p95 (control)", 1.0), ("rival", 2.0)]


async def test_a_window_without_a_whole_step_has_no_times(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        (found,) = await here.observed(rules({"name": "p95"}), end=START + 59)
    assert (found.y.times, found.y.values, found.trouble) == ((), (), UNSENT)


# --- what is asked of a source -----------------------------------------------------------------------------------

P95 = {"name": "p95", "query": "sum(a)", "controls": [{"name": "rival", "query": "sum(b)"}]}
SENT_A, SENT_B = 'sum(a{team="x"})', 'sum(b{team="x"})'


async def test_a_source_is_asked_at_the_end_of_each_step(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        here.source.drawn = {SENT_A: [lambda at: at], SENT_B: [lambda at: -at if at > ENDS[0] else None]}
        (found,) = await here.observed(rules(P95, source="production"))
    assert (found.y.times, found.y.values, found.trouble) == (TIMES, ENDS, "")
    assert found.controls[0].values == (None, *(-at for at in ENDS[1:]))


async def test_figures_that_may_still_be_on_their_way_are_not_asked_for(tmp_path: Path) -> None:
    async with scene(tmp_path, now=END + 59, lag_seconds=60) as here:
        here.source.drawn = {SENT_A: [lambda at: at], SENT_B: [lambda at: at]}
        (found,) = await here.observed(rules(P95, source="production"))
    assert found.y.values == (*ENDS[:3], None)


async def test_one_question_is_asked_once_and_one_that_fails_spoils_no_other(tmp_path: Path) -> None:
    bad, odd = {"name": "bad", "query": "vector(1)"}, {"name": "odd", "query": "sum(c)"}
    async with scene(tmp_path) as here:
        here.source.drawn = {SENT_A: [lambda at: at], 'sum(c{team="x"})': [lambda at: at, lambda at: at]}
        with capture_logs() as logs:
            found = await here.observed(rules(P95, {**P95, "name": "again"}, bad, odd, source="production"))
    troubles = {one.metric: one.trouble for one in found}
    assert troubles["p95"] == troubles["again"] == ""
    assert troubles["bad"] == "column 1 of the query: `vector` is not among what may be asked"
    assert troubles["odd"] == "the query comes to 2 series, and must come to one: add them up"
    assert [one.values for one in found[0].controls] == [NONE]
    assert sorted(query for query, _ in here.source.asked) == [SENT_A, SENT_B, 'sum(c{team="x"})']
    assert sorted(line["query"] for line in logs) == ["sum(b)", "sum(c)", "vector(1)"]


async def test_queries_name_the_commit_the_environment_and_the_side(tmp_path: Path) -> None:
    metric = {
        "name": "p95",
        "query": 'a{e="{environment}",s="{side}"}',
        "canary_query": 'a{e="{environment}",v="{short_sha}",s="{side}"}',
    }
    canary, control = (f'a{{e="blue",{rest},team="x"}}' for rest in ('v="0a1b2c3",s="canary"', 's="control"'))
    async with scene(tmp_path) as here:
        here.source.drawn = {canary: [lambda _: 1], control: [lambda _: 2]}
        (found,) = await here.observed(rules(metric, source="production"), "blue", side="canary")
        (unknown,) = await here.observed(rules(metric, source="production"), "blue", side="canary", sha="")
        (hostile,) = await here.observed(rules(metric, source="production"), 'x"}) or ({a="', side="canary")
        (whole,) = await here.observed(rules(metric, source="production"), "blue")
    assert found.y.values == (1.0,) * 4
    assert [(one.name, one.values) for one in found.controls] == [("p95 (control)", (2.0,) * 4)]
    assert unknown.trouble == "{short_sha} is not known here"
    assert hostile.trouble.startswith("{environment} cannot stand in a query")
    assert whole.trouble == "{side} is not known here"


async def test_a_metric_without_a_query_of_the_canary_is_not_studied_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        assert await here.observed(rules(P95, source="production"), side="canary") == []


async def test_a_source_that_hangs_ends_with_a_word_and_whoever_asks_it_goes_on(tmp_path: Path) -> None:
    many = [{"name": f"m{n}", "query": f"sum(m{n})"} for n in range(AT_ONCE + 1)]
    async with scene(tmp_path, longest=0.4) as here:
        here.source.slow = 3_600
        found = await here.observed(rules(*many, source="production"))
    assert {one.trouble for one in found} == {"no answer within 0.4 s"}
    assert len(here.source.asked) == AT_ONCE, "the last waits for a seat"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"repositories": ["others/*"]}, "the operator lets octo/shop use no source of this name"),
        ({"url": "http://127.0.0.1:1"}, "connection refused"),
        ({"kind": "cloudwatch", "region": "eu-central-1", "url": None, "demand": {}}, "is read for experiments alone"),
    ],
)
async def test_a_source_that_cannot_be_asked_is_a_word_too(tmp_path: Path, entry: dict[str, object], said: str) -> None:
    async with scene(tmp_path) as here:
        told = {"kind": "prometheus", "url": here.source.url, "repositories": ["octo/*"]} | entry
        held = {name: value for name, value in told.items() if value is not None}
        sources = Sources.model_validate_json(json.dumps({"sources": {"production": held}}))
        reader = replace(here.reader, ranged=replace(here.reader.ranged, sources=sources))
        (found,) = await replace(here, reader=reader).observed(rules(P95, source="production"))
    assert said in found.trouble
    assert found.y.values == NONE


async def test_the_step_in_which_the_deployment_came_counts_for_neither_side_of_a_study(tmp_path: Path) -> None:
    at, end = START + 60 * 60 + 30, START + 90 * 60
    level = {float(START + 60 * step): (100.0 if step < 60 else 110.0) + sin(step * step) for step in range(90)}
    values: dict[float, float | None] = {**level, START + 60 * 60: 9_999.0}
    bounds: dict[str, object] = {"placebos": 0, "pre_seconds": 3_660}
    source, sent = rules(P95, source="production", **bounds), rules({"name": "p95"}, **bounds)
    async with scene(tmp_path, now=end + 60) as here:
        here.source.drawn = {SENT_A: [lambda ended: values.get(int(ended) - 60)]}
        await here.sent.keep(Stream("octo/shop", "production"), {"p95": values})
        for config in (source, sent):
            (told,) = study(config, await here.observed(config, end=end), at).metrics
            assert (told.outcome, told.n_pre, told.n_post) == (Outcome.LIKELY_WORSE, 60, 29)
            assert told.average is not None
            assert told.average.effect == pytest.approx(10.0, abs=0.5)


@pytest.mark.parametrize("held", ['track="canary"', 'version="{short_sha}"'])
async def test_a_canary_asked_for_by_its_version_has_no_past_and_that_is_said(tmp_path: Path, held: str) -> None:
    at, end, version = START + 3_600, START + 7_200, "version" in held
    config = rules({"name": "p95", "query": "a", "canary_query": f"a{{{held}}}"}, source="production", placebos=0)
    asked = f'a{{{held.replace("{short_sha}", SHA[:7])},team="x"}}'
    async with scene(tmp_path, now=end + 60) as here:
        here.source.drawn = {
            'a{team="x"}': [sin],
            asked: [lambda ended: None if version and ended < at else 3 * sin(ended**2)],
        }
        (told,) = study(config, await here.observed(config, end=end, side="canary"), at).metrics
    assert (told.outcome is Outcome.INSUFFICIENT_DATA) == (UNBORN in told.reason) == version


async def test_the_example_of_the_page_is_read_on_either_side(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    config = Config.model_validate(yaml.safe_load(example)["impact"])
    async with scene(tmp_path) as here:
        whole, canary = await here.observed(config), await here.observed(config, side="canary")
    assert [(one.metric, one.trouble) for one in whole] == [(name, EMPTY) for name in ("error_share", "p95_ms")]
    assert [(one.metric, one.trouble) for one in canary] == [("error_share", EMPTY)]
    assert all(query.count('{team="x"}') + query.count(',team="x"}') >= 1 for query, _ in here.source.asked)


async def test_a_bug_in_an_adapter_is_a_word_and_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene(tmp_path) as here:
        monkeypatch.setattr("app.sources.ranges._placed", lambda *_: 1 / 0)
        here.source.drawn = {SENT_A: [lambda at: at]}
        with capture_logs() as logs:
            (found,) = await here.observed(rules(P95, source="production"))
    assert found.trouble == "its answer could not be used: ZeroDivisionError"
    assert "series.unforeseen" in {line["event"] for line in logs}
