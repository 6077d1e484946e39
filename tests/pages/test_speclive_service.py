"""A guarded service and the API, both real: what the library tells is taken, what the API says of guards is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

import speclive
from app.store.tokens import Grant
from speclive import control
from speclive.cards import parse
from speclive.configuring import window
from speclive.export import Exporter, Source
from speclive.window import pending
from tests.pages.conftest import NOW, Pages
from tests.pages.guarded import SHA, clause, static, tell

HERE = "tests.pages.test_speclive_service"
CARD = f'''@critical
Feature: Pages
  @spec-id:service.halve
  Scenario: Half is half
    Given the function "{HERE}:halve"
    When it is halved
    Then twice that is the whole
      """expr
      2 * result == number
      """
    And numbers may be told, and are watched
      | allow | number |
      | watch | number |
'''


def halve(number: int) -> int:
    return number // 2


@pytest.fixture(name="on")
def _on() -> Iterator[None]:
    """Guards as they are where nobody said anything."""
    yield
    control.obey({"version": 1, "off": False, "settings": []})


def exporter(pages: Pages, token: str) -> Exporter:
    source = Source(window, pending, control.obey)
    return Exporter(
        pages.url, token, "shop", "production", SHA, "canary", source=source, every=60, wall=lambda: NOW
    ).start()


async def test_what_a_service_saw_is_kept_and_the_switch_of_a_repository_reaches_it(pages: Pages, on: None) -> None:
    bound = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await tell(pages, static(clauses=[clause(evaluated=0)]), bound, NOW)).status == 202
    token = await pages.stores.tokens.issue("acme/shop")
    halved = speclive.guard(halve, parse(CARD, "service.feature"))
    window()
    assert [halved(4), halved(5)] == [2, 2]
    service = exporter(pages, token)
    assert await asyncio.to_thread(service.flush)
    live = await pages.stores.speclive.live("acme/shop", SHA, NOW - 3600)
    assert live is not None
    (seen,) = (one for one in live.clauses if one.id == "service.halve#t1")
    assert (seen.evaluated, seen.violated) == (2, 1)
    assert seen.code.startswith("tests/pages/test_speclive_service.py#L")
    (target,) = (one for one in live.targets if one.name == f"{HERE}:halve")
    assert (target.critical, target.calls, target.guarded) == (True, 2, 2)
    (example,) = await pages.stores.speclive.exemplars("acme/shop", SHA, 9)
    assert (example.clause, example.inputs, example.side) == ("service.halve#t1", {"number": 5}, "canary")

    headers = {"Authorization": f"Bearer {token}"}
    url = f"{pages.url}/api/speclive/config"
    async with pages.session.put(url, json={"off": True, "reason": "a test"}, headers=headers) as answer:
        assert answer.status == 200
    await asyncio.to_thread(service.close)
    again = exporter(pages, token)
    assert await asyncio.to_thread(again.flush)
    halved(6)
    assert speclive.report()["service.halve#t1"]["evaluated"] == 2
    await asyncio.to_thread(again.close)
