"""One press, one effect: however often it is sent, from however many tabs, and whoever is killed in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.model import Cause, Progress
from app.pages.asking import TWICE
from app.store.inbox import Full, Inbox
from tests.deliveries import fail
from tests.pages.asked import Asked, asked, deliveries


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Asked]:
    async with asked(tmp_path) as opened:
        yield opened


async def test_the_same_key_is_the_same_answer_and_one_effect(here: Asked) -> None:
    wanted = here.wanted("retry")
    answers = [await (await here.post(wanted)).json() for _ in range(3)]
    answers += await asyncio.gather(*(_json(here, wanted) for _ in range(8)))
    assert all(one == answers[0] for one in answers)
    assert len(await here.stores.commands.of_pull("octo/shop", here.number)) == 1
    assert len(await deliveries(here)) == 1


async def _json(here: Asked, wanted: Any) -> Any:
    return await (await here.post(wanted)).json()


async def test_the_same_key_is_the_same_answer_after_its_end_and_after_the_head_moved(here: Asked) -> None:
    wanted = here.wanted("retry")
    first = await _json(here, wanted)
    (kept,) = await here.stores.commands.of_pull("octo/shop", here.number)
    await here.stores.commands.end(replace(kept, state=Progress.FAILED, said="no"), Cause())
    here.repo.commit("fix", {"a.py": "x = 3\n"}, message="More")
    here.clock.at += 1_000
    assert await _json(here, wanted) == first
    assert len(await deliveries(here)) == 1


async def test_two_who_mean_the_same_are_two_and_one_key_of_two_people_is_two_keys(here: Asked) -> None:
    wanted = here.wanted("retry")
    first, second = await _json(here, wanted), await (await here.post(wanted, "mona")).json()
    assert first["action"] != second["action"]
    assert len(await deliveries(here)) == 2


async def test_two_tabs_that_ask_for_the_same_ask_once(here: Asked) -> None:
    answers = await asyncio.gather(*(_json(here, here.wanted("retry")) for _ in range(5)))
    assert len({one["action"] for one in answers}) == 1
    (kept,) = await here.stores.commands.of_pull("octo/shop", here.number)
    here.clock.at += 1_000
    assert (await _json(here, here.wanted("retry")))["action"] == kept.id, "it still goes on"
    await here.stores.commands.end(replace(kept, state=Progress.DONE, said="done"), Cause())
    here.clock.at = kept.asked + TWICE
    assert (await _json(here, here.wanted("retry")))["action"] == kept.id, "a press that came a moment later"
    here.clock.at += 1
    assert (await _json(here, here.wanted("retry")))["action"] != kept.id, "once more is meant"
    assert (await _json(here, here.wanted("retry", "careful")))["action"] != kept.id, "another arm is another thing"


async def test_what_was_refused_or_failed_can_be_tried_again_at_once(here: Asked) -> None:
    for state in (Progress.REFUSED, Progress.FAILED):
        said = await _json(here, here.wanted("retry"))
        kept = await here.stores.commands.get(said["action"])
        assert kept is not None
        await here.stores.commands.end(replace(kept, state=state, said="no"), Cause())
    assert len(await here.stores.commands.of_pull("octo/shop", here.number)) == 2


async def test_a_key_that_was_used_for_something_else_is_400(here: Asked) -> None:
    wanted = here.wanted("retry")
    await here.post(wanted)
    assert (await here.post(wanted | {"verb": "escalate"})).status == 400
    assert len(await deliveries(here)) == 1


async def test_a_row_whose_delivery_was_never_stored_is_healed_by_the_same_key(
    here: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_given: Any) -> bool:
        raise Full

    wanted = here.wanted("retry")
    with monkeypatch.context() as patched:
        patched.setattr(Inbox, "keep", full)
        answer = await here.post(wanted)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert not await deliveries(here)
    here.repo.commit("fix", {"a.py": "x = 3\n"}, message="More")
    assert (await here.post(wanted)).status == 202
    (delivery,) = await deliveries(here)
    await fail(here.stores.inbox.engine, delivery.id, "the worker gave it up")
    assert (await here.post(wanted)).status == 202
    assert len(await deliveries(here)) == 1
    assert len(await here.stores.commands.of_pull("octo/shop", here.number)) == 1
