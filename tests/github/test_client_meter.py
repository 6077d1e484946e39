"""How many calls an evaluation made, and what Prometheus sees of it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import Client, GitHub
from app.github.errors import Unavailable
from app.github.meter import Metrics, counting

from .hub import Hub, Reply, Time

PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
PARTS = {"owner": "o", "repo": "r"}
ANSWERED = {"method": "GET", "status": "200"}


def same(data: Any) -> Any:
    return data


async def test_every_request_of_a_block_is_counted_tasks_tokens_and_retries_included(client: Client, hub: Hub) -> None:
    for number in (1, 2, 3):
        hub.on("GET", f"/repos/o/r/pulls/{number}", Reply(502), Reply(data={}))
    hub.on("POST", "/comments", Reply(201, {"id": 1}))
    with counting() as calls:
        async with asyncio.TaskGroup() as group:
            for number in (1, 2, 3):
                group.create_task(client.get(PULL, {**PARTS, "pull_number": number}, same))
        await client.post("/comments", {}, {}, same)
    assert calls.by_operation == {
        "POST /app/installations/{installation_id}/access_tokens": 1,
        "GET /repos/{owner}/{repo}/pulls/{pull_number}": 6,
        "POST /comments": 1,
    }
    assert calls.total == len(hub.seen) == 8


async def test_two_evaluations_side_by_side_are_counted_apart(client: Client, hub: Hub) -> None:
    hub.on("GET", "/thing", Reply(data=1, delay=0.01))
    await client.get("/thing", {}, same)

    async def evaluate(times: int) -> int:
        with counting() as calls:
            for _ in range(times):
                await client.get("/thing", {}, same)
        return calls.total

    assert tuple(await asyncio.gather(evaluate(2), evaluate(5))) == (2, 5)


async def test_blocks_nest_and_calls_outside_are_nobodys(client: Client, hub: Hub) -> None:
    hub.on("GET", "/thing", Reply(data=1, headers={"ETag": '"1"'}), Reply(304, raw=b""))
    await client.get("/thing", {}, same)
    with counting() as outer:
        await client.get("/thing", {}, same)
        with counting() as inner:
            await client.get("/thing", {}, same)
    await client.get("/thing", {}, same)
    assert (outer.total, inner.total) == (2, 1)


async def test_prometheus_sees_calls_by_method_and_status_and_what_remains(
    hub: Hub, session: aiohttp.ClientSession, time: Time, pem: str
) -> None:
    registry = CollectorRegistry()
    github = GitHub(
        Identity(7, pem), session, api_url=hub.url(), tuning=Tuning(clock=time.clock()), metrics=Metrics(registry)
    )
    limit = {"x-ratelimit-remaining": "4321"}
    hub.on("GET", "/thing", Reply(data=1, headers=limit), Reply(404, None, {"x-ratelimit-remaining": "many"}))
    hub.on("POST", "/thing", Reply(cut=True))
    client = github.installation(42)
    await client.get("/thing", {}, same)
    with pytest.raises(Unavailable):
        await client.post("/thing", {}, {}, same)

    def calls(method: str, status: str) -> float | None:
        return registry.get_sample_value("maestro_github_calls_total", {"method": method, "status": status})

    assert (calls("GET", "200"), calls("POST", "201"), calls("POST", "network")) == (1.0, 1.0, 1.0)
    assert registry.get_sample_value("maestro_github_remaining", {"installation": "42"}) == 4321.0


def test_two_clients_in_one_process_do_not_clash_over_names() -> None:
    one, other = CollectorRegistry(), CollectorRegistry()
    Metrics(other)
    for metrics in (Metrics(one), Metrics(), Metrics()):
        metrics.called("GET", 200)
    counted = [each.get_sample_value("maestro_github_calls_total", ANSWERED) for each in (one, other)]
    assert counted == [1.0, None]
