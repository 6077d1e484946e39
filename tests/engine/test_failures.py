import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.engine import rows
from app.engine.engine import Engine
from app.engine.jobs import kind_of
from app.github.errors import Conflict, Denied, GitHubError, Invalid, NotFound, RateLimited, Unavailable
from app.model import Again, Done, Kind, Later, Trigger
from tests.engine.stage import EVALUATE, Stage, command
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_a_body_that_fails_is_run_again_with_one_attempt_less(stage: Stage) -> None:
    stage.anew(max_attempts=4)
    stage.answers = [Again("no answer yet"), Unavailable("GET /x", 502, "bad gateway"), RuntimeError("a bug")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [3, 2, 1, 0]
    assert await stage.states() == ["taken"]


@pytest.mark.parametrize("asked", [EVALUATE, command("help")])
async def test_when_no_attempt_is_left_the_delivery_has_failed_and_keeps_its_error(
    stage: Stage, asked: dict[str, str]
) -> None:
    stage.anew(max_attempts=3)
    stage.answers = [Unavailable("GET /x", 502, "bad gateway")] * 3
    await stage.send(asked)
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.rows() == [("guid-1", "failed", "GET /x: 502: bad gateway")]
    assert len(stage.calls) == 3


async def test_a_dead_delivery_that_is_sent_again_runs_again(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [Again("")]
    await stage.send(EVALUATE, guid="the same")
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.states() == ["failed"]
    await stage.send(EVALUATE, guid="the same")
    await stage.engine.idle()
    assert (len(stage.calls), await stage.states()) == (2, ["taken"])


@pytest.mark.parametrize(
    "refusal", [NotFound("GET /x", 404, ""), Denied("GET /x", 403, ""), Invalid("GET /x", 422, "")]
)
async def test_a_refusal_of_github_is_final(stage: Stage, refusal: GitHubError) -> None:
    stage.answers = [refusal]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert (len(stage.calls), await stage.states()) == (1, ["failed"])


async def test_a_conflict_is_no_refusal_because_what_moved_may_have_settled(stage: Stage) -> None:
    stage.answers = [Conflict("PUT /x", 409, "the ref moved")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert (len(stage.calls), await stage.states()) == (2, ["taken"])


async def test_between_attempts_a_job_rests_longer_each_time(stage: Stage) -> None:
    asked: list[int] = []

    def backoff(attempt: int) -> float:
        asked.append(attempt)
        return 0.0

    stage.anew(backoff=backoff)
    stage.answers = [Again("not yet")] * 3
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert asked == [1, 2, 3]


def test_the_shipped_backoff_spans_minutes_but_never_more_than_450_seconds_at_once(stage: Stage) -> None:
    runner = Engine(stage.address, lambda _delivery: (), {}).runner
    rests = [runner.backoff(attempt) for attempt in range(1, runner.max_attempts)]
    assert 1 <= rests[0] <= 3
    assert max(rests) <= 450
    assert sum(rests) > 300


async def test_news_ends_a_rest_and_brings_fresh_attempts(stage: Stage) -> None:
    stage.anew(max_attempts=2, backoff=lambda _attempt: 60.0)
    stage.answers = [Unavailable("GET /x", 503, ""), Unavailable("GET /x", 503, "")]
    await stage.engine.start()
    for _ in range(3):
        await stage.send(EVALUATE)
        await stage.inside()
        await until(lambda: rested(stage))
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [1, 1, 1]


async def rested(stage: Stage) -> bool:
    """Whether no body is running, and whatever it answered has been noted."""
    return not any(stage.engine._running)


async def test_an_evaluation_that_rests_lets_a_command_pass(stage: Stage) -> None:
    stage.anew(backoff=lambda _attempt: 1.0)
    stage.answers = [Again("not yet")]
    await stage.send(EVALUATE)
    await stage.send(command("help"))
    await stage.engine.start()
    await stage.engine.idle()
    assert [trigger.kind for trigger in stage.triggers] == [Kind.EVALUATE, Kind.COMMAND, Kind.EVALUATE]


async def test_a_command_that_must_wait_lets_no_other_pass(stage: Stage) -> None:
    stage.anew(backoff=lambda _attempt: 0.3)
    stage.answers = [Again("not yet")]
    await stage.send(command("first"), command("second"))
    await stage.engine.start()
    await stage.engine.idle()
    assert [trigger.text for trigger in stage.triggers] == ["first", "first", "second"]


async def test_being_told_to_wait_costs_no_attempt(stage: Stage) -> None:
    stage.anew(max_attempts=2)
    stage.answers = [RateLimited("GET /x", 0, "our own pace", retry_after=0.0) for _ in range(5)]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [1] * 6


async def test_a_rate_limit_is_waited_out(stage: Stage) -> None:
    stage.answers = [RateLimited("GET /x", 429, "slow down", retry_after=1.0)]
    await stage.engine.start()
    await stage.send(command("help"))
    await stage.inside()
    limited = asyncio.get_running_loop().time()
    await stage.inside()
    assert asyncio.get_running_loop().time() - limited >= 0.95
    await stage.engine.idle()


async def test_looking_again_later_is_no_failure(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [Later(0.0), Later(0.0)]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [0, 0, 0]


async def test_what_follows_from_a_run_that_looks_again_later_is_run_each_time(stage: Stage) -> None:
    follows = Trigger(Kind.COMMAND, "o/r", number=2, text="/maestro help")
    stage.answers = [Later(0.05, (follows,)), Done(), Later(0.05, (follows,)), Done(), Done()]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [one.kind for one in stage.triggers].count(Kind.COMMAND) == 2


async def test_an_error_that_no_database_can_keep_is_kept_as_far_as_it_can(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [Unavailable("GET /x", 502, "half \ud800 a pair, and \0")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    ((_, state, error),) = await stage.rows()
    assert state == "failed"
    assert "half ? a pair" in error


async def test_a_lane_that_rests_holds_up_no_other(stage: Stage) -> None:
    stage.anew(backoff=lambda _attempt: 60.0)
    stage.answers = [Again("not yet")]
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.inside()
    await stage.send(EVALUATE | {"number": 2})
    await stage.inside()
    assert [trigger.number for trigger in stage.triggers] == [1, 2]


async def test_a_body_whose_own_future_was_cancelled_does_not_take_its_lane_down(stage: Stage) -> None:
    stage.answers = [asyncio.CancelledError()]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle(10)
    assert (len(stage.calls), await stage.states()) == (2, ["taken"])


async def test_a_kind_without_a_body_fails_and_harms_nobody_else(stage: Stage) -> None:
    stage.anew(bodies={Kind.EVALUATE: stage.body}, max_attempts=1)
    await stage.send(command("help"))
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.states() == ["failed", "taken"]


async def test_a_delivery_that_cannot_be_understood_is_kept_as_failed(stage: Stage) -> None:
    assert await stage.inbox.keep("odd", "event", b'{"a": "\xff"}')
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    odd, fine = await stage.rows()
    assert odd[:2] == ("odd", "failed")
    assert "UnicodeDecodeError" in odd[2]
    assert fine[1] == "taken"


async def test_errors_are_kept_without_the_secrets_they_quote(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [RuntimeError("401 for ghs_abcdefghijklmnop")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    ((_, state, error),) = await stage.rows()
    assert state == "failed"
    assert "ghs_" not in error


async def test_a_database_that_a_body_does_not_reach_costs_no_attempt(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [OperationalError("SELECT", {}, OSError("database is locked")), Done()]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert (len(stage.calls), await stage.states()) == (2, ["taken"])


async def test_a_table_that_is_away_for_a_while_loses_nothing(stage: Stage) -> None:
    await stage.send(EVALUATE)
    async with stage.webhooks.begin() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO gone"))
    await stage.engine.start()
    await asyncio.sleep(0.1)
    async with stage.webhooks.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO deliveries"))
    await until(lambda: stage.called(1))


async def test_hundreds_of_deliveries_leave_nothing_behind_in_memory(stage: Stage) -> None:
    for number in range(1, 151):
        await stage.send(EVALUATE | {"number": number % 7 + 1}, guid=str(number))
    stage.answers = [NotFound("GET /x", 404, ""), Again("not yet"), RuntimeError("a bug")]
    await stage.engine.start()
    await stage.engine.idle()
    assert set(await stage.states()) == {"taken", "failed"}
    assert not stage.engine._running


async def test_a_command_that_github_makes_wait_is_seen_on_its_lane_all_the_while(stage: Stage) -> None:
    stage.answers = [RateLimited("GET /x", 403, "", retry_after=3_600)]
    await stage.send(command("rollback"), EVALUATE | {"number": 2})
    await stage.engine.start()
    await until(lambda: stage.called(2))
    async with stage.main.connect() as connection:
        busy = await connection.run_sync(rows.busy)
    assert {lane for name, lane in busy if kind_of(name) == Kind.COMMAND} == {"o/r#1"}
