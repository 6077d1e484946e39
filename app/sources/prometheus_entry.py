"""A Prometheus, or whatever speaks like one, as the operator enters it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import aiohttp
from pydantic import Field, field_validator, model_validator

from app.sources.counts import PrometheusCounts
from app.sources.entry import Entry, Environment, secret
from app.sources.errors import SourceError
from app.sources.prometheus import Prometheus, askable
from app.sources.ranges import PrometheusRanges
from app.wire import Tuning, Wire, own
from checks.experiment import Side

SCRAPE = 15.0  # seconds that a scrape may take until its samples can be read: Prometheus' own time-out is 10
TUNING = Tuning(attempts=2, total=10.0, connect=3.0, first_wait=0.2, longest_wait=1.0)


class PrometheusEntry(Entry):
    """Where it is, and the bearer token that it wants."""

    kind: Literal["prometheus"]
    """What it speaks."""

    url: Annotated[str, Field(max_length=2_000, examples=["https://prometheus.example.com"])]
    """Its address, https or http, with the path that it is served under."""

    token_env: Environment | Literal[""] = ""
    """The variable that holds its bearer token. Empty: none."""

    token_file: Path | None = Field(default=None, strict=False)
    """The file that holds its bearer token, read anew for each reading."""

    lag_seconds: Annotated[float, Field(ge=0, le=86_400)] = SCRAPE
    """How old the newest complete figure is, in seconds: as long as a scrape may take."""

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return str(own(url))

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token_env and self.token_file:
            raise ValueError("token_env and token_file: one of them is enough")
        secret(self.token_env, self.token_file)
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Its token, as it is now."""
        token = secret(self.token_env, self.token_file)
        return (token,) if token else ()

    def check(self, side: Side, seconds: float, repository: str) -> None:
        """Raises BadSelector for what is none of its counters."""
        askable(side, self.demanded(repository))

    def opened(self, session: aiohttp.ClientSession, repository: str) -> Prometheus:
        """As `repository` may see it."""
        return Prometheus(self._wire(session), self.demanded(repository))

    def ranged(self, session: aiohttp.ClientSession, repository: str) -> PrometheusRanges:
        """As `repository` may see it."""
        return PrometheusRanges(self._wire(session), self.demanded(repository))

    def counting(self, session: aiohttp.ClientSession, repository: str) -> PrometheusCounts:
        """As `repository` may see it."""
        return PrometheusCounts(self._wire(session), self.demanded(repository))

    def _wire(self, session: aiohttp.ClientSession) -> Wire:
        try:
            token = secret(self.token_env, self.token_file)
        except ValueError as error:
            raise SourceError(f"its token cannot be read: {error}") from None
        return Wire(session, own(self.url), TUNING, token)
