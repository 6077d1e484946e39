import copy
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import limits
from app.github.sandbox.contract import RULES, Contract

from .contract_paths import path_of

CONTRACT = Contract.load()
OPERATIONS = [operation for group in CONTRACT.operations.values() for operation in group]
SLICE = json.loads(resources.files("app.github.sandbox").joinpath("operations.json").read_text("utf-8"))
BODIES = {record["id"]: record["body"] for record in SLICE["operations"] if record["body"]}

REPO = "/repos/acme/shop"
SHA = "a" * 40
ANNOTATION = {
    "path": "a.py",
    "start_line": 3,
    "end_line": 3,
    "annotation_level": "warning",
    "message": "Mind.",
}
OUTPUT = {"title": "Fine", "summary": "All is well."}
BUTTON = {"label": "Re-run", "description": "Run it again", "identifier": "rerun"}
CHECK_RUN: dict[str, Any] = {
    "name": "maestro / decision",
    "head_sha": SHA,
    "external_id": "7",
    "status": "completed",
    "conclusion": "success",
    "completed_at": "2026-01-02T03:04:05Z",
    "details_url": "https://maestro.example/7",
    "output": OUTPUT | {"text": "", "annotations": [ANNOTATION]},
    "actions": [BUTTON],
}

GOOD: list[tuple[str, str, str, object]] = [
    ("apps/create-installation-access-token", "POST", "/app/installations/5/access_tokens", None),
    (
        "apps/create-installation-access-token",
        "POST",
        "/app/installations/5/access_tokens",
        {"repositories": ["shop"], "permissions": {"checks": "write", "contents": "read"}},
    ),
    ("apps/redeliver-webhook-delivery", "POST", "/app/hook/deliveries/9/attempts", {}),
    ("checks/create", "POST", f"{REPO}/check-runs", CHECK_RUN),
    ("checks/create", "POST", f"{REPO}/check-runs", {"name": "x", "head_sha": SHA, "status": "in_progress"}),
    ("checks/update", "PATCH", f"{REPO}/check-runs/7", {"status": "in_progress", "output": OUTPUT}),
    ("checks/update", "PATCH", f"{REPO}/check-runs/7", {"conclusion": "failure"}),
    ("checks/rerequest-suite", "POST", f"{REPO}/check-suites/7/rerequest", None),
    ("issues/create-comment", "POST", f"{REPO}/issues/4/comments", {"body": "x" * limits.COMMENT_BODY}),
    ("issues/update-comment", "PATCH", f"{REPO}/issues/comments/4", {"body": "é"}),
    (
        "reactions/create-for-issue-comment",
        "POST",
        f"{REPO}/issues/comments/4/reactions",
        {"content": "eyes"},
    ),
    ("reactions/delete-for-issue-comment", "DELETE", f"{REPO}/issues/comments/4/reactions/1", None),
    ("git/create-ref", "POST", f"{REPO}/git/refs", {"ref": "refs/heads/fix/it", "sha": SHA}),
    ("git/update-ref", "PATCH", f"{REPO}/git/refs/heads/fix/it", {"sha": SHA, "force": True}),
    (
        "git/create-tree",
        "POST",
        f"{REPO}/git/trees",
        {"base_tree": SHA, "tree": [{"path": "gone", "mode": "100644", "type": "blob", "sha": None}]},
    ),
    ("pulls/create", "POST", f"{REPO}/pulls", {"title": "Fix", "head": "fix/it", "base": "main"}),
    ("repos/create-deployment", "POST", f"{REPO}/deployments", {"ref": SHA, "payload": {"any": ["thing"]}}),
    ("repos/create-deployment", "POST", f"{REPO}/deployments", {"ref": SHA, "payload": "text"}),
    (
        "repos/create-dispatch-event",
        "POST",
        f"{REPO}/dispatches",
        {"event_type": "go", "client_payload": {"a": {}}},
    ),
    (
        "actions/create-workflow-dispatch",
        "POST",
        f"{REPO}/actions/workflows/ci.yml/dispatches",
        {"ref": "main"},
    ),
]

