"""What became of the metrics after a deployment, as a Snapshot holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Studied:
    """One study: of one deployment of `sha` to one environment, which `pulls` share.

    `at`: when it was deployed, None before that; `until`: when the last look is owed; both epoch seconds. `told`: what
    the last look said, as JSON that `checks.impact.told` wrote, "" before there was one. `done`: no further look
    follows. `opinions`: how many agree with it, and how many do not; `rate`: how many agree of all who said something
    in this repository.
    """

    id: int
    environment: str
    sha: str
    at: float | None
    until: float
    pulls: tuple[int, ...] = ()
    told: str = ""
    done: bool = False
    opinions: tuple[int, int] = (0, 0)
    rate: tuple[int, int] = (0, 0)
