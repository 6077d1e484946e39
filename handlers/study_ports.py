"""What the handlers of studies need of the outside, as narrow protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import (
    Action,
    Beside,
    Cause,
    Intervention,
    KeptStudy,
    Opened,
    Opinion,
    Place,
    Refusal,
    Seal,
    Side,
    Trigger,
)
from checks.impact.block import Config
from checks.impact.panels import Panels
from checks.impact.series import Neighbour, Observed
from checks.impact.told import Told
from checks.judge import Case
from checks.model import Decision, Pull
from checks.studied import Studied


class Interventions(Protocol):
    """Deployments, and what each brought."""

    async def found(self, trigger: Trigger) -> tuple[Intervention, Config] | Refusal:
        """What the deployment of `trigger` brought, and the rules by which it is studied; or why it is not."""

    async def neighbours(self, one: Intervention, start: float, end: float) -> Sequence[Neighbour]:
        """Other deployments to the same environment that began to serve between `start` and `end`, epoch seconds."""


class Kept(Protocol):
    """The studies that are kept."""

    async def begin(
        self, intervention: Intervention, rules: str, until: float, look_at: float, cause: Cause
    ) -> KeptStudy:
        """Begin it, unless there is one of this deployment: that one comes back then."""

    async def get(self, key: int, repository: str = "") -> KeptStudy | None:
        """The study of this id, of that repository."""

    async def of_pull(self, repository: str, number: int) -> Sequence[KeptStudy]:
        """The newest of a pull request, the oldest of them first."""

    async def due(self) -> Sequence[KeptStudy]:
        """Those that are to be looked at by now."""

    async def draw(self, key: int, panels: str) -> None:
        """Keep the points behind what a look is about to tell."""

    async def tell(self, key: int, said: str, look_at: float, done: bool, cause: Cause) -> KeptStudy:
        """Keep what a look said, and when the next one is."""


class SeriesReader(Protocol):
    """Metrics, as somebody pushed them or as a source has them."""

    async def observed(
        self, repository: str, config: Config, environment: str, start: float, end: float, side: Side, sha: str
    ) -> Sequence[Observed]:
        """Each metric of `config` with its controls from `start` to `end`, epoch seconds. What goes wrong is told in
        words. `sha`: what was deployed, for questions that name it.
        """


class Judge(Protocol):
    """Says what a deployment did. It may take a second, and runs in a thread of its own."""

    def __call__(
        self, config: Config, observed: Sequence[Observed], at: float, neighbours: Sequence[Neighbour] = ()
    ) -> tuple[Told, Panels]:
        """What there is to say of a deployment at epoch second `at`, and the points behind it."""


class Opinions(Protocol):
    """What people say to studies."""

    async def hold(self, study: KeptStudy, opinion: Opinion, cause: Cause) -> bool:
        """Keep it in the place of what its holder said before; False where that was the same."""

    async def held(self, study: KeptStudy, login: str) -> Opinion | None:
        """What `login` says of it; None where that is nothing yet."""


class MergedReader(Protocol):
    """Reads GitHub; never writes."""

    async def merged(self, trigger: Trigger) -> Opened | None:
        """A pull request that was merged, as it was; None for any other, and where its base has no rules."""

    async def stands(self, place: Place, pull: Pull) -> bool:
        """Is `pull` still open, at the same head and onto the same base?"""


class CommandReader(MergedReader, Protocol):
    """Reads GitHub for whoever speaks on a pull request, open, merged or closed."""

    async def open(self, trigger: Trigger) -> Opened | None:
        """The newest head and its rules; None when there is nothing to judge: no rules, closed, or gone."""

    async def closed(self, trigger: Trigger) -> Opened | None:
        """A pull request that was closed and not merged; None for any other, and where its base has no rules now."""


class Facts(Protocol):
    """What is kept of studies, as a Snapshot holds it."""

    async def of(self, repository: str, number: int) -> tuple[Studied, ...]:
        """All that is known of what was deployed of a pull request, the oldest first."""


class Verdicts(Protocol):
    """What was decided before."""

    async def judged(self, repository: str, number: int) -> Case | None:
        """What the newest decision of a pull request was made of, though it was voided since."""


class AfterMergeRenderer(Protocol):
    """Turns decisions on merged changes into words."""

    def ended(self, pull: Pull) -> Action:
        """What still waited when `pull` was merged is answered by nobody."""

    def since_merged(self, decision: Decision, mode: str, seal: Seal, beside: Beside) -> Sequence[Action]:
        """What is known of a merged change since: the run of the check that goes on, and the card."""
