"""What an agent is asked, as a model reads it: of each promise where it stands, and nothing in entities."""

from __future__ import annotations

import json

from app.render.remedial import RemedialRenderer
from checks.contract import Config
from checks.decide import Policy
from checks.judge import judge
from checks.model import ContractText, Measurement, Origin
from program.classify import Ran, troubles
from program.next_step import Signs
from program.remediation import Attempted, Failure, Step
from tests.handlers.sickroom import HEADS, NOW, TESTED, Room

OWN = Attempted(2, Step.AGENT, Failure.CONTRACT, HEADS[0], "ab" * 16, NOW, arm="impl@small")
PLAN = {
    "id": "plan",
    "nodes": [
        {"id": "speed", "promise": "p95 <b>stays</b> `near` main's", "post": {"p95": {"lt": 210}}},
        {"id": "size", "post": {"bytes": {"lte": 10}}},
        {"id": "either", "post": {"any": [{"lag": {"lt": 5}}, {"lag": {"lt": 50}}]}},
    ],
}


def brief(*runs: tuple[str, str], policy: Policy = TESTED) -> str:
    room = Room()
    told = ContractText(Origin.BODY, "the body", json.dumps(PLAN))
    sent = (Measurement("p95", 213.0, "ms"), Measurement("bytes", 5), Measurement("lag", 12))
    room.shows(*(runs or (("unit", "success"),)), policy=policy, contracts=(told,), measurements=sent)
    assert room.case is not None
    decision = judge(room.case)
    assert decision is not None
    signs = Signs(HEADS[0], troubles(decision, room.case.snapshot, Ran()))
    return RemedialRenderer().brief(decision, room.case.snapshot, signs, (), OWN)


def test_a_missed_promise_is_told_with_the_node_that_makes_it() -> None:
    told = brief()
    assert (
        "- of `plan/speed`, which promises ``p95 <b>stays</b> `near` main's``:\n  - `p95 213 ms, limit < 210 ms`"
        in told
    )
    assert "plan/size" not in told, "that holds"
    assert "lag < 5" not in told, "it holds by another way"


def test_what_was_promised_is_told_without_entities() -> None:
    told = brief()
    assert "- `p95`: promised `< 210`, measured `213.0` `ms`" in told
    assert "&lt;" not in told
    assert "<code>" not in told


def test_the_trailers_of_the_attempt_are_given_word_for_word() -> None:
    assert f"   ```\n   Maestro-Arm: impl@small\n   Maestro-Trace: {'ab' * 16}\n   ```" in brief()


def test_a_test_that_fails_beside_a_missed_promise_is_told_too() -> None:
    told = brief(("unit", "failure"))
    assert "1 measurement is outside what the contract promises, and 1 check failed or broke off" in told
    assert "- `unit`: `failure`" in told


def test_what_no_node_tells_is_a_reason_still() -> None:
    room = Room()
    room.shows(policy=Policy({"contract": Config()}, agent="label `agent`"))
    assert room.case is not None
    decision = judge(room.case)
    assert decision is not None
    signs = Signs(HEADS[0], troubles(decision, room.case.snapshot, Ran()))
    told = RemedialRenderer().brief(decision, room.case.snapshot, signs, (), OWN)
    assert "`no contract applies to this change, and its author counts as an agent`" in told
