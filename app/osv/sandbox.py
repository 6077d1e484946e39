"""A local OSV service on a free port of 127.0.0.1, over real HTTP, which holds each request against the contract.

The contract is that of google.github.io/osv.dev (`POST /v1/querybatch`, `GET /v1/vulns/{id}`) and of the service's own
source where the page is silent: which questions are refused with which words, that unknown package types get an empty
answer, that withdrawn records are never found by a query. `docs/sandbox.md` lists it.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from checks.sbom.purl import identify
from checks.sbom.versions.comparison import compare
from checks.sbom.versions.ecosystems import PURL_TYPES, Place, locate

MOST_QUERIES = 1_000
LONGEST_ID = 100
_TYPES = frozenset(PURL_TYPES.values())
_QUERY_KEYS = {"commit", "version", "package", "page_token"}
_PACKAGE_KEYS = {"name", "ecosystem", "purl"}
_INVALID, _NOT_FOUND = 3, 5  # gRPC's codes, which the service shows


@dataclass(frozen=True, slots=True)
class Fault:
    """One misfortune: the next request gets this instead, or after `delay` seconds its answer.

    `status` with `retry_after` seconds; `garbage`: 200 and no JSON; `cut`: the line goes dead; `location`: a redirect.
    """

    status: int = 0
    retry_after: int | None = None
    garbage: bool = False
    cut: bool = False
    delay: float = 0.0
    location: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was answered."""

    method: str
    path: str
    body: Any
    status: int


class _Invalid(Exception):
    """What the service would not have."""


