"""Batches of a watched module are sent, added up by day, read, and refused, over real HTTP on both sides."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.github.sandbox.faults import ServerError
from app.model import KeptModule
from app.pages.drift import MAX_BYTES
from app.store.tokens import Grant
from checks.drift import NameSketch, NumberSketch, Sketch
from tests.deliveries import new
from tests.pages.drift_api import ONE, TODAY, Here, api, batch, names, numbers

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    async with api(tmp_path) as one:
        yield one


async def module(here: Here) -> KeptModule:
    found = await here.stores.drifts.get("octo/shop", "ranking")
    assert found is not None
    return found


async def day(here: Here, number: int = TODAY) -> dict[str, Sketch]:
    days = await here.stores.drifts.days((await module(here)).id)
    return dict(days[number].features)


async def refused(here: Here, body: Any, status: int, says: str, **headers: str) -> None:
    answer = await here.post(body, **headers)
    assert answer.status == status, await answer.text()
    assert says in (await answer.json())["error"]


# --- what is taken -----------------------------------------------------------------------------------------------


async def test_batches_of_one_day_are_added_up_exactly(here: Here) -> None:
    first = await here.post(batch([1.0, 2.0, 3.0]))
    assert first.status == 202
    told = await first.json()
    assert (told["module"], told["day"], told["became"]) == ("ranking", "2026-11-30", "added")
    assert (await here.post(batch([4.0, 5.0], batch="two"))).status == 202
    assert (await day(here))["price"] == NumberSketch().add_many([1.0, 2.0, 3.0, 4.0, 5.0])


async def test_one_that_is_sent_again_changes_nothing(here: Here) -> None:
    for became in ("added", "duplicate"):
        assert (await (await here.post(batch())).json())["became"] == became
    assert (await day(here))["price"].rows == 2


async def test_another_one_of_the_same_name_is_refused(here: Here) -> None:
    await here.post(batch([1.0]))
    await refused(here, batch([2.0]), 409, "another batch called one")
    assert (await day(here))["price"].rows == 1


async def test_without_a_name_what_is_sent_names_itself(here: Here) -> None:
    for became in ("added", "duplicate"):
        answer = await here.post({"features": {"price": numbers(1.0)}})
        assert (await answer.json())["became"] == became


@pytest.mark.parametrize(
    "when",
    [{"day": "2026-11-28"}, {"at": "2026-11-28T23:30:00Z"}, {"at": "2026-11-29T00:30:00+02:00"}, {"at": 1_795_827_600}],
)
async def test_a_late_one_belongs_to_its_own_day(here: Here, when: dict[str, Any]) -> None:
    assert (await here.post(batch(**when))).status == 202
    assert (await day(here, TODAY - 2))["price"].rows == 2


async def test_rows_are_sketched_as_the_rules_say(here: Here) -> None:
    rows = [{"price": 1.5, "card": 7, "score": None}, {"price": "2.5", "card": "visa", "score": 0.5, "other": 1}]
    assert (await here.post({"batch": "rows", "rows": rows})).status == 202
    found = await day(here)
    assert found["price"] == NumberSketch().add_many([1.5, 2.5])
    assert getattr(found["card"], "counts", None) == {"7": 1, "visa": 1}
    assert (found["score"].rows, found["score"].missing) == (2, 1)
    assert "other" not in found


async def test_a_feature_of_missing_values_alone_is_taken_whatever_its_kind(here: Here) -> None:
    unread = numbers(float("nan"), float("nan"))
    assert (await here.post({"batch": "one", "features": {"card": unread}})).status == 202
    assert (await here.post({"batch": "two", "features": {"card": names("visa")}})).status == 202
    assert (await day(here))["card"] == NameSketch().add_many([None, None, "visa"])


async def test_a_table_is_as_good_as_rows(here: Here) -> None:
    table = b"price,card\n1.5,visa\n2.5,\n"
    answer = await here.post(table, f"{ONE}?batch=table&day=2026-11-29", **{"Content-Type": "text/csv"})
    assert answer.status == 202, await answer.text()
    found = await day(here, TODAY - 1)
    assert found["price"] == NumberSketch().add_many([1.5, 2.5])
    assert (found["card"].rows, found["card"].missing) == (2, 1)


async def test_a_batch_wakes_the_worker_and_many_wake_it_once(here: Here) -> None:
    for name in ("one", "two", "three"):
        await here.post(batch(batch=name))
    (wake,) = await new(here.stores.inbox.engine)
    told = json.loads(wake.body)
    assert (told["about"], told["module"], told["repository"]["full_name"]) == ("drift", "ranking", "octo/shop")


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not what is sent here"),
        ({"batch": "one"}, "send `features`"),
        ({"features": {}, "rows": []}, "not both"),
        ({"features": {"price": {"type": "numeric", "version": 1, "rows": 3}}}, "`price` is no sketch: `rows` says 3"),
        ({"features": {"price": numbers(1.0) | {"colour": 1}}}, "colour"),
        ({"features": {"price": names("a")}}, "`price` is numeric by the configuration"),
        ({"features": {"weight": numbers(1.0)}}, "no feature of it is watched; these are: price, card, score"),
        ({"features": {"": numbers(1.0)}}, "is no name of a feature"),
        ({"rows": [1]}, "row 1 is no object"),
        ({"rows": []}, "there is no feature in it"),
        (batch(day="tomorrow"), "`day` is a date"),
        (batch(day="2026-11-30", at=1.0), "send one"),
        (batch(batch="a\u0000b"), "can be printed"),
    ],
)
async def test_what_cannot_be_read_is_answered_with_its_place(here: Here, body: Any, says: str) -> None:
    await refused(here, body, 400, says)


@pytest.mark.parametrize("table", [b"price,price\n1,2\n", b"price\n1,2\n", b'price\n"1\n', b"\xff\n"])
async def test_a_table_that_is_none_is_refused(here: Here, table: bytes) -> None:
    assert (await here.post(table, **{"Content-Type": "text/csv"})).status == 400


@pytest.mark.parametrize("when", ["2026-11-26", "2026-12-01"])
async def test_days_that_are_over_or_to_come_are_refused(here: Here, when: str) -> None:
    await refused(here, batch(day=when), 422, "3 days before")


async def test_a_module_that_is_not_watched_is_answered_with_those_that_are(here: Here) -> None:
    answer = await here.post(batch(), "/api/drift/rankings")
    assert answer.status == 404
    assert "it watches ranking" in (await answer.json())["error"]


async def test_more_than_is_taken_at_a_time_is_refused(here: Here) -> None:
    assert (await here.post(b" " * (MAX_BYTES + 1))).status == 413


async def test_only_who_may_speak_for_the_whole_repository_is_heard(here: Here) -> None:
    tokens = here.stores.tokens
    assert (await here.post(batch(), token="nobody")).status == 401
    assert (await here.post(batch(repository="octo/other"))).status == 403
    bound = await tokens.issue(Grant("octo/shop", "ab" * 20), 60.0)
    assert (await here.post(batch(), token=bound)).status == 403


async def test_without_github_nobody_knows_what_is_watched(here: Here) -> None:
    here.sandbox.faults.add(ServerError(), path="*/repos/octo/shop*", times=50)
    assert (await here.post(batch())).status == 503


# --- what is shown -----------------------------------------------------------------------------------------------


async def test_before_anything_came_nothing_is_known(here: Here) -> None:
    answer = await here.get()
    assert answer.status == 404


async def test_days_are_shown_while_the_reference_is_gathered(here: Here) -> None:
    await here.post(batch())
    told = await here.shown()
    assert (told["module"], told["state"], told["reference"]) == ("ranking", "blind", None)
    assert told["days"] == [{"day": "2026-11-30", "rows": 2, "batches": 1}]


async def test_another_repository_s_token_sees_nothing(here: Here) -> None:
    await here.post(batch())
    assert (await here.get(token=await here.stores.tokens.issue("octo/other"))).status == 404


async def test_a_reference_that_is_not_full_is_not_frozen(here: Here) -> None:
    await here.post(batch())
    await refused_to_freeze(here, {}, "0 days have 50 rows, and a reference takes 28")
    await refused_to_freeze(here, {"first": "2026-11-28", "last": "2026-11-30"}, "is not over")
    await refused_to_freeze(here, {"first": "2026-11-28"}, "belong together")


async def refused_to_freeze(here: Here, asked: dict[str, str], says: str) -> None:
    answer = await here.post(asked, f"{ONE}/reference")
    assert answer.status == 409
    assert says in (await answer.json())["error"]


async def test_the_days_that_are_named_become_the_reference_and_the_log_tells(here: Here) -> None:
    for back in (3, 2):
        prices = [float(1 + at % 7) for at in range(100)]
        await here.post(batch(prices, batch=f"{back}", day=f"2026-11-{30 - back}"))
    answer = await here.post({"first": "2026-11-27", "last": "2026-11-28"}, f"{ONE}/reference")
    assert answer.status == 201, await answer.text()
    said = await answer.json()
    assert said["days"] == ["2026-11-27", "2026-11-28"]
    told = said["reference"]
    assert (told["version"], told["first"], told["last"]) == (1, "2026-11-27", "2026-11-28")
    assert (await here.shown())["reference"]["version"] == 1
    entries = [json.loads(row[1]) async for rows in here.stores.provenance.rows() for row in rows]
    assert [(one["kind"], one["what"]) for one in entries] == [("drift", "reference 1 of ranking is frozen")]


async def test_of_the_days_that_are_named_those_are_told_that_are_in_the_reference(here: Here) -> None:
    for back, rows in ((3, 100), (2, 3), (1, 100)):
        prices = [float(1 + at % 7) for at in range(rows)]
        await here.post(batch(prices, batch=f"{back}", day=f"2026-11-{30 - back}"))
    answer = await here.post({"first": "0001-01-01", "last": "2026-11-29"}, f"{ONE}/reference")
    assert answer.status == 201, await answer.text()
    told = await answer.json()
    assert told["days"] == ["2026-11-27", "2026-11-29"]
    assert (told["reference"]["first"], told["reference"]["last"]) == ("2026-11-27", "2026-11-29")
    shown = (await here.shown())["reference"]
    assert (shown["first"], shown["last"]) == ("2026-11-27", "2026-11-29")
