"""Which operation a call is, and what its path and query hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.sandbox.contract import Contract, Operation

from .contract_paths import path_of

CONTRACT = Contract.load()
OPERATIONS = [operation for group in CONTRACT.operations.values() for operation in group]
REPO = "/repos/acme/shop"
SHA = "a" * 40


def violations(method: str, path: str, body: object = None, **query: str) -> tuple[str, ...]:
    return CONTRACT.check(method, path, query, body).violations


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_every_operation_answers_to_its_own_path(operation: Operation) -> None:
    assert CONTRACT.check(operation.method, path_of(operation), {}, None).operation == operation.id


@given(st.lists(st.text(min_size=1).filter(lambda text: "/" not in text), min_size=1, max_size=4).map("/".join))
def test_a_ref_may_hold_slashes_wherever_github_lets_it(ref: str) -> None:
    checked = CONTRACT.check("PATCH", f"{REPO}/git/refs/{ref}", {}, {"sha": SHA})
    assert (checked.operation, checked.parameters["ref"]) == ("git/update-ref", ref)


@pytest.mark.parametrize(
    ("path", "operation", "name", "value"),
    [
        (f"{REPO}/contents/.github/maestro.yml", "repos/get-content", "path", ".github/maestro.yml"),
        (f"{REPO}/compare/main...fix/it", "repos/compare-commits-with-basehead", "basehead", "main...fix/it"),
        (
            f"{REPO}/dependency-graph/compare/a/b...c/d",
            "dependency-graph/diff-range",
            "basehead",
            "a/b...c/d",
        ),
        (f"{REPO}/branches/fix/it", "repos/get-branch", "branch", "fix/it"),
        (f"{REPO}/commits/fix/it", "repos/get-commit", "ref", "fix/it"),
        (f"{REPO}/commits/fix/it/check-runs", "checks/list-for-ref", "ref", "fix/it"),
        (f"{REPO}/commits/fix/it/status", "repos/get-combined-status-for-ref", "ref", "fix/it"),
        (f"{REPO}/git/ref/heads/fix/it", "git/get-ref", "ref", "heads/fix/it"),
        (f"{REPO}/issues/comments/4", "issues/get-comment", "comment_id", 4),
        (f"{REPO}/pulls/4/files", "pulls/list-files", "pull_number", 4),
    ],
)
def test_the_longest_fixed_path_wins(path: str, operation: str, name: str, value: object) -> None:
    checked = CONTRACT.check("GET", path, {}, None)
    assert (checked.operation, checked.parameters[name], checked.violations) == (operation, value, ())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/repos/acme//pulls"),  # an empty variable in a URL template
        ("GET", f"{REPO}/pulls/"),
        ("GET", f"{REPO}/git/ref/"),
        ("GET", f"{REPO}/git/ref/heads//x"),
        ("PUT", f"{REPO}/pulls/4"),
        ("GET", "/nowhere"),
        ("POST", "/graphql"),
    ],
)
def test_a_call_outside_the_slice_is_unknown(method: str, path: str) -> None:
    checked = CONTRACT.check(method, path, {}, None)
    assert (checked.operation, checked.violations) == (None, (f"unknown operation: {method} {path}",))


def test_an_id_that_is_no_number_is_a_violation() -> None:
    assert any("path.pull_number" in violation for violation in violations("GET", f"{REPO}/pulls/four"))


def test_query_parameters_come_back_as_their_types() -> None:
    query = {"per_page": "100", "filter": "latest", "app_id": "7", "check_name": "7"}
    checked = CONTRACT.check("GET", f"{REPO}/commits/{SHA}/check-runs", query, None)
    assert checked.violations == ()
    assert checked.parameters == {
        "owner": "acme",
        "repo": "shop",
        "ref": SHA,
        "per_page": 100,
        "filter": "latest",
        "app_id": 7,
        "check_name": "7",
    }


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"per_page": "101"}, "query.per_page"),
        ({"per_page": "many"}, "query.per_page"),
        ({"page": "0"}, "query.page"),
        ({"state": "opened"}, "query.state"),
        ({"sate": "open"}, "'sate'"),
    ],
)
def test_a_query_github_would_misread_is_a_violation(query: dict[str, str], told: str) -> None:
    assert any(told in violation for violation in violations("GET", f"{REPO}/pulls", **query))
