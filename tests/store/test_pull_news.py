"""News of pull requests: the word changes with whatever their page shows, and with nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Canary, Cause, Intervention, KeptCommand, Opinion, Progress, Surface
from app.store.address import Address
from app.store.asked_tables import overrides
from app.store.commands import Commands
from app.store.decisions import Decisions
from app.store.drift import Drifts
from app.store.effects import Effect, Effects, card_key, head_key
from app.store.experiments import Experiments
from app.store.opinions import Opinions
from app.store.pull_news import PullNews
from app.store.pulse import pulse
from app.store.studies import Studies
from checks.experiment import Config, GateConfig
from checks.impact.block import Config as Impact

HEAD = "a" * 40
CAUSE = Cause("tests")
COMMAND = KeptCommand("1" * 32, "key", "o/r", 7, HEAD, "retry", "", "ann", Surface.CENTER, 1.0)
RULES = Impact.model_validate({"metrics": [{"name": "p95", "better": "lower"}]}).model_dump_json()


async def _decided(engine: AsyncEngine) -> None:
    await Decisions(engine).keep("O/R", 7, HEAD, "ship", b"{}", CAUSE)


async def _asked(engine: AsyncEngine) -> None:
    await Commands(engine).ask(COMMAND)


async def _answered(engine: AsyncEngine) -> None:
    await Commands(engine).end(replace(COMMAND, state=Progress.DONE, said="done"), CAUSE)


async def _moved_on(engine: AsyncEngine) -> None:
    await Effects(engine).record(head_key("O/R", 7), Effect(None, "b" * 40, completed=True))


async def _carded(engine: AsyncEngine) -> None:
    await Effects(engine).record(card_key("O/R", 7), Effect(5, "digest"))


async def _overridden(engine: AsyncEngine) -> None:
    said = {"head_sha": HEAD, "base_ref": "main", "check_name": "sbom", "who": "ann", "reason": "x", "at": 1}
    async with engine.begin() as connection:
        await connection.execute(insert(overrides).values(repository="o/r", number=7, withdrawn_by="", **said))


async def _canary(engine: AsyncEngine) -> None:
    rules = Config(environments=("canary",), gate=GateConfig(baseline=0.01))
    await Experiments(engine).begin(Canary("o/r", HEAD, "canary", "main", 7), rules, CAUSE)


async def _looked(engine: AsyncEngine) -> None:
    await Experiments(engine).look(1, CAUSE)


async def _studied(engine: AsyncEngine) -> None:
    one = Intervention("o/r", "production", 3, HEAD, 1.0, (7,))
    await Studies(engine).begin(one, RULES, 100.0, 50.0, CAUSE)


async def _agreed(engine: AsyncEngine) -> None:
    (study,) = await Studies(engine).of_pull("o/r", 7)
    await Opinions(engine).hold(study, Opinion("ann", True), CAUSE)


async def _watched(engine: AsyncEngine) -> None:
    await Drifts(engine).note("o/r", "ranking", "{}")


STEPS: Sequence[tuple[str, Callable[[AsyncEngine], Awaitable[None]]]] = (
    ("a decision", _decided),
    ("another decision", _decided),
    ("a command", _asked),
    ("its answer", _answered),
    ("a newer head", _moved_on),
    ("the card", _carded),
    ("an override", _overridden),
    ("an experiment", _canary),
    ("a look at it", _looked),
    ("a study", _studied),
    ("an opinion", _agreed),
    ("a module", _watched),
)


async def test_each_thing_that_the_page_shows_is_news_once(database: AsyncEngine) -> None:
    news, seen = PullNews(database), [""]
    assert await news.of([("o/r", 7)]) == {}, "nothing was decided yet"
    for name, step in STEPS:
        await step(database)
        word = (await news.of([("o/r", 7)]))["o/r", 7].word
        assert word not in seen, f"{name} is news"
        seen.append(word)
        assert (await news.of([("o/r", 7)]))["o/r", 7].word == word


async def test_what_happens_to_others_is_no_news_of_this_one(database: AsyncEngine) -> None:
    news, decisions = PullNews(database), Decisions(database)
    await decisions.keep("o/r", 7, HEAD, "ship", b"{}", CAUSE)
    before = await news.of([("o/r", 7)])
    await decisions.keep("o/r", 8, HEAD, "ship", b"{}", CAUSE)
    await Commands(database).ask(replace(COMMAND, number=8))
    await decisions.keep("o/other", 7, HEAD, "ship", b"{}", CAUSE)
    both = await news.of([("o/r", 7), ("o/r", 8), ("o/r", 9)])
    assert both.keys() == {("o/r", 7), ("o/r", 8)}
    assert both["o/r", 7] == before["o/r", 7]


@pytest.mark.parametrize("kind", ["decides", "asks"])
async def test_the_pulse_beats_once_for_what_anybody_stores_and_rests_else(
    database: AsyncEngine, either: Address, kind: str
) -> None:
    beat = pulse(either, database)
    try:
        first: Any = await beat()
        assert await beat() == first
        await (_decided if kind == "decides" else _asked)(database)
        second = await beat()
        assert second != first
        assert await beat() == second
    finally:
        beat.close()
