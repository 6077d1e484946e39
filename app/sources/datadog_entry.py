"""A Datadog account as the operator enters it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import aiohttp
from pydantic import Field, field_validator, model_validator

from app.sources.datadog import Datadog, askable, keys
from app.sources.entry import Entry, Environment, secret
from app.sources.errors import SourceError
from app.wire import Tuning, Wire, root
from checks.experiment import Side

SITE = "https://api.datadoghq.com"
LAG = 60.0  # seconds: the Agent sends each 10, and counts of one interval come from many Agents
TUNING = Tuning(attempts=3, total=10.0, connect=3.0, first_wait=0.5, longest_wait=5.0)


class DatadogEntry(Entry):
    """Its site, and the two keys that it wants."""

    kind: Literal["datadog"]
    """What it speaks."""

    url: Annotated[str, Field(max_length=2_000, examples=["https://api.datadoghq.eu"])] = SITE
    """The address of its site's API."""

    api_key_env: Environment | Literal[""] = ""
    """The variable that holds the API key."""

    api_key_file: Path | None = Field(default=None, strict=False)
    """The file that holds the API key, read anew for each reading."""

    application_key_env: Environment | Literal[""] = ""
    """The variable that holds the application key, which needs `timeseries_query` and `metrics_read`."""

    application_key_file: Path | None = Field(default=None, strict=False)
    """The file that holds the application key, read anew for each reading."""

    lag_seconds: Annotated[float, Field(ge=0, le=86_400)] = LAG
    """How old the newest complete figure is, in seconds. 720 for what Datadog's crawler fetches from AWS."""

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return str(root(url))

    @model_validator(mode="after")
    def _two_keys(self) -> Self:
        for name, variable, file in self._held():
            if bool(variable) == bool(file):
                raise ValueError(f"{name}_env or {name}_file: one of them is needed")
        self._keys()
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Both keys, as they are now."""
        return self._keys()

    @cached_property
    def known(self) -> set[str]:
        """The metrics that were found to count something, by whichever repository."""
        return set()

    def check(self, side: Side, seconds: float, repository: str) -> None:
        """Raises BadSelector for what is none of its counters."""
        askable(side, seconds, self.demanded(repository))

    def opened(self, session: aiohttp.ClientSession, repository: str) -> Datadog:
        """As `repository` may see it."""
        try:
            sign = keys(*self._keys())
        except ValueError as error:
            raise SourceError(f"its keys cannot be read: {error}") from None
        return Datadog(Wire(session, root(self.url), TUNING, sign=sign), self.demanded(repository), self.known)

    def _keys(self) -> tuple[str, str]:
        api, application = (secret(variable, file) for _, variable, file in self._held())
        return api, application

    def _held(self) -> tuple[tuple[str, str, Path | None], ...]:
        return (
            ("api_key", self.api_key_env, self.api_key_file),
            ("application_key", self.application_key_env, self.application_key_file),
        )
