"""What a process works with: GitHub, the storage, and whoever knows of advisories, id-tokens, figures and series."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache

import aiohttp
from prometheus_client import REGISTRY

from app import __version__, tracing
from app.archive import Archive
from app.gather.choosing import Choosing
from app.gather.figures import SourceReader
from app.gather.pulled import PulledDays
from app.gather.ranged import RangeReader
from app.gather.reader import GitHubReader
from app.gather.rules import Connect
from app.gather.series import SeriesReader
from app.gather.studies import Studies
from app.github import exchange
from app.github.address import website
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.id_token import IdTokens
from app.github.meter import Metrics
from app.github.repository import Repository
from app.github.signing_keys import SigningKeys
from app.github.user import Flow
from app.model import Place
from app.osv.client import Osv
from app.render.capability import Pages, derived
from app.settings import Settings, key_text
from app.storage import Stores, stores
from app.store.budget import SharedLedger
from app.wire import Wire, root


@dataclass(frozen=True, slots=True)
class Reached:
    """What a process works with: GitHub, the storage, and who knows of advisories, id-tokens, figures and series."""

    github: GitHub
    kept: Stores
    osv: Osv | None
    id_tokens: IdTokens | None
    figures: SourceReader
    series: SeriesReader
    pulled: PulledDays
    flow: Flow | None  # None: nobody can sign in


@asynccontextmanager
async def reaching(settings: Settings) -> AsyncIterator[Reached]:
    """All of it, for as long as the process lives. Raises BadKey for a key that is none."""
    identity = Identity(settings.app_id, settings.private_key.get_secret_value())
    async with (
        stores(settings.database_url) as kept,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trace_configs=tracing.calls()) as session,
    ):
        ledger = SharedLedger(kept.main, reader=kept.reader)
        github = GitHub(identity, session, api_url=settings.github_api, metrics=_client_metrics(), ledger=ledger)
        osv = Osv(Wire(session, root(settings.osv_url)), kept.advisories) if settings.osv_url else None
        figures = SourceReader(settings.sources, session, kept.reading.speclive)
        series = SeriesReader(kept.series, RangeReader(settings.sources, session))
        pulled = PulledDays(settings.sources, session)
        yield Reached(
            github, kept, osv, _id_tokens(settings, session), figures, series, pulled, _flow(settings, session)
        )
        await figures.close()
        await pulled.close()


def reader_through(reached: Reached, connect_to: Connect, own_app: int) -> GitHubReader:
    """The reader of GitHub and of all that is stored; `connect_to` says in whose name."""
    kept = reached.kept
    archive = Archive(kept.decisions)
    reader = GitHubReader(connect_to, own_app, kept.measurements, archive, __version__, bills=kept.bills)
    studies = Studies(kept.studies, kept.opinions)
    reader = replace(reader, trials=kept.experiments, studies=studies, watches=kept.drifts, overrides=kept.overrides)
    reader = replace(reader, guards=kept.speclive)
    choosing = Choosing(connect_to, kept.remediations, kept.dispatches, kept.spending)
    return replace(reader, osv=reached.osv, fixes=kept.fixes, dispatches=kept.dispatches, choosing=choosing)


def with_token(github: GitHub, token: str) -> Connect:
    """Every place is read in the name of the bearer of `token`."""
    client = github.with_token(token)

    async def with_their_token(place: Place) -> Repository:
        return Repository(client, place.repository)

    return with_their_token


def pages_of(settings: Settings) -> Pages:
    """Keys are of the App's own private key: whoever replaces that takes every key back."""
    return Pages(settings.url, derived(key_text(settings)))


def _flow(settings: Settings, session: aiohttp.ClientSession) -> Flow | None:
    if not settings.sign_in:
        return None
    secret, site = settings.client_secret.get_secret_value(), website(settings.github_api)
    tuning = Tuning()
    wire = exchange.Wire(session, total=tuning.total_timeout, connect=tuning.connect_timeout)
    return Flow(settings.client_id, secret, site, settings.github_api, wire)


def _id_tokens(settings: Settings, session: aiohttp.ClientSession) -> IdTokens | None:
    issuer = settings.id_token_issuer
    return IdTokens(SigningKeys(session, issuer), issuer, settings.url) if issuer and settings.url else None


@cache
def _client_metrics() -> Metrics:
    return Metrics(REGISTRY)
