"""Overrides as they are kept: of one head of one pull request onto one base branch, until somebody withdraws them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Cause
from app.store.decisions import SILENCE, Decisions
from app.store.overrides import Overrides
from checks.model import Pull
from checks.overridden import Overridden

PULL = Pull("Octo/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
WHY = "the runner is broken"


async def test_it_stands_for_its_head_onto_its_base_and_for_nothing_else(database: AsyncEngine) -> None:
    overrides = Overrides(database, now=lambda: 1_764_000_000_500_000)
    kept = await overrides.keep(PULL, "contract", "root", WHY, "c1")
    assert kept == Overridden("contract", "root", WHY, 1_764_000_000.5)
    assert await overrides.of(PULL) == (kept,)
    assert await overrides.of(replace(PULL, repository="octo/SHOP", base_sha="c" * 40)) == (kept,)
    for other in (
        {"number": 8},
        {"number": None},
        {"head_sha": "d" * 40},
        {"base_ref": "release"},
        {"repository": "octo/x"},
    ):
        assert await overrides.of(replace(PULL, **other)) == ()


async def test_said_twice_the_first_stands_and_each_check_has_its_own(database: AsyncEngine) -> None:
    overrides = Overrides(database)
    risk = await overrides.keep(PULL, "risk", "root", WHY, "c1")
    kept = await overrides.keep(PULL, "contract", "root", WHY, "c2")
    assert await overrides.keep(PULL, "contract", "alice", "another reason", "c3") == kept
    assert await overrides.of(PULL) == (kept, risk)


async def test_withdrawn_it_counts_no_more_and_may_be_said_anew(database: AsyncEngine) -> None:
    overrides = Overrides(database)
    await overrides.keep(PULL, "contract", "root", WHY, "c1")
    risk = await overrides.keep(PULL, "risk", "root", WHY, "c2")
    await overrides.withdraw(PULL, "contract", "alice", "c3")
    assert await overrides.of(PULL) == (risk,)
    again = await overrides.keep(PULL, "contract", "alice", "it is still broken", "c4")
    assert (again.who, again.reason) == ("alice", "it is still broken")
    assert await overrides.of(PULL) == (again, risk)


async def test_a_command_knows_what_it_did_itself_and_no_other_takes_it_for_its_own(database: AsyncEngine) -> None:
    overrides = Overrides(database)
    await overrides.keep(PULL, "contract", "root", WHY, "c1")
    await overrides.withdraw(PULL, "contract", "root", "c2")
    await overrides.withdraw(PULL, "contract", "root", "c3")
    known = [one for one in ("c1", "c2", "c3", "") if await overrides.had(PULL, "contract", one)]
    assert known == ["c1", "c2"]
    assert not await overrides.had(PULL, "risk", "c1")


async def test_a_head_that_was_left_ends_it_for_good(database: AsyncEngine) -> None:
    overrides, decisions = Overrides(database), Decisions(database)
    pull = replace(PULL, repository="octo/shop")

    async def decided(head: str, verdict: str = "hold", number: int = 7) -> None:
        await decisions.keep("octo/shop", number, head, verdict, b"{}", Cause())

    await decided("d" * 40)
    risk = await overrides.keep(pull, "risk", "root", WHY, "c1")
    await decided(PULL.head_sha)
    await decided("d" * 40, SILENCE)
    await decided("d" * 40, number=8)
    assert await overrides.of(pull) == (risk,)
    await decided("d" * 40)
    await decided(PULL.head_sha)
    assert await overrides.of(pull) == ()
    again = await overrides.keep(pull, "risk", "root", "we looked once more", "c2")
    assert await overrides.of(pull) == (again,)
