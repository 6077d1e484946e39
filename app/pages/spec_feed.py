"""From Spec Cards to the drift watch: the distributions of what cards declare to be watched."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog

from app.github.errors import GitHubError
from app.model import DRIFT, WAKE, Place, Refusal, SentBatch, SpecReport
from app.pages.answers import refuse
from app.store.drift import Drifts, Unlike
from app.store.fed import digest_of
from app.store.inbox import Full as Crowded
from app.store.inbox import Inbox
from checks.drift.batch import BatchError, sketches
from checks.drift.block import Config, Module

log = structlog.get_logger(__name__)
_REST = 600.0  # seconds from one reminder of a day to the next
_PATIENCE = 30  # seconds after which a report may be sent again


class Known(Protocol):
    """The modules that a repository has watched."""

    async def of(self, place: Place) -> Config | Refusal | None:
        """The block `drift`; None where there is none."""


@dataclass(frozen=True, slots=True)
class DriftFeed:
    """A report is a batch of the module that is called as its service, where there is one. Its features are called as
    the card and what it watches: `pay.balance.amount`.
    """

    modules: Known
    drifts: Drifts
    inbox: Inbox
    stored: Callable[[], None]
    now: Callable[[], float] = time.time

    async def take(self, repository: str, report: SpecReport) -> None:
        """Add what a report watched to its day, once; 503 where nobody knows what is watched. What cannot be added to
        what came that day is left, with a line in the log.
        """
        rules = await self._module(repository, report.service)
        if rules is None:
            return
        try:
            batch = _batch(report, rules)
            if batch is not None:
                await self._add(repository, rules, batch)
        except (BatchError, Unlike) as error:
            log.warning("speclive.unlike", repository=repository, reason=str(error))

    async def _add(self, repository: str, rules: Module, batch: SentBatch) -> None:
        module, text = await self.drifts.get(repository, rules.name), rules.model_dump_json()
        if module is None or module.rules != text:
            await self.drifts.note(repository, rules.name, text)
            module = await self.drifts.get(repository, rules.name)
        assert module is not None, "it was just noted"
        await self.drifts.take(module.id, batch)
        reminder = {"repository": {"full_name": repository}, "about": DRIFT, "module": rules.name}
        guid = f"drift:{module.id}:{batch.day}:{int(self.now() // _REST)}"
        with suppress(Crowded):
            await self.inbox.keep(guid, WAKE, json.dumps(reminder).encode())
            self.stored()

    async def _module(self, repository: str, service: str) -> Module | None:
        try:
            found = await self.modules.of(Place(repository))
        except GitHubError:
            refuse(503, "GitHub cannot be asked what is watched; please send it again", _PATIENCE)
        every = found.modules if isinstance(found, Config) else ()
        return next((one for one in every if one.name == service and not one.source), None)


def _batch(report: SpecReport, rules: Module) -> SentBatch | None:
    """None where nothing of it is watched. Raises BatchError."""
    every = {f"{one.card}.{one.name}": one.sketch for one in report.watched}
    sent = {name: sketch for name, sketch in every.items() if name in rules.kinds or not rules.kinds}
    if not sent:
        return None
    features = sketches(sent, rules.kinds)
    day = datetime.fromtimestamp(report.end, UTC).date().toordinal()
    return SentBatch(f"speclive {report.id}", day, digest_of(json.dumps(sent, sort_keys=True)), features)
