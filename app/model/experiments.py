"""A guarded experiment from the outside: where it takes place, and how it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checks.held import Feed


@dataclass(frozen=True, slots=True)
class Canary:
    """Where an experiment takes place. There is one for each commit and environment, whatever asks for it.

    `number`: of the pull request whose head `sha` is, None where it is nobody's; `base_ref`: whose rules hold.
    """

    repository: str
    sha: str
    environment: str
    base_ref: str
    number: int | None = None
    installation: int | None = None
    deployment: int | None = None  # GitHub's id of it; None: nobody told


@dataclass(frozen=True, slots=True)
class Serving:
    """The newest deployment of a commit to an environment. `state`: what was said of it last; "" where nothing was."""

    id: int
    sha: str
    environment: str
    state: str


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What the mirrored answers of an experiment come to: `rules` is the block `shadow` of the configuration, `told`
    what its last look said, both JSON; `behind`: answers came that no look has taken yet.
    """

    rules: str
    told: str
    behind: bool = False


@dataclass(frozen=True, slots=True)
class KeptExperiment:
    """An experiment as it is stored. `rules` is the block of the configuration, `state` what the gate remembers: JSON.

    `status` and `reason` are the gate's words. Times are epoch seconds. `acted`: what became of its consequences, ""
    while they are owed; `course`: what was done then: promote, rollback or hold. `feed`: the source of its figures,
    None where ticks are sent or none was asked yet. `mirrored`: None where nobody compares answers.
    """

    id: int
    canary: Canary
    rules: str
    state: str
    status: str
    reason: str
    started: float
    changed: float
    acted: str = ""
    feed: Feed | None = None
    course: str = ""
    mirrored: Mirrored | None = None

    @property
    def ended(self) -> bool:
        """Whether it has its answer, which is final."""
        return self.status not in {"waiting_data", "continue"}


@dataclass(frozen=True, slots=True)
class Point:
    """Where the evidence stood once the tick of time `t` (epoch seconds) was scored.

    `restarts` tells the runs of the evidence apart; `ticks` were scored in this one, `unused` could not be in any.
    `log_es`: of each metric by its name, the log of evidence for the promotion (None: it never promotes) and of a
    regression.
    """

    t: float
    restarts: int
    ticks: int
    unused: int
    log_es: Mapping[str, tuple[float | None, float]]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the provenance log as a page shows it. `at`: epoch seconds; `seal`: its number and hash, short.

    `before` and `after`: what a command changed, in words. `kind`: what the line tells of; `decision`: the
    one that it rests on, or tells of.
    """

    at: float
    what: str
    result: str
    who: str
    reason: str
    seal: str
    surface: str = ""
    before: str = ""
    after: str = ""
    kind: str = ""
    decision: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a source had to say: how it is, and ticks as a gate takes them, in order of time."""

    feed: Feed
    ticks: tuple[dict[str, Any], ...] = ()
