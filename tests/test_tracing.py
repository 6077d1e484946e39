"""Traces go to whoever asks for them over real HTTP, and hold nothing that others wrote."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from app import tracing
from app.github.sandbox.faults import ServerError
from tests.road.stories import CONTRACT, change, shop
from tests.road.town import Town, town

pytestmark = pytest.mark.slow

KEY = "a-key-of-the-collector"


@dataclass
class Collector:
    """An OTLP/HTTP receiver that keeps what it was sent."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.headers.append(request.headers.get("x-key", ""))
        return web.json_response({})

    @property
    def spans(self) -> list[dict[str, Any]]:
        return [
            span | {"told": {one["key"]: next(iter(one["value"].values())) for one in span.get("attributes", [])}}
            for body in self.bodies
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def named(self, beginning: str) -> list[dict[str, Any]]:
        return [span for span in self.spans if span["name"].startswith(beginning)]


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """What the environment names as the endpoint, and tracing that has begun."""
    collector, application = Collector(), web.Application()
    application.router.add_post("/v1/traces", collector.receive)
    async with TestServer(application) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", str(server.make_url("")).rstrip("/"))
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"x-key={KEY}")
        tracing.begin("test")
        yield collector
        await asyncio.to_thread(tracing.end)


@pytest.fixture(autouse=True)
def _traced_no_more() -> Iterator[None]:
    yield
    tracing.end()


async def judged(directory: Path) -> tuple[Town, str]:
    """A pull request that was opened and judged; everything is told when this returns. And the sha of its head."""
    async with town(directory) as here:
        here.sandbox.faults.add(ServerError(), path="*/compare/*")
        _, sha = change(shop(here.sandbox, CONTRACT))
        await here.rest()
    await asyncio.to_thread(tracing.end)
    return here, sha


async def test_a_webhook_its_run_and_the_calls_of_the_run_are_one_trace(collector: Collector, tmp_path: Path) -> None:
    await judged(tmp_path)
    (ran,) = (span for span in collector.named("run evaluate") if span["told"].get("maestro.verdict"))
    (came,) = (one for one in collector.named("webhook") if one["told"]["maestro.guid"] == ran["told"]["maestro.guid"])
    calls = [span for span in collector.named("GitHub ") if span.get("parentSpanId") == ran["spanId"]]
    assert came["told"]["maestro.event"] == "pull_request"
    assert not came.get("parentSpanId")
    assert (ran["traceId"], ran["parentSpanId"]) == (came["traceId"], came["spanId"])
    assert {call["traceId"] for call in calls} == {came["traceId"]}
    assert {call["told"]["http.request.method"] for call in calls} >= {"GET", "POST"}
    assert any(str(call["told"]["url.path"]).endswith("/check-runs") for call in calls)


async def test_a_run_tells_whose_it_was_and_what_came_of_it(collector: Collector, tmp_path: Path) -> None:
    await judged(tmp_path)
    (told,) = (span["told"] for span in collector.named("run evaluate") if span["told"].get("maestro.verdict"))
    assert (told["maestro.lane"], told["maestro.reason"]) == ("octo/shop#1", "pull_request.opened")
    assert str(told["maestro.job"]).startswith(f"{int(told['maestro.delivery']):012d}.")
    assert told["maestro.verdict"] in {"ship", "hold", "block"}


async def test_nothing_that_is_told_is_a_secret_a_body_or_a_query(collector: Collector, tmp_path: Path) -> None:
    here, _ = await judged(tmp_path)
    told = json.dumps(collector.bodies)
    tokens = [token for token in here.sandbox.world.tokens if token.startswith("ghs_")]
    assert tokens
    assert not any(word in told for word in (*tokens, "Bearer", "per_page", "PRIVATE KEY", "sha256=", KEY))
    assert set(collector.headers) == {KEY}
    assert tracing.secrets() == (KEY,)


async def test_a_stranger_writes_no_traces(collector: Collector, tmp_path: Path) -> None:
    async with (
        town(tmp_path) as here,
        aiohttp.ClientSession() as session,
        session.post(f"{here.url}/webhook", data=b"{}") as answer,
    ):
        assert answer.status == 401
    await asyncio.to_thread(tracing.end)
    assert collector.named("webhook") == []


def test_a_run_that_fails_says_of_what_kind_and_not_with_which_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "_provider", provider)
    with pytest.raises(RuntimeError), tracing.run("evaluate", "push"):
        raise RuntimeError("the words of a stranger")
    (span,) = kept.get_finished_spans()
    assert "stranger" not in span.to_json()
    assert (span.attributes or {})["error.type"] == "RuntimeError"


def test_a_collector_that_does_not_answer_delays_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        tracing.begin("test")
        with tracing.run("evaluate", "push"):
            pass
        began = time.monotonic()
        tracing.end()
        assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_only_the_standard_variables_ask_for_traces(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], wanted: bool
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tracing.wanted() is wanted


def test_without_the_extra_it_says_what_is_missing_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with capture_logs() as logged:
        tracing.begin("web")
    assert [(line["event"], line["what"]) for line in logged] == [("tracing.not_installed", tracing.EXTRA)]
    assert tracing.calls() == []


def test_nobody_who_does_not_ask_pays_for_it() -> None:
    script = (
        "import sys, app.main, app.engine.engine; print([name for name in sys.modules if 'opentelemetry.' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
