"""`/api/drift/{module}`: send what a module saw and said, read how it stands, freeze another reference."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from app.github.errors import Denied, GitHubError
from app.model import DRIFT, WAKE, Cause, KeptModule, KeptReference, Place, Refusal, SentBatch, Surface
from app.pages.answers import body, refuse
from app.pages.senders import Senders
from app.store.drift import Came, Drifts, Unlike
from app.store.fed import digest_of
from app.store.inbox import Full as Crowded
from app.store.inbox import Inbox
from checks.drift.alarm import shown
from checks.drift.batch import BatchError, rows_of_csv, sketched, sketches
from checks.drift.block import Config, Module
from checks.drift.days import LATE_DAYS, LATEST, NotFull, frozen, held, renewed

T = TypeVar("T")

MAX_BYTES = 4 * 1024 * 1024
_DAY, _HOUR, _REST = 86_400.0, 3_600.0, 600.0  # seconds; _REST: from one reminder of a day to the next
_LONGEST_NAME = 200  # characters of a batch's


class Known(Protocol):
    """The modules that a repository has watched."""

    async def of(self, place: Place) -> Config | Refusal | None:
        """The block `drift`; None where there is none."""


class _Sent(Struct, forbid_unknown_fields=True):
    repository: str = ""
    batch: Annotated[str, Meta(min_length=1, max_length=_LONGEST_NAME)] | None = None
    day: str | None = None
    at: float | str | None = None
    features: dict[str, Any] | None = None
    rows: list[Any] | None = None


class _Asked(Struct, forbid_unknown_fields=True):
    repository: str = ""
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class DriftApi:
    """Adds what is sent to its day. The worker looks by itself, once an hour; batches of a day wake it now and then."""

    senders: Senders
    modules: Known
    drifts: Drifts
    inbox: Inbox
    stored: Callable[[], None]
    now: Callable[[], float] = time.time

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        one = "/api/drift/{module:[^/]{1,64}}"
        return [web.post(one, self.take), web.get(one, self.show), web.post(f"{one}/reference", self.freeze)]

    async def take(self, request: web.Request) -> web.Response:
        """202 with what became of the batch.

        400 for what cannot be read, 401 unknown token, 403 another repository, 404 no such module, 409 another batch of
        this name, or a module that is counted from a source, 413 too large, 422 a day that is over or to come, 503
        without GitHub.
        """
        repository = await self.senders.repository(request)
        rules = await self._rules(repository, request.match_info["module"])
        if rules.source:
            refuse(409, f"{rules.name} is counted from the source {rules.source}, so nothing is sent of it")
        sent = _read(request, await body(request, MAX_BYTES), repository)
        batch = self._batch(sent, rules)
        module = await self._kept(repository, rules)
        try:
            came = await self.drifts.take(module.id, batch)
        except Unlike as error:
            refuse(400, str(error))
        if came is Came.DIFFERENT:
            refuse(409, f"another batch called {batch.name} was sent before")
        await self._wake(module, f"{batch.day}:{int(self.now() // _REST)}")
        told = {"module": rules.name, "day": _written(batch.day), "batch": batch.name, "became": came.value}
        return web.json_response(told | {"features": len(batch.features)}, status=202)

    async def show(self, request: web.Request) -> web.Response:
        """200 with how it stands; 404 for a module that nobody sent anything of, or that there is not."""
        module = await self._module(request)
        reference = await self.drifts.reference(module)
        days = await self.drifts.traffic(module.id, self._today() - LATEST)
        told = shown(module.course, [step.told for step in await self.drifts.steps(module)])
        came = [{"day": _written(day.day), "rows": day.rows, "batches": day.batches} for day in days]
        return web.json_response({"module": module.name} | told | {"reference": _frozen(reference), "days": came})

    async def freeze(self, request: web.Request) -> web.Response:
        """201 with the reference that counts from now on: of the days that are named, or by the rules' own window. It
        says which days have enough rows to be in it.

        An accepted change is the state that days are compared with from then on. 409 where the days are not full.
        """
        module = await self._module(request)
        asked = _decoded(await body(request, MAX_BYTES), _Asked)
        _same(asked.repository, module.repository)
        rules = Module.model_validate_json(module.rules)
        days = {day: kept.features for day, kept in (await self.drifts.days(module.id)).items()}
        try:
            first, last = renewed(rules, days, self._today(), asked.first, asked.last)
            made = frozen(rules, days, first, last)
        except (NotFull, ValueError) as error:
            refuse(409, str(error))
        there = held(made)
        kept = KeptReference(module.version + 1, rules.compared_by, there[0], there[-1], made.dump(), self.now())
        if not await self.drifts.freeze(module, kept, Cause("drift.reference", surface=Surface.API)):
            refuse(409, "another reference was frozen at the same time")
        await self._wake(module, f"reference:{kept.version}")
        told = {"reference": _frozen(kept), "days": [_written(day) for day in there]}
        return web.json_response({"module": module.name} | told, status=201)

    # --- who asks, and for what ----------------------------------------------------------------------------------

    async def _rules(self, repository: str, name: str) -> Module:
        try:
            config = await self.modules.of(Place(repository))
        except Denied:
            refuse(403, f"Maestro is not installed on {repository}, or may not read it")
        except GitHubError:
            refuse(503, "GitHub cannot be asked about the configuration; please send it again", 30)
        if isinstance(config, Refusal):
            refuse(422, config.reason)
        module = config.named(name) if config else None
        if module is None:
            names = ", ".join(one.name for one in config.modules) if config else ""
            refuse(404, f"{repository} watches no module of this name; it watches {names or 'none'}")
        return module

    async def _kept(self, repository: str, rules: Module) -> KeptModule:
        """The module as it is stored; new ones, and those whose rules changed, are noted."""
        text = rules.model_dump_json()
        module = await self.drifts.get(repository, rules.name)
        if module is None or module.rules != text:
            await self.drifts.note(repository, rules.name, text)
            module = await self.drifts.get(repository, rules.name)
        assert module is not None, "it was just noted"
        return module

    async def _module(self, request: web.Request) -> KeptModule:
        repository = await self.senders.repository(request)
        module = await self.drifts.get(repository, request.match_info["module"])
        if module is None or not module.rules:
            names = ", ".join(one.name for one in await self.drifts.of(repository))
            refuse(404, f"nothing is known of this module of {repository}; of these is: {names or 'none'}")
        return module

    # --- what was sent -------------------------------------------------------------------------------------------

    def _batch(self, sent: _Sent, rules: Module) -> SentBatch:
        try:
            features = _features(sent, rules)
        except BatchError as error:
            refuse(400, str(error))
        said = msgspec.to_builtins([sent.day, sent.at, features], str_keys=True)
        digest = digest_of(json.dumps(said, sort_keys=True))
        name = sent.batch or digest
        if not name.isprintable():
            refuse(400, "`batch` must be a name that can be printed")
        return SentBatch(name, self._day(sent), digest, features)

    def _day(self, sent: _Sent) -> int:
        """Which it is of: today's where it does not say."""
        if sent.day is not None and sent.at is not None:
            refuse(400, "`day` and `at` say the same: send one")
        try:
            day = self._today() if sent.day is None else date.fromisoformat(sent.day).toordinal()
            day = day if sent.at is None else _moment(sent.at)
        except (ValueError, OverflowError, OSError):
            refuse(400, "`day` is a date, 2026-12-31; `at` a moment, RFC 3339 or epoch seconds")
        latest = datetime.fromtimestamp(self.now() + _HOUR, UTC).date().toordinal()
        if not self._today() - LATE_DAYS <= day <= latest:
            refuse(422, f"batches are taken of today and of the {LATE_DAYS} days before, by UTC")
        return day

    def _today(self) -> int:
        return datetime.fromtimestamp(self.now(), UTC).date().toordinal()

    async def _wake(self, module: KeptModule, why: str) -> None:
        """Without room for the reminder it is the worker's own round that finds the module."""
        reminder = {"repository": {"full_name": module.repository}, "about": DRIFT, "module": module.name}
        with suppress(Crowded):
            await self.inbox.keep(f"drift:{module.id}:{why}", WAKE, json.dumps(reminder).encode())
            self.stored()


