"""Overrides as they are kept: of one head of one pull request onto one base branch, until somebody withdraws them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.overrides import Overrides
from checks.model import Pull
from checks.overridden import Overridden

PULL = Pull("Octo/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
WHY = "the runner is broken"


async def test_it_stands_for_its_head_onto_its_base_and_for_nothing_else(database: AsyncEngine) -> None:
    overrides = Overrides(database, now=lambda: 1_764_000_000_500_000)
    kept = await overrides.keep(PULL, "contract", "root", WHY)
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
    risk = await overrides.keep(PULL, "risk", "root", WHY)
    kept = await overrides.keep(PULL, "contract", "root", WHY)
    assert await overrides.keep(PULL, "contract", "alice", "another reason") == kept
    assert await overrides.of(PULL) == (kept, risk)


async def test_withdrawn_it_counts_no_more_and_may_be_said_anew(database: AsyncEngine) -> None:
    overrides = Overrides(database)
    await overrides.keep(PULL, "contract", "root", WHY)
    risk = await overrides.keep(PULL, "risk", "root", WHY)
    assert await overrides.withdrawn_by(PULL, "contract") == ""
    await overrides.withdraw(PULL, "contract", "alice")
    assert (await overrides.of(PULL), await overrides.withdrawn_by(PULL, "contract")) == ((risk,), "alice")
    again = await overrides.keep(PULL, "contract", "alice", "it is still broken")
    assert (again.who, again.reason) == ("alice", "it is still broken")
    assert (await overrides.of(PULL), await overrides.withdrawn_by(PULL, "contract")) == ((again, risk), "")
