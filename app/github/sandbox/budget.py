"""The hourly request budget: counted per installation, person or address, and told in every answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.github import limits
from app.github.sandbox.refusals import rate_limited

HOUR = 3600  # seconds
ANONYMOUS = 60  # requests an hour without a token


@dataclass(slots=True)
class Budget:
    """What one caller may still ask until `reset_at` (epoch seconds)."""

    owner: str
    limit: int
    reset_at: float
    used: int = 0

    @property
    def remaining(self) -> int:
        """Requests left."""
        return max(0, self.limit - self.used)

    def spend(self) -> None:
        """Count one request; refuses when none is left."""
        if not self.remaining:
            raise rate_limited(self.owner, int(self.reset_at))
        self.used += 1

    def refund(self) -> None:
        """A 304 costs nothing."""
        self.used -= 1

    def headers(self) -> dict[str, str]:
        """The `x-ratelimit-*` headers."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(int(self.reset_at)),
            "x-ratelimit-resource": "core",
        }

    def shape(self) -> dict[str, int]:
        """As `GET /rate_limit` says it."""
        return {
            "limit": self.limit,
            "remaining": self.remaining,
            "used": self.used,
            "reset": int(self.reset_at),
        }


@dataclass(slots=True)
class Budgets:
    """All budgets; each is made at its first request and anew after its hour."""

    limit: int = limits.REQUESTS_PER_HOUR
    known: dict[str, Budget] = field(default_factory=dict)

    def of(self, owner: str, now: float) -> Budget:
        """The running budget of a caller."""
        budget = self.known.get(owner)
        if budget is None or budget.reset_at <= now:
            limit = ANONYMOUS if owner == "anonymous" else self.limit
            budget = self.known[owner] = Budget(owner, limit, now + HOUR)
        return budget
