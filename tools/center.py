"""A made-up pull request of an agent and its page, as somebody who is signed in sees it: for pictures."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from app import record
from app.commands.running import listening
from app.main.center import reading_of
from app.model import Cause, KeptCommand, Place, Progress, Surface
from app.pages.browser import ACTING
from app.pages.door import Door
from app.pages.live import Live
from app.pages.pull_json import PullJson
from app.pages.pull_list import PullList
from app.pages.pull_page import PullPages
from app.pages.pull_reading import Reading
from app.pages.showing import Showing
from app.pages.visitors import Nobody, Visitor
from app.render.capability import Pages, derived, of_pull
from app.storage import Stores, stores
from app.store.commands import Commands
from app.store.experiments import Experiments, SentTick
from checks import contract, experiment, risk, sbom
from checks.decide import Policy
from checks.dispatching import Dispatching
from checks.experiment import Config, GateConfig
from checks.held import Experiment
from checks.judge import Case, judge
from checks.model import (
    ChangeFacts,
    CheckConfig,
    Document,
    FileChange,
    Measurement,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
    TestRun,
)
from handlers.commands import VERBS
from handlers.commands.roles import suffices
from tools.experiment import CANARY, GATE, START, application, ticks

NOON = START + 1_400.0  # epoch seconds
CI = "https://ci.example/octo/shop/runs/42"
PULL = Pull(
    "octo/shop",
    7,
    "Render invoices as PDF",
    "invoice-agent",
    CANARY.sha,
    "agent/invoices",
    "9f8e7d6c" * 5,
    "main",
    url="https://github.com/octo/shop/pull/7",
)
REPORTED = (
    Measurement("eval_score", 0.91, "", (0.88, 0.94), 200, "api", CI),
    Measurement("cost_usd", 0.42),
    Measurement("rationale", "Uses the report library that the catalogue uses already; falls back to HTML."),
)


class Somebody(Nobody):
    """Alice, who may write."""

    welcome = True

    async def known(self, request: web.Request) -> Visitor | None:
        """Her request."""
        del request
        return Visitor(1, "alice", False, "a token")

    async def may_read(self, visitor: Visitor, repository: str, known: int = 0) -> bool:
        """She may."""
        del visitor, repository, known
        return True

    async def repositories(self, visitor: Visitor) -> dict[str, int]:
        """What there is."""
        del visitor
        return {"octo/shop": 1}

    async def of(self, place: Place, login: str) -> str:
        """Her role."""
        del place, login
        return "admin"


@asynccontextmanager
async def served(others: int = 0) -> AsyncIterator[str]:
    """The address of its page. `others`: how many pull requests are open beside it."""
    with tempfile.TemporaryDirectory(prefix="maestro-center-") as directory:
        async with stores(f"sqlite:///{Path(directory) / 'maestro.db'}") as kept:
            held = await _told(kept)
            for number in range(8, 8 + others):
                await _decided(kept, case(held, number))
            opening, alice, seen = Pages("", derived("an example")), Somebody(), kept.reading
            door, reading = Door(opening, seen.tokens, alice), _reading(seen, opening)
            news = Live(seen.pull_news.of, seen.pulse)
            shown = Showing(PullPages(reading), door, news, lambda: NOON, policy=ACTING)
            least = {verb.name: verb.role for verb in VERBS}
            beside = PullJson(reading, door, alice, seen.pull_news.of, least, suffices).routes()
            beside += PullList(seen.decisions, alice, lambda: NOON).routes()
            whole = application(shown)
            whole.add_routes(beside)
            async with listening(whole, "127.0.0.1", 0, 1.0) as root:
                yield Pages(root, opening.key).address(of_pull("octo/shop", 7))


def _reading(kept: Stores, opening: Pages) -> Reading:
    return reading_of(kept, opening, lambda: NOON)


async def _told(kept: Stores) -> Experiment:
    """A decision that blocks, a canary on its way, and somebody who asked for something."""
    await kept.measurements.keep("octo/shop", PULL.head_sha, REPORTED)
    held = await _canary(kept)
    await _decided(kept, case(held))
    commands = Commands(kept.main, lambda: int((NOON - 290) * 1e6))
    told = ("1" * 32, "one", "octo/shop", 7, PULL.head_sha, "escalate", "", "alice", Surface.CENTER, NOON - 300)
    asked = await commands.ask(KeptCommand(*told))
    said = "the tests of `heavy.yml` run on `c0ffee1`"
    await commands.end(replace(asked, state=Progress.DONE, said=said), Cause("command.escalate", "alice", "write"))
    return held


async def _decided(kept: Stores, made: Case) -> None:
    decision, pull = judge(made), made.snapshot.pull
    assert decision is not None, "it has rules"
    verdict, written = decision.verdict.value, record.write(made, decision)
    await kept.decisions.keep(pull.repository, pull.number, pull.head_sha, verdict, written, Cause("check_suite"))


async def _canary(kept: Stores) -> Experiment:
    """What is known of the canary, for the check."""
    clock = [START]
    experiments = Experiments(kept.main, lambda: int(clock[0] * 1e6))
    rules = Config(environments=("canary",), gate=GateConfig.model_validate(GATE))
    key = (await experiments.begin(CANARY, rules, Cause("experiment.begin")))[0].id
    for sent in ticks(44):
        clock[0] = sent["t"] + 31
        await experiments.feed(key, [SentTick(sent["t"], sent)])
        await experiments.look(key, Cause("experiment.look"))
    (found,) = await experiments.of("octo/shop", CANARY.sha)
    return Experiment(found.id, "canary", rules.judged_by.model_dump_json(), found.state)


def case(held: Experiment, number: int = 7) -> Case:
    """What the decision is made of."""
    base, head = (Document("sbom.json", sha, _bill(*names)) for sha, names in _BILLS.items())
    snapshot = Snapshot(
        replace(PULL, number=number),
        change=ChangeFacts((FileChange("billing/pdf.py", 180, 22), FileChange("billing/api.py", 24, 9))),
        tests=TestFacts((TestRun("unit", "completed", "success", CI, "ci", 1204),)),
        measurements=(Measurement("perf_p95_ms", 241.0, "ms", (233.0, 247.0), 400, "api", CI),),
        contracts=(),
        sboms=(SbomPair("sbom.json", base, head),),
        experiments=(held,),
        dispatching=Dispatching("careful", 0.5, next_arm="thorough"),
        day="2026-09-21",
    )
    checks: dict[str, CheckConfig] = {
        "risk": risk.Config(),
        "contract": contract.Config.model_validate({"post": {"tests": "pass", "perf_p95_ms": {"lt": 250}}}),
        "sbom": sbom.Config.model_validate({"licenses": {"deny": ["AGPL-3.0-only"]}, "advisories": {"source": "bill"}}),
        "experiment": experiment.Config(environments=("canary",), gate=GateConfig.model_validate(GATE)),
    }
    return Case(snapshot, Policy(checks, agent="label agent", digest="5eed" * 16), None, "1.6.0")


_MIT, _AGPL = "MIT", "AGPL-3.0-only"
_BILLS = {PULL.base_sha: (("report-kit", _MIT),), PULL.head_sha: (("report-kit", _MIT), ("pdf-engine", _AGPL))}


def _bill(*packages: tuple[str, str]) -> str:
    """A CycloneDX document in which each package brings the next."""
    names = ["app", *(name for name, _ in packages)]
    components: list[dict[str, Any]] = [
        {
            "type": "library",
            "name": name,
            "version": "2.1.0",
            "bom-ref": name,
            "purl": f"pkg:npm/{name}@2.1.0",
            "licenses": [{"license": {"name": licence}}],
        }
        for name, licence in packages
    ]
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
            "components": components,
            "dependencies": [{"ref": name, "dependsOn": names[at : at + 1]} for at, name in enumerate(names, 1)],
        }
    )
