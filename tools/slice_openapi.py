"""Cut GitHub's OpenAPI 3.0 description down to the requests of the operations that we call.

    npm pack @octokit/openapi@23.0.2
    tar xzf octokit-openapi-23.0.2.tgz package/package.json package/generated/api.github.com.json
    python tools/slice_openapi.py package/generated/api.github.com.json app/github/sandbox/operations.json

The operations stand in operations.txt. What stays of each: names, types and limits of path, query and body as
JSON Schema 2020-12, and the documented statuses. What goes: all prose and the shape of answers. `nullable`
becomes a null type, references are written out, and an object that lists properties without allowing others
allows no others. A keyword this script does not know stops it: a limit must never get lost in silence.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

OPERATIONS = Path(__file__).with_name("operations.txt")

DROPPED = frozenset({"description", "title", "summary", "example", "examples", "default", "deprecated"})
KEPT = frozenset(
    {"type", "enum", "format", "required", "pattern", "minLength", "maxLength", "minimum", "maximum"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
)
ALTERNATIVES = frozenset({"oneOf", "anyOf", "allOf"})
STRUCTURE = frozenset({"properties", "items", "additionalProperties", "nullable"})


class UnknownKeywordError(ValueError):
    """The description uses a schema keyword that this script cannot carry over."""


class UnknownOperationError(KeyError):
    """operations.txt names an operation that the description does not have."""


def called(table: str) -> Iterator[tuple[str, str]]:
    """The (method, path template) pairs of the table, without its comments."""
    for line in table.splitlines():
        if line.strip() and not line.startswith("#"):
            method, path = line.split()
            yield method, path


def slice_description(description: Json, package: Mapping[str, str], table: str) -> Json:
    """The slice as it is stored: where it comes from, then one record an operation, in the table's order."""
    return {
        "source": {
            "package": package["name"],
            "version": package["version"],
            "file": "generated/api.github.com.json",
            "licence": package["license"],
            "copyright": "Copyright (c) 2020 Octokit contributors",
            "note": "Names, types and limits only, cut out by tools/slice_openapi.py; not edited by hand.",
        },
        "operations": [_operation(description, method, path) for method, path in called(table)],
    }


def _operation(description: Json, method: str, path: str) -> Json:
    try:
        found = description["paths"][path][method.lower()]
    except KeyError:
        raise UnknownOperationError(f"{method} {path}") from None
    parameters = [_resolve(description, parameter) for parameter in found.get("parameters", [])]
    body = _resolve(description, found.get("requestBody", {}))
    content = body.get("content", {}).get("application/json")
    return {
        "id": found["operationId"],
        "method": method,
        "path": path,
        "segments": sorted(parameter["name"] for parameter in parameters if _holds_slashes(parameter)),
        "in_path": _parameters(description, parameters, "path"),
        "in_query": _parameters(description, parameters, "query"),
        "body": convert(description, content["schema"]) if content else None,
        "body_required": bool(content and body.get("required")),
        "statuses": sorted(int(status) for status in found["responses"]),
    }


def _holds_slashes(parameter: Json) -> bool:
    """GitHub marks most of them; the dependency graph's `basehead` holds refs too and lacks the mark."""
    return bool(parameter.get("x-multi-segment")) or parameter["name"] == "basehead"


def _parameters(description: Json, parameters: list[Json], place: str) -> Json:
    here = [parameter for parameter in parameters if parameter["in"] == place]
    return {
        "type": "object",
        "properties": {parameter["name"]: convert(description, parameter["schema"]) for parameter in here},
        "required": sorted(parameter["name"] for parameter in here if parameter.get("required")),
        "additionalProperties": False,
    }


def _resolve(description: Json, node: Json) -> Json:
    while "$ref" in node:
        target: Any = description
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


def convert(description: Json, schema: Json) -> Json:
    """One OpenAPI 3.0 schema as closed JSON Schema 2020-12.

    Raises UnknownKeywordError; RecursionError for a schema that contains itself (none of ours does).
    """
    schema = _resolve(description, schema)
    converted: Json = {}
    for keyword, value in schema.items():
        if keyword in KEPT:
            converted[keyword] = value
        elif keyword in ALTERNATIVES:
            ways = [convert(description, one) for one in value]
            converted |= ways[0] if len(ways) == 1 else {keyword: ways}  # what has one way has no alternative
        elif keyword == "properties":
            converted[keyword] = {name: convert(description, one) for name, one in value.items()}
        elif keyword == "items" or (keyword == "additionalProperties" and isinstance(value, dict)):
            converted[keyword] = convert(description, value)
        elif keyword == "additionalProperties":
            converted[keyword] = value
        elif keyword not in DROPPED | STRUCTURE and not keyword.startswith("x-"):
            raise UnknownKeywordError(keyword)
    if "properties" in converted:
        converted.setdefault("additionalProperties", False)
    return _nullable(converted) if schema.get("nullable") else converted


def _nullable(schema: Json) -> Json:
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    nulled = schema | {"type": [schema["type"], "null"]}
    return nulled | {"enum": [*schema["enum"], None]} if "enum" in schema else nulled


def main() -> None:
    """Read the description and, from its package, the version; write the slice."""
    parser = argparse.ArgumentParser(description="Slice GitHub's OpenAPI description.")
    parser.add_argument("description", type=Path, help="api.github.com.json in the unpacked package")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    description = json.loads(arguments.description.read_text("utf-8"))
    package = json.loads((arguments.description.parent.parent / "package.json").read_text("utf-8"))
    sliced = slice_description(description, package, OPERATIONS.read_text("utf-8"))
    arguments.out.write_text(_one_operation_a_line(sliced), "utf-8")


def _one_operation_a_line(sliced: Json) -> str:
    """JSON that a reviewer can read as a diff."""
    source = json.dumps(sliced["source"])
    operations = ",\n".join(json.dumps(operation) for operation in sliced["operations"])
    return f'{{"source": {source},\n"operations": [\n{operations}\n]}}\n'


if __name__ == "__main__":
    main()
