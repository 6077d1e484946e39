"""The format as JSON Schema (draft 2020-12), made from the models: for editors, and to explain errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.config.model import Checks, document

ID = "/schema/maestro.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXAMPLES: tuple[Mapping[str, Any], ...] = (
    {"version": 1},
    {
        "version": 1,
        "extends": "acme/policies",
        "card": {"mode": "on-change"},
        "agents": {"branches": ["agent/*"]},
    },
)

Schema = Mapping[str, Any]


def schema(checks: Checks) -> dict[str, Any]:
    """The JSON Schema of `.github/maestro.yml`. What it accepts may still fail a check's rule across keys."""
    made = document(checks).model_json_schema()
    for block in made["properties"].values():
        if block.get("default", ...) is None:
            del block["default"]  # an absent block is absent, not null
    head = {"$schema": _DIALECT, "$id": ID, **made, "title": "Maestro Conductor configuration"}
    return {**head, "examples": [dict(example) for example in _EXAMPLES]}


def at(whole: Schema, path: Sequence[str | int]) -> list[Schema]:
    """Every branch of `whole` that may describe the value at `path`, references and unions opened."""
    found = list(branches(whole, whole))
    for part in path:
        found = [branch for parent in found for branch in branches(whole, _below(parent, part))]
    return found


def branches(whole: Schema, part: Schema | bool | None) -> Iterator[Schema]:
    """What `part` may stand for: itself, or what its reference or union names; nothing, if it is no schema.

    What is said beside a reference or a union holds for each branch.
    """
    if not isinstance(part, Mapping):
        return
    if "$ref" in part:
        target = whole["$defs"][part["$ref"].rpartition("/")[2]]
        yield from branches(whole, target | _without(part, "$ref"))
    elif union := part.get("anyOf") or part.get("oneOf"):
        for branch in union:
            yield from branches(whole, _without(part, "anyOf", "oneOf") | branch)
    else:
        yield part


def _below(parent: Schema, part: str | int) -> Schema | bool | None:
    below: Schema | bool | None
    if isinstance(part, int):
        below = parent.get("items")
    else:
        below = parent.get("properties", {}).get(part, parent.get("additionalProperties"))
    return below


def _without(part: Schema, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in keys}
