"""What becomes of ticks that are sent to the API of experiments, and what their sender is told."""

import json
import re
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.model import Cause
from app.store.looks import gate_of
from checks.experiment import load
from tests.deliveries import new
from tests.pages.experiments_api import RULES, Here, api, tick
from tests.road.stories import PATH

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    async with api(tmp_path) as one:
        yield one


async def test_one_tick_a_list_and_lines_are_all_read(here: Here) -> None:
    path, now = await here.begun(), float(int(time.time()))
    lines = b"\n".join(json.dumps(tick(now + at)).encode() for at in (4, 5))
    for body, accepted in ((tick(now + 1), 1), ([tick(now + 2), tick(now + 3)], 2), (lines, 2)):
        answer = await here.post(f"{path}/ticks", body)
        assert (answer.status, (await answer.json())["accepted"]) == (202, accepted)
    kept = await here.stores.experiments.look(1, Cause())
    assert await here.stores.experiments.replayed(1) == kept.state


async def test_each_tick_is_told_what_became_of_it(here: Here) -> None:
    path, now = await here.begun(), time.time()
    flawed = tick(now + 20) | {"canary": {"good": 5, "total": 1}}
    sent = [tick(now + 10), tick(now - 3_600), flawed, {"t": "now"}, tick(now + 10), tick(now + 10, bad=11), 7]
    assert await (await here.post(f"{path}/ticks", sent)).json() == {
        "ended": False,
        "accepted": 4,
        "duplicate": 1,
        "differing": [5],
        "future": [],
        "late": [1],
        "flawed": [{"tick": 2, "reason": "canary of errors has more good requests than requests"}],
        "unreadable": [
            {"tick": 3, "reason": "t must be a time in epoch seconds"},
            {"tick": 6, "reason": "a tick is an object with t, control and canary"},
        ],
        "experiment": 1,
        "status": "waiting_data",
        "reason": "",
        "evidence": {"errors": "1 of 200 needed"},
    }
    again = await (await here.post(f"{path}/ticks", sent)).json()
    assert (again["accepted"], again["duplicate"], again["late"], again["flawed"]) == (0, 5, [], [])


async def test_a_tick_ahead_of_its_time_is_not_kept_and_counts_once_its_time_has_come(here: Here) -> None:
    path, now = await here.begun(), time.time()
    told = await (await here.post(f"{path}/ticks", [tick(now), tick(now + 3_600), {"t": now + 7_200}])).json()
    assert (told["accepted"], told["future"], told["flawed"]) == (1, [1, 2], [])
    later = int((now + 3_600) * 1e6)
    kept = await replace(here.stores.experiments, now=lambda: later).look(1, Cause())
    assert load(kept.state, gate_of(kept.rules)).anomalies.future == 0
    async with here.stores.main.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM experiment_ticks")) == 1


def as_a_shell_has_it(word: str) -> bytes:
    return subprocess.run(["/bin/sh", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout


async def test_the_tick_of_the_page_is_taken_when_it_is_sent_as_it_stands_there(here: Here) -> None:
    page = (Path(__file__).parents[2] / "docs/experiments.md").read_text("utf-8")
    found = re.search(r"""/ticks".*\n +-d (.*)\n(\{.*), \.\.\.\}\n""", page)
    assert found is not None
    here.repo.commit("main", {PATH: RULES.replace("watermark_seconds: 0", "watermark_seconds: 15")})
    sent = as_a_shell_has_it(found[1])
    told = await (await here.post(f"{await here.begun()}/ticks", sent)).json()
    assert told | json.loads(found[2] + "}") == told


async def test_ticks_wake_nobody(here: Here) -> None:
    path = await here.begun()
    before = await new(here.stores.inbox.engine)
    for at in range(5):
        await here.post(f"{path}/ticks", tick(time.time() + at))
    assert await new(here.stores.inbox.engine) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"\xff", 400), (b"[" * 100_000, 400), ([{}] * 501, 413), (b" " * (2**20 + 1), 413)],
    ids=lambda value: str(value)[:20],
)
async def test_what_holds_no_ticks_is_refused_whole(here: Here, body: Any, status: int) -> None:
    answer = await here.post(f"{await here.begun()}/ticks", body)
    assert answer.status == status
    assert "error" in await answer.json()


async def test_a_broken_line_spoils_no_other_and_a_tick_without_end_is_not_kept(here: Here) -> None:
    path, now = await here.begun(), time.time()
    lines = [json.dumps(tick(now)), "{", json.dumps(tick(now + 1) | {"note": "x" * 70_000})]
    told = await (await here.post(f"{path}/ticks", "\n".join(lines).encode())).json()
    assert told["accepted"] == 1
    assert told["unreadable"] == [
        {"tick": 1, "reason": "not JSON"},
        {"tick": 2, "reason": "longer than 65536 characters"},
    ]
