"""The composition root: the one place where rooms meet, and the only module of `app` that knows the handlers."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import aiohttp
import structlog
from aiohttp import web
from prometheus_client import REGISTRY

from app import __version__, metrics, record, tracing
from app.archive import Archive
from app.exit import Exit
from app.gather.canaries import Canaries
from app.gather.census import Census
from app.gather.commits import Commits
from app.gather.default_branch import DefaultBranches
from app.gather.deployments import Deployments
from app.gather.figures import SourceReader
from app.gather.hooks import Hooks
from app.gather.merged import Merges
from app.gather.nothing import NothingKept
from app.gather.proposed import Proposed
from app.gather.reader import GitHubReader
from app.gather.roles import Roles
from app.gather.rules import Connect, overlaid
from app.gather.standing import Standings
from app.github.address import website
from app.github.auth import Identity
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.id_token import IdTokens
from app.github.meter import Metrics, counting
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.signing_keys import SigningKeys
from app.model import Again, Body, Delivery, Done, Kind, Later, Place, Trigger
from app.osv.client import Memory, Osv
from app.pages import browser, configuration
from app.pages.bills import SbomApi
from app.pages.experiment_page import ExperimentPages, Sources
from app.pages.experiments import ExperimentsApi
from app.pages.live import Live
from app.pages.measurements import MeasurementsApi
from app.pages.senders import Senders
from app.pages.simulation import ReaderFor, SimulationApi
from app.pages.watching import Watching
from app.publish.publisher import Publisher
from app.render.actions import DECISION, GitHubRenderer
from app.render.capability import Pages, derived
from app.render.fix import FixRenderer
from app.render.revert import RevertRenderer
from app.server import Web
from app.settings import Settings
from app.storage import Stores, stores
from app.store.budget import SharedLedger
from app.wire import Wire, root
from handlers.advisories import DailyLook
from handlers.canary import Beginnings
from handlers.command import Commands
from handlers.commands.allowed import Allowed
from handlers.commands.canary import CanaryCommands
from handlers.consequences import Consequences
from handlers.evaluate import Evaluation
from handlers.experiment import Watch
from handlers.mending import Mending
from handlers.moment import happened
from handlers.redelivery import Redelivery
from handlers.repair import Repairs, told_of_a_bill
from handlers.reverting import Reverting
from handlers.sweep import Sweep
from handlers.understand import Understanding

if TYPE_CHECKING:
    from app.engine.engine import Engine, Pace

log = structlog.get_logger(__name__)

NO_APP = 0  # GitHub gives no App this id
Scheduled = Callable[[], Awaitable[tuple[Trigger, ...]]]
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0  # seconds
_BILLS_KEPT, _ADVISORIES_KEPT = 90 * _DAY, 30 * _DAY  # of a bill since it came, of an advisory since it was used


@dataclass(frozen=True, slots=True)
class System:
    """Maestro, wired: the web application and the worker's engine over one storage."""

    web: web.Application
    engine: Engine
    stores: Stores


@asynccontextmanager
async def system(settings: Settings, pace: Pace | None = None) -> AsyncIterator[System]:
    """Web and worker in one process, not yet started. Raises BadKey for a key that is none."""
    async with _reaching(settings) as reached:
        engine = _engine(settings, reached, _end_process, pace)
        yield System(_web(settings, reached, engine.wake), engine, reached.kept)


@asynccontextmanager
async def web_process(settings: Settings) -> AsyncIterator[web.Application]:
    """What `maestro web` runs: it verifies webhooks and stores them, and shows what is stored."""
    async with _reaching(settings) as reached:
        yield _web(settings, reached, lambda: None)


@asynccontextmanager
async def worker_process(settings: Settings, on_lost: Callable[[], None]) -> AsyncIterator[tuple[Engine, Stores]]:
    """What `maestro worker` runs, not yet started. `on_lost`: others may have been given its work, it must end."""
    async with _reaching(settings) as reached:
        yield _engine(settings, reached, on_lost), reached.kept


