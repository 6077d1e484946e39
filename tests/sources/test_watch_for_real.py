"""`maestro gate watch` under the rules of `examples/canary`, on a real Prometheus that scrapes two versions."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.sources.service import Service, configured, serving
from tests.waiting import until

pytestmark = pytest.mark.slow

MAESTRO = Path(sys.executable).with_name("maestro")
TOTAL, BAD = "http_requests_total", "http_errors_total"
FAST, FASTER, ALL = (f'http_request_duration_seconds_bucket{{le="{bound}"}}' for bound in ("0.25", "0.2", "+Inf"))
EXAMPLE = Path(__file__).parents[2] / "examples" / "canary"
QUICK = {"tick_seconds": 2, "watermark_seconds": 2, "max_missing_ticks": 30}


async def traffic(service: Service, random: np.random.Generator, worse: float) -> None:
    """400 requests a second, of which 5 % fail, and 5 % are slow, `worse` times as many."""
    while True:
        service.add(TOTAL, 40)
        service.add(BAD, int(random.binomial(40, 0.05 * worse)))
        faster = int(random.binomial(40, 1 - 0.0873 * min(worse, 2)))
        service.add(FASTER, faster)
        service.add(FAST, faster + int(random.binomial(40 - faster, 0.43)))
        service.add(ALL, 40)
        service.add("cost_dollars_total", 0.8)
        await asyncio.sleep(0.1)


def scraping(control: int, canary: int) -> str:
    """The example's configuration, of services on these ports."""
    text = (EXAMPLE / "prometheus.yml").read_text()
    return text.replace("control.internal:8080", f"127.0.0.1:{control}").replace(
        "canary.internal:8080", f"127.0.0.1:{canary}"
    )


@asynccontextmanager
async def canary(directory: Path, worse: float) -> AsyncIterator[tuple[str, Path, Service]]:
    """A service and its canary under traffic: the Prometheus' address, the rules, and the canary."""
    control, new = Service(), Service()
    random = np.random.default_rng(1)
    async with (
        serving(control) as first,
        serving(new) as second,
        configured(directory, scraping(first, second)) as address,
        asyncio.TaskGroup() as group,
    ):
        going = [group.create_task(traffic(one, random, much)) for one, much in ((control, 1.0), (new, worse))]
        rules = directory / "gate.yml"
        rules.write_text(json.dumps({**yaml.safe_load((EXAMPLE / "gate.yml").read_text()), **QUICK}))
        yield address, rules, new
        for task in going:
            task.cancel()


async def watched(address: str, rules: Path, *words: str) -> asyncio.subprocess.Process:
    """`maestro gate watch`, going on."""
    command = (str(MAESTRO), "gate", "watch", "--config", str(rules), "--prometheus", address, "--json", *words)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)


async def test_a_canary_with_three_times_the_errors_is_rolled_back(tmp_path: Path) -> None:
    async with canary(tmp_path, worse=3.0) as (address, rules, _), asyncio.timeout(90):
        process = await watched(address, rules)
        out, err = await process.communicate()
        answer = json.loads(out)
        assert (process.returncode, answer["status"]) == (1, "rollback"), err
        assert b"log-e" in err


async def test_a_good_canary_is_promoted_through_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    async with canary(tmp_path, worse=1.0) as (address, rules, _), asyncio.timeout(150):
        first = await watched(address, rules, "--state", str(state))

        async def scored() -> bool:
            return state.exists() and "scored" in state.read_text()

        await until(scored, seconds=60)
        first.kill()
        await first.wait()
        second = await watched(address, rules, "--state", str(state))
        out, _ = await second.communicate()
        answer = json.loads(out)
        assert (second.returncode, answer["status"]) == (0, "promote"), out
        assert {row["name"] for row in answer["rows"]} == {"errors", "p95", "cost"}
        assert answer["rows"][0]["canary"]["requests"] > 1_000


async def test_a_selector_that_matches_nothing_ends_without_an_answer(tmp_path: Path) -> None:
    async with canary(tmp_path, worse=1.0) as (address, rules, _), asyncio.timeout(90):
        wrong = json.loads(rules.read_text())
        wrong["queries"]["errors"]["canary"]["total"] = "http_requests_totals"
        rules.write_text(json.dumps({**wrong, "max_missing_ticks": 1}))
        process = await watched(address, rules)
        out, err = await process.communicate()
        answer = json.loads(out)
        assert (process.returncode, answer["status"], answer["reason"]) == (3, "inconclusive", "stale")
        assert b"`http_requests_totals` matches no series" in err
