"""`/api/experiments`: begin one, send it ticks and mirrored answers, read how it stands, end it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from app.gather.canaries import Canaries
from app.gather.deployments import Deployments
from app.github.errors import Denied, GitHubError
from app.model import EXPERIMENT, WAKE, Canary, Cause, KeptExperiment, Place, Point, Refusal, Surface, is_sha
from app.pages.answers import body, refuse
from app.pages.arriving import Arriving, sent_in
from app.pages.senders import Senders
from app.render.decision_json import plain
from app.sources import Sources
from app.store.experiments import Ended, Experiments
from app.store.fed import Full
from app.store.inbox import Full as Crowded
from app.store.inbox import Inbox
from app.store.looks import gate_of
from app.store.points import Points
from app.store.triples import SentTriple, Triples
from checks.experiment import Reason, Watched, load, report
from checks.rules import Rules
from checks.shadow import TripleError, parse

MAX_BYTES = 1024 * 1024
MAX_MIRRORED = 8 * 1024 * 1024  # bytes of triples at a time
MOST_TRIPLES = 1_000
_LONGEST = 86_400.0  # seconds after the end of an experiment for which mirrored answers are taken
_MINUTE = 60.0  # seconds from one reminder of an experiment that has ended to the next
_ID = "{experiment:[0-9]{1,18}}"


class _Start(Struct, forbid_unknown_fields=True):
    sha: str
    environment: Annotated[str, Meta(min_length=1, max_length=255)]
    repository: str = ""
    deployment: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


@dataclass(frozen=True, slots=True)
class ExperimentsApi:
    """Keeps what is sent. Each experiment wakes the worker once; from then on the worker looks by itself."""

    senders: Senders
    canaries: Canaries
    deployments: Deployments
    experiments: Experiments
    triples: Triples
    points: Points
    inbox: Inbox
    stored: Callable[[], None]
    sources: Sources = field(default_factory=Sources)
    now: Callable[[], float] = time.time

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        one = f"/api/experiments/{_ID}"
        return [
            web.post("/api/experiments", self.begin),
            web.get(one, self.show),
            web.get(f"{one}/history", self.history),
            web.post(f"{one}/ticks", self.ticks),
            web.post(f"{one}/shadow", self.shadow),
            web.post(f"{one}/stop", self.stop),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """201 once begun, 200 with the one of this commit and environment that was begun before; both with warnings.

        400 for what cannot be read, 401 unknown token, 403 another repository, 422 no canary or another's deployment,
        503 without GitHub.
        """
        repository = await self._repository(request)
        asked = _start(await body(request, MAX_BYTES), repository)
        for kept in await self.experiments.of(repository, asked.sha):
            if kept.canary.environment == asked.environment.lower():
                return web.json_response(self._shown(kept))
        canary, rules = await self._found(repository, asked)
        cause = _cause(asked.sha, "experiment.begin")
        kept, fresh = await self.experiments.begin(canary, rules.experiment, cause, rules.shadow)
        await self._wake(kept, "begun")
        return web.json_response(self._shown(kept), status=201 if fresh else 200)

    async def show(self, request: web.Request) -> web.Response:
        """200 with all there is to say; 404 for what there is not, or is another repository's."""
        return web.json_response(shown(await self._experiment(request)))

    async def history(self, request: web.Request) -> web.Response:
        """200 with how the evidence went, as its page draws it; 404 as above."""
        kept = await self._experiment(request)
        points = [_drawn(point) for point in await self.points.of(kept.id)]
        return web.json_response(standing(kept) | {"points": points})

    async def ticks(self, request: web.Request) -> web.Response:
        """202 with what became of each; 200, nothing kept, where it has ended; 409 full, or where a source is read."""
        kept = await self._experiment(request)
        gate = gate_of(kept.rules)
        if isinstance(gate, Watched):
            refuse(409, f"its figures are read from the source `{gate.source}`, so nobody sends any")
        arriving = Arriving(gate, load(kept.state, gate), self.now())
        for place, sent in enumerate(sent_in(await body(request, MAX_BYTES))):
            arriving.take(place, sent)
        try:
            fed = await self.experiments.feed(kept.id, arriving.ticks)
        except Ended:
            return web.json_response({"ended": True} | standing(await self._experiment(request)))
        except Full:
            refuse(409, "this experiment holds as many ticks as are kept")
        return web.json_response({"ended": False} | arriving.answer(fed) | standing(kept), status=202)

    async def shadow(self, request: web.Request) -> web.Response:
        """202 with what became of each triple; 200 and nothing kept a day after the end; 400 with the first that is
        none; 409 full.
        """
        kept = await self._experiment(request)
        if kept.acted and self.now() - kept.changed > _LONGEST:
            return web.json_response({"experiment": kept.id, "ended": True})
        triples = _triples(await body(request, MAX_MIRRORED))
        try:
            fed = await self.triples.feed(kept.id, triples)
        except Full:
            refuse(409, "this experiment holds as many triples as are kept")
        counts = {name: len(getattr(fed, name)) for name in ("accepted", "duplicate", "differing")}
        if kept.acted and fed.accepted and kept.mirrored is not None:  # no timer looks at it any more
            await self._wake(kept, f"mirrored:{int(self.now() // _MINUTE)}")
        told = {"experiment": kept.id, "ended": False, "compared": kept.mirrored is not None}
        return web.json_response(told | counts, status=202)

    async def stop(self, request: web.Request) -> web.Response:
        """200 with how it stands: ended without an answer, unless it has one already."""
        kept = await self._experiment(request)
        ended = await self.experiments.stop(kept.id, Reason.STOPPED, _cause(kept.canary.sha, "experiment.stop"))
        await self._wake(ended, "stopped")
        return web.json_response(shown(ended))

    def _shown(self, kept: KeptExperiment) -> dict[str, Any]:
        """With what can be foreseen of its figures."""
        return shown(kept) | {"warnings": self.sources.warnings(gate_of(kept.rules), kept.canary.repository)}

    # --- who asks, and for what ----------------------------------------------------------------------------------

    async def _repository(self, request: web.Request) -> str:
        """The sender's. What is bound to a commit, as a job's id-token is, may not judge that very commit."""
        grant = await self.senders.grant(request)
        if grant.sha or grant.path:
            refuse(403, "an experiment takes a token of the whole repository: a commit does not judge itself")
        return grant.repository

    async def _experiment(self, request: web.Request) -> KeptExperiment:
        repository = await self._repository(request)
        kept = await self.experiments.get(int(request.match_info["experiment"]), repository)
        if kept is None:
            refuse(404, f"{repository} has no such experiment")
        return kept

    async def _found(self, repository: str, asked: _Start) -> tuple[Canary, Rules]:
        try:
            return await self._canary(Place(repository), asked)
        except Denied:
            refuse(403, f"Maestro is not installed on {repository}, or may not read it")
        except GitHubError:
            refuse(503, "GitHub cannot be asked about the commit and its rules; please send it again")

    async def _canary(self, place: Place, asked: _Start) -> tuple[Canary, Rules]:
        """The deployment that is named must be the canary's own: what follows is said of it."""
        found = await self.canaries.found(place, asked.sha, asked.environment)
        if isinstance(found, Refusal):
            refuse(422, found.reason)
        if asked.deployment is not None:
            foreign = await self.deployments.foreign(place, asked.deployment, asked.sha, asked.environment)
            if foreign is not None:
                refuse(422, foreign.reason)
        canary, rules = found
        return replace(canary, deployment=asked.deployment), rules

    async def _wake(self, kept: KeptExperiment, why: str) -> None:
        """Without room for the reminder it is the worker's own round that finds the experiment, a minute later."""
        reminder = {"repository": {"full_name": kept.canary.repository}, "about": EXPERIMENT, "experiment": kept.id}
        with suppress(Crowded):
            await self.inbox.keep(f"experiment:{kept.id}:{why}", WAKE, json.dumps(reminder).encode())
            self.stored()


