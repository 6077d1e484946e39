"""The answers to `/maestro explain` and `/maestro plan`: whole, in order, inert and bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.render.explained import LONGEST, explained, planned
from checks.model import CheckResult, Decision, Finding, Measure, State
from handlers.commands import VERBS
from tests.render.decisions import AGPL_BLOCK, CONTRACT_BLOCK, FORK, HEAD, SHIP, TESTS_RUNNING, decision, pull, row
from tests.render.test_escape import HOSTILE
from tests.render.test_offers import WORST

OTHER = "f" * 40


def test_each_figure_that_stands_in_the_way_is_told_with_its_limit_its_source_and_what_opens_it() -> None:
    said = explained(CONTRACT_BLOCK, [], HEAD)
    assert said.startswith(f"**BLOCK** at `{HEAD[:7]}`.")
    assert "261 ms" in said
    assert "| &lt; 250 | 255.2…268.4 | 400 |" in said
    assert "/bench/p95.json" in said
    assert "Next: Make the checkout faster by 11 ms" in said
    assert "#### ✅ risk" not in said


def test_a_check_that_is_named_is_explained_though_it_passes() -> None:
    said = explained(CONTRACT_BLOCK, ["risk"], HEAD)
    assert "risk: pass" in said
    assert "contract: block" not in said


def test_where_nothing_stands_in_the_way_that_is_said() -> None:
    assert "Nothing that is configured stands in the way." in explained(SHIP, [], HEAD)


def test_what_waits_says_that_nothing_need_be_done() -> None:
    assert "Next: Nothing to do: the answer arrives by itself." in explained(TESTS_RUNNING, [], HEAD)


def test_an_answer_about_an_older_head_says_so() -> None:
    for said in (explained(SHIP, [], OTHER), planned(SHIP, VERBS, OTHER)):
        assert f"at `{HEAD[:7]}`; the head has moved to `{OTHER[:7]}` since" in said


def test_the_plan_names_who_opens_each_gate_and_how_else_it_is_opened() -> None:
    said = planned(AGPL_BLOCK, VERBS, HEAD)
    assert "1. ❌ sbom: " in said
    assert "**Whoever writes the change.** Use a component under another licence" in said
    assert f"/maestro override sbom {HEAD[:7]} &lt;reason&gt;" in said
    assert "with the role `admin` or more" in said
    assert "2." not in said
    assert "merge it, once its reviewers agree" in said


def test_the_plan_begins_with_what_must_be_written_and_ends_with_what_merely_waits() -> None:
    mixed = decision(
        row(CheckResult("slow", State.WAIT, "runs")),
        row(CheckResult("bill", State.UNMEASURED, "no bill", next_step="Commit one")),
        row(CheckResult("perf", State.BLOCK, "too slow")),
        pull=pull(draft=True),
    )
    said = planned(mixed, VERBS, HEAD)
    places = [
        said.index(part) for part in ("1. ❌ perf", "2. — bill", "**Whoever brings", "3. ⏳ slow", "It is a draft")
    ]
    assert places == sorted(places)


def test_only_commands_that_there_are_are_named() -> None:
    named = planned(WORST, [verb for verb in VERBS if verb.name == "help"], HEAD)
    assert "/maestro" not in named


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_others_wrote_acts_in_an_answer(hostile: str) -> None:
    result = CheckResult(
        hostile,
        State.BLOCK,
        hostile,
        (hostile,),
        (Measure(hostile, hostile, hostile, hostile, evidence=hostile, state=State.BLOCK),),
        (Finding(hostile, hostile, fix=hostile),),
        hostile,
    )
    spoilt = replace(FORK, rows=(row(result),))
    for said in (explained(spoilt, [], HEAD), planned(spoilt, VERBS, HEAD)):
        assert not any(live in said for live in ("@octo", "<img", "<script", "](javascript:"))


def test_an_answer_is_bounded_whatever_a_decision_holds() -> None:
    measures = tuple(Measure(f"m{n}", 1.0, limit="< 1", evidence="x/y" * 90, state=State.BLOCK) for n in range(60))
    many = [row(CheckResult(f"check{n}", State.BLOCK, "t" * 400, ("r" * 400,) * 30, measures)) for n in range(40)]
    shown: Decision = decision(*many)
    for said in (explained(shown, [], HEAD), planned(shown, VERBS, HEAD)):
        assert 1_000 < len(said.encode()) <= LONGEST
    assert "And 20 more checks." in planned(shown, VERBS, HEAD)


def test_of_a_merged_change_no_gate_is_to_be_opened_and_what_can_still_be_asked_for_is_told() -> None:
    merged = replace(AGPL_BLOCK, merged=True)
    said = planned(merged, VERBS, HEAD)
    assert said.startswith(
        f"It is merged, and nothing is left to do before. What had been decided of `{HEAD[:7]}` stays"
    )
    assert f"`/maestro rollback {HEAD[:7]}`, with the role `maintain` or more" in said
    assert "override" not in said
    assert "It is merged, and this was decided before." in explained(merged, [], HEAD)
