"""The story of `maestro demo`: one repository, five of its six pull requests, and what should become of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from app.github.sandbox import Repo, Sandbox
from app.main import System
from checks.model import Verdict

REPOSITORY = "octo/shop"
RULES = """\
version: 1
agents: {labels: [agent], authors: ["*[bot]"], branches: ["agent/*"]}
contract:
  mode: block
  post: {tests: pass, perf_p95_ms: {lt: 250}, risk: {lt: 0.65}}
  units: {perf_p95_ms: ms}
sbom:
  mode: block
  paths: ["sbom/*.json"]
  severity: high
  licenses: {deny: [AGPL-3.0-only, GPL-3.0-only]}
arms:
  workflow: agent.yml
  ladder:
    - {name: impl@small, model: small-1, cost_usd: 0.08}
    - {name: impl@large, model: large-1, cost_usd: 2.5}
remediation: {mode: ask}
escalate: {workflow: tests-high.yml, inputs: {mode: high}}
"""
AGENT, TESTS = "agent.yml", "tests-high.yml"
_DISPATCHED = "run-name: ${{ inputs.maestro_id }}\non: {workflow_dispatch: {}}\njobs: {}\n"
_CART = "def total(items):\n    return sum(item.price for item in items)\n"
_KNOWN = (("flask", "3.0.3", "BSD-3-Clause"), ("requests", "2.32.3", "Apache-2.0"))
_COPYLEFT = ("ghostscript-render", "1.4.0", "AGPL-3.0-only")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One pull request: what happens in it, and the verdict it should get."""

    number: int
    title: str
    told: str
    verdict: Verdict


async def tell(github: Sandbox, maestro: System, address: str) -> tuple[Shop, list[Chapter]]:
    """Open the six pull requests, and let CI report on each what the story says."""
    repo = github.repository(
        REPOSITORY,
        {
            ".github/maestro.yml": RULES,
            **{f".github/workflows/{name}": _DISPATCHED for name in (AGENT, TESTS)},
            "shop/cart.py": _CART,
            "sbom/shop.cdx.json": bill(*_KNOWN),
        },
        collaborators={"alice": "admin", "bob": "write", "carol": "read"},
    )
    github.world.account("mallory")  # a stranger, whom one may be as well
    shop = Shop(repo, address, await maestro.stores.tokens.issue(REPOSITORY))
    return shop, [await chapter(shop) for chapter in (_clean, _slow, _copyleft, _running, _fork)]


@dataclass(frozen=True, slots=True)
class Shop:
    """The repository with its continuous integration, which reports tests and sends what it measured."""

    repo: Repo
    maestro: str  # its address
    token: str

    async def measured(self, sha: str, p95: float, n: int, **others: float) -> None:
        """Send the latency of this head, and `others` by their names, over real HTTP."""
        figures = {"perf_p95_ms": {"value": p95, "unit": "ms", "n": n}, **others}
        await self._sent("measurements", {"sha": sha, "measurements": figures})

    async def used(self, sha: str, trace: str, usd: float) -> None:
        """Say what the attempt of that name, which made this head, cost: six of ten tokens came from a cache."""
        tokens = {"tokens": 50_000, "cached_tokens": 30_000}
        await self._sent("usage", {"sha": sha, "report": "agent", "trace": trace, "usd": usd, **tokens})

    async def green(self, sha: str, p95: float = 212.0, **others: float) -> None:
        """All tests pass, and the latency is this."""
        self.repo.report_check(sha, "unit tests")
        await self.measured(sha, p95, 4000, **others)

    async def _sent(self, what: str, body: Mapping[str, object]) -> None:
        headers, url = {"Authorization": f"Bearer {self.token}"}, f"{self.maestro}/api/{what}"
        async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=body) as answer:
            answer.raise_for_status()


async def _clean(shop: Shop) -> Chapter:
    title = "Round totals to cents"
    sha = shop.repo.commit(
        "round", {"shop/cart.py": _CART.replace("return ", "return round(") + ", 2)\n"}, message=title
    )
    number = shop.repo.open_pull(title, "round", author="alice")
    await shop.green(sha)
    return Chapter(number, title, "Tests pass, 212 ms, small: nothing stands in the way.", Verdict.SHIP)


async def _slow(shop: Shop) -> Chapter:
    title = "Recompute discounts on every view"
    sha = shop.repo.commit(
        "agent/discounts",
        {"shop/discounts.py": "def discounts(): ...\n"},
        message=f"{title}\n\nMaestro-Arm: impl@small",
        author="bob",
    )
    number = shop.repo.open_pull(title, "agent/discounts", author="bob")
    await shop.green(sha, p95=261.0, eval_score=0.71, cost_usd=0.06)
    return Chapter(number, title, "An agent's change; its p95 is over the contract's limit.", Verdict.BLOCK)


async def _copyleft(shop: Shop) -> Chapter:
    title = "Render invoices as PDF"
    sha = shop.repo.commit("pdf", {"sbom/shop.cdx.json": bill(*_KNOWN, _COPYLEFT)}, message=title)
    number = shop.repo.open_pull(title, "pdf", author="alice")
    await shop.green(sha)
    return Chapter(number, title, "Brings a package under AGPL-3.0-only, which the rules deny.", Verdict.BLOCK)


async def _running(shop: Shop) -> Chapter:
    title = "Cache the catalogue"
    sha = shop.repo.commit("cache", {"shop/cache.py": "CACHE = {}\n"}, message=title)
    shop.repo.report_check(sha, "unit tests")
    shop.repo.report_check(sha, "browser tests", status="in_progress", conclusion=None)
    number = shop.repo.open_pull(title, "cache", author="alice")
    await shop.measured(sha, 204.0, 4000)
    return Chapter(number, title, "Its browser tests still run: waiting is never red.", Verdict.HOLD)


async def _fork(shop: Shop) -> Chapter:
    title = "Speed up search"
    fork = shop.repo.fork("mallory")
    sha = fork.commit("search", {"shop/search.py": "def search(): ...\n"}, message=title, author="mallory")
    own_word = {"maestro-metrics": {"maestro-metrics.json": b'{"perf_p95_ms": {"value": 9, "unit": "ms"}}'}}
    shop.repo.workflow_run(sha, "bench", artifacts=own_word, head=fork, actor="mallory")
    number = shop.repo.open_pull(title, "mallory:search", author="mallory")
    shop.repo.report_check(sha, "unit tests")
    return Chapter(number, title, "A fork's own run claims 9 ms: shown, and trusted for nothing.", Verdict.HOLD)


def bill(*packages: tuple[str, str, str]) -> str:
    """A CycloneDX 1.6 bill of (name, version, licence) packages."""
    components = [
        {
            "type": "library",
            "bom-ref": name,
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"id": licence}}],
        }
        for name, version, licence in packages
    ]
    root = {"type": "application", "bom-ref": "shop", "name": "shop", "version": "1.0.0"}
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": root},
            "components": components,
            "dependencies": [{"ref": "shop", "dependsOn": [name for name, _, _ in packages]}],
        },
        indent=1,
    )
