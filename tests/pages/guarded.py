"""Reports of Spec Cards, as a service and its CI send them, and what stands behind the API."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientResponse

from app.gather.guards import NOTHING
from app.model import SpecReport
from app.pages.sent_spec import KEY, SIGNATURE, TIMESTAMP, signature

SHA = "a" * 40
Body = dict[str, Any] | bytes
TRACE = "00-" + "4b" * 16 + "-" + "00f0" * 4 + "-01"


class NothingWatched:
    """No module of the drift watch is called as a service."""

    async def take(self, repository: str, report: SpecReport) -> None: ...


class NoGuards:
    """The rules say nothing of guards."""

    async def of(self, repository: str) -> Mapping[str, Any]:
        return NOTHING


def target(**other: Any) -> dict[str, Any]:
    """The endpoint of the example."""
    return {
        "name": "POST /pay",
        "handler": "shop.pay:pay",
        "critical": True,
        "path": "shop/pay.py",
        "line": 12,
        "clauses": ["pay.balance#t1"],
        "calls": 10,
        "guarded": 9,
    } | other


def clause(**other: Any) -> dict[str, Any]:
    """What its card demands."""
    return {
        "id": "pay.balance#t1",
        "card": "pay.balance",
        "part": "then",
        "target": "POST /pay",
        "digest": "0123456789ab",
        "text": "the balance drops by the amount",
        "path": "specs/pay.feature",
        "line": 11,
        "mode": "observe",
        "critical": True,
        "evaluated": 9,
        "violated": 0,
        "errors": 0,
    } | other


def exemplar(**other: Any) -> dict[str, Any]:
    """One violation."""
    return {
        "clause": "pay.balance#t1",
        "at": 1_700_000_000.0,
        "traceparent": TRACE,
        "code": "shop/pay.py#L12",
        "inputs": {"amount": 5, "ctx": "dict"},
        "result": {"balance": 7},
    } | other


def report(sha: str = SHA, now: float = 1_700_000_000.0, **other: Any) -> dict[str, Any]:
    """Of one window of one process that ends at `now`."""
    return {
        "version": 1,
        "kind": "live",
        "id": "report-0001",
        "service": "shop",
        "environment": "production",
        "side": "",
        "sha": sha,
        "start": now - 10,
        "end": now,
        "targets": [target()],
        "clauses": [clause()],
        "exemplars": [],
    } | other


def static(sha: str = SHA, **other: Any) -> dict[str, Any]:
    """What CI can tell without a call."""
    told = {
        "targets": [target(calls=0, guarded=0)],
        "clauses": [clause(evaluated=0)],
        "mutants": {
            "made": 10,
            "killed": 7,
            "survivors": [{"target": "POST /pay", "mutant": "None", "clauses": []}] * 3,
        },
        "tests": {"pay.balance": ["tests/test_pay.py::test_it_drops"]},
    }
    return report(sha, kind="static", id="static-0001", environment="tests") | told | other


def violated(times: int = 1, **other: Any) -> dict[str, Any]:
    """A report with `times` violations and an example."""
    return report(clauses=[clause(violated=times)], exemplars=[exemplar()]) | other


def sent(
    body: dict[str, Any] | bytes, token: str, stamp: float, key: str | None = None
) -> tuple[bytes, dict[str, str]]:
    """The body and the headers as the client makes them."""
    plain = body if isinstance(body, bytes) else json.dumps(body).encode()
    packed = gzip.compress(plain)
    name = key if key is not None else ("" if isinstance(body, bytes) else str(body["id"]))
    said = signature(token, f"{int(stamp)}.{name}.".encode() + packed)
    headers = {"Content-Encoding": "gzip", KEY: name, TIMESTAMP: str(int(stamp)), SIGNATURE: said}
    return packed, headers


async def tell(pages: Any, body: Body, token: str, stamp: float, **changed: str) -> ClientResponse:
    """Send a report; `changed`: headers, with `_` for `-`."""
    packed, headers = sent(body, token, stamp)
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    answer: ClientResponse = await pages.post("/api/speclive/reports", packed, token, **headers)
    return answer
