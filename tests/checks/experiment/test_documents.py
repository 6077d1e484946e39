"""The examples of the two pages are true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.experiment import GateConfig, read_tick
from checks.shadow import parse

ROOT = Path(__file__).parents[3]


def block(page: str, language: str) -> str:
    """The first fenced block in `language` of a page of docs/checks."""
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "docs/checks" / page).read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def objects(text: str) -> list[Any]:
    """JSON values one after another."""
    decoder, values, text = json.JSONDecoder(), [], text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].strip()
    return values


def test_the_rules_shown_are_the_defaults() -> None:
    shown = yaml.safe_load(block("experiment.md", "yaml"))
    metrics = shown.pop("metrics")
    assert GateConfig(**shown) == GateConfig(baseline=0.01)
    assert [design.name for design in GateConfig(**shown, metrics=metrics).designs] == ["errors", "p95", "cost"]
    assert set(shown) | {"metrics"} == set(GateConfig.model_fields)


@pytest.mark.parametrize(("at", "metrics"), [(0, []), (1, ["errors", "p95", "cost"])])
def test_the_ticks_shown_are_read_without_a_flaw(at: int, metrics: list[str]) -> None:
    rules = yaml.safe_load(block("experiment.md", "yaml"))
    config = GateConfig(**{**rules, "metrics": [one for one in rules["metrics"] if one["name"] in metrics]})
    tick, flaws = read_tick(objects(block("experiment.md", "json"))[at], config)
    assert flaws == ()
    assert all(side is not None for pair in tick.pairs for side in pair)


def test_the_triple_shown_is_read() -> None:
    assert parse(json.dumps(objects(block("shadow.md", "json"))[0])).route == "GET /orders/{id}"
