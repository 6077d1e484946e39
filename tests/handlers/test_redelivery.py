"""Which lost deliveries are asked for again, in which order, and how often."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass, field

from app.model import Attempt, Unread
from handlers.redelivery import AGAIN, ASKED, PAGES, WINDOW, Redelivery

NOW = 1_800_000_000.0
AWAY, LIMITED = Unread("GitHub is away"), Unread("GitHub said to wait", limited=True)


def failed(number: int, guid: str = "", at: float = NOW - 60) -> Attempt:
    return Attempt(number, guid or f"guid-{number}", at)


@dataclass
class Log:
    """GitHub's log of failures, and what we hold."""

    pages: list[Sequence[Attempt] | Unread]
    have: set[str] = field(default_factory=set)
    refusals: dict[int, Unread] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    read: int = 0
    now: float = NOW

    async def failed(self) -> AsyncGenerator[Sequence[Attempt] | Unread, None]:
        for page in self.pages:
            self.read += 1
            yield page

    async def again(self, attempt: Attempt) -> Unread | None:
        self.asked.append(attempt.id)
        return self.refusals.get(attempt.id)

    async def held(self, guids: Sequence[str]) -> Collection[str]:
        assert guids
        return self.have & set(guids)

    def redelivery(self, most: int = 100) -> Redelivery:
        return Redelivery(self, self, now=lambda: self.now, most=most)


async def test_what_was_lost_is_asked_for_again_the_oldest_first() -> None:
    log = Log([[failed(9), failed(8)], [failed(7)]])
    assert await log.redelivery()() == ()
    assert log.asked == [7, 8, 9]


async def test_what_came_in_after_all_is_left() -> None:
    log = Log([[failed(9), failed(8)]], have={"guid-9"})
    await log.redelivery()()
    assert log.asked == [8]


async def test_where_any_attempt_arrived_the_delivery_is_left() -> None:
    log = Log([[Attempt(9, "same", NOW, arrived=True), failed(8, "same")], [failed(7, "same"), failed(6)]])
    await log.redelivery()()
    assert log.asked == [6]


async def test_a_delivery_that_failed_often_is_asked_for_once_by_its_newest_attempt() -> None:
    log = Log([[failed(9, "same"), failed(8, "same")], [failed(7, "same")]])
    await log.redelivery()()
    assert log.asked == [9]


async def test_a_delivery_of_which_nothing_more_is_heard_is_not_asked_for_again_within_the_hour() -> None:
    log = Log([[failed(9, "same")]])
    redelivery = log.redelivery()
    await redelivery()
    log.now += ASKED - 1
    await redelivery()
    assert log.asked == [9]
    log.now += 1
    await redelivery()
    assert log.asked == [9, 9]


async def test_a_delivery_that_failed_again_is_asked_for_again_after_twice_the_time_each_time() -> None:
    log = Log([[failed(1, "same")]])
    redelivery = log.redelivery()
    await redelivery()
    for number, wait in ((2, AGAIN), (3, 2 * AGAIN), (4, 4 * AGAIN)):
        log.pages = [[failed(attempt, "same") for attempt in range(number, 0, -1)]]
        log.now += wait - 1
        await redelivery()
        assert log.asked[-1] == number - 1
        log.now += 1
        await redelivery()
        assert log.asked[-1] == number
    assert log.asked == [1, 2, 3, 4]


async def test_no_delivery_waits_for_longer_than_an_hour() -> None:
    log = Log([[]])
    redelivery = log.redelivery()
    for number in range(1, 14):
        log.pages = [[failed(number, "same", at=log.now)]]
        await redelivery()
        log.now += ASKED
    assert log.asked == list(range(1, 14))


async def test_an_older_attempt_on_a_later_page_is_not_taken_for_a_new_failure() -> None:
    log = Log([[failed(9, "same")], [failed(8, "same")]])
    redelivery = log.redelivery()
    await redelivery()
    log.now += 10 * AGAIN
    await redelivery()
    assert log.asked == [9]


async def test_what_github_has_forgotten_is_not_asked_for_and_ends_the_reading() -> None:
    log = Log([[failed(9), failed(8, at=NOW - WINDOW - 1)], [failed(7)]])
    await log.redelivery()()
    assert (log.asked, log.read) == ([9], 1)


async def test_a_run_asks_for_so_many_and_the_next_for_those_before_them() -> None:
    log = Log([[failed(9), failed(8)], [failed(7), failed(6)]])
    redelivery = log.redelivery(most=2)
    await redelivery()
    assert (log.asked, log.read) == ([8, 9], 1)
    await redelivery()
    assert log.asked == [8, 9, 6, 7]


async def test_a_run_reads_so_many_pages_and_no_more() -> None:
    log = Log([[failed(number)] for number in range(PAGES + 5, 0, -1)], have={f"guid-{n}" for n in range(200)})
    await log.redelivery()()
    assert (log.asked, log.read) == ([], PAGES)


async def test_without_failures_one_page_is_read_and_our_own_store_is_not_asked() -> None:
    log = Log([[]])
    await log.redelivery()()
    assert (log.asked, log.read) == ([], 1)


async def test_a_page_that_cannot_be_read_keeps_nobody_from_what_was_read() -> None:
    log = Log([[failed(9)], AWAY])
    await log.redelivery()()
    assert log.asked == [9]


async def test_a_delivery_that_github_refuses_hides_no_other() -> None:
    log = Log([[failed(9), failed(8), failed(7)]], refusals={8: AWAY})
    await log.redelivery()()
    assert log.asked == [7, 8, 9]


async def test_when_github_says_wait_the_run_stops_and_the_rest_comes_next_time() -> None:
    log = Log([[failed(9), failed(8), failed(7)]], refusals={8: LIMITED})
    redelivery = log.redelivery()
    await redelivery()
    assert log.asked == [7, 8]
    log.refusals.clear()
    await redelivery()
    assert log.asked == [7, 8, 8, 9]
