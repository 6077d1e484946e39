"""One logical call: credentials, turn, exchange, and as many attempts as policy and patience allow."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.github.auth import Credential
from app.github.clock import Clock
from app.github.errors import RateLimited, Unavailable
from app.github.exchange import Answer, Cut, Request, Wire
from app.github.meter import Metrics, count
from app.github.pacing import Budget, Patience
from app.github.retry import Fault, backoff, cut_short, diagnose, may_repeat


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the client behaves. Seconds, bytes and counts."""

    patience: float = 30.0  # what one call may sleep in all; longer waits become RateLimited or Unavailable
    attempts: int = 4  # exchanges of one call when GitHub or the network fails
    total_timeout: float = 30.0
    connect_timeout: float = 10.0
    concurrency: int = 20  # requests in flight of one installation; GitHub allows 100
    pages: int = 30  # of 100 items: where GitHub itself ends the files of a pull request
    max_bytes: int = 32 * 1024 * 1024  # of one JSON answer
    cache_bytes: int = 8 * 1024 * 1024  # of one credential's ETag cache
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all callers of a process share."""

    wire: Wire
    tuning: Tuning
    metrics: Metrics


class Caller:
    """Performs requests in one name (`name` labels its metrics) within one budget."""

    def __init__(self, name: str, credential: Credential, budget: Budget, shared: Surroundings) -> None:
        self.name = name
        self.budget = budget
        self.wire = shared.wire
        self._credential = credential
        self._clock = shared.tuning.clock
        self._tuning = shared.tuning
        self._metrics = shared.metrics

    def __repr__(self) -> str:
        return f"Caller({self.name!r})"

    async def perform(self, request: Request) -> Answer:
        """The answer, whatever its status; RateLimited or Unavailable when there is none to be had soon.

        A token that is refused is thrown away once. That its successor is refused, too, says nothing of what was asked:
        not all of GitHub may know it yet, or our clock is off. Somebody's own token has no successor.
        """
        patience = Patience(self._tuning.patience, self._clock)
        refused: set[str] = set()
        attempt = 0
        while True:
            attempt += 1
            authorization = await self._credential.authorization()
            outcome = await self._exchange(request.signed(authorization), patience)
            if isinstance(outcome, Fault):
                await self._endure(request, outcome, attempt, patience)
            elif outcome.status == 401 and not refused and self._credential.refused(authorization):
                refused.add(authorization)
            elif outcome.status == 401 and refused:
                raise Unavailable(request.call, 401, outcome.message or "our fresh token was refused, too")
            else:
                return outcome

    async def _exchange(self, request: Request, patience: Patience) -> Answer | Fault:
        async with self.budget.turn(request.call, patience, writes=request.writes):
            try:
                answer = await self.wire.send(request)
            except Cut as cut:
                self._note(request, None)
                return cut_short(cut)
            self._note(request, answer)
            fault = diagnose(answer, self._clock.wall())
            if fault is None:
                await self.budget.forgive()
                return answer
            if fault.limited:
                await self.budget.block(
                    fault
                )  # while the slot is still ours: whoever waits for it must see the silence
            return fault

    async def _endure(self, request: Request, fault: Fault, attempt: int, patience: Patience) -> None:
        """Return when the call may be made again; raise when it may not, or not soon."""
        last = attempt >= self._tuning.attempts
        if fault.limited:
            wait = self.budget.blocked_for
            if last or not patience.affords(wait):
                raise RateLimited(request.call, fault.status, fault.message, wait)
            return  # the next turn sits the silence out
        wait = backoff(fault, attempt, self._clock.draw())
        if last or not may_repeat(request, fault) or not patience.affords(wait):
            unknown = fault.sent and not request.repeatable
            raise Unavailable(request.call, fault.status, fault.message, unknown)
        await patience.wait(wait)

    def _note(self, request: Request, answer: Answer | None) -> None:
        status = None if answer is None else answer.status
        count(request.operation)
        self._metrics.called(request.method, status)
        if answer is not None and answer.remaining is not None:
            self._metrics.remaining(self.name, answer.remaining)
