"""The JSON Schema says what the reader says."""

import copy
import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import Config, parse, schema
from app.config.model import RESERVED_BLOCKS

from .registry import CHECKS

SCHEMA = schema(CHECKS)
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def both(value: object) -> tuple[bool, bool]:
    return isinstance(parse(json.dumps(value), checks=CHECKS), Config), VALIDATOR.is_valid(value)


def test_it_is_a_draft_2020_12_schema_with_an_address() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "/schema/maestro.json"
    assert jsonschema_rs.meta.is_valid(SCHEMA)
    json.dumps(SCHEMA)


def test_every_key_is_titled_and_described() -> None:
    blocks = [SCHEMA, *(block for block in SCHEMA["$defs"].values() if "properties" in block)]
    for block in blocks:
        for name, key in block["properties"].items():
            described = {**SCHEMA["$defs"].get(key.get("$ref", "").rpartition("/")[2], {}), **key}
            assert described.get("title"), name
            assert described.get("description"), name


def test_every_name_of_the_format_is_there_once() -> None:
    common = {"version", "extends", "card", "agents", "commands", "arms", "escalate", "rollback", "remediation"}
    assert set(SCHEMA["properties"]) == common | {"sbom", "contract"} | set(RESERVED_BLOCKS)


@pytest.mark.parametrize("example", SCHEMA["examples"])
def test_its_own_examples_are_configurations(example: object) -> None:
    assert both(example) == (True, True)


WHOLE: dict[str, Any] = {
    "version": 1,
    "extends": "acme/policies:web.yml",
    "card": {"mode": "on-change"},
    "agents": {"labels": ["agent"], "authors": ["*[bot]"], "branches": []},
    "commands": {"enabled": False},
    "sbom": {"mode": "warn", "paths": ["a.json"], "severity": "low", "licenses": {"deny": ["MIT"]}},
    "contract": {
        "post": {"tests": "pass", "p95": {"lt": 250}, "q": {"between": [1, 2.5]}, "r": 3},
        "retries": 2,
    },
    "program": {"goals": ["speed"]},
}


def test_a_configuration_of_every_block_pleases_both() -> None:
    assert both(WHOLE) == (True, True)


@pytest.mark.parametrize("version", [True, False, 2, 0, "1", None, [1]])
def test_another_version_pleases_neither(version: object) -> None:
    assert both({"version": version}) == (False, False)


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in `value`, the root left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, part in inside for path in [(*above, key), *paths(part, (*above, key))]]


WORDS = [
    "block",
    "off",
    "high",
    "pass",
    "always",
    "",
    "acme/x",
    "acme/..",
    "/x",
    "a b/c",
    "x" * 40 + "/y",
    "2026-01-01",
]
LEAVES = st.none() | st.booleans() | st.integers(-2, 7) | st.floats(-3, 3) | st.sampled_from(WORDS)
KEYS = st.sampled_from(["mode", "lt", "between", "labels", "deny", "severity", "x", "version", "post"])
PARTS = st.recursive(LEAVES, lambda p: st.lists(p, max_size=3) | st.dictionaries(KEYS, p, max_size=3), max_leaves=5)


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """The whole configuration with one to three of its values replaced, removed or joined by another key."""
    value = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(paths(value)))
        block: Any = value
        for key in above:
            block = block[key]
        match draw(st.sampled_from(["replace", "remove", "join"])):
            case "replace":
                block[last] = draw(PARTS)
            case "remove":
                del block[last]
            case "join" if isinstance(block, dict):
                block[draw(KEYS)] = draw(PARTS)
        if not value:
            return value
    return value


def descends(value: Any) -> bool:
    """The one rule across keys that the registry of these tests has, and that no schema can tell."""
    post = value.get("contract", {}).get("post", {}) if isinstance(value.get("contract", {}), dict) else {}
    bounds = [p.get("between") for p in post.values() if isinstance(p, dict)] if isinstance(post, dict) else []
    return any(
        isinstance(b, list) and len(b) == 2 and all(isinstance(x, int | float) for x in b) and b[0] > b[1]
        for b in bounds
    )


@settings(max_examples=300, deadline=None)
@given(mutants())
@pytest.mark.slow
def test_whatever_the_reader_accepts_the_schema_accepts_and_the_other_way_round(value: Any) -> None:
    read, by_schema = both(value)
    if descends(value):
        assert not read
    else:
        assert read == by_schema