@asynccontextmanager
async def _reaching(settings: Settings) -> AsyncIterator[_Reached]:
    identity = Identity(settings.app_id, settings.private_key.get_secret_value())
    async with (
        stores(settings.database_url) as kept,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trace_configs=tracing.calls()) as session,
    ):
        ledger = SharedLedger(kept.main)
        github = GitHub(identity, session, api_url=settings.github_api, metrics=_client_metrics(), ledger=ledger)
        osv = Osv(Wire(session, root(settings.osv_url)), kept.advisories) if settings.osv_url else None
        figures = SourceReader(settings.sources, session)
        yield _Reached(github, kept, osv, _id_tokens(settings, session), figures)
        await figures.close()


@dataclass(frozen=True, slots=True)
class _Reached:
    """What a process works with: GitHub, the storage, and whoever knows of advisories, id-tokens and figures."""

    github: GitHub
    kept: Stores
    osv: Osv | None
    id_tokens: IdTokens | None
    figures: SourceReader


def _id_tokens(settings: Settings, session: aiohttp.ClientSession) -> IdTokens | None:
    issuer = settings.id_token_issuer
    return IdTokens(SigningKeys(session, issuer), issuer, settings.url) if issuer and settings.url else None


@asynccontextmanager
async def reader_with_token(token: str, api_url: str, osv_url: str) -> AsyncIterator[GitHubReader]:
    """A reader with a person's token and no database, for a replay on their own machine."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        github, nothing = GitHub(None, session, api_url=api_url), NothingKept()
        osv = Osv(Wire(session, root(osv_url)), Memory()) if osv_url else None
        yield GitHubReader(_with_token(github, token), NO_APP, nothing, nothing, __version__, osv=osv)


def understanding(delivery: Delivery) -> tuple[Trigger, ...]:
    """What a recorded webhook means to an App that nobody is."""
    return Understanding(NO_APP)(delivery)


def _with_token(github: GitHub, token: str) -> Connect:
    client = github.with_token(token)

    async def with_their_token(place: Place) -> Repository:
        return Repository(client, place.repository)

    return with_their_token


def _reader_for(reached: _Reached, own_app: int) -> ReaderFor:
    def reader_for(token: str, text: bytes | None) -> GitHubReader:
        reader = _reader(reached, _with_token(reached.github, token), own_app)
        return reader if text is None else replace(reader, rules_through=lambda read: overlaid(read, text))

    return reader_for


def _reader(reached: _Reached, connect_to: Connect, own_app: int) -> GitHubReader:
    kept = reached.kept
    archive = Archive(kept.decisions)
    reader = GitHubReader(connect_to, own_app, kept.measurements, archive, __version__, bills=kept.bills)
    return replace(reader, osv=reached.osv, fixes=kept.fixes, trials=kept.experiments)


def _web(settings: Settings, reached: _Reached, stored: Callable[[], None]) -> web.Application:
    kept = reached.kept
    reader_for = _reader_for(reached, int(settings.app_id))
    secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secrets]
    senders = Senders(kept.tokens, Commits(Connector(reached.github)), reached.id_tokens)
    measurements = MeasurementsApi(senders, kept.measurements, kept.inbox, stored)
    bills = SbomApi(senders, kept.bills, kept.inbox, stored)
    canaries, deployments = Canaries(Connector(reached.github)), Deployments(Connector(reached.github))
    tables = kept.experiments, kept.triples, kept.points, kept.inbox
    experiments = ExperimentsApi(senders, canaries, deployments, *tables, stored, settings.sources)
    sources = Sources(kept.experiments, kept.points, kept.provenance, kept.news, kept.tokens)
    shown = ExperimentPages(sources, _pages(settings), Live(kept.news.of), website(settings.github_api))
    watching = Watching(kept.inbox, kept.deliveries, kept.decisions, kept.fixes, kept.backlog, reached.github.standings)
    pages = [
        *watching.routes(),
        *measurements.routes(),
        *bills.routes(),
        *experiments.routes(),
        *browser.routes(),
        *shown.routes(),
        *configuration.routes(),
        *SimulationApi(reader_for).routes(),
    ]
    application = Web(secrets, kept.inbox, stored, pages).app()
    application.middlewares.append(tracing.webhooks)
    application.on_shutdown.append(shown.live.close)
    return application


def _pages(settings: Settings) -> Pages:
    """Keys are of the App's own private key: whoever replaces that takes every key back."""
    return Pages(settings.url, derived("".join(settings.private_key.get_secret_value().split())))


