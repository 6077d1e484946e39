"""What people may ask for, by how a pull request stands; and which of it are buttons of the check run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.github import limits
from app.model import SHORTEST_REASON
from app.render import checkrun
from app.render.checkrun import EVALUATE, decision_run
from app.render.offers import Offer, offers
from checks.configuration import NAME as CONFIGURATION
from checks.decide import overruled
from checks.model import CheckResult, Decision, Finding, Measure, Mode, Row, State
from checks.overridden import Overridden
from handlers.commands import VERBS
from program.remediation import Remediation
from tests.render.decisions import (
    CONTRACT_BLOCK,
    HEAD,
    RISK,
    SHIP,
    STATES,
    STORY,
    TESTS,
    contract,
    decision,
    result,
    row,
)
from tests.render.remedied import ASKING, HANDED_OVER, LEFT, MENDED, STOPPED, WORKING

FAILED = replace(TESTS, value="fail", state=State.BLOCK)
ARMED = {"arms": "impl@high", "escalate": True}
SAID = Overridden("risk", "root", "we looked at it", 0)


def of(name: str, state: State, detail: Mapping[str, Any] | None = None, **more: Any) -> Row:
    return row(CheckResult(name, state, f"{name} says {state}", detail=detail or {}, **more))


def contracted(state: State, *measures: Measure, **detail: Any) -> Row:
    return of("contract", state, detail, measures=measures)


def canary(status: str, course: str = "", acted: str = "", **more: Any) -> Row:
    held = {"experiments": [{"environment": "canary", "status": status, "course": course, "acted": acted}]}
    return of("experiment", State.BLOCK if course else State.WAIT, held, **more)


def verbs(shown: Decision) -> list[str]:
    return [offer.verb for offer in offers(shown)]


def buttons(shown: Decision) -> list[str]:
    return [button.identifier for button in checkrun.buttons(shown)]


def test_after_a_decision_without_problems_there_is_nothing_to_ask_for_but_another_look() -> None:
    assert offers(SHIP) == ()
    assert decision_run(SHIP).buttons == (EVALUATE,)


def test_failed_tests_can_be_run_again_and_so_can_an_agent_by_its_next_arm() -> None:
    failed = contracted(State.BLOCK, FAILED)
    assert buttons(decision(failed)) == ["retry", "evaluate"]
    armed = contracted(State.BLOCK, replace(TESTS, name="p95", state=State.BLOCK), arms="impl@high")
    assert offers(decision(armed, agent="label agent"))[0].description == "Has the next arm try: impl@high"
    assert "retry" not in verbs(decision(armed)), "a person's change has no arm"
    assert "retry" not in verbs(decision(contracted(State.WAIT, arms="impl@high"), agent="label agent"))


@pytest.mark.parametrize("state", [State.BLOCK, State.UNMEASURED, State.WAIT])
def test_heavier_tests_can_be_asked_for_while_the_contract_is_open_where_there_are_any(state: State) -> None:
    assert "escalate" in verbs(decision(contracted(state, escalate=True)))
    assert "escalate" not in verbs(decision(contracted(state)))
    assert "escalate" not in verbs(decision(contracted(State.PASS, escalate=True)))


def test_a_canary_that_runs_can_be_stopped_or_taken_back_and_one_that_was_taken_back_too() -> None:
    assert buttons(decision(canary("continue"))) == ["rollback", "canary stop", "evaluate"]
    assert buttons(decision(canary("rollback", "rollback", rollback=True))) == ["rollback", "evaluate"]
    assert buttons(decision(canary("promote", "promote"))) == ["rollback", "evaluate"], "it serves"
    assert buttons(decision(canary("inconclusive", "hold"))) == ["evaluate"]


@pytest.mark.parametrize(
    ("acted", "offered"),
    [
        ("", True),
        ("under way", True),
        ("workflow back.yml: refused by GitHub: no; deployment status failure: done", True),
        ("workflow back.yml: done; deployment status failure: done", False),
        ("nothing was asked for", False),
    ],
)
def test_a_rollback_by_hand_is_offered_again_until_it_is_complete(acted: str, offered: bool) -> None:
    taken = canary("promote", "by_hand", acted, rollback=True)
    assert ("rollback" in verbs(decision(taken))) is offered
    assert "rollback" in verbs(decision(taken, merged=True)), "the base branch has it now"


def test_after_the_merge_it_is_offered_until_its_revert_is_proposed() -> None:
    proposed = canary("promote", "by_hand", "workflow back.yml: done; revert pull request #12: done", rollback=True)
    assert verbs(decision(proposed, merged=True)) == []


def test_what_was_deployed_can_be_taken_back_whether_or_not_it_is_merged() -> None:
    study = of("impact", State.WAIT, {"studies": [{"study": 3}]})
    for merged in (False, True):
        assert verbs(decision(study, merged=merged)).count("rollback") == 1
    assert verbs(decision(study, canary("continue"))).count("rollback") == 1


def test_of_several_canaries_the_one_to_stop_is_named() -> None:
    held = [{"environment": name, "status": "continue", "course": ""} for name in ("blue", "green")]
    running = offers(decision(of("experiment", State.WAIT, {"experiments": held})))
    assert [offer.arguments for offer in running if offer.verb == "canary stop"] == ["blue", "green"]


def test_fixes_can_be_proposed_where_some_are_known() -> None:
    assert buttons(decision(of("sbom", State.BLOCK, {"mendable": 2}))) == ["remediate", "evaluate"]
    assert buttons(decision(of("sbom", State.BLOCK, {"mendable": 0}))) == ["evaluate"]


def test_what_stands_in_the_way_can_be_overridden_with_a_reason_and_that_taken_back_but_not_by_a_button() -> None:
    blocked = decision(RISK, of("sbom", State.BLOCK))
    (offer,) = offers(blocked)
    assert offer == Offer(
        "override",
        "Override",
        "Ignores sbom at this head",
        "sbom",
        f"sbom at {HEAD[:7]}",
        destructive=True,
        reason=SHORTEST_REASON,
    )
    (offer,) = offers(decision(overruled(of("risk", State.BLOCK), SAID)))
    assert (offer.verb, offer.arguments, offer.undoes, offer.reason) == ("override withdraw", "risk", True, False)
    assert buttons(blocked) == ["evaluate"]


def test_the_configuration_is_corrected_and_not_overridden() -> None:
    assert offers(decision(of(CONFIGURATION, State.BLOCK))) == ()


def test_what_merely_would_stop_the_change_needs_no_override() -> None:
    assert offers(decision(row(CheckResult("sbom", State.BLOCK, "AGPL"), Mode.WARN))) == ()


def test_after_the_merge_only_what_was_shipped_can_be_taken_back_or_spoken_of() -> None:
    study = of("impact", State.WARN, {"studies": [{"study": 3, "digest": "x"}]})
    worst = (contracted(State.BLOCK, FAILED, **ARMED), of("sbom", State.BLOCK, {"mendable": 1}), canary("continue"))
    merged = decision(*worst, study, merged=True, agent="label agent")
    assert verbs(merged) == ["rollback", "canary stop", "agree", "disagree"]


WORST = decision(
    contracted(State.BLOCK, FAILED, **ARMED),
    of("sbom", State.BLOCK, {"mendable": 1}, findings=(Finding("r", "m"),)),
    canary("continue"),
    *(of(f"a check of a very long name {state}", state) for state in STATES),
    overruled(of("risk", State.BLOCK), SAID),
    of("impact", State.WARN, {"studies": [{"study": 3, "digest": "x"}]}),
    agent="label agent",
)


def test_a_check_run_shows_three_and_what_helps_most_comes_first() -> None:
    assert buttons(WORST) == ["rollback", "retry", "evaluate"]
    assert verbs(WORST)[:5] == ["rollback", "retry", "remediate", "escalate", "canary stop"]


def test_the_run_of_a_merge_group_offers_another_look_alone_for_no_pull_request_is_at_its_commit() -> None:
    assert buttons(replace(WORST, pull=replace(WORST.pull, number=None))) == ["evaluate"]


def test_what_was_merged_can_be_taken_back_whatever_is_known_of_it() -> None:
    (offer,) = offers(replace(SHIP, merged=True))
    assert (offer.verb, offer.destructive, offer.target) == ("rollback", True, HEAD[:7])


@pytest.mark.parametrize("shown", [WORST, replace(WORST, merged=True)], ids=["open", "merged"])
def test_each_offer_is_a_verb_that_there_is_and_says_the_same_of_itself(shown: Decision) -> None:
    declared = {verb.name: verb for verb in VERBS}
    for offer in offers(shown):
        verb = declared[offer.verb]
        assert (offer.label, offer.destructive) == (verb.label, verb.destructive)


@pytest.mark.parametrize(
    "shown", [*STORY.values(), WORST, replace(WORST, merged=True), decision(contract(State.BLOCK, "t", FAILED))]
)
def test_every_offer_is_within_githubs_limits(shown: Decision) -> None:
    for offer in offers(shown):
        assert 0 < len(offer.label) <= limits.ACTION_LABEL
        assert 0 < len(offer.description) <= limits.ACTION_DESCRIPTION
        assert 0 < len(offer.verb) <= limits.ACTION_IDENTIFIER
        assert offer.target
    assert len(checkrun.buttons(shown)) <= limits.ACTIONS
    assert checkrun.buttons(shown)[-1] == EVALUATE


def test_what_is_being_repaired_can_be_stopped_and_what_waits_or_ended_begun() -> None:
    def verbs(one: Remediation, of: Decision = CONTRACT_BLOCK) -> list[tuple[str, str]]:
        told = [offer for offer in offers(of, one) if offer.verb.startswith("remediate")]
        assert all(len(offer.label) <= 20 and len(offer.description) <= 40 for offer in told)
        return [(offer.verb, offer.label) for offer in told]

    assert verbs(WORKING) == [("remediate stop", "Stop repairing")]
    assert verbs(ASKING) == [("remediate", "Let it be repaired")]
    for ended in (HANDED_OVER, STOPPED, LEFT, MENDED):
        assert verbs(ended) == [("remediate", "Repair again")]
        assert verbs(ended, SHIP) == verbs(ended, replace(CONTRACT_BLOCK, merged=True)) == []


def test_a_fix_of_a_bill_is_offered_once_whatever_waits() -> None:
    mendable = decision(row(result("sbom", State.BLOCK, detail={"mendable": True})))
    assert [one.label for one in offers(mendable) if one.verb == "remediate"] == ["Propose fixes"]
    assert [one.label for one in offers(mendable, ASKING) if one.verb == "remediate"] == ["Let it be repaired"]
