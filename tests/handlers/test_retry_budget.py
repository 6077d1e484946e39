"""An arm is not sent once what a pull request cost has used up its budget, also where a person names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from app.model import Opened, Place
from checks.model import Pull
from handlers.commands.asked import Asked
from handlers.commands.retry import RetryCommand
from program.arms import Arm, Ladder
from program.terms import Terms

PULL = Pull("octo/shop", 7, "Faster", "bot", "a" * 40, "agent/x", "b" * 40, "main")
SMALL = Arm("impl@small", "agent.yml", cost_usd=0.08)


@dataclass(frozen=True)
class Spent:
    usd: float
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def spent(self, repository: str, number: int) -> float:
        self.asked.append((repository, number))
        return self.usd


async def refused(usd: float, budget: float | None, arm: Arm = SMALL) -> str:
    opened = Opened(Place("octo/shop"), PULL, None, ladder=Ladder((arm,), Terms(budget_usd=budget)))
    asked = cast("Asked", type("Asked", (), {"opened": opened})())
    unused = cast("Any", None)
    return await RetryCommand(unused, unused, unused, unused, Spent(usd)).over_budget(asked, arm)


@pytest.mark.parametrize(("usd", "budget"), [(0.0, 0.5), (0.42, 0.5), (9.0, None)])
async def test_within_its_budget_or_without_one_an_arm_may_try(usd: float, budget: float | None) -> None:
    assert await refused(usd, budget) == ""


async def test_what_the_arm_is_declared_to_cost_must_fit_too() -> None:
    said = "$0.45 of the $0.50 that `arms.budget_usd` allows were spent here, and `impl@small` is declared at $0.08"
    assert await refused(0.45, 0.5) == said


@pytest.mark.parametrize("usd", [0.5, 0.51, 7.0])
async def test_nothing_is_sent_once_it_is_used_up_whatever_the_arm_is_declared_at(usd: float) -> None:
    free = Arm("impl@free", "agent.yml")
    assert await refused(usd, 0.5, free) == f"${usd:.2f} of the $0.50 that `arms.budget_usd` allows were spent here"
