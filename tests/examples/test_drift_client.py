"""The client that a service copies: what it sends is what Maestro would have counted, and it is never in the way."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import threading
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest

from checks.drift import NameSketch, NumberSketch, joined, sketch_of
from checks.drift.column import Kind, Names, column
from tests.pages.drift_api import TODAY, api

CLIENT = Path(__file__).parents[2] / "examples" / "drift" / "client.py"
NOON = 1_796_040_000.0  # of a day, UTC


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("drift_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = _load()


class Maestro:
    """Answers `statuses` one after the other, then 202; an error where one is None."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses, self.bodies = list(statuses), list[Any]()

    def __call__(self, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.bodies.append(json.loads(body))
        status = self.statuses.pop(0) if self.statuses else 202
        if status is None:
            raise OSError("connection refused")
        return status


def watch(maestro: Maestro, **more: Any) -> Any:
    """A client whose own thread never comes round."""
    return client.DriftClient(
        "ranking", "https://maestro.example", "t", send=maestro, interval=3_600.0, **{"now": lambda: NOON} | more
    )


def numbers(values: Any) -> Any:
    found = client.Numbers()
    for value in values:
        found.add(value)
    return sketch_of(json.loads(json.dumps(found.sketch())))


# --- the same counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e9])
def test_numbers_are_counted_as_maestro_counts_them(scale: float) -> None:
    draw = np.random.default_rng(7)
    values = draw.lognormal(0.0, 2.0, 5_000) * draw.choice([-1.0, 1.0], 5_000) * scale
    assert numbers(values.tolist()) == NumberSketch().add_many(values)


def test_what_is_no_number_is_missing_and_the_extremes_are_exact() -> None:
    values = [0.0, 1e-310, -5, 3, float("nan"), float("inf"), None, "x", 10**400]
    known = NumberSketch().add_many([0.0, 1e-310, -5.0, 3.0, *[float("nan")] * 5])
    assert numbers(values) == known


def test_more_bins_than_are_kept_collapse_alike() -> None:
    values = np.logspace(-200, 200, 20_001)
    assert numbers(values.tolist()) == NumberSketch().add_many(values)


def test_names_are_counted_as_maestro_counts_them() -> None:
    found = client.Names()
    for value in ["visa", "amex", "visa", 1, 1.0, "1", True, None, "", "x" * 200]:
        found.add(value)
    known = NameSketch().add_many(["visa", "amex", "visa", "1", "1", "1", "true", None, None, "x" * 100])
    assert sketch_of(found.sketch()) == known


def test_names_without_end_are_bounded_and_none_is_lost() -> None:
    found = client.Names()
    for at in range(10_000):
        found.add(f"name {at}")
        found.add("often")
    sketch = sketch_of(found.sketch())
    assert isinstance(sketch, NameSketch)
    assert (sketch.rows, len(sketch.counts), sketch.counts["often"]) == (20_000, 1_000, 10_000)


@pytest.mark.parametrize("value", [np.float32(8), np.int64(8), Decimal("8.0"), Fraction(8), np.array(8.0)])
def test_whatever_is_a_number_is_counted_as_one(value: Any) -> None:
    maestro = Maestro()
    watched = watch(maestro)
    watched.observe({"price": value})
    watched.flush()
    assert sketch_of(maestro.bodies[0]["features"]["price"]) == NumberSketch().add_many([8.0])


def test_truth_values_and_what_says_nothing_are_read_as_maestro_reads_a_column() -> None:
    cells = [True, "visa", "NA", "n/a", "null", "None", "", None, 10**5_000, "1", 1.0]
    found = client.Names()
    for value in cells:
        found.add(value)
    ours, theirs = column(sketch_of(found.sketch())), column(cells, Kind.CATEGORICAL)
    assert isinstance(ours, Names)
    assert isinstance(theirs, Names)
    assert (ours.counts, ours.missing) == (theirs.counts, theirs.missing)


def test_a_truth_value_of_numpy_is_a_name() -> None:
    maestro = Maestro()
    watched = watch(maestro)
    watched.observe({"new": np.True_})
    watched.flush()
    assert maestro.bodies[0]["features"]["new"]["counts"] == {"true": 1}


class Broken:
    """A value whose own code fails."""

    def __str__(self) -> str:
        raise RuntimeError("broken")

    __float__ = __str__


@pytest.mark.parametrize("kinds", [{}, {"price": "categorical"}])
def test_a_value_that_cannot_be_told_is_lost_and_the_others_go_on(kinds: Mapping[str, str]) -> None:
    maestro = Maestro()
    watched = watch(maestro, kinds=kinds)
    for value in (1.0, Broken(), 2.0):
        watched.observe({"price": value, "card": "visa"})
    assert watched.flush()
    assert {name: one["rows"] for name, one in maestro.bodies[0]["features"].items()} == {"price": 2, "card": 3}
    assert watched.lost == 1


# --- sending -----------------------------------------------------------------------------------------------------


def test_rows_are_added_up_by_day_and_feature() -> None:
    maestro, moments = Maestro(), [NOON, NOON + 43_300.0, NOON]
    watched = watch(maestro, now=lambda: moments.pop(0))
    for price in (1.0, 2.0, 3.0):
        watched.observe({"price": price, "card": "visa"})
    assert watched.flush()
    assert {body["day"]: body["features"]["price"]["rows"] for body in maestro.bodies} == {
        "2026-11-30": 2,
        "2026-12-01": 1,
    }
    assert {body["features"]["card"]["type"] for body in maestro.bodies} == {"categorical"}


@pytest.mark.parametrize("nothing", [None, float("nan"), " "])
@pytest.mark.parametrize(
    ("value", "known"),
    [("visa", NameSketch().add_many([None, "visa", None])), (2.5, NumberSketch().add_many([2.5, *[float("nan")] * 2]))],
)
def test_a_missing_value_says_nothing_of_what_a_feature_is(nothing: Any, value: Any, known: Any) -> None:
    maestro = Maestro()
    watched = watch(maestro)
    for cell in (nothing, value, nothing):
        watched.observe({"card": cell})
    assert watched.flush()
    assert sketch_of(maestro.bodies[0]["features"]["card"]) == known


def test_missing_values_alone_are_sent_and_the_kind_is_told_by_what_comes_later() -> None:
    maestro = Maestro()
    watched = watch(maestro)
    for cell in (None, "visa"):
        watched.observe({"card": cell})
        assert watched.flush()
    first, second = (sketch_of(body["features"]["card"]) for body in maestro.bodies)
    assert joined(first, second) == NameSketch().add_many([None, "visa"])


def test_what_could_not_be_sent_is_sent_again_under_the_same_name() -> None:
    maestro = Maestro(None, 503, 202)
    watched = watch(maestro)
    watched.observe({"price": 1.0})
    assert not watched.flush()
    assert watched.failure == "OSError: connection refused"
    assert not watched.flush()
    assert watched.flush()
    assert [body["batch"] for body in maestro.bodies] == [maestro.bodies[0]["batch"]] * 3
    assert (watched.failure, watched.lost) == ("", 0)


def test_what_maestro_will_never_have_is_let_go() -> None:
    maestro = Maestro(400)
    watched = watch(maestro)
    watched.observe({"price": 1.0})
    assert not watched.flush()
    assert (watched.lost, watched.failure) == (1, "HTTP 400")
    assert len(maestro.bodies) == 1


def test_while_nobody_answers_the_oldest_batches_make_room() -> None:
    watched = watch(Maestro(*[None] * 200))
    for at in range(60):
        watched.observe({"price": float(at)})
        watched.flush()
    assert watched.lost == 60 - client.MOST_BATCHES


def test_rows_that_nobody_adds_up_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    maestro = Maestro()
    monkeypatch.setattr(client, "MOST_ROWS", 10)
    watched = watch(maestro)
    for at in range(25):
        watched.observe({"price": float(at)})
    assert watched.flush()
    assert (maestro.bodies[0]["features"]["price"]["min"], watched.lost > 0) == (15.0, True)


def test_nothing_is_raised_into_the_service() -> None:
    watched = watch(Maestro())
    for odd in (None, 3, {"price": object()}, {1: 2}, {"price": "€"}):
        watched.observe(odd)
    assert watched.flush()
    assert watched.lost == 2


def test_a_row_is_taken_as_it_was() -> None:
    maestro, row = Maestro(), {"price": 1.0}
    watched = watch(maestro)
    watched.observe(row)
    row["price"] = 2.0
    watched.flush()
    assert maestro.bodies[0]["features"]["price"]["max"] == 1.0


def test_many_threads_lose_nothing() -> None:
    maestro = Maestro()
    watched = watch(maestro)

    def work() -> None:
        for at in range(2_000):
            watched.observe({"price": float(at)})
            if at % 500 == 0:
                watched.flush()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watched.close()
    assert sum(body["features"]["price"]["rows"] for body in maestro.bodies) == 8_000
    assert len({body["batch"] for body in maestro.bodies}) == len(maestro.bodies)


def test_its_own_thread_sends_by_itself() -> None:
    arrived = threading.Event()

    def maestro(_address: str, _body: bytes, _headers: Mapping[str, str]) -> int:
        arrived.set()
        return 202

    watched = client.DriftClient("ranking", "https://maestro.example", "t", send=maestro, interval=0.01)
    watched.observe({"price": 1.0})
    assert arrived.wait(10)
    watched.close()


# --- the real thing ----------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_real_server_counts_what_the_client_saw(tmp_path: Path) -> None:
    async with api(tmp_path) as here:
        url = str(here.server.make_url("")).rstrip("/")
        watched = client.DriftClient("ranking", url, here.token, interval=3_600.0, now=here.clock)
        prices = np.random.default_rng(3).lognormal(2.0, 1.0, 300)
        for price in prices.tolist():
            watched.observe({"price": price, "card": "visa", "score": None})
        assert await asyncio.to_thread(watched.flush), watched.failure
        kept = await here.stores.drifts.get("octo/shop", "ranking")
        assert kept is not None
        features = (await here.stores.drifts.days(kept.id))[TODAY].features
        assert features["price"] == NumberSketch().add_many(prices)
        assert msgspec.to_builtins(features["card"])["counts"] == {"visa": 300}


def test_other_addresses_than_http_are_not_spoken_to() -> None:
    watched = client.DriftClient("ranking", "file:///etc", "t", interval=3_600.0)
    watched.observe({"price": 1.0})
    assert not watched.flush()
    assert watched.failure.startswith("ValueError")
