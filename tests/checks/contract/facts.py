"""Small facts for the tests of the contract check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checks.contract import Config, evaluate
from checks.model import (
    ChangeFacts,
    CheckResult,
    ContractText,
    FileChange,
    Measure,
    Measurement,
    Missing,
    Origin,
    Pull,
    Snapshot,
    TestFacts,
    TestRun,
)

HEAD = "a1b2c3d" + "0" * 33
PULL = Pull("octo/shop", 7, "A title", "mona", HEAD, "feature", "b" * 40, "main")
FILE = ".maestro/contracts/speed.json"
GREEN_RUN = TestRun("unit", "completed", "success", "https://ci.example/unit")
FAST = Measurement("p95", 240.0, "ms")
SLOW = Measurement("p95", 261.0, "ms")


def config(post: Mapping[str, Any] | None = None, **fields: Any) -> Config:
    return Config.model_validate({"post": post, **fields} if post is not None else fields)


def written(
    post: Mapping[str, Any], origin: Origin = Origin.BASE, path: str = FILE, id_: str = "speed"
) -> ContractText:
    return ContractText(origin, path, json.dumps({"id": id_, "post": post}))


def snapshot(
    *measurements: Measurement,
    runs: tuple[TestRun, ...] | Missing = (GREEN_RUN,),
    contracts: tuple[ContractText, ...] | Missing | None = (),
    files: tuple[FileChange, ...] = (),
    agent: str = "",
) -> Snapshot:
    return Snapshot(
        PULL,
        agent=agent,
        change=ChangeFacts(files),
        tests=runs if isinstance(runs, Missing) else TestFacts(runs, "check runs"),
        measurements=measurements,
        before=(),
        contracts=contracts,
    )


def judged(post: Mapping[str, Any], *measurements: Measurement, **fields: Any) -> CheckResult:
    """The answer where the configuration demands `post`."""
    return evaluate(snapshot(*measurements), config(post, **fields), {})


def risk(score: float | None) -> dict[str, Measure]:
    return {"risk": Measure("risk", score)}
