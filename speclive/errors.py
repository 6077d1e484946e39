"""What a guard raises."""

from __future__ import annotations


class SpecViolation(AssertionError):
    """A call did not keep a card whose mode is enforce. `clause`: which; `traceparent`: of the request, or ""."""

    def __init__(self, message: str, clause: str = "", traceparent: str = "") -> None:
        super().__init__(message, clause, traceparent)
        self.clause, self.traceparent = clause, traceparent

    def __str__(self) -> str:
        return str(self.args[0])
