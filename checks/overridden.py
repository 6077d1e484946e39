"""A check that a person said does not count, for one head onto one base branch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Overridden:
    """The check, by its name in the configuration; who said so and why, both untrusted; `at`: epoch seconds."""

    check: str
    who: str
    reason: str
    at: float
