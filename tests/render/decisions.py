"""Decisions as the road makes them, for every surface to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.assessed import Risk
from checks.decide import OUTCOMES, overruled, weigh, worst
from checks.model import CheckResult, Decision, Finding, Measure, Mode, Pull, Row, State
from checks.overridden import Overridden

HEAD = "a1b2c3d4" * 5
BASE = "9f8e7d6c" * 5
CI = "https://ci.example/acme/shop/runs/42"


def pull(**changes: Any) -> Pull:
    facts: dict[str, Any] = {
        "repository": "acme/shop",
        "number": 7,
        "title": "Faster checkout",
        "author": "octocat",
        "head_sha": HEAD,
        "head_ref": "checkout",
        "base_sha": BASE,
        "base_ref": "main",
        "url": "https://github.com/acme/shop/pull/7",
    }
    return Pull(**(facts | changes))


def result(name: str, state: State = State.PASS, title: str = "", **more: Any) -> CheckResult:
    return CheckResult(name, state, title or f"{name} is fine", **more)


def row(checked: CheckResult, mode: Mode = Mode.BLOCK) -> Row:
    return weigh(checked, mode)


def decision(*rows: Row, **changes: Any) -> Decision:
    facts: dict[str, Any] = {
        "verdict": worst(row.verdict for row in rows),
        "rows": rows,
        "pull": pull(),
        "risk": Risk(0.4137, ("touches 12 files in 5 directories", "adds 340 lines"), 0.12, 0.63),
        "config_digest": "5eed" * 16,
        "version": "1.5.0",
    }
    return Decision(**(facts | changes))


RISK = row(
    result(
        "risk",
        title="Risk 0.41 (limit 0.65): touches 12 files in 5 directories",
        reasons=("touches 12 files in 5 directories", "adds 340 lines"),
        measures=(
            Measure("score", 0.4137, limit="<= 0.65"),
            Measure("percentile", 63.0, "%", n=21_000),
        ),
    )
)
TESTS = Measure("tests", "pass", limit="pass", n=1204, evidence=CI)
SBOM = row(result("sbom", title="2 components added, 1 removed, none at risk", measures=(Measure("added", 2),)))


def contract(state: State, title: str, *measures: Measure, **more: Any) -> Row:
    return row(result("contract", state, title, measures=measures, **more))


SHIP = decision(
    RISK, SBOM, contract(State.PASS, "2 of 2 postconditions hold", TESTS, Measure("risk", 0.4137, limit="< 0.65"))
)
CONTRACT_BLOCK = decision(
    RISK,
    contract(
        State.BLOCK,
        "`perf_p95_ms` is 261 ms, limit < 250",
        TESTS,
        Measure("perf_p95_ms", 261.0, "ms", "< 250", (255.2, 268.4), 400, "bench/p95.json", State.BLOCK),
        reasons=("perf_p95_ms is 261 ms where the contract `checkout` allows < 250",),
        next_step="Make the checkout faster by 11 ms, or have the contract changed on the base branch.",
    ),
    agent="label agent",
)
AGPL_BLOCK = decision(
    RISK,
    row(
        result(
            "sbom",
            State.BLOCK,
            "`@acme/report` arrives under AGPL-3.0-only, which is denied",
            reasons=("@acme/report 2.1.0 is licensed AGPL-3.0-only (declared)",),
            measures=(Measure("licence_denied", 1, limit="0", evidence="sbom/app.json", state=State.BLOCK),),
            findings=(
                Finding(
                    "licence_denied",
                    "@acme/report 2.1.0 is licensed AGPL-3.0-only",
                    "high",
                    "sbom/app.json",
                    118,
                    purl="pkg:npm/%40acme/report@2.1.0",
                ),
            ),
            next_step="Use a component under another licence, or ask for an exception.",
        )
    ),
    contract(State.PASS, "1 of 1 postcondition holds", TESTS),
)
TESTS_RUNNING = decision(
    RISK,
    contract(
        State.WAIT,
        "2 of 5 check runs have not finished",
        Measure("tests", None, limit="pass", evidence=CI, state=State.WAIT),
        reasons=("unit (ubuntu) is in progress", "unit (windows) is queued"),
    ),
    pull=pull(draft=True),
)
FORK = decision(
    RISK,
    contract(
        State.UNMEASURED,
        "`perf_p95_ms` was measured by the fork alone, which proves nothing",
        TESTS,
        Measure("perf_p95_ms", None, "ms", "< 250", state=State.UNMEASURED),
        reasons=("perf_p95_ms 190 ms comes from a fork's own run: shown, not trusted",),
        next_step="A maintainer runs the benchmark from the base repository.",
    ),
    pull=pull(from_fork=True),
)
OVERRIDE = Overridden("contract", "root", "the load generator was broken all morning, see OPS-12", 1_795_000_000.0)
OVERRIDDEN = decision(
    *(overruled(one, OVERRIDE if one.result.name == "contract" else None) for one in CONTRACT_BLOCK.rows)
)
STORY: Mapping[str, Decision] = {
    "ship": SHIP,
    "contract-block": CONTRACT_BLOCK,
    "agpl-block": AGPL_BLOCK,
    "tests-running-hold": TESTS_RUNNING,
    "fork-hold": FORK,
    "overridden-ship": OVERRIDDEN,
}
STATES = tuple(OUTCOMES)
