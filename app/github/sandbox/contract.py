"""GitHub's request contract: does this call exist, and would GitHub understand it?

The facts are a slice of GitHub's own OpenAPI description (operations.json, by tools/slice_openapi.py); RULES
adds what it says in words only. Answers are no contract: GitHub's own examples break its answer schemas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

import jsonschema_rs

from app.github import limits

Json = dict[str, Any]
Parameter = str | int | bool


@dataclass(frozen=True, slots=True)
class Checked:
    """What the contract says of one request.

    `operation` is GitHub's operationId, None when no call of ours has this method and path. `parameters` are
    those of path and query, as their declared types. No `violations`: GitHub would understand the request.
    """

    operation: str | None
    parameters: Mapping[str, Parameter]
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit that GitHub states in words only: bodies of `operations` must fit `schema`, else `says`."""

    operations: frozenset[str]
    says: str
    schema: Json
    source: str


def _rule(operations: str, says: str, schema: Json, source: str) -> Rule:
    return Rule(frozenset(operations.split()), says, schema, source)


def _output(**properties: Json) -> Json:
    return {"properties": {"output": {"properties": properties}}}


def _annotation(**properties: Json) -> Json:
    return _output(annotations={"items": {"properties": properties}})


_CHECKS = "checks/create checks/update"
_COMMENTS = "issues/create-comment issues/update-comment"
_COMPLETED = {"properties": {"status": {"const": "completed"}}, "required": ["status"]}
_FINISHED = {"anyOf": [_COMPLETED, {"required": ["completed_at"]}]}

RULES: tuple[Rule, ...] = (
    _rule(
        _CHECKS,
        "a completed check run needs a conclusion",
        {"if": _FINISHED, "then": {"required": ["conclusion"]}},
        "spec check-runs conclusion",
    ),
    _rule(
        _CHECKS,
        "only GitHub concludes with stale",
        {"properties": {"conclusion": {"not": {"const": "stale"}}}},
        "spec check-runs conclusion",
    ),
    _rule(
        _CHECKS,
        "only GitHub Actions may say waiting, requested or pending",
        {"properties": {"status": {"not": {"enum": ["waiting", "requested", "pending"]}}}},
        "spec check-runs status",
    ),
    _rule(
        _CHECKS,
        "output needs a title and a summary",
        {"properties": {"output": {"required": ["title", "summary"]}}},
        "spec check-runs output",
    ),
    _rule(
        _CHECKS,
        f"an annotation title holds {limits.ANNOTATION_TITLE} characters",
        _annotation(title={"maxLength": limits.ANNOTATION_TITLE}),
        "spec check-runs annotations",
    ),
    _rule(
        _CHECKS,
        "an annotation message holds 64 KB",
        _annotation(message={"maxBytes": limits.ANNOTATION_MESSAGE_BYTES}),
        "spec check-runs annotations",
    ),
    _rule(
        _CHECKS,
        "annotation details hold 64 KB",
        _annotation(raw_details={"maxBytes": limits.ANNOTATION_DETAILS_BYTES}),
        "spec check-runs annotations",
    ),
    _rule(
        _CHECKS,
        "lines of an annotation count from 1",
        _annotation(start_line={"minimum": 1}, end_line={"minimum": 1}),
        "spec check-runs annotations",
    ),
    _rule(
        _COMMENTS,
        f"a comment holds {limits.COMMENT_BODY:,} characters",
        {"properties": {"body": {"maxLength": limits.COMMENT_BODY}}},
        "telia-oss/github-pr-resource#259, danger/danger#424",
    ),
    _rule(
        _COMMENTS,
        "a comment says something",
        {"properties": {"body": {"pattern": r"\S"}}},
        "assumed",
    ),
    _rule(
        "apps/create-installation-access-token",
        f"a token names at most {limits.TOKEN_REPOSITORIES} repositories",
        {
            "properties": {
                "repositories": {"maxItems": limits.TOKEN_REPOSITORIES},
                "repository_ids": {"maxItems": limits.TOKEN_REPOSITORIES},
            }
        },
        "spec access_tokens",
    ),
    _rule(
        "git/create-ref",
        "a ref starts with refs/ and has two slashes",
        {"properties": {"ref": {"pattern": "^refs/[^/]+/."}}},
        "spec git/refs ref",
    ),
    _rule(
        "git/create-tree",
        "a tree entry has a sha or a content, not both",
        {"properties": {"tree": {"items": {"not": {"required": ["sha", "content"]}}}}},
        "spec git/trees sha",
    ),
    _rule(
        "pulls/create",
        "a pull request needs a title or an issue",
        {"anyOf": [{"required": ["title"]}, {"required": ["issue"]}]},
        "spec pulls title",
    ),
    _rule(
        "repos/create-deployment-status",
        f"a description holds {limits.DEPLOYMENT_STATUS_DESCRIPTION} characters",
        {"properties": {"description": {"maxLength": limits.DEPLOYMENT_STATUS_DESCRIPTION}}},
        "spec deployment statuses description",
    ),
    _rule(
        "repos/create-dispatch-event",
        "a client payload stays under 64 KB",
        {"properties": {"client_payload": {"maxBytes": limits.DISPATCH_PAYLOAD_BYTES - 1}}},
        "spec dispatches client_payload",
    ),
)

PAGING: Json = {"properties": {"per_page": {"minimum": 1, "maximum": limits.PER_PAGE}, "page": {"minimum": 1}}}
"""Holds for every query: GitHub quietly gives fewer (spec, parameter per_page) and we would miss them."""


