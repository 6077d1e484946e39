"""Repro Packs: what is stored of decisions, and the key that signs what is given away."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from app.main.center import reading
from app.main.reached import Reached
from app.pack.evidence import Sources, chosen
from app.pack.pack import pack_of
from app.pack.redaction import Unmade
from app.pack.signing import Signer
from app.pages.door import Door
from app.pages.evidence import EvidenceApi
from app.pages.pull_reading import own_history
from app.settings import Settings, SigningSettings
from app.store.decisions import Decisions
from app.store.looks import TickLogs
from app.store.provenance import Provenance
from app.store.pull_news import PullKey
from app.store.remediations import Remediations
from app.store.reports import Reports


def sources_of(engine: AsyncEngine) -> Sources:
    """The stores that know of what a decision rests on."""
    return Sources(Decisions(engine), Provenance(engine), TickLogs(engine), Remediations(engine), Reports(engine))


def signer_of(settings: SigningSettings) -> Signer:
    """The App's own key."""
    return Signer.of(settings.key_text)


def evidence(settings: Settings, reached: Reached, door: Door) -> Iterator[web.RouteDef]:
    """Where packs are given away."""
    sources, signer = sources_of(reached.kept.reading.main), signer_of(settings)
    yield from EvidenceApi(reading(settings, reached), door, sources, signer, settings.secrets).routes()


async def made(settings: SigningSettings, engine: AsyncEngine, key: PullKey, decision: int | None) -> bytes | Unmade:
    """The pack of the newest decision of a pull request, or of the one of that id. Raises BadRecord."""
    sources = sources_of(engine)
    judged = chosen(await own_history(sources.decisions, key, {}), decision)
    if judged is None:
        return Unmade("nothing was decided of it" if decision is None else f"it has no decision {decision}")
    return pack_of(await sources.of(judged), signer_of(settings), settings.secrets)
