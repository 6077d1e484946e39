import asyncio
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import OperationalError

from app.engine import Again, Done, Engine
from app.github.errors import Conflict, Denied, GitHubError, Invalid, NotFound, RateLimited, Unavailable
from app.model import Delivery, Kind
from app.store.deliveries import Deliveries
from tests.engine.stage import EVALUATE, Stage, command, understand
from tests.waiting import until


async def test_a_body_that_fails_is_run_again_with_one_attempt_less(stage: Stage) -> None:
    stage.anew(max_attempts=4)
    stage.answers = [Again("no answer yet"), Unavailable("GET /x", 502, "bad gateway"), RuntimeError("a bug")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [3, 2, 1, 0]
    assert await stage.rows() == [("guid-0", "done", 3, "")]


async def test_when_no_attempt_is_left_the_delivery_has_failed_and_keeps_its_error(stage: Stage) -> None:
    stage.anew(max_attempts=3)
    stage.answers = [Unavailable("GET /x", 502, "bad gateway")] * 3
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [row[1:] for row in await stage.rows()] == [("failed", 2, "GET /x: 502: bad gateway")]
    assert (len(stage.calls), stage.memory()) == (3, 0)


async def test_an_error_without_words_is_a_failure_all_the_same(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [Again("")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.states() == ["failed"]


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
    assert (len(stage.calls), await stage.states()) == (2, ["done"])


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


def test_the_shipped_backoff_spans_minutes_but_never_more_than_450_seconds_at_once() -> None:
    engine = Engine(None, understand, {})  # type: ignore[arg-type]
    rests = [engine.backoff(attempt) for attempt in range(1, engine.max_attempts)]
    assert 1 <= rests[0] <= 3
    assert max(rests) <= 450
    assert sum(rests) > 300


async def test_news_ends_a_rest_and_brings_fresh_attempts(stage: Stage) -> None:
    stage.anew(max_attempts=2, backoff=lambda _attempt: 60.0)
    stage.answers = [Unavailable("GET /x", 503, ""), Unavailable("GET /x", 503, "")]
    await stage.engine.start()
    for attempt in (1, 2, 3):
        await stage.send(EVALUATE)
        await stage.inside()
        await until(lambda: stage.tried(min(attempt, 2)))  # noqa: B023 - awaited before the loop goes on
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [1, 1, 1]
    assert await stage.states() == ["done"] * 3


async def test_news_that_came_while_the_failing_attempt_ran_ends_its_rest_too(stage: Stage) -> None:
    stage.anew(backoff=lambda _attempt: 60.0)
    stage.answers = [Again("not yet")]
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.inside()
    await stage.send(command("help"))
    await stage.taken(2)
    stage.gate.set()
    await stage.engine.idle(5)
    assert [trigger.kind for trigger in stage.triggers] == [Kind.EVALUATE, Kind.COMMAND, Kind.EVALUATE]


async def test_a_rate_limit_is_waited_out_whatever_news_comes(stage: Stage) -> None:
    stage.answers = [RateLimited("GET /x", 429, "slow down", retry_after=0.5)]
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.inside()
    limited = asyncio.get_running_loop().time()
    await stage.send(EVALUATE)
    await stage.inside()
    assert asyncio.get_running_loop().time() - limited >= 0.45
    await stage.engine.idle()
    assert await stage.states() == ["done", "done"]


async def test_being_told_to_wait_costs_no_attempt(stage: Stage) -> None:
    stage.anew(max_attempts=2, backoff=lambda _attempt: 0.0)
    stage.answers = [RateLimited("GET /x", 0, "our own pace", retry_after=0.01) for _ in range(5)]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert [left for _, left in stage.calls] == [1] * 6
    assert await stage.rows() == [("guid-0", "done", 0, "")]


async def test_an_error_that_no_database_can_keep_is_kept_as_far_as_it_can(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [Unavailable("GET /x", 502, "half \ud800 a pair, and \0")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    ((_, state, _, error),) = await stage.rows()
    assert state == "failed"
    assert "half ? a pair" in error


async def test_a_lane_that_rests_holds_up_no_other(stage: Stage) -> None:
    stage.anew(concurrency=1, backoff=lambda _attempt: 60.0)
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
    await stage.engine.idle(5)
    assert (len(stage.calls), await stage.states()) == (2, ["done"])


async def test_a_kind_without_a_body_fails_and_harms_nobody_else(stage: Stage) -> None:
    stage.anew(bodies={Kind.EVALUATE: stage.body}, max_attempts=1)
    await stage.send(command("help"))
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.states() == ["failed", "done"]


async def test_a_delivery_that_cannot_be_understood_is_kept_as_failed(stage: Stage) -> None:
    assert await stage.deliveries.keep("odd", "event", b'{"a": "\xff"}')
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    odd, fine = await stage.rows()
    assert odd[:3] == ("odd", "failed", 0)
    assert "UnicodeDecodeError" in odd[3]
    assert fine[1] == "done"


async def test_errors_are_kept_without_the_secrets_they_quote(stage: Stage) -> None:
    stage.anew(max_attempts=1)
    stage.answers = [RuntimeError("401 for ghs_abcdefghijklmnop")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert "ghs_" not in (await stage.rows())[0][3]


@dataclass(frozen=True)
class Flaky(Deliveries):
    """The real store, whose named methods fail a number of times first."""

    faults: dict[str, int] = field(default_factory=dict)

    async def waiting(self, after: int, limit: int) -> list[Delivery]:
        self._perhaps("waiting")
        return await super().waiting(after, limit)

    async def tried(self, ids: frozenset[int], error: str) -> None:
        self._perhaps("tried")
        await super().tried(ids, error)

    async def done(self, ids: frozenset[int]) -> None:
        self._perhaps("done")
        await super().done(ids)

    async def failed(self, ids: frozenset[int], error: str) -> None:
        self._perhaps("failed")
        await super().failed(ids, error)

    def _perhaps(self, method: str) -> None:
        if self.faults.get(method, 0) > 0:
            self.faults[method] -= 1
            raise OperationalError(method, {}, OSError("database is locked"))


async def test_a_store_that_is_away_for_a_while_loses_nothing(stage: Stage) -> None:
    flaky = Flaky(stage.database, {"waiting": 2, "tried": 1, "done": 1, "failed": 1})
    stage.engine = Engine(flaky, understand, dict.fromkeys(Kind, stage.body), backoff=lambda _attempt: 0.0)
    stage.answers = [Again("not yet"), Done(), NotFound("GET /x", 404, "gone")]
    await stage.send(EVALUATE)
    await stage.engine.start()
    await until(lambda: stage.stand("done"))
    await stage.send(command("help"))
    await until(lambda: stage.stand("done", "failed"))
    assert set(flaky.faults.values()) == {0}
    assert len(stage.calls) == 3  # what was done is noted later, not done again
    assert stage.memory() == 0


@pytest.mark.parametrize(("method", "body"), [("done", b"[]"), ("failed", b"not even JSON")])
async def test_a_delivery_whose_end_could_not_be_noted_is_taken_once_more(
    stage: Stage, method: str, body: bytes
) -> None:
    stage.engine = Engine(Flaky(stage.database, {method: 1}), understand, {})
    assert await stage.deliveries.keep("guid", "event", body)
    await stage.engine.start()
    await stage.engine.idle(5)
    assert await stage.states() == [method]


async def test_hundreds_of_deliveries_leave_nothing_behind_in_memory(stage: Stage) -> None:
    for number in range(1, 151):
        await stage.send(EVALUATE | {"number": number % 7 + 1}, guid=str(number))
    stage.answers = [NotFound("GET /x", 404, ""), Again("not yet"), RuntimeError("a bug")]
    await stage.engine.start()
    await stage.engine.idle()
    assert set(await stage.states()) <= {"done", "failed"}
    assert stage.memory() == 0