BAD: list[tuple[str, str, str, object, str]] = [
    ("a missing field", "POST", f"{REPO}/check-runs", {"name": "x"}, "head_sha"),
    ("a missing body", "POST", f"{REPO}/issues/4/comments", None, "body: missing"),
    ("a body that is a list", "POST", f"{REPO}/issues/4/comments", [], "object"),
    ("a body nobody wants", "DELETE", f"{REPO}/issues/comments/4", {"why": "so"}, "takes none"),
    ("a wrong type", "PATCH", f"{REPO}/git/refs/heads/x", {"sha": 5}, "string"),
    ("null where none may be", "PATCH", f"{REPO}/check-runs/7", {"details_url": None}, "details_url"),
    ("a word GitHub lacks", "POST", f"{REPO}/check-runs", CHECK_RUN | {"conclusion": "great"}, "conclusion"),
    ("a time that is none", "POST", f"{REPO}/check-runs", CHECK_RUN | {"completed_at": "now"}, "date-time"),
    (
        "a summary too long",
        "PATCH",
        f"{REPO}/check-runs/7",
        {"output": OUTPUT | {"summary": "x" * 65_536}},
        "65535",
    ),
    (
        "a text too long",
        "PATCH",
        f"{REPO}/check-runs/7",
        {"output": OUTPUT | {"text": "x" * 65_536}},
        "65535",
    ),
    (
        "51 annotations",
        "PATCH",
        f"{REPO}/check-runs/7",
        {"output": OUTPUT | {"annotations": [ANNOTATION] * 51}},
        "50",
    ),
    ("four buttons", "PATCH", f"{REPO}/check-runs/7", {"actions": [BUTTON] * 4}, "3"),
    ("a long label", "PATCH", f"{REPO}/check-runs/7", {"actions": [BUTTON | {"label": "x" * 21}]}, "20"),
    (
        "a long button text",
        "PATCH",
        f"{REPO}/check-runs/7",
        {"actions": [BUTTON | {"description": "x" * 41}]},
        "40",
    ),
    (
        "a long identifier",
        "PATCH",
        f"{REPO}/check-runs/7",
        {"actions": [BUTTON | {"identifier": "x" * 21}]},
        "20",
    ),
    (
        "a reaction GitHub lacks",
        "POST",
        f"{REPO}/issues/comments/4/reactions",
        {"content": "shrug"},
        "content",
    ),
    (
        "eleven payload keys",
        "POST",
        f"{REPO}/dispatches",
        {"event_type": "go", "client_payload": {str(i): i for i in range(11)}},
        "10",
    ),
    ("a long event type", "POST", f"{REPO}/dispatches", {"event_type": "x" * 101}, "100"),
    (
        "26 inputs",
        "POST",
        f"{REPO}/actions/workflows/1/dispatches",
        {"ref": "x", "inputs": {str(i): "" for i in range(26)}},
        "25",
    ),
]

BROKEN_RULES: list[tuple[str, str, object]] = [
    (
        "completed check run needs a conclusion",
        f"POST {REPO}/check-runs",
        {"name": "x", "head_sha": SHA, "status": "completed"},
    ),
    (
        "completed check run needs a conclusion",
        f"PATCH {REPO}/check-runs/7",
        {"completed_at": "2026-01-02T03:04:05Z"},
    ),
    ("only GitHub concludes with stale", f"POST {REPO}/check-runs", CHECK_RUN | {"conclusion": "stale"}),
    ("only GitHub Actions", f"PATCH {REPO}/check-runs/7", {"status": "waiting", "conclusion": "success"}),
    ("output needs a title", f"PATCH {REPO}/check-runs/7", {"output": {"summary": "x"}}),
    (
        "annotation title holds 255",
        f"PATCH {REPO}/check-runs/7",
        {"output": OUTPUT | {"annotations": [ANNOTATION | {"title": "x" * 256}]}},
    ),
    (
        "annotation message holds 64 KB",
        f"PATCH {REPO}/check-runs/7",
        {"output": OUTPUT | {"annotations": [ANNOTATION | {"message": "é" * 32_769}]}},
    ),
    (
        "annotation details hold 64 KB",
        f"PATCH {REPO}/check-runs/7",
        {"output": OUTPUT | {"annotations": [ANNOTATION | {"raw_details": "x" * 65_537}]}},
    ),
    (
        "lines of an annotation count from 1",
        f"PATCH {REPO}/check-runs/7",
        {"output": OUTPUT | {"annotations": [ANNOTATION | {"start_line": 0}]}},
    ),
    ("comment holds 65,536 characters", f"POST {REPO}/issues/4/comments", {"body": "x" * 65_537}),
    ("comment says something", f"PATCH {REPO}/issues/comments/4", {"body": " \n"}),
    ("at most 500 repositories", "POST /app/installations/5/access_tokens", {"repositories": ["r"] * 501}),
    ("ref starts with refs/", f"POST {REPO}/git/refs", {"ref": "heads/main", "sha": SHA}),
    (
        "sha or a content, not both",
        f"POST {REPO}/git/trees",
        {"tree": [{"path": "a", "sha": SHA, "content": ""}]},
    ),
    ("title or an issue", f"POST {REPO}/pulls", {"head": "fix", "base": "main"}),
    (
        "description holds 140",
        f"POST {REPO}/deployments/3/statuses",
        {"state": "success", "description": "x" * 141},
    ),
    (
        "client payload stays under 64 KB",
        f"POST {REPO}/dispatches",
        {"event_type": "go", "client_payload": {"a": "x" * 65_536}},
    ),
]


def violations(method: str, path: str, body: object = None, **query: str) -> tuple[str, ...]:
    return CONTRACT.check(method, path, query, body).violations