@dataclass
class OsvSandbox:
    """Start it with `async with`; `publish` records; `requests` and `violations` tell what was asked.

    A page has at most `page` hits, and names the next one by `token`: both spellings are seen in the wild. `listed`:
    records that the index names for a package URL, with version or without, whatever they say. `bodies`: what a record
    is sent as, instead of its JSON. `refusing`: every batch gets 400.
    """

    page: int = 1_000
    token: str = "next_page_token"
    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    listed: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    refusing: bool = False
    away: bool = False
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=32 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def publish(self, *records: Mapping[str, Any]) -> None:
        """Add these, each in place of the one with its id; a `withdrawn` one is still read by its id."""
        self.records |= {record["id"]: record for record in records}

    # --- answering -------------------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        hurt = await self._fault(request)
        answer = hurt or self._answer(request, raw)
        body = json.loads(raw) if raw and not hurt and answer.status == 200 else None
        self.requests.append(Request(request.method, request.path, body, answer.status))
        return answer

    async def _fault(self, request: web.Request) -> web.Response | None:
        if self.away:
            return web.Response(status=503)
        if not self.faults:
            return None
        fault = self.faults.popleft()
        await asyncio.sleep(fault.delay)
        if fault.cut and request.transport is not None:
            request.transport.close()
        if fault.garbage:
            return web.Response(text="<html>Welcome to this hotel</html>", content_type="text/html")
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        headers |= {"Location": fault.location} if fault.location else {}
        return web.Response(status=fault.status, headers=headers) if fault.status else None

    def _answer(self, request: web.Request, raw: bytes) -> web.Response:
        try:
            if (request.method, request.path) == ("POST", "/v1/querybatch"):
                if self.refusing:
                    return web.json_response({"code": _INVALID, "message": "Out of order."}, status=400)
                return web.json_response({"results": [self._result(query) for query in _queries(raw)]})
            if request.method == "GET" and request.path.startswith("/v1/vulns/"):
                return self._record(request.path.removeprefix("/v1/vulns/"))
        except _Invalid as error:
            self.violations.append(f"{request.method} {request.path}: {error}")
            return web.json_response({"code": _INVALID, "message": str(error)}, status=400)
        self.violations.append(f"{request.method} {request.path}: no such address")
        return web.json_response({"code": _NOT_FOUND, "message": "Not Found"}, status=404)

    def _record(self, name: str) -> web.Response:
        if len(name) > LONGEST_ID:
            raise _Invalid("ID too long")
        if name in self.bodies:
            return web.Response(body=self.bodies[name], content_type="application/json")
        if name not in self.records:
            return web.json_response({"code": _NOT_FOUND, "message": "Bug not found."}, status=404)
        return web.json_response(self.records[name])

    def _result(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """What one query finds, from where its page token says."""
        place, version = _asked(query)
        hits = {name for name, record in self.records.items() if place and _hits(record, place, version)}
        found = sorted(hits.union(self.listed.get(query["package"].get("purl", ""), ())))
        start = _start(query.get("page_token", ""))
        shown = [self._hit(name) for name in found[start : start + self.page]]
        more = {self.token: _page(start + self.page)} if start + self.page < len(found) else {}
        return ({"vulns": shown} if shown else {}) | more

    def _hit(self, name: str) -> dict[str, Any]:
        return {"id": name, "modified": self.records.get(name, {}).get("modified", "")}


# --- what is asked -------------------------------------------------------------------------------------------


def _queries(raw: bytes) -> list[Mapping[str, Any]]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise _Invalid("Request body is not valid JSON.") from None
    queries = body.get("queries") if isinstance(body, dict) and body.keys() == {"queries"} else None
    if not isinstance(queries, list) or not all(isinstance(query, dict) for query in queries):
        raise _Invalid("Invalid query.")
    if len(queries) > MOST_QUERIES:
        raise _Invalid("Too many queries.")
    return queries


def _asked(query: Mapping[str, Any]) -> tuple[Place | None, str]:
    """The package and version of a query; no package for a type that nobody files advisories under."""
    package = query.get("package")
    if query.keys() - _QUERY_KEYS or not isinstance(package, dict) or package.keys() - _PACKAGE_KEYS:
        raise _Invalid("Invalid query.")
    version = query.get("version", "")
    if not package.get("purl"):
        if not package.get("name") or package.get("ecosystem", "").partition(":")[0] not in PURL_TYPES:
            raise _Invalid("Invalid ecosystem.")
        return locate(package["ecosystem"], package["name"]), version
    if package.keys() != {"purl"}:
        raise _Invalid("name specified in a PURL query")
    stated = identify(package["purl"])
    if stated is None:
        raise _Invalid("Invalid Package URL.")
    if stated[1] and version:
        raise _Invalid("version specified in params and PURL query")
    place = locate(stated[0].ecosystem, stated[0].name)
    return (place if place.type in _TYPES else None), stated[1] or version


def _page(start: int) -> str:
    return base64.urlsafe_b64encode(f"from {start}".encode()).decode()


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except ValueError:
        raise _Invalid("Invalid page token.") from None


# --- what is found -------------------------------------------------------------------------------------------


def _hits(record: Mapping[str, Any], place: Place, version: str) -> bool:
    """Does the record stand, and concern this version of the package ("": any)?"""
    if record.get("withdrawn"):
        return False
    concerned = [one for one in record.get("affected") or () if place[:2] in set(_places(one.get("package", {})))]
    return any(not version or _includes(one, place.type, version) for one in concerned)


def _places(package: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if package.get("name"):
        yield locate(package.get("ecosystem", ""), package["name"])[:2]


def _includes(affected: Mapping[str, Any], purl_type: str, version: str) -> bool:
    ranges = [one["events"] for one in affected.get("ranges", ()) if one["type"] != "GIT"]
    return version in affected.get("versions", ()) or any(_within(one, purl_type, version) for one in ranges)


def _within(events: list[Mapping[str, str]], purl_type: str, version: str) -> bool:
    """Walk the events in the order they are written, as records of the corpora keep it."""
    inside = False
    for event in events:
        ((kind, at),) = event.items()
        order = 1 if at == "0" else compare(purl_type, version, at)
        if order is None:
            continue
        if kind == "introduced" and order >= 0:
            inside = True
        elif (kind == "fixed" and order >= 0) or (kind == "last_affected" and order > 0):
            inside = False
    return inside
