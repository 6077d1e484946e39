"""A study of what a deployment did to the metrics that matter, as it is kept, and what people say to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["canary", ""]

CANARY_SIDE: Final = "canary"
"""The side of a deployment that serves a part of the requests, before the merge."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """A deployment as the moment from which a metric may move: `at`, epoch seconds by GitHub's clock.

    `pulls`: the numbers of the pull requests that came with it. `side`: CANARY_SIDE where it is the canary of an open
    one, else "". `cut`: it brought more commits than were looked at, and perhaps more pull requests.
    """

    repository: str
    environment: str
    deployment: int
    sha: str
    at: float
    pulls: tuple[int, ...]
    side: Side = ""
    installation: int | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class KeptStudy:
    """A study as it is stored. `rules`: the block `impact` by which it goes, as JSON. Times are epoch seconds.

    `until`: the end of what is looked at; `look_at`: when it is looked at next. `told`: what the last look said, as
    JSON, "" before there was one; `answered`: when the first was. `done`: what it says is final.
    """

    id: int
    intervention: Intervention
    rules: str
    until: float
    look_at: float
    told: str = ""
    answered: float | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a person agrees with what a study says. `metric`: of which one, "" of all; `reason`: their own words."""

    login: str
    agree: bool
    metric: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many agree, and how many do not."""

    agree: int = 0
    disagree: int = 0

    @property
    def all(self) -> int:
        """Everybody who said anything."""
        return self.agree + self.disagree
