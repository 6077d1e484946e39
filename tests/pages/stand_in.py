"""A Maestro that says what it is told to, by the road's contract: for what a real one is hard to make say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

SHA = "a1b2c3d" + "0" * 33
TOKEN = "mso_" + "t" * 40
CODE = "ABCD-EFGH"


def model(number: int = 7, **changed: Any) -> dict[str, Any]:
    """What `GET /api/pr/octo/shop/<number>` gives."""
    pull = {"repository": "octo/shop", "number": number, "title": "Round totals", "author": "ada", "head_sha": SHA}
    check = {
        "name": "contract", "state": "block", "mark": "❌", "word": "block", "title": "p95 is above its limit",
        "mode": "block", "next": "Make checkout faster.", "overridden": None, "page": "https://maestro.example/1",
        "measures": [{"name": "p95", "value": "261 ms", "limit": "250 ms", "interval": "95 % 255 to 266", "n": 1204}],
        "findings": [{"message": "left-pad is gone", "trail": ["shop", "left-pad"], "fix": "remove it"}],
    }  # fmt: skip
    override = {"who": "root", "reason": "known", "at": 1_700_000_000}
    waived = check | {"name": "sbom", "state": "pass", "mark": "✅", "word": "pass", "overridden": override}
    whole = {
        "pull": pull | {"url": "", "head_ref": "cents", "base_ref": "main", "base_sha": SHA, "state": "open"},
        "verdict": "block", "word": "BLOCK", "tone": "bad", "headline": f"1 of 2 checks stops #{number}",
        "why": "checkout p95 is 261 ms", "next": "make it faster", "decided": 1_700_000_000, "decision": 1,
        "short": {"arm": "claude", "eval": "0.82", "cost": "$0.40", "rationale": "small change"},
        "repairing": "attempt 2 of at most 3: impl@medium tries", "spending": "eval 0.82 · $0.40 of $2.00",
        "checks": [check, waived], "notes": ["nothing else"], "commands": [], "log": [],
        "actions": [
            {"verb": "retry", "label": "Retry", "description": "Run what failed again.", "arguments": "",
             "target": f"octo/shop#{number}", "destructive": False, "reason": False, "undoes": False,
             "role": "write", "allowed": True},
        ],
        "viewer": {"login": "ada", "role": "write"}, "csrf": None, "page": None,
    }  # fmt: skip
    return whole | changed


@dataclass
class StandIn:
    """What it says, and what it was asked. `codes`: those that it takes; `tokens`: those that it knows."""

    url: str = ""
    models: dict[int, dict[str, Any]] = field(default_factory=lambda: {7: model(), 8: model(8)})
    codes: set[str] = field(default_factory=lambda: {CODE})
    tokens: set[str] = field(default_factory=set)
    broken: int = 0  # what it answers instead, where that is not 0
    refusing: int = 0  # and to commands alone
    result: str = "done"  # what commands have come to
    posted: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def answer(self, request: web.Request, status: int, body: Any, **headers: str) -> web.Response:
        self.asked.append((request.path, status))
        self.headers.append(request.headers)
        return web.json_response(body, status=status, headers=headers)

    def refused(self, request: web.Request, status: int = 401) -> web.Response | None:
        if self.broken:
            return self.answer(request, self.broken, {"error": "broken"})
        known = request.headers.get("Authorization", "").removeprefix("Bearer ") in self.tokens
        return None if known else self.answer(request, status, {"error": "who are you?"})

    async def pair(self, request: web.Request) -> web.Response:
        code = (await request.json())["code"]
        if code not in self.codes:
            return self.answer(request, 400, {"error": "the code is wrong, or no longer good"})
        self.codes.discard(code)
        self.tokens.add(TOKEN)
        return self.answer(request, 200, {"token": TOKEN, "until": 2_000_000_000, "login": "ada"})

    async def pull(self, request: web.Request) -> web.Response:
        told = self.models.get(int(request.match_info["number"]))
        refused = self.refused(request, 404)
        if refused or told is None:
            return refused or self.answer(request, 404, {"error": "not judged"})
        tag = f'"{hash(json.dumps(told))}"'
        if request.headers.get("If-None-Match") == tag:
            return self.answer(request, 304, None, ETag=tag)
        return self.answer(request, 200, told, ETag=tag)

    async def command(self, request: web.Request) -> web.Response:
        refused = self.refused(request)
        if refused:
            return refused
        self.posted.append(await request.json())
        if self.refusing:
            return self.answer(request, self.refusing, {"error": "not now", "head_sha": "f" * 40})
        return self.answer(request, 202, {"action": "c1", "state": "pending", "follow": "/api/commands/c1"})

    async def followed(self, request: web.Request) -> web.Response:
        done = {"action": "c1", "verb": "retry", "arguments": "", "state": self.result, "said": "Retried 2 checks.",
                "before": "", "after": "", "who": "ada", "asked": 1_700_000_000, "ended": 1_700_000_001}  # fmt: skip
        there = request.match_info["command"] == "c1"
        return self.refused(request) or self.answer(request, 200 if there else 404, done if there else None)

    async def logout(self, request: web.Request) -> web.Response:
        self.tokens.clear()
        return self.answer(request, 200, {})


@asynccontextmanager
async def standing_in() -> AsyncIterator[StandIn]:
    """It, listening."""
    it = StandIn()
    application = web.Application()
    application.add_routes(
        [
            web.post("/api/pair", it.pair),
            web.get(r"/api/pr/octo/shop/{number:\d+}", it.pull),
            web.post("/api/commands", it.command),
            web.get("/api/commands/{command}", it.followed),
            web.post("/logout", it.logout),
        ]
    )
    async with TestServer(application) as server:
        it.url = str(server.make_url("")).rstrip("/")
        yield it
