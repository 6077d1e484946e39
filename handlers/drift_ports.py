"""What the drift watch needs of the outside, as narrow protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from app.model import (
    Cause,
    DriftText,
    KeptDay,
    KeptModule,
    KeptReference,
    KeptStep,
    KeptTraffic,
    Place,
    Pulled,
    Refusal,
    SentBatch,
    Shelf,
    Suspect,
)
from checks.drift.alarm import Course
from checks.drift.block import Config, Module


class Modules(Protocol):
    """The modules that a repository has watched, by the rules of its default branch."""

    async def of(self, place: Place) -> Config | Refusal | None:
        """The block `drift`. None: there is none; a Refusal: nobody can read it."""


class Drifts(Protocol):
    """What is kept of them."""

    async def get(self, repository: str, name: str) -> KeptModule | None:
        """The module of this name."""

    async def every(self) -> Sequence[KeptModule]:
        """All of all repositories."""

    async def note(self, repository: str, name: str, rules: str) -> None:
        """The module goes by `rules` (JSON) from now on; by "" it is watched no more."""

    async def rule(self, repository: str, rules: Mapping[str, str], installation: int | None) -> None:
        """The modules of a repository go by `rules` from now on, by name; the others are watched no more."""

    async def take(self, module: int, sent: SentBatch) -> object:
        """Add a batch to its day; one that is there already changes nothing."""

    async def days(self, module: int, first: int = 0) -> Mapping[int, KeptDay]:
        """What came, by day."""

    async def traffic(self, module: int, first: int) -> Sequence[KeptTraffic]:
        """How much came, by day."""

    async def reference(self, module: KeptModule) -> KeptReference | None:
        """What its days are compared with."""

    async def freeze(self, module: KeptModule, made: KeptReference, cause: Cause) -> bool:
        """Compare with `made` from now on; False where another one was quicker."""

    async def newest(self, module: KeptModule, count: int) -> Sequence[KeptStep]:
        """How it stood after each of the last days, the oldest first."""

    async def looked(self, module: KeptModule, made: Sequence[KeptStep], course: str, said: str, cause: Cause) -> bool:
        """Take down a look; False where something came meanwhile that bears on it."""

    async def acted(self, module: int, course: str, before: str) -> None:
        """Its course is `course` now, where it still was `before`."""


class Pulls(Protocol):
    """What sources say of whole days."""

    async def of(self, repository: str, rules: Module, days: Sequence[int]) -> Pulled | None:
        """Those of `days` of which anything is known; None while they are being read."""


class Suspects(Protocol):
    """Deployments, as GitHub has them now."""

    async def between(self, place: Place, environment: str, start: float, end: float) -> Sequence[Suspect]:
        """Those to an environment that began to serve between two moments."""


class Shelves(Protocol):
    """Files of the default branch."""

    async def of(self, place: Place, paths: Collection[str]) -> Shelf | Refusal:
        """Where they lie."""


class DriftTexts(Protocol):
    """The words of a drift."""

    def issue(
        self,
        repository: str,
        rules: Module,
        course: Course,
        window: tuple[int, int] | None,
        suspects: Sequence[Suspect],
    ) -> DriftText:
        """What the issue of a module says while the alarm lasts."""

    def over(self, rules: Module, course: Course) -> str:
        """The last words on it."""

    def remedy(self, rules: Module, course: Course) -> DriftText:
        """What the pull request says that puts prepared files in place."""

    def moot(self, rules: Module) -> str:
        """The last words on that."""
