"""`push`: the base's rules changed."""

import pytest

from app.model import Kind
from tests.handlers.shapes import REPOSITORY, push, understood


@pytest.mark.parametrize("path", [".github/maestro.yml", ".maestro/contracts/latency.json"])
@pytest.mark.parametrize("kind", ["added", "modified", "removed"])
def test_new_rules_have_every_change_on_their_branch_judged_again(path: str, kind: str) -> None:
    (trigger,) = understood("push", push("a.py", path, ref="refs/heads/release/1.x", kind=kind))
    assert (trigger.kind, trigger.repository, trigger.base_ref) == (Kind.SWEEP, REPOSITORY, "release/1.x")
    assert trigger.installation == 99


@pytest.mark.parametrize("path", ["a.py", "docs/.github/maestro.yml", ".github/maestro.json", ".maestro"])
def test_other_files_change_no_rules(path: str) -> None:
    assert understood("push", push(path)) == ()


@pytest.mark.parametrize("ref", ["refs/tags/v1", "main", "", "refs/notes/commits"])
def test_only_branches_have_rules(ref: str) -> None:
    assert understood("push", push(".github/maestro.yml", ref=ref)) == ()


def test_a_branch_that_is_gone_has_none() -> None:
    assert understood("push", push(".github/maestro.yml") | {"deleted": True}) == ()


@pytest.mark.parametrize("paths", [None, 7, True, "a", {".github/maestro.yml": 1}, [None, 7, [".github/maestro.yml"]]])
def test_a_list_of_files_that_is_none_names_no_file(paths: object) -> None:
    assert understood("push", push() | {"commits": [{"added": paths}]}) == ()
