"""`POST /api/sbom`: a bill of materials that CI made, bound to one commit of the token's repository."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from app.model import SBOM, WAKE
from app.pages.answers import bearer, body, refuse
from app.store.bills import Bills
from app.store.inbox import Inbox
from app.store.measurements import Tokens
from checks.sbom import Bom, UnreadableError, read

MOST = 20  # bills of one commit, as many as are read from a repository
LONGEST_PATH = 200
MAX_BYTES = 32 * 1024 * 1024  # less than a file may have: the web process holds it, and webhooks must not wait
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_PATH = re.compile(r"(?!\.{1,2}(/|$))[\w.@+-][\w.@+ -]*(/(?!\.{1,2}(/|$))[\w.@+-][\w.@+ -]*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SbomApi:
    """Stores bills and reminds the worker of their commit."""

    tokens: Tokens
    bills: Bills
    inbox: Inbox
    stored: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post("/api/sbom", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once stored; 422 with the reason for what is no bill; 400 without commit or path.

        401 unknown token, 403 another repository, 409 too many bills, 413 too large.
        """
        repository = await self.tokens.repository(bearer(request))
        if repository is None:
            refuse(401, "this token is unknown or revoked")
        sha, path = _place(request, repository)
        content = await body(request, MAX_BYTES)
        bom = await asyncio.to_thread(_bill, content)
        there = await self.bills.paths_at(repository, sha)
        if path not in there and len(there) >= MOST:
            refuse(409, f"{MOST} bills of this commit are here already")
        await self.bills.keep(repository, sha, path, content)
        await self._remind(repository, sha)
        said = {"repository": repository, "sha": sha, "path": path}
        told = {"format": bom.format, "components": len(bom.components), "flaws": len(bom.flaws)}
        return web.json_response({**said, **told}, status=202)

    async def _remind(self, repository: str, sha: str) -> None:
        reminder = {"repository": {"full_name": repository}, "sha": sha, "about": SBOM}
        await self.inbox.keep(f"sbom:{uuid.uuid4()}", WAKE, json.dumps(reminder).encode())
        self.stored()


def _place(request: web.Request, repository: str) -> tuple[str, str]:
    """The commit that the bill belongs to, and its name there: a path as of a file."""
    query = request.query
    if query.get("repository", repository).lower() != repository.lower():
        refuse(403, f"this token speaks for {repository} only")
    sha, path = query.get("sha", ""), query.get("path", "")
    if not _SHA.fullmatch(sha):
        refuse(400, "`sha` must be a full commit sha: POST /api/sbom?sha=<commit>&path=<name>")
    if not _PATH.fullmatch(path) or len(path) > LONGEST_PATH:
        refuse(400, f"`path` must name the bill as a file of the repository, in up to {LONGEST_PATH} characters")
    return sha, path


def _bill(content: bytes) -> Bom:
    try:
        content.decode("utf-8-sig")
        return read(content)
    except UnicodeDecodeError:
        refuse(422, "no bill of materials that can be read: it is not UTF-8 text")
    except UnreadableError as error:
        refuse(422, f"no bill of materials that can be read: {error}")