@pytest.mark.parametrize(("operation", "method", "path", "body"), GOOD)
def test_a_request_github_understands_has_no_violations(operation: str, method: str, path: str, body: object) -> None:
    checked = CONTRACT.check(method, path, {}, body)
    assert (checked.operation, checked.violations) == (operation, ())


@pytest.mark.parametrize(("method", "path", "body", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_request_github_refuses_is_told_why(method: str, path: str, body: object, told: str) -> None:
    assert any(told in violation for violation in violations(method, path, body))


@pytest.mark.parametrize(("told", "call", "body"), BROKEN_RULES)
def test_a_broken_rule_is_told_in_its_own_words_with_its_source(told: str, call: str, body: object) -> None:
    method, path = call.split()
    (found,) = [violation for violation in violations(method, path, body) if told in violation]
    assert re.search(r"\((spec|telia|assumed).*\)$", found)


def test_every_rule_has_a_request_that_breaks_it() -> None:
    assert [rule.says for rule in RULES if not any(told in rule.says for told, _, _ in BROKEN_RULES)] == []


def test_every_rule_speaks_of_operations_that_exist_and_take_a_body() -> None:
    assert {name for rule in RULES for name in rule.operations} <= BODIES.keys()


def test_a_violation_names_the_call_and_the_place_but_never_the_value() -> None:
    secret = {
        "name": "x",
        "head_sha": SHA,
        "output": OUTPUT | {"annotations": [ANNOTATION | {"path": ["s3cret"]}]},
    }
    (violation,) = violations("POST", f"{REPO}/check-runs", secret)
    assert violation.startswith("checks/create: body.output.annotations.0.path: ")
    assert "s3cret" not in violation


def listing_objects(schema: dict[str, Any], place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where in a body a key can be unknown: objects that list their keys and welcome no others."""
    if "properties" in schema and not schema.get("additionalProperties"):
        yield place
    for name, one in schema.get("properties", {}).items():
        yield from listing_objects(one, (*place, name))
    if "items" in schema:
        yield from listing_objects(schema["items"], (*place, 0))


PLACES = [(name, place) for name, body in BODIES.items() for place in listing_objects(body)]


def body_reaching(place: tuple[str | int, ...], key: str) -> Any:
    """The smallest body with `key` at `place`."""
    body: Any = {key: "anything"}
    for step in reversed(place):
        body = [body] if step == 0 else {step: body}
    return body


@given(st.sampled_from(PLACES), st.text(min_size=1))
def test_an_unknown_key_is_always_caught_at_every_depth(at: tuple[str, tuple[str | int, ...]], key: str) -> None:
    name, place = at
    key = f"unknown {key}"
    (operation,) = [one for one in OPERATIONS if one.id == name]
    where = ".".join(["body", *map(str, place)])
    told = violations(operation.method, path_of(operation), body_reaching(place, key))
    assert any(f"{where}: Additional properties" in violation for violation in told)


def test_keys_can_be_unknown_deep_inside_a_body() -> None:
    assert ("checks/create", ("output", "annotations", 0)) in PLACES
    assert ("apps/create-installation-access-token", ("permissions",)) in PLACES
    assert {name for name, _ in PLACES} == BODIES.keys()


def test_the_check_leaves_the_body_as_it_was() -> None:
    before = copy.deepcopy(CHECK_RUN)
    violations("POST", f"{REPO}/check-runs", CHECK_RUN)
    assert before == CHECK_RUN


def test_the_numbers_of_the_slice_are_the_numbers_of_limits() -> None:
    check = BODIES["checks/create"]["properties"]
    output, actions = check["output"]["properties"], check["actions"]
    button = actions["items"]["properties"]
    dispatch = BODIES["repos/create-dispatch-event"]["properties"]
    inputs = BODIES["actions/create-workflow-dispatch"]["properties"]["inputs"]
    assert output["summary"]["maxLength"] == limits.CHECK_SUMMARY
    assert output["text"]["maxLength"] == limits.CHECK_TEXT
    assert output["annotations"]["maxItems"] == limits.ANNOTATIONS_PER_REQUEST
    assert actions["maxItems"] == limits.ACTIONS
    assert button["label"]["maxLength"] == limits.ACTION_LABEL
    assert button["description"]["maxLength"] == limits.ACTION_DESCRIPTION
    assert button["identifier"]["maxLength"] == limits.ACTION_IDENTIFIER
    assert dispatch["event_type"]["maxLength"] == limits.DISPATCH_EVENT_TYPE
    assert dispatch["client_payload"]["maxProperties"] == limits.DISPATCH_PAYLOAD_KEYS
    assert inputs["maxProperties"] == limits.WORKFLOW_INPUTS


def test_the_slice_says_where_it_comes_from_and_under_which_licence() -> None:
    assert SLICE["source"]["package"] == "@octokit/openapi"
    assert SLICE["source"]["version"] == "23.0.2"
    assert SLICE["source"]["licence"] == "MIT"