def _read(request: web.Request, content: bytes, repository: str) -> _Sent:
    if request.content_type == "text/csv":
        query = request.query
        try:
            rows: list[Any] = list(rows_of_csv(content.decode("utf-8-sig")))
        except (BatchError, UnicodeDecodeError) as error:
            refuse(400, str(error))
        return _Sent(batch=query.get("batch"), day=query.get("day"), at=query.get("at"), rows=rows)
    sent = _decoded(content, _Sent)
    _same(sent.repository, repository)
    if (sent.features is None) == (sent.rows is None):
        refuse(400, "send `features` (sketches by name) or `rows` (objects), and not both")
    return sent


def _features(sent: _Sent, rules: Module) -> Mapping[str, Any]:
    """By feature a sketch; where the rules name features, those alone count. Raises BatchError."""
    kinds = rules.kinds
    wanted = {"features": sent.features} if sent.rows is None else {"rows": sent.rows}
    every = sketches(wanted["features"], kinds) if sent.rows is None else sketched(sent.rows, kinds)
    found = {name: sketch for name, sketch in every.items() if name in kinds or not kinds}
    if not found:
        raise BatchError(f"no feature of it is watched; these are: {', '.join(kinds)}")
    return found


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content or b"{}", type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        refuse(400, f"this is not what is sent here: {error}")


def _same(named: str, repository: str) -> None:
    if named.lower() not in {"", repository.lower()}:
        refuse(403, f"this token speaks for {repository} only")


def _moment(at: float | str) -> int:
    """The day of a moment, by UTC. Raises ValueError, OverflowError or OSError."""
    if isinstance(at, str) and not at.replace(".", "", 1).isdigit():
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date().toordinal()
    return datetime.fromtimestamp(float(at), UTC).date().toordinal()


def _written(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _frozen(reference: KeptReference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    made = datetime.fromtimestamp(reference.made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    window = {"first": _written(reference.first), "last": _written(reference.last)}
    return {"version": reference.version, "made": made} | window
