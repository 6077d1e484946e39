"""Where contracts come from, and what a change may do to those of its base."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.templates import render
from checks.contract import CHECK, Config, evaluate, names
from checks.contract.judge import RANK
from checks.model import CheckResult, ContractText, FileChange, Finding, Measurement, Missing, Need, Origin, State

from .facts import FAST, FILE, SLOW, config, risk, snapshot, written
from .strategies import measurements, posts

TIGHT = {"p95": {"lt": 200}}
P95 = {"p95": {"lt": 250}}
LOOSE = {"p95": {"lt": 300}}
BODY = "pull request body, contract 1"
SLOWISH = Measurement("p95", 280.0, "ms")


def judged(*contracts: ContractText, sent: Measurement = FAST, agent: str = "", **facts: Any) -> CheckResult:
    return evaluate(snapshot(sent, contracts=contracts, agent=agent, **facts), Config(), {})


def base(post: dict[str, Any], **fields: str) -> ContractText:
    return written(post, Origin.BASE, **fields)


def head(post: dict[str, Any], **fields: str) -> ContractText:
    return written(post, Origin.HEAD, **fields)


def body(post: dict[str, Any], id_: str = "mine") -> ContractText:
    return written(post, Origin.BODY, BODY, id_)


def test_the_check_declares_what_it_reads() -> None:
    assert (CHECK.name, CHECK.config, CHECK.evaluate) == ("contract", Config, evaluate)
    assert CHECK.needs == {Need.TESTS, Need.MEASUREMENTS, Need.CONTRACTS, Need.CHANGE}


@pytest.mark.parametrize("origin", list(Origin))
def test_a_contract_counts_wherever_it_is_written(origin: Origin) -> None:
    contract = written(P95, origin, "somewhere")
    assert judged(contract).title == "1 postcondition holds"
    result = judged(contract, sent=SLOW)
    assert (result.state, result.detail["contracts"][0]["origin"]) == (State.BLOCK, origin.value)


def test_contracts_are_shown_in_the_order_config_base_head_body() -> None:
    texts = (body({"d": {"lt": 1}}), head({"c": {"lt": 1}}, path="c", id_="c"), base({"b": {"lt": 1}}))
    facts = snapshot(contracts=texts)
    shown = evaluate(facts, config({"a": {"lt": 1}}), {}).detail["contracts"]
    assert [(contract["origin"], contract["id"], contract["path"]) for contract in shown] == [
        ("config", "repository", ""),
        ("base", "speed", FILE),
        ("head", "c", "c"),
        ("body", "mine", BODY),
    ]


def test_a_change_may_demand_more_of_itself() -> None:
    result = judged(base(P95), head(TIGHT))
    assert (result.state, result.title, result.findings) == (State.BLOCK, "p95 240 ms, limit < 200 ms", ())
    assert judged(base(P95), body({"bundle": {"lt": 5}})).title == "bundle has not been measured on a1b2c3d"


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin.CONFIG, "; only the base branch can loosen it."),
        (Origin.BASE, "; only the base branch can loosen it."),
        (Origin.HEAD, ", or correct the limit, which this change itself adds."),
        (Origin.BODY, ", or correct the limit in the description."),
    ],
)
@pytest.mark.parametrize("post", [P95, {"any": [P95, {"all": [P95, {"p95": {"gt": 500}}]}]}])
def test_what_to_do_about_a_broken_limit_depends_on_who_set_it(origin: Origin, words: str, post: Any) -> None:
    result = judged(written(post, origin, "somewhere"), sent=SLOW)
    assert (result.state, result.next_step) == (State.BLOCK, f"Bring p95 within its limit{words}")


def test_a_limit_that_the_base_sets_too_is_the_bases() -> None:
    assert judged(base(P95), body(P95), sent=SLOW).next_step.endswith("; only the base branch can loosen it.")


def test_a_change_that_loosens_is_ignored_and_told_so() -> None:
    looser = replace(head(LOOSE), text='{"id": "speed",\n "post": {\n  "p95": {"lt": 300}}}')
    held, broken = judged(base(P95), looser), judged(base(P95), looser, sent=SLOWISH)
    message = f"ignored: {FILE} loosens contract speed; the base's p95 < 250 still holds"
    assert held.findings == (Finding("contract.loosened", message, path=FILE, line=3, state=State.WARN),)
    assert (held.state, held.reasons) == (State.WARN, (message,))
    assert held.title == f"1 postcondition holds; {FILE} loosens contract speed: ignored"
    assert (broken.state, broken.title) == (State.BLOCK, "p95 280 ms, limit < 250 ms")
    assert len(broken.measures) == 1  # the looser limit is not even shown
    assert held.detail["notes"] == [{"state": "warn", "text": message}]


def test_a_change_that_edits_a_postcondition_away_is_ignored() -> None:
    result = judged(base(P95 | {"tests": "pass"}), head({"tests": "pass"}), sent=SLOW)
    assert result.state is State.BLOCK
    assert [finding.message for finding in result.findings] == [
        f"ignored: {FILE} loosens contract speed; the base's p95 < 250 still holds"
    ]
    assert result.findings[0].line == 1


def test_renaming_the_contract_in_its_file_does_not_free_the_change_of_it() -> None:
    result = judged(base(P95), head({"tests": "pass"}, id_="other"), sent=SLOW)
    assert (result.state, result.findings[0].rule) == (State.BLOCK, "contract.loosened")


def test_moving_the_contract_to_another_file_is_no_loosening() -> None:
    moved = FileChange("new.json", 0, 0, "renamed", previous=FILE)
    assert judged(base(P95), head(P95, path="new.json"), files=(moved,)).findings == ()
    assert judged(base(P95), head(LOOSE, path="new.json"), files=(moved,)).findings[0].path == "new.json"


@pytest.mark.parametrize(
    "change", [FileChange(FILE, 0, 9, "removed"), FileChange("notes.txt", 0, 0, "renamed", previous=FILE)]
)
def test_a_change_that_drops_the_file_is_ignored_and_told_so(change: FileChange) -> None:
    result = judged(base(P95), files=(change,), sent=SLOW)
    message = f"ignored: {FILE} drops contract speed; the base's p95 < 250 still holds"
    assert result.state is State.BLOCK
    assert result.findings == (Finding("contract.loosened", message, path=FILE, state=State.WARN),)


def test_a_file_that_is_only_edited_or_not_known_to_be_gone_is_not_dropped() -> None:
    assert judged(base(P95), files=(FileChange(FILE, 1, 1), FileChange("x", 0, 1, "removed"))).findings == ()
    facts = replace(snapshot(FAST, contracts=(base(P95),)), change=Missing("too large"))
    assert evaluate(facts, Config(), {}).findings == ()


def test_the_description_may_restate_a_contract_but_not_loosen_it() -> None:
    result = judged(base(P95), body(LOOSE, id_="speed"))
    assert (result.state, result.findings[0].path) == (State.WARN, "")
    assert result.findings[0].message.startswith(f"ignored: {BODY} loosens contract speed")
    assert judged(base(P95), body(LOOSE)).state is State.PASS  # its own contract: beside the base's


def test_a_copy_of_what_the_base_says_is_not_shown_twice() -> None:
    result = judged(base(P95), head(P95), body(P95))
    assert (len(result.measures), len(result.detail["contracts"]), result.state) == (1, 1, State.PASS)


def test_two_contracts_of_a_change_that_say_the_same_are_shown_once() -> None:
    assert len(judged(body(P95), head(P95, path="a", id_="a")).measures) == 1
    assert len(judged(body({"x": {"eq": 1}}), head({"x": {"eq": True}}, path="a", id_="a")).measures) == 2


def test_what_the_configuration_demands_cannot_be_loosened_by_the_base_either() -> None:
    result = evaluate(snapshot(SLOWISH, contracts=(base(LOOSE),)), config(P95), {})
    assert [measure.limit for measure in result.measures] == ["< 250"]
    assert result.state is State.BLOCK


# --- unreadable ------------------------------------------------------------------------------------------------

BROKEN = '{"id": "speed",\n "post": {"p95": {"ltt": 250}}}'


def test_an_unreadable_contract_of_the_change_blocks_with_its_line() -> None:
    result = judged(ContractText(Origin.HEAD, FILE, BROKEN))
    (finding,) = result.findings
    assert (finding.rule, finding.path, finding.line, finding.state) == ("contract.unreadable", FILE, 2, State.BLOCK)
    assert finding.message == (
        f"{FILE} cannot be read: post.p95.ltt: unknown operator (did you mean `lt`?); "
        "the operators are lt, lte, gt, gte, eq, ne, in, between, "
        "lt_base_pct, lte_base_pct, gt_base_pct, gte_base_pct (line 2)"
    )
    assert (result.state, result.title, result.next_step) == (State.BLOCK, finding.message, f"Correct {FILE}.")


def test_an_unreadable_contract_of_the_description_points_at_no_file() -> None:
    (finding,) = judged(ContractText(Origin.BODY, BODY, "{")).findings
    assert (finding.path, finding.line, finding.state) == ("", 1, State.BLOCK)
    assert finding.message.startswith(f"{BODY} cannot be read: not JSON: ")


@pytest.mark.parametrize("origin", [Origin.BASE, Origin.CONFIG])
def test_an_unreadable_contract_of_the_base_leaves_the_change_unmeasured(origin: Origin) -> None:
    result = judged(ContractText(origin, FILE, BROKEN), agent="label agent")
    assert (result.state, result.findings[0].state) == (State.UNMEASURED, State.UNMEASURED)
    assert result.next_step == f"Correct {FILE} on main."


def test_a_change_is_not_blamed_for_what_its_base_got_wrong() -> None:
    result = judged(ContractText(Origin.BASE, FILE, BROKEN), ContractText(Origin.HEAD, FILE, BROKEN))
    assert (result.state, len(result.findings)) == (State.UNMEASURED, 1)


def test_the_rest_is_still_judged_beside_an_unreadable_contract() -> None:
    result = judged(base(P95), ContractText(Origin.BODY, BODY, "?"), sent=SLOW)
    assert len(result.reasons) == 2
    assert [contract["id"] for contract in result.detail["contracts"]] == ["speed"]


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (Missing("more than 50 contract files"), State.UNMEASURED),
        (Missing("rate-limited", ours=True), State.ERROR),
        (Missing("still reading", coming=True), State.WAIT),
    ],
)
def test_contracts_that_could_not_be_read_give_their_reason(missing: Missing, state: State) -> None:
    result = evaluate(snapshot(FAST, contracts=missing, agent="label agent"), config(P95), {})
    assert (result.state, result.title) == (state, f"contracts: {missing.reason}")
    assert [measure.name for measure in result.measures] == ["p95"]


# --- agents ----------------------------------------------------------------------------------------------------


def test_a_person_without_a_contract_passes() -> None:
    result = judged()
    assert (result.state, result.title, result.measures, result.reasons) == (State.PASS, "No contract applies", (), ())


def test_an_agent_without_a_contract_is_blocked_and_told_how_to_add_one() -> None:
    result = judged(agent="label agent")
    assert (result.state, result.title) == (State.BLOCK, "An agent's change must state what it proves")
    assert "maestro-contract" in result.next_step
    assert ".maestro/contracts/" in result.next_step
    assert result.reasons == ("no contract applies to this change, and its author counts as an agent",)


@pytest.mark.parametrize("origin", list(Origin))
def test_any_contract_at_all_is_what_an_agent_must_state(origin: Origin) -> None:
    result = judged(written(P95, origin, "somewhere"), agent="label agent")
    assert (result.state, result.detail["agent"], result.detail["head"]) == (State.PASS, "label agent", "a1b2c3d")
    assert result.detail["contracts"][0]["lines"][0]["text"].startswith("p95 240 ms")


def test_a_contract_in_the_configuration_is_enough_for_an_agent() -> None:
    assert evaluate(snapshot(FAST, agent="label agent"), config(P95), {}).state is State.PASS


# --- names -----------------------------------------------------------------------------------------------------


def test_names_are_all_that_somebody_must_send() -> None:
    texts = (
        base(P95 | {"tests": "pass"}),
        body({"any": [{"bundle": {"lt": 1}}, {"sbom.added": {"eq": 0}}]}),
        ContractText(Origin.HEAD, "broken", "{"),
    )
    asked = names(config({"risk": {"lt": 0.5}, "memory": {"lt": 1}}), texts)
    assert asked == {"p95", "bundle", "sbom.added", "memory"}
    assert names(Config(), ()) == frozenset()


@pytest.mark.parametrize("name", ["repository", " Repository"])
def test_a_change_cannot_speak_in_the_name_of_the_configuration(name: str) -> None:
    result = judged(body(P95, id_=name))
    assert (result.state, result.findings[0].rule) == (State.BLOCK, "contract.unreadable")
    assert "id: is the name of the configuration's own contract; choose another" in result.title
    assert judged(base(P95, id_=name)).state is State.PASS


# --- too many ------------------------------------------------------------------------------------------------------


def many(count: int, each: int = 1) -> list[ContractText]:
    """`count` files of the change, each with so many conditions of its own on one name."""
    parts = ({"any": [{"x": {"lt": 10 * file + at}} for at in range(each)]} for file in range(count))
    return [written(part, Origin.HEAD, f"{file}.json", f"c{file}") for file, part in enumerate(parts)]


def test_a_change_with_too_many_contracts_blocks_and_lifts_nothing_of_the_base() -> None:
    result = judged(base(P95), *many(51), sent=SLOW)
    why = "this change has more than 50 contract files: none of them is judged"
    assert (result.state, set(result.reasons)) == (State.BLOCK, {"p95 261 ms, limit < 250 ms", why})
    assert [measure.name for measure in result.measures] == ["p95"]
    assert [(finding.rule, finding.message) for finding in result.findings] == [("contract.too_many", why)]
    fast = judged(base(P95), *many(51))
    assert (fast.state, fast.title, fast.next_step) == (State.BLOCK, why, "Bring fewer of them.")
    assert judged(base(P95), *many(50)).state is State.UNMEASURED  # nobody sent `x`


def test_what_all_contracts_of_a_change_add_has_a_bound() -> None:
    wide = [*many(10, 50), body({"y": {"lt": 1}})]
    result = judged(base(P95), *wide)
    assert result.title == "the contracts of this change add more than 500 postconditions: none of them is judged"
    assert names(Config(), (base(P95), *wide)) == {"p95"}
    assert judged(base(P95), *wide[:-1]).state is State.UNMEASURED


# --- properties ------------------------------------------------------------------------------------------------

OF_CHANGE = st.sampled_from([Origin.HEAD, Origin.BODY])
TEXTS = st.builds(
    written, posts(nesting=1), OF_CHANGE, st.sampled_from([FILE, "other.json"]), st.sampled_from(["speed", "x"])
)
BROKEN_TEXTS = st.builds(ContractText, OF_CHANGE, st.just(FILE), st.sampled_from(["", "{}", BROKEN]))


@given(posts(nesting=1), st.lists(TEXTS | BROKEN_TEXTS, max_size=3), measurements())
def test_no_contract_of_the_change_ever_improves_the_answer(
    post: dict[str, Any], added: list[ContractText], sent: tuple[Measurement, ...]
) -> None:
    facts = snapshot(*sent, contracts=(base(post),))
    before = evaluate(facts, Config(), {}).state
    after = evaluate(replace(facts, contracts=(base(post), *added)), Config(), {}).state
    assert RANK[after] >= RANK[before]


@given(st.lists(TEXTS, max_size=3), measurements())
def test_the_order_of_contracts_does_not_matter(added: list[ContractText], sent: tuple[Measurement, ...]) -> None:
    texts = (base(P95), *added)
    answers = {repr(evaluate(snapshot(*sent, contracts=order), Config(), {})) for order in permutations(texts)}
    assert len(answers) == 1


# --- the text --------------------------------------------------------------------------------------------------


def test_the_template_shows_contract_measured_values_and_notes() -> None:
    contracts = (base({"tests": "pass", "any": [P95, {"risk": {"lt": 0.3}}]}), head({"tests": "pass"}))
    result = evaluate(snapshot(SLOW, contracts=contracts, agent="label agent"), Config(), risk(0.2))
    text = render("checks/contract.md.j2", detail=result.detail).replace("&lt;", "<")
    assert "Its author counts as an agent (label agent)" in text
    assert f"**speed**, of the base branch: {FILE}" in text
    assert "\n- ✅ pass: [1 of 1 test passed](https://ci.example/unit)\n" in text
    assert (
        "\n- ✅ pass: any of these\n  - ⚠️ warn: p95 261 ms, limit < 250 ms · margin &#45;11 ms (-4.4 %)\n"
        "  - ✅ pass: risk 0.2, limit < 0.3 · margin 0.1 (33.3 %)\n" in text
    )
    assert f"\n- ⚠️ warn: ignored: {FILE} loosens contract speed" in text


def test_the_template_says_that_no_contract_applies() -> None:
    assert render("checks/contract.md.j2", detail=judged().detail).strip() == "No contract applies."