class MaxBytes:
    """The schema keyword `maxBytes`: a string's length in UTF-8, of anything else that of its JSON."""

    def __init__(self, parent: Json, value: int, path: list[str | int]) -> None:
        """The three arguments are jsonschema-rs's; only the limit matters here."""
        self.limit = value

    def validate(self, instance: object) -> None:
        """Raises ValueError beyond the limit, as jsonschema-rs wants it."""
        text = instance if isinstance(instance, str) else json.dumps(instance, ensure_ascii=False)
        if len(text.encode("utf-8", "surrogatepass")) > self.limit:
            raise ValueError(f"value is longer than {self.limit} bytes")


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of GitHub's API, ready to judge requests. `statuses`: those its description lists."""

    id: str
    method: str
    path: str
    statuses: tuple[int, ...]
    pattern: re.Pattern[str]
    types: Mapping[str, str]  # the declared type of each parameter that has a single one
    in_path: jsonschema_rs.Validator
    in_query: jsonschema_rs.Validator
    body: jsonschema_rs.Validator | None
    body_required: bool
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, record: Json) -> Self:
        """Compile one record of operations.json."""
        rules = tuple(rule for rule in RULES if record["id"] in rule.operations)
        body = record["body"] and {"allOf": [record["body"], *(rule.schema for rule in rules)]}
        return cls(
            id=record["id"],
            method=record["method"],
            path=record["path"],
            statuses=tuple(record["statuses"]),
            pattern=_pattern(record["path"], record["segments"]),
            types=_types(record["in_path"]) | _types(record["in_query"]),
            in_path=_validator(record["in_path"]),
            in_query=_validator({"allOf": [record["in_query"], PAGING]}),
            body=_validator(body) if body else None,
            body_required=record["body_required"],
            rules=rules,
        )

    def typed(self, raw: Mapping[str, str]) -> dict[str, Parameter]:
        """Parameters as their declared types; what cannot be read as its type stays text: a violation."""
        return {name: _read(value, self.types.get(name, "string")) for name, value in raw.items()}

    def violations(self, path: Json, query: Json, body: object | None) -> Iterator[str]:
        """Everything GitHub would not understand, one line each; the values themselves are never repeated."""
        yield from _errors(self.in_path, "path", path)
        yield from _errors(self.in_query, "query", query)
        yield from self._body_violations(body)

    def _body_violations(self, body: object | None) -> Iterator[str]:
        if body is None:
            if self.body_required:
                yield "body: missing"
        elif self.body is not None:
            yield from _errors(self.body, "body", body, self.rules)
        elif body != {}:  # clients send an empty object where a call takes nothing
            yield "body: this call takes none"


@dataclass(frozen=True, slots=True)
class Contract:
    """All operations we may call, by method; those with the most fixed path segments are tried first."""

    operations: Mapping[str, tuple[Operation, ...]]

    @classmethod
    def load(cls) -> Contract:
        """The contract of the packaged slice, compiled once a process."""
        return _load()

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a path (percent-decoded, without query) means, and its raw path parameters."""
        for operation in self.operations.get(method.upper(), ()):
            if match := operation.pattern.fullmatch(path):
                return operation, match.groupdict()
        return None

    def check(self, method: str, path: str, query: Mapping[str, str], body: object | None) -> Checked:
        """Judge one request. `path` is percent-decoded; `body` is parsed JSON, None when there was none."""
        found = self.find(method, path)
        if found is None:
            return Checked(None, {}, (f"unknown operation: {method.upper()} {path}",))
        operation, raw = found
        in_path, in_query = operation.typed(raw), operation.typed(query)
        violations = tuple(
            f"{operation.id}: {violation}" for violation in operation.violations(in_path, in_query, body)
        )
        return Checked(operation.id, in_query | in_path, violations)


@cache
def _load() -> Contract:
    text = resources.files(__package__).joinpath("operations.json").read_text("utf-8")
    operations = [Operation.of(record) for record in json.loads(text)["operations"]]
    operations.sort(key=lambda operation: _fixed_segments(operation.path), reverse=True)
    methods = sorted({operation.method for operation in operations})
    return Contract({method: tuple(one for one in operations if one.method == method) for method in methods})


def _fixed_segments(path: str) -> int:
    return sum(not segment.startswith("{") for segment in path.split("/"))


def _pattern(path: str, segments: list[str]) -> re.Pattern[str]:
    """A template as a regular expression: parameters in `segments` may hold slashes, none may be empty."""

    def group(match: re.Match[str]) -> str:
        name = match[1]
        return rf"(?P<{name}>[^/]+(?:/[^/]+)*)" if name in segments else rf"(?P<{name}>[^/]+)"

    return re.compile(re.sub(r"\{(\w+)\}", group, path))


def _types(schema: Json) -> dict[str, str]:
    return {name: one["type"] for name, one in schema["properties"].items() if isinstance(one.get("type"), str)}


def _read(text: str, kind: str) -> Parameter:
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,19}", text):
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _validator(schema: Json) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, mask="value", keywords={"maxBytes": MaxBytes}
    )


def _errors(
    validator: jsonschema_rs.Validator, place: str, instance: object, rules: tuple[Rule, ...] = ()
) -> Iterator[str]:
    for error in validator.iter_errors(instance):
        where = ".".join([place, *map(str, error.instance_path)])
        yield f"{where}: {_meaning(error, rules)}"


def _meaning(error: jsonschema_rs.ValidationError, rules: tuple[Rule, ...]) -> str:
    """The rule's own words where one was broken: allOf holds the description first, then the rules."""
    match error.schema_path:
        case ["allOf", int(position), *_] if rules and position > 0:
            rule = rules[position - 1]
            return f"{rule.says} ({rule.source})"
    return error.message