def _engine(settings: Settings, reached: _Reached, on_lost: Callable[[], None], pace: Pace | None = None) -> Engine:
    from app.engine.engine import Engine, Pace  # here, because the web process must not pay for it: it takes a second

    async def owns() -> bool:
        return await engine.owns()

    work = _work(settings, reached, owns)
    periods = {name: seconds for name, (seconds, _) in work.schedules.items()}
    understand = _understand(int(settings.app_id))
    engine = Engine(
        reached.kept.address, understand, work.bodies(), schedules=periods, on_lost=on_lost, pace=pace or Pace()
    )
    return engine


def _work(settings: Settings, reached: _Reached, owns: Callable[[], Awaitable[bool]]) -> _Work:
    """The road from a trigger to GitHub, laid once for all triggers."""
    github, kept = reached.github, reached.kept
    own_app, connect_to, archive = int(settings.app_id), Connector(github), Archive(kept.decisions)
    reader = replace(_reader(reached, connect_to, own_app), ci_grace=settings.ci_grace)
    publisher = Publisher(connect_to, kept.effects, own_app, kept.provenance, owns, Myself(github))
    renderer = GitHubRenderer(addressed=_pages(settings).shown_on)
    reverting = Reverting(publisher, Merges(connect_to), RevertRenderer(_pages(settings).address))
    watch = Watch(kept.experiments, reached.figures, Consequences(publisher, reverting))
    commanded = CanaryCommands(Canaries(connect_to), kept.experiments, settings.sources)
    bases = DefaultBranches(connect_to, kept.bills, reached.osv, __version__)
    return _Work(
        reader,
        Evaluation(reader, publisher, archive, renderer),
        Commands(reader, publisher, renderer, Allowed(Roles(connect_to), archive), commanded),
        _repairs(bases, publisher, Proposed(connect_to), kept),
        Beginnings(Canaries(connect_to), Deployments(connect_to), kept.experiments),
        watch,
        _schedules(settings, github, kept, watch),
        settings.ci_grace,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What the engine runs for each kind of trigger."""

    reader: GitHubReader
    evaluation: Evaluation
    commands: Commands
    repairs: Repairs
    beginnings: Beginnings
    watch: Watch
    schedules: Mapping[str, tuple[float, Scheduled]]
    ci_grace: float

    def bodies(self) -> dict[Kind, Body]:
        """One a kind, each traced."""
        plain: dict[Kind, Body] = {
            Kind.EVALUATE: self.evaluate,
            Kind.LOCATE: self.spread,
            Kind.SWEEP: self.sweep,
            Kind.COMMAND: self.command,
            Kind.REPAIR: self.repair,
            Kind.CANARY: self.canary,
            Kind.EXPERIMENT: self.experiment,
            Kind.SCHEDULED: self.scheduled,
        }
        return {kind: _traced(body) for kind, body in plain.items()}

    async def evaluate(self, trigger: Trigger, attempts_left: int) -> Done | Again | Later:
        """Judge, and count what it took. A fault of ours is worth another try; what is too early, another look."""
        started = time.monotonic()
        with counting() as calls:
            judged = await self.evaluation(trigger, attempts_left)
        metrics.EVALUATION_SECONDS.observe(time.monotonic() - started)
        metrics.EVALUATION_CALLS.observe(calls.total)
        verdict = judged.decision.verdict.value if judged else "silence"
        metrics.EVALUATIONS.labels(verdict=verdict).inc()
        tracing.note("verdict", verdict)
        if judged and judged.our_failures and attempts_left:
            return Again("; ".join(judged.our_failures))
        if judged and judged.too_early:
            return Later(self.ci_grace)
        return Done(await self.repairs.following(trigger, judged))

    async def spread(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Find the pull requests that it speaks of."""
        return Done((*await self.reader.evaluations(trigger), *told_of_a_bill(trigger)))

    async def sweep(self, trigger: Trigger, _attempts_left: int) -> Done:
        """A base branch got new rules: they bear on its pull requests, and on the experiments that run under them."""
        return Done((*await self.reader.evaluations(trigger), *await self.beginnings.ruled(trigger)))

    async def command(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Answer a person."""
        return await self.commands(trigger)

    async def repair(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Propose fixes, or end those that are moot."""
        return await self.repairs(trigger)

    async def canary(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Begin an experiment, or end it."""
        return await self.beginnings(trigger)

    async def experiment(self, trigger: Trigger, _attempts_left: int) -> Done | Later:
        """Look at one experiment."""
        return await self.watch(trigger)

    async def scheduled(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Do what the clock asks for."""
        _, run = self.schedules[trigger.reason]
        return Done(await run())


def _repairs(bases: DefaultBranches, publisher: Publisher, proposed: Proposed, kept: Stores) -> Repairs:
    mending = Mending(publisher, kept.fixes, proposed, FixRenderer(), measured=metrics.FIX_SECONDS.observe)
    return Repairs(Archive(kept.decisions), bases, proposed, kept.fixes, mending)


def _traced(body: Body) -> Body:
    async def traced(trigger: Trigger, attempts_left: int) -> Done | Again | Later:
        with tracing.run(trigger.kind, trigger.reason):
            return await body(trigger, attempts_left)

    return traced


def _understand(own_app: int) -> Callable[[Delivery], tuple[Trigger, ...]]:
    """What the handlers say of a delivery; and how late it came is counted. A clock behind GitHub's counts as 0."""
    meaning = Understanding(own_app)

    def understand(delivery: Delivery) -> tuple[Trigger, ...]:
        moment = happened(delivery)
        if moment is not None:
            metrics.WEBHOOK_LAG.observe(max(time.time() - moment, 0.0))
        return meaning(delivery)

    return understand


def _schedules(settings: Settings, github: GitHub, kept: Stores, watch: Watch) -> Mapping[str, tuple[float, Scheduled]]:
    """What heals and what is forgotten, and how many seconds lie between two runs; what is set to 0 never runs."""
    standings = Standings(kept.decisions, kept.effects, record.base_of, DECISION)

    async def forget() -> tuple[Trigger, ...]:
        await kept.deliveries.prune(time.time() - settings.keep_days * _DAY)
        await kept.bills.prune(time.time() - _BILLS_KEPT)
        await kept.advisories.prune(time.time() - _ADVISORIES_KEPT)
        await kept.triples.prune(time.time() - settings.keep_days * _DAY)
        return ()

    every: dict[str, tuple[float, Scheduled]] = {
        "sweep": (settings.sweep_seconds, Sweep(Census(github), standings)),
        "redelivery": (settings.redelivery_seconds, Redelivery(Hooks(github), kept.deliveries)),
        "advisories": (settings.advisories_seconds, DailyLook(Census(github))),
        "experiments": (_MINUTE, watch.round),
        "retention": (_HOUR, forget),
    }
    return {name: (seconds, run) for name, (seconds, run) in every.items() if seconds}


def _end_process() -> None:
    """Whoever runs web and worker in one has nobody to start it anew: the end must be seen."""
    os._exit(Exit.INFRASTRUCTURE)


@cache
def _client_metrics() -> Metrics:
    return Metrics(REGISTRY)
