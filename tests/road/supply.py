"""A shop that keeps a bill of materials, and what was gathered about a change to it."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from app import record
from app.commands.story import bill
from app.github.sandbox import Repo, Sandbox
from app.store.tokens import Grant
from checks.model import Baseline, SbomPair, Snapshot
from tests.road.stories import PATH, shop
from tests.road.town import Town

RULES = "version: 1\nsbom: {mode: block, paths: [sbom.json]}\n"
FILE = "sbom.json"
FLASK, QS = ("flask", "3.0.3", "BSD-3-Clause"), ("jinja2", "2.4.0", "BSD-3-Clause")
OLD, NEW = bill(FLASK), bill(FLASK, QS)


def kept(sandbox: Sandbox, rules: str = RULES, **files: str) -> Repo:
    """octo/shop with such rules and, unless told otherwise, the old bill."""
    return shop(sandbox, rules, **({FILE: OLD} | files))


def brings(repo: Repo, branch: str = "fix", text: str = NEW, **files: str) -> tuple[int, str]:
    """A pull request that changes the bill: its number and head."""
    sha = repo.commit(branch, {FILE: text, **files}, message="Add jinja2")
    return repo.open_pull("Add jinja2", branch), sha


async def facts(here: Town, number: int) -> Snapshot:
    """What the newest decision on a pull request was made of."""
    held = await here.maestro.stores.decisions.latest("octo/shop", number)
    assert held is not None
    return record.read(held).snapshot


async def pair(here: Town, number: int) -> SbomPair:
    """The one bill of a pull request."""
    pairs = (await facts(here, number)).sboms
    assert isinstance(pairs, tuple)
    (one,) = pairs
    return one


async def baseline(here: Town, number: int) -> Baseline | None:
    """What its bill was held against."""
    return (await pair(here, number)).baseline


async def send(here: Town, sha: str, text: str, path: str = FILE) -> int:
    """CI sends a bill of a commit; the status of the answer."""
    token = await here.maestro.stores.tokens.issue(Grant("octo/shop", sha))
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{here.url}/api/sbom", params={"sha": sha, "path": path}, data=text.encode()) as answer,
    ):
        return answer.status


def advisory(name: str = "GHSA-1", package: str = "jinja2", fixed: str = "2.5", **more: Any) -> dict[str, Any]:
    """A critical advisory on a package of PyPI."""
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {"package": {"ecosystem": "PyPI", "name": package}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {
        "id": name,
        "modified": "2024-01-02T00:00:00Z",
        "published": "2024-01-01T00:00:00Z",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [affected],
        **more,
    }


def rules(**more: Any) -> str:
    """Rules whose SBOM block says this besides."""
    return "version: 1\nsbom: " + json.dumps({"mode": "block", "paths": [FILE], **more}) + "\n"


__all__ = [
    "FILE",
    "NEW",
    "OLD",
    "PATH",
    "RULES",
    "advisory",
    "baseline",
    "brings",
    "facts",
    "kept",
    "pair",
    "rules",
    "send",
]