def standing(kept: KeptExperiment) -> dict[str, Any]:
    """Where an experiment stands, in few words; the evidence is what there is of what is needed."""
    gate = gate_of(kept.rules)
    said = report(load(kept.state, gate), gate)
    evidence = {row.name: row.promote.words for row in said.rows if row.promote is not None}
    return {"experiment": kept.id, "status": kept.status, "reason": kept.reason, "evidence": evidence}


def shown(kept: KeptExperiment) -> dict[str, Any]:
    """All there is to say of an experiment, in JSON's own types; times in RFC 3339, UTC."""
    canary, gate = kept.canary, gate_of(kept.rules)
    where = {
        "repository": canary.repository,
        "sha": canary.sha,
        "environment": canary.environment,
        "pull_request": canary.number,
        "deployment": canary.deployment,
    }
    times = {"started": _written(kept.started), "changed": _written(kept.changed)}
    told = {"report": plain(report(load(kept.state, gate), gate)), "rules": json.loads(kept.rules)}
    told["source"] = None if kept.feed is None else asdict(kept.feed)
    told["shadow"] = json.loads(kept.mirrored.told) if kept.mirrored else None
    return standing(kept) | where | times | {"acted": kept.acted, "course": kept.course} | told


def _drawn(point: Point) -> dict[str, Any]:
    """Logarithms of evidence, natural; `promote` null for what never promotes."""
    log_es = {name: {"promote": promote, "rollback": rollback} for name, (promote, rollback) in point.log_es.items()}
    return {"t": point.t, "ticks": point.ticks, "unused": point.unused, "restarts": point.restarts, "log_e": log_es}


def _start(content: bytes, repository: str) -> _Start:
    try:
        asked = msgspec.json.decode(content, type=_Start)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        refuse(400, f'send {{"sha": "<commit>", "environment": "<name>"}}: {error}')
    if asked.repository.lower() not in {"", repository.lower()}:
        refuse(403, f"this token speaks for {repository} only")
    if not is_sha(asked.sha):
        refuse(400, "`sha` must be a full commit sha")
    if not asked.environment.isprintable():
        refuse(400, "`environment` must be a name that can be printed")
    return asked


def _triples(content: bytes) -> list[SentTriple]:
    """One a line; the first that is none is named."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    if len(lines) > MOST_TRIPLES:
        refuse(413, f"more than {MOST_TRIPLES} triples at a time")
    return [SentTriple(_id(place, line), line) for place, line in enumerate(lines)]


def _id(place: int, line: bytes) -> str:
    try:
        name = parse(line).id
    except TripleError as error:
        refuse(400, f"line {place + 1} is no triple: {error}")
    if not name.isprintable():
        refuse(400, f"line {place + 1} is no triple: its id cannot be printed")
    return name


def _cause(sha: str, reason: str) -> Cause:
    return Cause(reason, surface=Surface.API, head_sha=sha)


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
