"""CloudWatch of one account and region, as the operator enters it."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Annotated, Literal, Self

import aiohttp
from pydantic import Field, field_validator, model_validator

from app.sources.aws import EXTRA, Signer, installed
from app.sources.cloudwatch import CloudWatch, MetricKind, askable
from app.sources.entry import Entry
from app.wire import Tuning, Wire, root
from checks.experiment import Side

LAG = 180.0  # seconds from the end of a minute until CloudWatch has all of it
TUNING = Tuning(attempts=3, total=10.0, connect=3.0, first_wait=0.5, longest_wait=5.0)
SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")  # that AWS has in variables


class CloudWatchEntry(Entry):
    """Its region. Credentials are where AWS keeps them: variables, a profile, the role of the machine."""

    kind: Literal["cloudwatch"]
    """What it speaks."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", examples=["eu-central-1"])]
    """Where its metrics are."""

    url: Annotated[str, Field(max_length=2_000)] = ""
    """Its address, where it is not `https://monitoring.<region>.amazonaws.com`."""

    profile: Annotated[str, Field(max_length=200)] = ""
    """The profile of AWS' configuration file whose credentials are used. Empty: the usual ones."""

    finest_seconds: Literal[1, 5, 10, 20, 30, 60] = 60
    """The shortest period that its metrics are stored with; less than 60 for metrics of high resolution alone."""

    lag_seconds: Annotated[float, Field(ge=0, le=86_400)] = LAG
    """How old the newest complete figure is, in seconds."""

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return str(root(url)) if url else ""

    @model_validator(mode="after")
    def _has_the_extra(self) -> Self:
        if not installed():
            raise ValueError(f"CloudWatch is asked with the help of an extra: {EXTRA}")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the variables hold; whatever else AWS gives is in no error, and in no log."""
        return tuple(filter(None, (os.environ.get(name, "").strip() for name in SECRETS)))

    @cached_property
    def known(self) -> set[MetricKind]:
        """The kinds of metrics that were found, by whichever repository."""
        return set()

    @cached_property
    def signer(self) -> Signer:
        """Who asks. One for all readings: credentials that run out are renewed."""
        return Signer(self.region, self.profile)

    def check(self, side: Side, seconds: float, repository: str) -> None:
        """Raises BadSelector for what is none of its counters."""
        askable(side, seconds, self.demanded(repository), self.finest_seconds)

    def opened(self, session: aiohttp.ClientSession, repository: str) -> CloudWatch:
        """As `repository` may see it."""
        address = root(self.url or f"https://monitoring.{self.region}.amazonaws.com")
        wire = Wire(session, address, TUNING, sign=self.signer)
        return CloudWatch(wire, self.demanded(repository), self.finest_seconds, self.known)
