"""How long pull requests were open, read from the local GitHub over real HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.gather.closed import ClosedPulls
from app.github.sandbox import Repo
from app.github.sandbox.faults import ServerError
from app.model import Cause, Unread
from app.store.kpi import Kpis
from app.store.pull_times import DAY, PullTimes
from handlers.timing import Timing
from program.kpi.rows import Closed
from tests.road.clinic import Clinic, clinic
from tests.road.stories import change, shop
from tests.road.town import GREEN

pytestmark = pytest.mark.slow

HOUR, START = 3_600.0, 1_700_000_000.0


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as opened:
        yield opened


def closed(here: Clinic, repo: Repo, opened: float, hours: float, author: str = "alice") -> int:
    """A pull request that was opened at a moment, and closed so many hours later."""
    branch = f"branch-{len(repo.state.pulls)}"
    repo.commit(branch, {f"{branch}.py": "x = 1\n"})
    number = repo.open_pull(branch, branch, author=author)
    repo.close(number)
    pull = repo.pull(number)
    pull.created_at, pull.closed_at = opened, opened + hours * HOUR
    pull.updated_at = pull.closed_at
    return number


async def read(here: Clinic, since: float = 0.0, pages: int = 10) -> tuple[list[Closed], float]:
    found = await ClosedPulls(here.github).changed("octo/shop", since, pages)
    assert not isinstance(found, Unread)
    return list(found[0]), found[1]


async def test_a_list_says_how_long_each_was_open_and_what_became_of_it(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    first = closed(here, repo, START, 2.0)
    second = closed(here, repo, START, 5.0, "dependabot[bot]")
    drafted = closed(here, repo, START, 9.0)
    repo.pull(drafted).draft = True
    third, _ = change(repo)
    repo.merge(third)
    change(repo, "open-yet")
    found, known_to = await read(here)
    assert found[1:] == [
        Closed(drafted, START, START + 9 * HOUR, merged=False, draft=True),
        Closed(second, START, START + 5 * HOUR, merged=False, bot=True),
        Closed(first, START, START + 2 * HOUR, merged=False),
    ]
    assert (found[0].number, found[0].merged, found[0].bot, found[0].draft) == (third, True, False, False)
    assert known_to == found[0].closed
    assert await read(here, known_to + 1) == (found, known_to + 1), "the page that reaches what is known is the last"


async def test_only_so_many_pages_are_read_and_no_more_than_is_new(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    for number in range(205):
        closed(here, repo, START + 60.0 * number, 1.0)
    assert len((await read(here, pages=2))[0]) == 200
    everything, known_to = await read(here)
    assert len(everything) == 205
    before = len(here.sandbox.requests)
    assert len((await read(here, known_to))[0]) == 100
    assert [call for call in here.calls(before) if "/pulls" in call] == ["GET /repos/octo/shop/pulls 304"]


async def test_a_round_reads_once_a_day_what_was_judged_and_both_sides_come_of_it(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    times = PullTimes(here.database)
    timing = Timing(ClosedPulls(here.github), times)
    await timing()
    assert here.calls() == [], "nothing was judged yet"
    now = time.time()
    closed(here, repo, now - 4 * HOUR, 3.0)
    number = closed(here, repo, now + HOUR, 2.0)
    await here.archive.decisions.keep("octo/shop", number, repo.pull(number).head_sha, "ship", b"", Cause("test"))
    await timing()
    calls = len(here.sandbox.requests)
    assert calls > 0
    await timing()
    assert len(here.sandbox.requests) == calls, "it is due again in a day"
    found = await Kpis(here.database).facts(("octo/shop",), now - 20 * DAY, now + DAY)
    assert sorted((round(one.seconds / HOUR), one.since) for one in found.lasted) == [(2, True), (3, False)]
    assert [one.opened for one in found.judged] == [pytest.approx(now + HOUR, abs=1)]


async def test_a_list_that_cannot_be_read_is_asked_for_again_the_next_day(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    number, sha = change(repo)
    await here.archive.decisions.keep("octo/shop", number, sha, "ship", b"", Cause("test"))
    here.sandbox.faults.add(ServerError(), path="/repos/octo/shop/pulls", times=None)
    clock = [time.time()]
    times = PullTimes(here.database, lambda: round(clock[0] * 1e6))
    await Timing(ClosedPulls(here.github), times)()
    assert await times.due(10) == []
    clock[0] += DAY
    assert await times.due(10) == [("octo/shop", 0.0)]
