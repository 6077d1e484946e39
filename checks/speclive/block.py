"""The block `speclive` of a repository's configuration: which cards guard what, and how well they have to."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.model import CheckConfig, Strict

NAME = "speclive"
MOST_SETTINGS = 200

Glob = Annotated[str, Field(min_length=1, max_length=400)]
Share = Annotated[float, Field(ge=0, le=1)]
GuardMode = Literal["observe", "enforce", "shadow", "off"]


class Setting(Strict):
    """What holds for the guards of some cards while they run, whatever the cards say."""

    cards: Annotated[str, Field(min_length=1, max_length=200)]
    """A glob over the ids of cards, `pay.*`. Of several that match, the last counts."""

    mode: GuardMode | None = None
    """`observe`: count and keep examples. `enforce`: raise besides. `shadow`: look only on a canary or a mirror.
    `off`: look at nothing. Unset: as the card says."""

    sample: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of calls that are looked at. Unset: as the card says."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.mode is None and self.sample is None:
            raise ValueError(f"the guards of {self.cards!r} are given neither `mode` nor `sample`")
        return self


class Config(CheckConfig):
    """Whether Spec Cards guard the critical paths, and whether what they demand holds."""

    cards: Annotated[tuple[Glob, ...], Field(strict=False, min_length=1, max_length=50)] = ("specs/**/*.feature",)
    """Globs of the files that hold Spec Cards."""

    critical: Annotated[tuple[Glob, ...], Field(strict=False, max_length=200)] = ()
    """Globs of the routes and tasks that are critical, `POST /**` or `shop.tasks:*`, besides those that `@critical`
    cards speak of. Without any critical path the check is absent."""

    coverage: Share = 0.98
    """The least share of critical paths, and of calls to them, that a Then must be seen of."""

    strength: Share = 0.60
    """The least share of wrong results that a Then must notice (`speclive mutate`). 0: it is not asked for."""

    live: Literal["nearest", "none"] = "nearest"
    """Whose calls count. `nearest`: those of the head where any were seen of it, else those of what serves now.
    `none`: nobody's, and what is bound to the critical paths counts alone."""

    window_hours: Annotated[float, Field(ge=1, le=720)] = 24.0
    """How far back calls are counted."""

    weakened: Literal["warn", "block"] = "warn"
    """What follows where a change removes or weakens a card: it is said, or it stops the change."""

    guards: Annotated[tuple[Setting, ...], Field(strict=False, max_length=MOST_SETTINGS)] = ()
    """What holds for guards while they run, as services are told that ask. Only the default branch's is heeded."""
