"""What is told of Spec Cards, on both databases: what is added up, what stands, what is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from app.model import SpecReport
from app.store import speclive
from app.store.address import Address
from app.store.database import connect
from app.store.drift import Came
from app.store.fed import Full
from app.store.speclive import MOST_EXAMPLES, Heard, SpecLive
from checks.guarded import Mutants
from tests.pages.guarded import SHA, clause, exemplar, report, static, target, violated

SHOP, NOW = "octo/shop", 1_700_000_000.0


@pytest.fixture
async def kept(either: Address) -> AsyncIterator[SpecLive]:
    engine = connect(either.main)
    yield SpecLive(engine, lambda: int(NOW * 1e6))
    await engine.dispose()


async def put(kept: SpecLive, body: dict[str, Any], repository: str = SHOP, *, trusted: bool = True) -> Heard:
    return await kept.keep(repository, msgspec.convert(body, SpecReport), str(hash(str(body))), trusted=trusted)


async def test_instances_that_race_are_added_up_once_each(kept: SpecLive) -> None:
    other = SpecLive(kept.engine, kept.now)
    sent = [violated(1, id=f"report-{n:04}") for n in range(12)]
    heard = await asyncio.gather(*(put(store, one) for one in sent for store in (kept, other)))
    assert sorted(one.came for one in heard) == [Came.ADDED] * 12 + [Came.DUPLICATE] * 12
    assert sum(one.news for one in heard) == 1
    live = await kept.live("Octo/Shop", SHA, NOW - 60)
    assert live is not None
    assert [(one.evaluated, one.violated) for one in live.clauses] == [(108, 12)]
    assert [(one.calls, one.guarded, one.clauses) for one in live.targets] == [(120, 108, ("pay.balance#t1",))]
    assert await kept.violations(SHOP, SHA, "Production", "", NOW - 120, NOW + 120) == (108, 12)
    assert await kept.violations(SHOP, SHA, "production", "canary", NOW - 120, NOW + 120) == (0, 0)


async def test_what_serves_is_what_was_told_of_last_in_production(kept: SpecLive) -> None:
    assert await kept.serving(SHOP, NOW - 3_600) is None
    told = [
        report("a" * 40, NOW - 600),
        report("b" * 40, NOW - 300),
        report("c" * 40, NOW - 60, environment="staging"),
        report("d" * 40, NOW, side="canary"),
        report("e" * 40, NOW, environment="tests"),
    ]
    for number, one in enumerate(told):
        await put(kept, one | {"id": f"report-{number:04}"})
    found = await kept.serving(SHOP, NOW - 3_600)
    assert found is not None
    assert (found.sha, found.environments) == ("b" * 40, ("production",))
    assert (await kept.serving(SHOP, NOW - 200) or found).sha == "c" * 40
    assert await kept.live(SHOP, "a" * 40, NOW - 120) is None, "nothing was told of it since"


async def test_of_reports_without_calls_the_newest_that_is_trusted_stands(kept: SpecLive) -> None:
    await put(kept, static(id="static-0000"), trusted=False)
    assert await kept.static(SHOP, SHA) is None
    assert (await put(kept, static())).news
    found = await kept.static(SHOP, SHA)
    assert found is not None
    assert found[1:] == (Mutants(10, 7, (("POST /pay", 3),)), {"pay.balance": ("tests/test_pay.py::test_it_drops",)})
    assert [(one.name, one.path, one.line) for one in found[0]] == [("POST /pay", "shop/pay.py", 12)]
    assert not (await put(kept, static(id="static-0002"))).news, "it says the same"
    assert not (await put(kept, static(id="static-0003", targets=[]), trusted=False)).news
    assert await kept.static(SHOP, SHA) == found
    assert (await put(kept, static(id="static-0004", mutants=None))).news


async def test_a_clause_whose_card_is_off_guards_nothing(kept: SpecLive) -> None:
    await put(kept, static(id="static-0000", clauses=[clause(mode="off")]))
    found = await kept.static(SHOP, SHA)
    assert found is not None
    assert [(one.name, one.clauses) for one in found[0]] == [("POST /pay", ())]


async def test_of_each_clause_the_newest_examples_stay(kept: SpecLive) -> None:
    many = [exemplar(at=NOW - n, inputs={"amount": n}) for n in reversed(range(MOST_EXAMPLES + 5))]
    await put(kept, report(exemplars=[*many, exemplar(clause="another#t1", at=NOW - 1_000)]))
    found = await kept.exemplars(SHOP, SHA, 100)
    assert [one.inputs["amount"] for one in found] == [*range(MOST_EXAMPLES), 5]
    assert (found[0].environment, found[0].result, found[-1].clause) == ("production", {"balance": 7}, "another#t1")
    assert len(await kept.exemplars(SHOP, SHA, 3)) == 3


async def test_what_is_too_much_is_refused_whole(kept: SpecLive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speclive, "MOST_NAMED", 3)
    await put(kept, report())
    with pytest.raises(Full):
        await put(kept, report(id="report-0002", clauses=[clause(id=f"c#t{n}") for n in range(4)]))
    live = await kept.live(SHOP, SHA, NOW - 60)
    assert live is not None
    assert [one.id for one in live.clauses] == ["pay.balance#t1"]
    monkeypatch.setattr(speclive, "MOST_COMMITS", 1)
    with pytest.raises(Full):
        await put(kept, report("b" * 40, id="report-0003"))
    assert (await put(kept, report(id="report-0002"))).came is Came.ADDED, "what was refused is not known"


async def test_what_is_old_is_forgotten_and_the_rest_stays(kept: SpecLive) -> None:
    await put(kept, report(now=NOW - 7_200, targets=[target(calls=1, guarded=1)]))
    await put(kept, report(id="report-0002"))
    await kept.prune(NOW - 3_600)
    live = await kept.live(SHOP, SHA, 0)
    assert live is not None
    assert [one.calls for one in live.targets] == [10]
    await kept.prune(NOW + 1)
    assert not await kept.knows(SHOP, SHA)
    assert await kept.live(SHOP, SHA, 0) is None
