"""The web process: webhooks are verified and stored, and what is stored is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from aiohttp import web

from app import __version__, tracing
from app.archive import Archive
from app.gather.canaries import Canaries
from app.gather.commits import Commits
from app.gather.deployments import Deployments
from app.gather.guards import RememberedGuards, SpecGuards
from app.gather.heads import Heads
from app.gather.modules import Modules, RememberedModules
from app.gather.reader import GitHubReader
from app.gather.roles import Roles
from app.gather.rules import overlaid
from app.github.address import website
from app.github.connecting import Connector
from app.main import guarded
from app.main.center import center
from app.main.evidence import evidence
from app.main.reached import Reached, pages_of, reader_through, with_token
from app.main.shown import shown
from app.main.visited import signed_in, visitors_of
from app.pages import browser, configuration, kpi_gauges
from app.pages.asking import AskingApi, Kept, Rules
from app.pages.bills import SbomApi
from app.pages.door import Door
from app.pages.drift import DriftApi
from app.pages.experiments import ExperimentsApi
from app.pages.measurements import MeasurementsApi
from app.pages.overlay import Overlay
from app.pages.senders import Senders
from app.pages.series import DAY, SeriesApi
from app.pages.simulation import ReaderFor, SimulationApi
from app.pages.spec_feed import DriftFeed
from app.pages.speclive import SpecLiveApi
from app.pages.studies import StudiesApi
from app.pages.study_json import StudyJson
from app.pages.unanswered import unanswered
from app.pages.usage import UsageApi
from app.pages.watching import Watching
from app.render.overlay import Deployment
from app.server import Web
from app.settings import Settings
from handlers.commands import VERBS
from handlers.commands.roles import suffices


def web_application(settings: Settings, reached: Reached, stored: Callable[[], None]) -> web.Application:
    """Not yet listening. `stored` is called whenever there is something new for a worker."""
    kept = reached.kept
    secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secrets]
    visitors = visitors_of(settings, reached)
    door = Door(pages_of(settings), kept.reading.tokens, visitors)
    pages = shown(settings, reached, door)
    routes = [
        *_apis(settings, reached, door, stored),
        *signed_in(settings, visitors),
        *_watched(reached),
        *Overlay(Deployment(settings.url, website(settings.github_api), __version__)).routes(),
        *(route for one in pages for route in one.routes()),
        *center(settings, reached, door),
        *evidence(settings, reached, door),
    ]
    application = guarded.guarded(Web(secrets, kept.inbox, stored, routes, guarded.receiving()).app())
    application.middlewares.extend((tracing.webhooks, unanswered(door)))
    application.on_shutdown.extend(one.live.close for one in pages)
    return application


def _apis(settings: Settings, reached: Reached, door: Door, stored: Callable[[], None]) -> Iterator[web.RouteDef]:
    """Where programs send what they measured, and ask."""
    kept, seen, connect_to = reached.kept, reached.kept.reading, Connector(reached.github)
    senders = Senders(kept.tokens, Commits(connect_to), reached.id_tokens)
    yield from MeasurementsApi(senders, kept.measurements, kept.inbox, stored).routes()
    judged = Archive(seen.decisions)
    yield from UsageApi(senders, kept.usage, kept.remediations, judged, kept.inbox, stored).routes()
    yield from SbomApi(senders, kept.bills, kept.inbox, stored).routes()
    yield from SeriesApi(senders, kept.series, settings.keep_days * DAY).routes()
    yield from StudiesApi(senders, kept.studies, kept.opinions).routes()
    canaries, deployments = Canaries(connect_to), Deployments(connect_to)
    tables = kept.experiments, kept.triples, kept.points, kept.inbox
    yield from ExperimentsApi(senders, canaries, deployments, *tables, stored, settings.sources).routes()
    modules = RememberedModules(Modules(connect_to))
    feed, guards = DriftFeed(modules, kept.drifts, kept.inbox, stored), RememberedGuards(SpecGuards(connect_to))
    yield from SpecLiveApi(senders, kept.speclive, judged, feed, guards, kept.inbox, stored).routes()
    yield from DriftApi(senders, modules, kept.drifts, kept.inbox, stored).routes()
    yield from StudyJson(seen.studies, seen.opinions, door).routes()
    yield from configuration.routes()
    rules = Rules({verb.name: verb for verb in VERBS}, suffices)
    asked = Kept(kept.commands, seen.commands, seen.decisions, kept.inbox, stored)
    yield from AskingApi(door.visitors, rules, Roles(connect_to), Heads(connect_to), asked).routes()
    yield from SimulationApi(_reader_for(reached, int(settings.app_id))).routes()


def _watched(reached: Reached) -> Iterator[web.RouteDef]:
    """What watchers look at, and what every page is drawn with."""
    kept = reached.kept
    yield from Watching(
        kept.inbox,
        kept.deliveries,
        kept.decisions,
        kept.fixes,
        kept.opinions,
        kept.backlog,
        reached.github.standings,
        kpi_gauges.Outcomes(kept.reading.kpis),
    ).routes()
    yield from browser.routes()


def _reader_for(reached: Reached, own_app: int) -> ReaderFor:
    def reader_for(token: str, text: bytes | None) -> GitHubReader:
        reader = reader_through(reached, with_token(reached.github, token), own_app)
        return reader if text is None else replace(reader, rules_through=lambda read: overlaid(read, text))

    return reader_for
