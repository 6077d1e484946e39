"""The operator's file of sources: the only place that holds an address. A repository can but name one.

A kind of source is an Entry, and its name in `AnyEntry`; nothing else needs to know of it.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from app.sources.cloudwatch_entry import CloudWatchEntry
from app.sources.datadog_entry import DatadogEntry
from app.sources.entry import Entry
from app.sources.errors import BadSelector, SourceError
from app.sources.guards import GUARDS
from app.sources.placeholders import filled_queries, of_canary
from app.sources.prometheus_entry import PrometheusEntry
from checks.experiment import GateConfig, Watched
from checks.experiment.reaction import too_late, too_slow
from checks.experiment.watched import SOURCE, SPECLIVE, of_guards
from checks.model import Strict

MOST_SOURCES = 200
_ANY = of_canary("0" * 40, "canary")

AnyEntry = Annotated[PrometheusEntry | DatadogEntry | CloudWatchEntry, Field(discriminator="kind")]


class NoSource(SourceError):
    """The operator lets this repository use no source of that name, whether there is one or not."""


class Sources(Strict):
    """What `MAESTRO_SOURCES` names."""

    sources: Annotated[dict[str, AnyEntry], Field(max_length=MOST_SOURCES)] = Field(default_factory=dict)
    """Each source by the name that repositories call it: small letters, digits and `-`."""

    @field_validator("sources")
    @classmethod
    def _have_names(cls, sources: dict[str, AnyEntry]) -> dict[str, AnyEntry]:
        if SPECLIVE in sources:
            raise ValueError(f"`{SPECLIVE}` is the name of what Spec Cards saw, which every repository may use")
        wrong = [name for name in sources if not re.fullmatch(SOURCE, name)]
        if wrong:
            raise ValueError(f"{wrong[0][:80]!r} is no name of a source: small letters, digits and `-`")
        return sources

    def of(self, name: str, repository: str) -> Entry:
        """The source `name`, for `repository`. Raises NoSource."""
        entry = GUARDS if name == SPECLIVE else self.sources.get(name)
        if entry is None or not entry.lets(repository):
            raise NoSource(f"the operator lets {repository} use no source of this name")
        return entry

    def warnings(self, config: GateConfig, repository: str) -> tuple[str, ...]:
        """What is known of `config` before anything was read: that nothing can be, or that it comes too late."""
        if not isinstance(config, Watched):
            return tuple(filter(None, (too_slow(config),)))
        try:
            entry = self.of(config.source, repository)
            _check(config, entry, repository)
        except (NoSource, BadSelector) as error:
            return (f"source `{config.source}`: {error}",)
        return foreseen(config, entry)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may hold."""
        return tuple(secret for entry in self.sources.values() for secret in entry.secrets)


def _check(config: Watched, entry: Entry, repository: str) -> None:
    """Raises BadSelector for queries that could be asked of no canary."""
    for query in filled_queries(config.queries, _ANY).values():
        for side in (query.control, query.canary):
            if not of_guards(side):
                entry.check(side, config.tick_seconds, repository)


def foreseen(config: Watched, entry: Entry) -> tuple[str, ...]:
    """What figures as old as those of `entry` make impossible."""
    lag = entry.lag_seconds
    return tuple(filter(None, (too_late(config, lag), too_slow(config, lag, config.source))))
