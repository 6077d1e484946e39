"""A pull request and its pages on a real socket over a real SQLite file, with decisions that the test has made."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from app import record
from app.main.center import reading_of
from app.model import Canary, Cause, KeptCommand, Place, Progress, SpecReport, Surface
from app.pages.browser import ACTING
from app.pages.door import Door
from app.pages.history import History
from app.pages.live import Live
from app.pages.outcomes import Outcomes
from app.pages.pull_json import PullJson
from app.pages.pull_list import PullList
from app.pages.pull_page import PullPages
from app.pages.showing import Showing
from app.pages.visitors import Nobody, Visitor
from app.render.capability import Pages, Subject, of_pull
from app.storage import Stores
from app.store.experiments import Experiments, SentTick
from app.store.speclive import SpecLive
from checks import contract, risk, sbom
from checks.decide import Policy
from checks.experiment import Config, GateConfig
from checks.judge import Case, judge
from checks.model import (
    ChangeFacts,
    CheckConfig,
    Decision,
    Document,
    FileChange,
    Measurement,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
    TestRun,
)
from handlers.commands.roles import suffices
from program.remediation import Remediation
from tests.checks.sbom.bills import document, npm
from tests.pages.looking import Looked, looked_at

HEAD, NEXT, BASE = "a1b2c3d4" * 5, "b2c3d4e5" * 5, "9f8e7d6c" * 5
START = 1_700_000_000.0
CI = "https://ci.example/acme/shop/runs/42"
LEAST = {
    "retry": "write",
    "remediate": "write",
    "remediate stop": "write",
    "rollback": "maintain",
    "override": "admin",
    "help": "read",
}
PULL = Pull(
    "acme/shop",
    7,
    "Faster checkout",
    "octocat",
    HEAD,
    "checkout",
    BASE,
    "main",
    url="https://github.com/acme/shop/pull/7",
)
POST = {"tests": "pass", "perf_p95_ms": {"lt": 250}}


def case(
    pull: Pull = PULL, p95: float = 240.0, names: Sequence[str] = ("perf_p95_ms", "@acme/report", "report-kit")
) -> Case:
    """A change with a contract, a risk and a bill in which one package is denied where `p95` is too large, too.

    `names`: of the figure, of the package that arrives, and of the one that brings it.
    """
    figure, package, bringer = names
    base = document(npm(bringer, "1.0.0", "MIT"), edges={"app": [bringer]})
    denied = "AGPL-3.0-only" if p95 > 250 else "MIT"
    head = document(
        npm(bringer, "1.0.0", "MIT"), npm(package, "2.1.0", denied), edges={"app": [bringer], bringer: [package]}
    )
    snapshot = Snapshot(
        pull,
        change=ChangeFacts((FileChange("checkout.py", 40, 12), FileChange("cart.py", 3, 1))),
        tests=TestFacts((TestRun("unit", "completed", "success", CI, "ci", 1204),)),
        measurements=(Measurement(figure, p95, "ms", (p95 - 4, p95 + 6), 400, "api", CI),),
        contracts=(),
        sboms=(SbomPair("sbom.json", Document("sbom.json", BASE, base), Document("sbom.json", pull.head_sha, head)),),
        day="2026-11-30",
    )
    checks: dict[str, CheckConfig] = {
        "risk": risk.Config(),
        "contract": contract.Config.model_validate({"post": {"tests": "pass", figure: {"lt": 250}}}),
        "sbom": sbom.Config.model_validate({"licenses": {"deny": ["AGPL-3.0-only"]}, "advisories": {"source": "bill"}}),
    }
    return Case(snapshot, Policy(checks, digest="5eed" * 16), None, "1.5.0")


def decided(made: Case) -> Decision:
    decision = judge(made)
    assert decision is not None
    return decision


@dataclass
class Clock:
    """Epoch seconds."""

    at: float = START


class Signed(Nobody):
    """Visitors of whom a cookie says who they are, and whose role is what `roles` says; whoever has one may read."""

    welcome = True

    def __init__(self, roles: dict[str, str]) -> None:
        self.roles = roles
        self.id = 77  # GitHub's, of acme/shop
        self.ids: dict[str, int] = {}  # of people, where a test gives them

    async def known(self, request: web.Request) -> Visitor | None:
        login = request.cookies.get("as", "")
        return Visitor(self.ids.get(login, len(login)), login, False, f"csrf of {login}") if login else None

    async def may_read(self, visitor: Visitor, repository: str, known: int = 0) -> bool:
        return visitor.login in self.roles and repository == "acme/shop" and known in {0, self.id}

    async def repositories(self, visitor: Visitor) -> dict[str, int]:
        return {"acme/shop": self.id} if visitor.login in self.roles else {}

    async def of(self, place: Place, login: str) -> str:
        return self.roles.get(login, "none")


@dataclass
class PullTrial(Looked):
    """The pages' server, what it shows, and whoever decides."""

    clock: Clock
    people: Signed
    pull: Pull = field(default=PULL)

    @property
    def subject(self) -> Subject:
        return of_pull(self.pull.repository, self.pull.number or 0)

    @property
    def api(self) -> str:
        """Where the JSON is."""
        return f"/api{self.path}"

    async def decide(self, made: Case | None = None, reason: str = "pull_request.opened", **more: Any) -> int:
        """A decision of `made`, or of a case that `more` tells of; its id."""
        made = made or case(self.pull, **more)
        decision, pull = decided(made), made.snapshot.pull
        kept = await self.stores.decisions.keep(
            pull.repository,
            pull.number,
            pull.head_sha,
            decision.verdict.value,
            record.write(made, decision),
            Cause(reason),
        )
        assert kept.cause.decision_id is not None
        return kept.cause.decision_id

    async def push(self, sha: str = NEXT) -> None:
        """The pull request moves on."""
        self.pull = replace(self.pull, head_sha=sha)

    async def ask(self, verb: str = "retry", **more: Any) -> KeptCommand:
        """Somebody asks for something in the Center."""
        self.clock.at += 1
        key = f"{self.clock.at:032.0f}"
        facts: dict[str, Any] = {
            "id": key,
            "key": key,
            "repository": "acme/shop",
            "number": 7,
            "head_sha": HEAD,
            "who": "alice",
        }
        said: dict[str, Any] = {"verb": verb, "arguments": "", "surface": Surface.CENTER, "asked": self.clock.at}
        return await self.stores.commands.ask(KeptCommand(**(facts | said | more)))

    async def answer(self, command: KeptCommand, said: str, **more: Any) -> None:
        """The command has its answer."""
        ended = replace(command, state=Progress.DONE, said=said, **more)
        await self.stores.commands.end(ended, Cause(f"command.{command.verb}", command.who, surface=command.surface))

    async def repair(self, one: Remediation) -> Remediation:
        """What is done about its failures stands so."""
        begun = await self.stores.remediations.begin(replace(one, attempts=(), ended=None))
        made = tuple(replace(each, trace=f"{begun.id}-{each.n}") for each in one.attempts)
        return await self.stores.remediations.keep(replace(one, id=begun.id, attempts=made))

    async def guard(self, *told: dict[str, Any]) -> None:
        """Services and their CI tell of Spec Cards."""
        kept = SpecLive(self.stores.main, lambda: int(self.clock.at * 1e6))
        for one in told:
            self.clock.at += 1
            name = f"{one['kind']}-{self.clock.at:.0f}"
            await kept.keep("acme/shop", msgspec.convert(one | {"id": name}, SpecReport), name)

    async def canary(self, environment: str = "canary", metric: str = "errors", ticks: int = 3) -> int:
        """An experiment on the head, with some evidence."""
        rules = Config(environments=(environment,), gate=GateConfig(baseline=0.01, watermark_seconds=15))
        experiments = Experiments(self.stores.main, lambda: int(self.clock.at * 1e6))
        canary = Canary(self.pull.repository, self.pull.head_sha, environment, "main", self.pull.number)
        kept, _ = await experiments.begin(canary, rules, Cause("tests"))
        for _ in range(ticks):
            self.clock.at += 10
            sides = {"control": {"good": 990, "total": 1_000}, "canary": {"good": 990, "total": 1_000}}
            await experiments.feed(kept.id, [SentTick(self.clock.at, {"t": self.clock.at, **sides})])
            self.clock.at += 20
            await experiments.look(kept.id, Cause("tests"))
        return kept.id


@asynccontextmanager
async def pull_trial(directory: Path) -> AsyncIterator[PullTrial]:
    """A server without any decision yet; make one."""
    clock = Clock()
    people = Signed({"alice": "write", "carol": "read"})

    def shows(kept: Stores, pages: Pages) -> tuple[Showing, Sequence[web.RouteDef]]:
        door, news = Door(pages, kept.tokens, people), Live(kept.pull_news.of, kept.pulse, pace=0.02)
        reading = reading_of(kept, pages, lambda: clock.at)
        api = PullJson(reading, door, people, kept.pull_news.of, LEAST, suffices)
        listed = PullList(kept.decisions, people, lambda: time.time() + clock.at - START)
        return Showing(PullPages(reading), door, news, lambda: clock.at, heartbeat=0.2, policy=ACTING), [
            *api.routes(),
            *History(reading, door).routes(),
            *listed.routes(),
            *Outcomes(kept.kpis, kept.decisions, people, lambda: time.time() + clock.at - START).routes(),
        ]

    async with looked_at(directory, shows) as here:
        yield PullTrial(**vars(here), clock=clock, people=people)
