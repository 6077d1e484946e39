"""`POST /api/sbom`: a bill of materials that CI made, bound to one commit. The first of a commit and path stays."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from app.model import LONGEST_BILL_PATH, SBOM, WAKE, is_bill_path, is_sha
from app.pages.answers import body, refuse
from app.pages.senders import Senders, confine
from app.store.bills import Bills
from app.store.inbox import Inbox
from checks.sbom import Bom, UnreadableError, diff, read

MOST = 20  # bills of one commit, as many as are read from a repository
MAX_BYTES = 32 * 1024 * 1024  # less than a file may have: the web process holds it, and webhooks must not wait


@dataclass(frozen=True, slots=True)
class SbomApi:
    """Stores bills and reminds the worker of their commit."""

    senders: Senders
    bills: Bills
    inbox: Inbox
    stored: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post("/api/sbom", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once stored, 200 for what is here already; 422 with the reason for what is no bill, or of no commit.

        400 without commit or path; 401 unknown token; 403 another repository, commit or path than the token's, or one
        that the commit holds itself; 409 another bill is here, or too many; 413 too large; 503 where GitHub cannot be
        asked about the commit.
        """
        grant = await self.senders.grant(request)
        sha, path = _place(request)
        repository = grant.repository
        confine(grant, request.query.get("repository", repository), sha, path)
        content = await body(request, MAX_BYTES)
        bom = await asyncio.to_thread(_bill, content)
        await self.senders.must_exist(repository, sha)
        await self.senders.must_be_absent(grant, sha, path)
        fresh = await self._keep(repository, sha, path, content)
        said = {"repository": repository, "sha": sha, "path": path}
        told = {"format": bom.format, "components": len(bom.components), "flaws": len(bom.flaws)}
        return web.json_response({**said, **told}, status=202 if fresh else 200)

    async def _keep(self, repository: str, sha: str, path: str, content: bytes) -> bool:
        """True once it is kept, False where the same is here: a verdict may rest on it, so it is never replaced."""
        there = await self.bills.paths_at(repository, sha)
        if path not in there and len(there) >= MOST:
            refuse(409, f"{MOST} bills of this commit are here already")
        if await self.bills.keep(repository, sha, path, content):
            await self._remind(repository, sha)
            return True
        first = await self.bills.get(repository, sha, path)
        if first is not None and not await asyncio.to_thread(_same, first, content):
            refuse(409, "another bill of this commit is here under this path, and it stays: a commit does not change")
        return False

    async def _remind(self, repository: str, sha: str) -> None:
        reminder = {"repository": {"full_name": repository}, "sha": sha, "about": SBOM}
        await self.inbox.keep(f"sbom:{uuid.uuid4()}", WAKE, json.dumps(reminder).encode())
        self.stored()


def _place(request: web.Request) -> tuple[str, str]:
    """The commit that the bill belongs to, and its name there: a path as of a file."""
    sha, path = request.query.get("sha", ""), request.query.get("path", "")
    if not is_sha(sha):
        refuse(400, "`sha` must be a full commit sha: POST /api/sbom?sha=<commit>&path=<name>")
    if not is_bill_path(path):
        refuse(400, f"`path` must name the bill as a file of the repository, in up to {LONGEST_BILL_PATH} characters")
    return sha, path


def _bill(content: bytes) -> Bom:
    try:
        content.decode("utf-8-sig")
        bom = read(content)
    except UnicodeDecodeError:
        refuse(422, "no bill of materials that can be read: it is not UTF-8 text")
    except UnreadableError as error:
        refuse(422, f"no bill of materials that can be read: {error}")
    if bom.flaws and not bom.components:
        flaw = bom.flaws[0]
        refuse(422, f"no component of this bill can be read: {flaw.position}: {flaw.message}")
    return bom


def _same(first: bytes, second: bytes) -> bool:
    """Do both say the same? A generator that runs again writes another time, serial number and order."""
    if first == second:
        return True
    ours, theirs = read(first), read(second)
    return not diff(ours, theirs).changes and _carried(ours) == _carried(theirs)


def _carried(bom: Bom) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The vulnerabilities that a bill carries, each with the packages it names, in an order of their own."""
    packages = {component.ref: (component.key, component.version) for component in bom.components}
    found = (
        (one.id, one.severity, sorted(packages.get(ref, (ref, "")) for ref in one.refs)) for one in bom.vulnerabilities
    )
    return sorted(found)
