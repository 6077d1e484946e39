"""Every key of the configuration as one Markdown table, made from the models by way of their JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.config.model import Checks
from app.config.schema import Schema, branches, schema

BEGIN = "<!-- options: made from the models; `make docs` writes them -->"
END = "<!-- /options -->"
DEPTH = 4  # keys below that are told by the JSON Schema alone


@dataclass(frozen=True, slots=True)
class Option:
    """One key as a reader meets it: dotted, `<name>` for any name and `[]` for the items of a list."""

    key: str
    kind: str
    default: str
    meaning: str


def options(checks: Checks) -> list[Option]:
    """Every key, in the order of the models; a key that can hold a block is followed by that block's keys."""
    return _options(schema(checks))


def _options(whole: Schema) -> list[Option]:
    return list(dict.fromkeys(_keys(whole, whole, "", ())))  # what the branches of a union share is told once


def reference(whole: Schema) -> str:
    """Every key that the JSON Schema `whole` knows, as a table."""
    rows = [f"| `{each.key}` | {each.kind} | {each.default} | {each.meaning} |" for each in _options(whole)]
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows])


def renew(page: str, whole: Schema) -> str:
    """`page` with the table between its two markers made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference(whole)}\n\n{END}{after}"


def _keys(whole: Schema, block: Schema, prefix: str, above: tuple[frozenset[str], ...]) -> Iterator[Option]:
    properties = block.get("properties", {})
    for name, part in properties.items():
        first = next(branches(whole, part), {})
        meaning = part.get("description") or first.get("description", "")
        default = _default(part, required=name in block.get("required", ()))
        yield Option(f"{prefix}{name}", _kind(whole, part), default, _cell(meaning.partition("\n\n")[0]))
        yield from _inside(whole, part, f"{prefix}{name}", (*above, frozenset(properties)))


def _inside(whole: Schema, part: Schema | bool | None, key: str, above: tuple[frozenset[str], ...]) -> Iterator[Option]:
    if len(above) >= DEPTH:
        return
    for branch in branches(whole, part):
        if frozenset(branch.get("properties", ())) not in above:  # a block that holds its like is told once
            yield from _keys(whole, branch, f"{key}.", above)
            yield from _inside(whole, branch.get("items"), f"{key}[]", above)
            yield from _inside(whole, branch.get("additionalProperties"), f"{key}.<name>", above)


def _kind(whole: Schema, part: Schema | bool | None) -> str:
    kinds = [kind for branch in branches(whole, part) for kind in _kinds(whole, branch)]
    return " or ".join(dict.fromkeys(kind for kind in kinds if kind))


def _kinds(whole: Schema, branch: Schema) -> list[str]:
    words = branch.get("enum", [branch["const"]] if "const" in branch else [])
    if words:
        return [", ".join(_code(word) for word in words)]
    types = branch.get("type", "anything")
    return [_kind_of(whole, branch, kind) for kind in ([types] if isinstance(types, str) else types)]


def _kind_of(whole: Schema, branch: Schema, kind: str) -> str:
    if kind == "array":
        items = branch.get("items", branch.get("prefixItems", [True])[0])
        return f"list of {_kind(whole, items) or 'anything'}"
    if kind == "object" and "properties" not in branch:
        values = _kind(whole, branch.get("additionalProperties"))
        return f"block of names, each {values}" if values else "block"
    return _KINDS.get(kind, kind) + _range(branch)


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true`, `false`",
    "object": "block",
    "null": "",
}
_BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


def _range(branch: Schema) -> str:
    return "".join(f" {sign} {branch[bound]:g}" for bound, sign in _BOUNDS.items() if bound in branch)


def _default(part: Schema, *, required: bool) -> str:
    if required:
        return "required"
    value = part.get("default")
    return "" if value is None or isinstance(value, Mapping) else _code(value)


def _code(value: Any) -> str:
    return f"`{_cell(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
