"""Pull request 7 with a package that is to be mended, and a clock: what the tests of repairs begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.model import Fix, Kind, Proposal, Trigger
from app.render.fix import FixRenderer
from checks.decide import Policy
from checks.judge import Case
from checks.model import ChangeFacts, FileChange, Snapshot
from checks.sbom.rules.policy import Config
from handlers.mending import Mending
from handlers.repair import Repairs
from tests.checks.sbom.supply import HEAD, advisory, bill, package_json, snapshot
from tests.handlers.hub import Hub

NOW = 1_800_000_000.0
PUBLISHED = 1_795_910_400.0  # 2026-11-29T00:00:00Z
NEXT = "5e" * 20
PULL = 7
LEFT = {"left-pad": "1.0.0"}
QS = advisory("qs", "6.5.3", introduced="6.0.0")


def facts(
    after: Mapping[str, str], records: Sequence[str] = (QS,), head: str = HEAD, before: Mapping[str, str] = LEFT
) -> Snapshot:
    """Pull request 7 with these packages, each declared as it is."""
    found = snapshot(bill(before), bill(after), records, {"package.json": package_json(after)})
    pull = replace(found.pull, number=PULL, head_sha=head)
    change = ChangeFacts((FileChange("package.json", 1, 0),))
    return replace(found, pull=pull, change=change)


def case(snapshot: Snapshot, **config: Any) -> Case:
    return Case(snapshot, Policy({"sbom": Config.model_validate(config)}), None, "test")


def shown(hub: Hub, told: Case) -> None:
    """The pull request has the head of `told`, and that was evaluated."""
    hub.cases[PULL] = told
    hub.heads[PULL] = Proposal(True, False, told.snapshot.pull.head_sha)


class Clock:
    def __init__(self) -> None:
        self.now = NOW
        self.measured: list[float] = []

    def repairs(self, hub: Hub) -> Repairs:
        mending = Mending(hub, hub, hub, FixRenderer(), lambda: self.now, self.measured.append)
        return Repairs(hub, hub, hub, hub, mending)


async def run(hub: Hub, clock: Clock, number: int | None = PULL, **more: Any) -> tuple[Trigger, ...]:
    return (await clock.repairs(hub)(Trigger(Kind.REPAIR, "octo/shop", 1, number, **more))).then


def only(hub: Hub) -> Fix:
    (fix,) = hub.rows.values()
    return fix


BAD, GOOD = {**LEFT, "qs": "6.5.1"}, {**LEFT, "qs": "6.5.3"}
