"""A source as the operator enters it: where it is, who may use it, and with what it is asked. One model a kind."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import aiohttp
from pydantic import Field, field_validator

from app.sources.counts import Counts
from app.sources.errors import SourceError
from app.sources.placeholders import REPOSITORY, filled, of_repository
from app.sources.ranges import Ranges
from app.sources.ticks import Source
from checks.experiment import Side
from checks.globs import matches
from checks.model import Strict

LONGEST_SECRET = 16 * 1024  # bytes of a file that holds one

Glob = Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^/\s]+/[^/\s]+$", examples=["octo/*"])]
Label = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=100)]
Environment = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100, json_schema_extra={"writeOnly": True})
]
"""The name of a variable that holds a secret. Whoever writes the secret itself there is not shown it again."""


class Entry(Strict):
    """What all kinds have. A subclass says which `kind` it is, and adds its address and its secrets."""

    kind: str
    """What it speaks."""

    repositories: Annotated[tuple[Glob, ...], Field(strict=False, min_length=1, max_length=1_000)]
    """Which repositories may use it: `octo/shop`, `octo/*`. Case does not count."""

    demand: Annotated[dict[Label, str], Field(max_length=20)] = Field(default_factory=dict)
    """Labels that each query is made to demand. `{owner}` and `{repository}` stand for the repository that asks."""

    lag_seconds: Annotated[float, Field(ge=0, le=86_400)]
    """How old the newest complete figure is, in seconds."""

    @field_validator("demand")
    @classmethod
    def _knows_what_is_left_open(cls, demand: dict[str, str]) -> dict[str, str]:
        known = dict.fromkeys(REPOSITORY, "x")
        for label, text in demand.items():
            left = re.search(r"\{[^}]*\}?", filled(text, known))
            if left:
                raise ValueError(f"{label}: {left[0]} is not known; there are {{owner}} and {{repository}}")
        return demand

    def lets(self, repository: str) -> bool:
        """Whether `repository` may use it."""
        return matches(repository.lower(), [glob.lower() for glob in self.repositories])

    def demanded(self, repository: str) -> Mapping[str, str]:
        """The labels that a query of `repository` must carry. Raises BadSelector."""
        values = of_repository(repository.lower())
        return {label: filled(text, values) for label, text in self.demand.items()}

    @property
    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """What nobody else may ever read."""

    @abstractmethod
    def check(self, side: Side, seconds: float, repository: str) -> None:
        """Raises BadSelector for counters that `repository` could never ask for in ticks of `seconds`."""

    def ranged(self, session: aiohttp.ClientSession, repository: str) -> Ranges:
        """Its series as `repository` may see them, a point a step. Raises SourceError, as do kinds that have none."""
        raise SourceError(f"a source of the kind `{self.kind}` is read for experiments alone; its series can be pushed")

    def counting(self, session: aiohttp.ClientSession, repository: str) -> Counts:
        """What it counted, day by day, as `repository` may see it. Raises SourceError, as do kinds that do not tell."""
        raise SourceError(f"a source of the kind `{self.kind}` is read for experiments alone; batches can be sent")

    @abstractmethod
    def opened(self, session: aiohttp.ClientSession, repository: str) -> Source:
        """The source as `repository` may see it. The session stays the caller's. Raises SourceError."""


def secret(variable: str, file: Path | None) -> str:
    """What stands in the environment or in a file, which is read each time: it may be renewed. "" where neither is set.

    Raises ValueError, with neither the value nor the name in it, for the name may be the value by mistake.
    """
    if variable:
        found = os.environ.get(variable, "").strip()
        if not found:
            raise ValueError("the environment has no variable of the name that is given")
        return found
    return "" if file is None else _in_file(file)


def _in_file(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST_SECRET + 1).decode("ascii").strip()
    except (OSError, ValueError):
        raise ValueError("names no file of text that can be read") from None
    if not text or len(text) > LONGEST_SECRET or not text.isprintable():
        raise ValueError("names a file that holds no secret")
    return text
