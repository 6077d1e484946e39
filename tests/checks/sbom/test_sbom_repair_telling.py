"""What is told of repairs: the pull request that makes each, or why there is none, as far as we remember."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.known_fix import KnownFix
from checks.sbom.check import CHECK
from checks.sbom.repair import MOST
from checks.sbom.rules.policy import Config
from tests.checks.sbom.supply import PULL, advisory, bill, package_json, snapshot

LEFT = {"left-pad": "1.0.0"}
QS = advisory("qs", "6.5.3", introduced="6.0.0")
FIX = KnownFix("pkg:npm/qs", "6.5.3", PULL.head_ref, "maestro/fix/feature/npm-qs-6-5-3-1a2b3c4d", "open", 1, 12)


def told(*fixes: KnownFix, record: str = QS, now: str = "6.5.1", before: str = "", **pull: Any) -> list[dict[str, Any]]:
    """Of a change that brings qs (or moves it from `before`), where these fixes are remembered."""
    base = {**LEFT, "qs": before} if before else LEFT
    found = snapshot(bill(base), bill({**LEFT, "qs": now}), [record], {"package.json": package_json({"qs": now})})
    found = replace(found, pull=replace(PULL, **pull), fixes=fixes)
    return list(CHECK.evaluate(found, Config(), {}).detail["repairs"])


def standing(*fixes: KnownFix, **more: Any) -> tuple[str, int | None, str | None]:
    (one,) = told(*fixes, **more)
    return one["standing"], one["pull_request"], one["version"]


@pytest.mark.parametrize("state", ["open", "left", "merged", "closed"])
def test_what_stands_is_named(state: str) -> None:
    assert standing(replace(FIX, state=state)) == (state, 12, "6.5.3")


@pytest.mark.parametrize("state", ["superseded", "moot", "green"])
def test_what_we_closed_ourselves_is_proposed_again(state: str) -> None:
    assert standing(replace(FIX, state=state)) == ("coming", None, "6.5.3")
    assert standing(replace(FIX, state=state), replace(FIX, number=15)) == ("open", 15, "6.5.3")


def test_what_was_never_proposed_follows() -> None:
    assert standing() == ("coming", None, "6.5.3")
    assert standing(replace(FIX, number=None)) == ("coming", None, "6.5.3")


def test_another_version_and_another_branch_are_other_questions() -> None:
    assert standing(replace(FIX, version="6.5.2", state="closed")) == ("coming", None, "6.5.3")
    assert standing(replace(FIX, target="other")) == ("coming", None, "6.5.3")


def test_what_could_not_be_opened_says_why() -> None:
    (one,) = told(replace(FIX, number=None, refusal="403: no"))
    assert (one["standing"], one["reason"], one["pull_request"]) == ("refused", "403: no", None)


def test_what_has_no_room_waits() -> None:
    others = [replace(FIX, purl=f"pkg:npm/p{n}", number=n) for n in range(20, 20 + MOST)]
    assert standing(*others) == ("waiting", None, "6.5.3")
    assert standing(*others, FIX) == ("open", 12, "6.5.3")
    assert standing(*others[1:], replace(others[0], state="left")) == ("coming", None, "6.5.3")


def test_one_that_is_shared_is_named_whatever_its_version() -> None:
    assert standing(replace(FIX, source=9, version="6.5.4")) == ("open", 12, "6.5.4")


def test_what_needs_no_more_edits_is_told_by_the_fix_that_made_them() -> None:
    """Merged: the manifest says so, and the bill of the new head is still to come."""
    found = snapshot(bill(LEFT), bill({**LEFT, "qs": "6.5.1"}), [QS], {"package.json": package_json({"qs": "latest"})})
    merged = replace(found, fixes=(replace(FIX, state="merged"),))
    (one,) = CHECK.evaluate(merged, Config(), {}).detail["repairs"]
    assert (one["standing"], one["pull_request"], one["version"]) == ("merged", 12, "6.5.3")
    (one,) = CHECK.evaluate(replace(found, fixes=()), Config(), {}).detail["repairs"]
    assert (one["standing"], one["version"]) == ("", None)


def test_where_nobody_remembers_nothing_is_promised() -> None:
    found = snapshot(bill(LEFT), bill({**LEFT, "qs": "6.5.1"}), [QS], {"package.json": package_json({"qs": "6.5.1"})})
    (one,) = CHECK.evaluate(found, Config(), {}).detail["repairs"]
    assert (one["standing"], one["version"]) == ("", "6.5.3")


@pytest.mark.parametrize(
    ("fix", "itself"),
    [
        (replace(FIX, branch=PULL.head_ref, number=PULL.number), True),
        (replace(FIX, branch=PULL.head_ref, number=PULL.number, state="closed"), True),
        (replace(FIX, branch=PULL.head_ref, number=None), True),
        (replace(FIX, branch=PULL.head_ref, number=None, refusal="somebody else has it"), False),
        (replace(FIX, branch=PULL.head_ref, number=99, state="superseded"), False),
        (FIX, False),
    ],
)
def test_who_made_it_tells_a_fix_not_its_name(fix: KnownFix, itself: bool) -> None:
    (one,) = told(replace(fix, target="main"))
    assert (one["reason"] == "it is a fix itself") is itself
    assert (one["version"] is None) is itself
    (one,) = told(head_ref="maestro/fix/main/npm-qs-6-5-3-1a2b3c4d")
    assert one["version"] == "6.5.3"


def test_what_may_go_back_is_told_once_it_is_proposed() -> None:
    """Only the manifests of the base say whether a step over a major version is spared."""
    over = advisory("qs", "7.0.0", introduced="6.5.0")
    assert told(record=over, before="6.4.0") == []
    back = replace(FIX, version="6.4.0")
    assert standing(back, record=over, before="6.4.0") == ("open", 12, "6.4.0")


@pytest.mark.parametrize(
    ("fixes", "pull", "count"),
    [
        ((), {}, 1),
        ((replace(FIX, number=None, refusal="403: no"),), {}, 1),
        ((FIX,), {}, 0),
        ((replace(FIX, state="closed"),), {}, 0),
        (tuple(replace(FIX, purl=f"pkg:npm/p{n}", number=n) for n in range(20, 20 + MOST)), {}, 0),
        ((), {"from_fork": True}, 0),
    ],
)
def test_how_many_can_be_proposed_is_told_though_the_rules_propose_none(
    fixes: tuple[KnownFix, ...], pull: dict[str, Any], count: int
) -> None:
    found = snapshot(bill(LEFT), bill({**LEFT, "qs": "6.5.1"}), [QS], {"package.json": package_json({"qs": "6.5.1"})})
    found = replace(found, pull=replace(PULL, **pull), fixes=fixes)
    for asked in (True, False):
        config = Config.model_validate({"fix": {"pull_requests": asked}})
        assert CHECK.evaluate(found, config, {}).detail["mendable"] == count
