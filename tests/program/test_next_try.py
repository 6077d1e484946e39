"""Which arm tries next: one answer, whoever asks, and what counts towards it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from program.arms import Arm, Ladder
from program.bounds import Bounds
from program.chain import Choice
from program.next_try import AT_WORK, Past, SentArm, next_try
from program.remediation import Attempted, Course, Failure, Remediation, Result, Step
from program.terms import Terms

NOW = 1_800_000_000.0
DAY = 86_400.0
HEAD = "1a" * 20
SMALL, LARGE = Arm("impl@small", "agent.yml", cost_usd=0.08), Arm("impl@large", "agent.yml", cost_usd=0.8)
LADDER = Ladder((SMALL, LARGE))
MADE = Remediation(1, "octo/shop", 7, HEAD, NOW - 600, Failure.CONTRACT, "maestro")


def attempt(n: int, result: Result, arm: str = "impl@small", ended: float = NOW - 60) -> Attempted:
    began, over = NOW - 600 + n, None if result is Result.OPEN else ended
    return Attempted(n, Step.AGENT, Failure.CONTRACT, HEAD, f"{n:032x}", began, arm, result=result, ended=over)


def asked(past: Past, ladder: Ladder = LADDER, bounds: Bounds | None = None) -> Choice | str:
    return next_try(ladder, bounds, past, "octo/shop#7", ["a.py"], NOW)


def chosen(past: Past) -> Choice:
    found = asked(past)
    assert isinstance(found, Choice)
    return found


def sure(arm: str, result: Result = Result.FAILED) -> list[Attempted]:
    """A record that leaves no doubt."""
    return [attempt(n, result, arm) for n in range(200)]


def test_nothing_known_the_cheapest_chain_begins_and_who_asks_again_hears_the_same() -> None:
    assert chosen(Past()) == chosen(Past())
    assert chosen(Past()).why.startswith(f"arm `{chosen(Past()).arm.name}`: $")


def test_an_arm_that_always_fails_in_this_repository_is_not_sent() -> None:
    assert chosen(Past(ended=[*sure("impl@small"), *sure("impl@large", Result.MENDED)])).arm == LARGE


@pytest.mark.parametrize("result", [Result.INFRA, Result.REFUSED, Result.OVERTAKEN])
def test_what_others_spoiled_says_nothing_of_an_arm(result: Result) -> None:
    spoiled = [*sure("impl@small", result), *sure("impl@large", result)]
    assert chosen(Past(ended=spoiled)).odds == chosen(Past()).odds


def test_arms_that_made_the_change_or_were_sent_to_it_have_failed_at_it() -> None:
    fresh = chosen(Past()).success
    for past in (
        Past(stated=["impl@small", "impl@small", "forged@arm"]),
        Past(sent=[SentArm("impl@small", "2b" * 20, NOW - 2 * DAY)]),
        Past([replace(MADE, attempts=(attempt(1, Result.FAILED),))]),
    ):
        assert chosen(past).success < fresh


def test_a_try_of_the_loop_is_counted_once_though_it_was_sent_and_its_commits_name_it() -> None:
    made = [replace(MADE, attempts=(attempt(1, Result.FAILED),))]
    alone = chosen(Past(made))
    assert chosen(Past(made, [SentArm("impl@small", HEAD, NOW - 500)], ["impl@small"])) == alone


@pytest.mark.parametrize(
    ("ladder", "bounds", "most"),
    [(replace(LADDER, terms=Terms(attempts=2)), None, 2), (LADDER, Bounds(attempts=2), 2), (LADDER, Bounds(), 3)],
)
def test_the_tries_of_a_day_are_bounded_whoever_asked_for_them(
    ladder: Ladder, bounds: Bounds | None, most: int
) -> None:
    made = replace(MADE, course=Course.HANDED_OVER, attempts=(attempt(1, Result.FAILED),))
    sent = [SentArm("impl@large", "2b" * 20, NOW - n) for n in range(most - 1)]
    assert asked(Past([made], sent), ladder, bounds) == f"no attempt is left of {most} within a day"
    assert isinstance(asked(Past([made], sent[1:]), ladder, bounds), Choice)
    old = [replace(one, at=NOW - DAY) for one in sent]
    assert isinstance(asked(Past([made], old), ladder, bounds), Choice)


def test_what_was_spent_counts_against_the_budget() -> None:
    ladder = replace(LADDER, terms=Terms(budget_usd=1.0))
    assert isinstance(asked(Past(spent_usd=0.9), ladder), Choice)
    assert "no arm fits" in str(asked(Past(spent_usd=0.95), ladder))


def test_asked_once_more_after_a_kill_what_came_since_is_not_known() -> None:
    before = Past([replace(MADE, attempts=(attempt(1, Result.OPEN),))], [], ended=sure("impl@large")[:5])
    after = Past(
        [replace(MADE, attempts=(attempt(1, Result.FAILED, ended=NOW + 5),))],
        [SentArm("impl@small", HEAD, NOW + 1)],
        ended=[*before.ended, attempt(9, Result.MENDED, ended=NOW + 2)],
    )
    assert after.until(NOW) == before


def test_an_arm_is_at_work_on_its_own_head_for_an_hour() -> None:
    past = Past(sent=[SentArm("impl@small", HEAD, NOW)])
    assert past.at_work(HEAD, NOW + AT_WORK - 1)
    assert not past.at_work(HEAD, NOW + AT_WORK)
    assert not past.at_work("2b" * 20, NOW)
