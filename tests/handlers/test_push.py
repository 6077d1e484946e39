"""`push`: the base's rules changed, or the default branch got what a fix waits for."""

import pytest

from app.model import Kind, Trigger
from tests.handlers.shapes import REPOSITORY, push, understood


def swept(payload: object) -> tuple[Trigger, ...]:
    """What has changes judged again."""
    return tuple(trigger for trigger in understood("push", payload) if trigger.kind is Kind.SWEEP)


@pytest.mark.parametrize("path", [".github/maestro.yml", ".maestro/contracts/latency.json"])
@pytest.mark.parametrize("kind", ["added", "modified", "removed"])
def test_new_rules_have_every_change_on_their_branch_judged_again(path: str, kind: str) -> None:
    (trigger,) = understood("push", push("a.py", path, ref="refs/heads/release/1.x", kind=kind))
    assert (trigger.kind, trigger.repository, trigger.base_ref) == (Kind.SWEEP, REPOSITORY, "release/1.x")
    assert trigger.installation == 99


@pytest.mark.parametrize("path", ["a.py", "docs/.github/maestro.yml", ".github/maestro.json", ".maestro"])
def test_other_files_change_no_rules(path: str) -> None:
    assert swept(push(path)) == ()


@pytest.mark.parametrize("ref", ["refs/tags/v1", "main", "", "refs/notes/commits"])
def test_only_branches_have_rules(ref: str) -> None:
    assert understood("push", push(".github/maestro.yml", ref=ref)) == ()


def test_a_branch_that_is_gone_has_none() -> None:
    assert understood("push", push(".github/maestro.yml") | {"deleted": True}) == ()


@pytest.mark.parametrize("paths", [None, 7, True, "a", {".github/maestro.yml": 1}, [None, 7, [".github/maestro.yml"]]])
def test_a_list_of_files_that_is_none_names_no_file(paths: object) -> None:
    assert swept(push() | {"commits": [{"added": paths}]}) == ()


def test_a_push_to_the_default_branch_may_be_what_a_fix_waits_for() -> None:
    (trigger,) = understood("push", push("package.json"))
    assert (trigger.kind, trigger.repository, trigger.number, trigger.lane) == (
        Kind.REPAIR,
        REPOSITORY,
        None,
        REPOSITORY,
    )
    assert trigger.hearsay, "where nothing is awaited, nothing is asked"
    assert understood("push", push("package.json", ref="refs/heads/feature")) == ()
