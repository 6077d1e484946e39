"""Repro Packs: what is stored of decisions, and the key that signs what is given away."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from app.main.center import reading
from app.main.reached import Reached
from app.pack.evidence import Sources
from app.pack.signing import Signer
from app.pages.door import Door
from app.pages.evidence import EvidenceApi
from app.settings import Settings, key_text


def evidence(settings: Settings, reached: Reached, door: Door) -> Iterator[web.RouteDef]:
    """Where packs are given away."""
    sources, signer = Sources.over(reached.kept.reading.main), Signer.of(key_text(settings))
    yield from EvidenceApi(reading(settings, reached), door, sources, signer, settings.secrets).routes()
