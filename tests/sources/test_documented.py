"""The examples of docs/sources.md, as they stand there, read by the worker from stand-ins over real HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.config import Config, parse, settings
from app.gather.figures import SourceReader
from app.model import Canary, Figures, KeptExperiment
from app.sources import Sources
from checks import experiment
from checks.experiment import begin, dump
from checks.held import Feed
from checks.registry import CHECKS
from tests.sources import cloudwatch, datadog
from tests.sources.guards import Slots

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
START = 1_700_000_040  # of the answers that are kept
SHA = "0a1b2c3d" * 5


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_API_KEY", datadog.API_KEY)
    monkeypatch.setenv("DD_APP_KEY", datadog.APPLICATION_KEY)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", cloudwatch.ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cloudwatch.SECRET_KEY)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def documented(kind: str, url: str) -> tuple[Sources, experiment.Config]:
    """The operator's file and the repository's rules that stand below the heading `kind`, with another address."""
    _, _, section = PAGE.partition(f"\n## {kind}\n")
    blocks = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    operator = settings(blocks[0], "sources.yml", Sources)
    repository = parse(blocks[1], checks=CHECKS)
    assert isinstance(operator, Sources), operator
    assert isinstance(repository, Config), repository
    for entry in operator.sources.values():
        object.__setattr__(entry, "url", url)
    rules = repository.checks["experiment"]
    assert isinstance(rules, experiment.Config)
    return operator, rules


async def second_tick(sources: Sources, rules: experiment.Config) -> Figures:
    """What the worker reads once the second of the kept intervals is complete."""
    assert rules.watched is not None
    lag = sources.sources[rules.source].lag_seconds
    now = START + 2 * rules.watched.tick_seconds + lag
    kept = KeptExperiment(
        12,
        Canary("octo/shop", SHA, "canary", "main", 7),
        rules.model_dump_json(),
        dump(begin(rules.judged_by)),
        "waiting_data",
        "",
        START,
        START,
        feed=Feed(rules.source, lag),
    )
    async with ClientSession() as session:
        reader = SourceReader(sources, session, Slots(), lambda: now)
        for _ in range(20):
            if found := await reader.due(kept):
                return found
    raise AssertionError("it never answers")


async def test_the_example_of_datadog() -> None:
    types = {f"trace.http.request.{name}": "count.json" for name in ("hits", "errors")}
    async with datadog.serving(datadog.DatadogStandIn(types=types)) as stand_in:
        found = await second_tick(*documented("Datadog", stand_in.url))
    side = {"total": 120, "good": 118}
    tick = {"t": START + 60, "metrics": {"errors": {"control": side, "canary": side}}}
    assert found == Figures(Feed("datadog", 60.0), (tick,))
    asked = "sum:trace.http.request.hits{env:prod,version:0a1b2c3,service:shop}.as_count().rollup(sum, 30),"
    assert any(query["query"].startswith(asked) for query in stand_in.queries)


async def test_the_example_of_cloudwatch() -> None:
    async with cloudwatch.serving(cloudwatch.CloudWatchStandIn()) as stand_in:
        found = await second_tick(*documented("CloudWatch", stand_in.url))
    side = {"total": 1200, "good": 1193}
    tick = {"t": START + 120, "metrics": {"errors": {"control": side, "canary": side}}}
    assert found == Figures(Feed("aws", 180.0), (tick,))


async def test_a_source_that_does_not_give_all_is_trouble_and_gives_no_tick() -> None:
    async with cloudwatch.serving(cloudwatch.CloudWatchStandIn("cut.json")) as stand_in:
        found = await second_tick(*documented("CloudWatch", stand_in.url))
    assert found.ticks == ()
    assert "Maximum number of allowed metrics exceeded" in found.feed.trouble


def test_the_figures_of_datadog_come_in_time_and_those_of_cloudwatch_not_for_seven_minutes() -> None:
    said = {}
    for kind in ("Datadog", "CloudWatch"):
        sources, rules = documented(kind, "https://example.com")
        assert rules.watched is not None
        said[kind] = sources.warnings(rules.watched, "octo/shop")
    assert said["Datadog"] == ()
    (slow,) = said["CloudWatch"]
    assert "a rollback within 7 min is not possible" in slow
