"""What stands beside a decision, read from where each part is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.model import Beside, Cause, KeptCommand, Progress, Surface
from app.store.address import Address
from app.store.besides import Besides
from app.store.commands import Commands
from app.store.database import connect, migrate
from app.store.decisions import Decisions
from app.store.measurements import Measurements
from app.store.remediations import Remediations
from app.store.spending import Spending
from app.store.usage import Usage
from checks.model import Pull
from program.remediation import Course, Failure, Remediation

HEAD = "a" * 40
PULL = Pull("octo/shop", 7, "Faster", "ann", HEAD, "faster", "b" * 40, "main")
ASKED = KeptCommand("1" * 32, "k", "octo/shop", 7, HEAD, "retry", "", "bob", Surface.CENTER, 1.0)
BEGUN = Remediation(0, "octo/shop", 7, HEAD, 100.5, Failure.CONTRACT, "maestro")


@pytest.fixture
async def besides(either: Address) -> AsyncIterator[Besides]:
    engine = connect(either.main)
    await migrate(engine)
    spending = Spending(Usage(engine), Measurements(engine), Decisions(engine))
    yield Besides(Commands(engine), Remediations(engine), spending)
    await engine.dispose()


async def test_where_nothing_is_kept_nothing_stands_beside(besides: Besides) -> None:
    assert await besides.of(PULL, None) == Beside()


async def test_commands_that_have_ended_stand_beside_and_those_that_wait_do_not(besides: Besides) -> None:
    await besides.commands.ask(ASKED)
    assert (await besides.of(PULL, None)).commands == ()
    ended = await besides.commands.end(replace(ASKED, state=Progress.DONE, said="done"), Cause("c", "bob", "write"))
    assert (await besides.of(PULL, None)).commands == (ended,)


async def test_the_newest_remediation_stands_beside_over_or_not(besides: Besides) -> None:
    first = await besides.remediations.begin(BEGUN)
    over = await besides.remediations.keep(replace(first, course=Course.MENDED, ended=200.0))
    assert (await besides.of(PULL, None)).remediation == over
    second = await besides.remediations.begin(BEGUN)
    assert (await besides.of(PULL, None)).remediation == second


async def test_beside_a_merge_group_stands_nothing(besides: Besides) -> None:
    await besides.remediations.begin(BEGUN)
    assert await besides.of(replace(PULL, number=None), None) == Beside()
