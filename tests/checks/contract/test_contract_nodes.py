"""A contract of several nodes: what each promises, what it may hold, and what a change may do to those of its base."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from checks.contract import Config, baselines, evaluate, names
from checks.contract.parse import MAX_DEPTH, MAX_NODES, ContractError, parse_contract
from checks.contract.predicate import say
from checks.model import CheckResult, ContractText, FileChange, Measurement, Origin, State

from .facts import FAST, FILE, GREEN_RUN, SLOW, config, risk, snapshot, written

BODY = "pull request body, contract 1"
P95 = {"p95": {"lt": 250}}
SMALL = {"bundle": {"lte": 180}}
KB = Measurement("bundle", 150.0, "kB")


def node(id_: str, post: dict[str, Any] | None = None, *parts: dict[str, Any], promise: str = "") -> dict[str, Any]:
    fields = {"id": id_, "promise": promise, "post": post, "nodes": list(parts)}
    return {key: value for key, value in fields.items() if value}


PLAN = node("plan", None, node("impl", P95, node("bundle", SMALL), promise="Faster"), node("verify", {"tests": "pass"}))


def tree(value: dict[str, Any], origin: Origin = Origin.BODY, path: str = BODY) -> ContractText:
    return ContractText(origin, path, json.dumps(value, indent=1))


def judged(*contracts: ContractText, rules: Config | None = None, agent: str = "") -> CheckResult:
    return evaluate(snapshot(FAST, KB, contracts=contracts, agent=agent), rules or Config(), {})


def error_of(value: object) -> ContractError:
    with pytest.raises(ContractError) as caught:
        parse_contract(ContractText(Origin.BODY, BODY, json.dumps(value, indent=1)))
    return caught.value


def test_each_node_has_a_path_a_promise_and_its_own_demands() -> None:
    contract = parse_contract(tree(PLAN))
    assert [(one.path, one.promise, one.depth, one.post and say(one.post)) for one in contract.nodes] == [
        ("plan", "", 0, None),
        ("plan/impl", "Faster", 1, "p95 < 250"),
        ("plan/impl/bundle", "", 2, "bundle <= 180"),
        ("plan/verify", "", 1, "tests pass"),
    ]
    assert (contract.id, say(contract.post)) == ("plan", "all of (p95 < 250; bundle <= 180; tests pass)")


def test_all_nodes_are_judged_and_shown_with_state_and_margin() -> None:
    result = judged(tree(PLAN))
    assert (result.state, result.title, result.detail["margin"]) == (State.PASS, "3 postconditions hold", "4 %")
    shown = result.detail["contracts"]
    assert [(one["id"], one.get("depth", 0), one.get("promise")) for one in shown] == [
        ("plan", 0, None),
        ("plan/impl", 1, "Faster"),
        ("plan/impl/bundle", 2, None),
        ("plan/verify", 1, None),
    ]
    lines = [(line["state"], line.get("margin")) for one in shown for line in one["lines"]]
    assert lines == [("pass", "10 ms (4 %)"), ("pass", "30 kB (16.7 %)"), ("pass", None)]


def test_a_node_that_fails_blocks_with_a_margin_below_zero() -> None:
    result = evaluate(snapshot(SLOW, KB, contracts=(tree(PLAN),)), Config(), {})
    assert (result.state, result.title) == (State.BLOCK, "p95 261 ms, limit < 250 ms")
    assert result.detail["margin"] == "-4.4 %"


def test_a_node_that_adds_nothing_shows_who_demands_it_already_and_counts_nothing_twice() -> None:
    plan = node("plan", None, node("impl", P95, promise="Faster"), node("silent", P95))
    result = judged(tree(plan), rules=config(P95))
    shown = result.detail["contracts"]
    assert [(one["id"], [(line["state"], line["text"]) for line in one["lines"]]) for one in shown] == [
        ("repository", [("pass", "p95 240 ms, limit < 250 ms")]),
        ("plan", []),
        ("plan/impl", [("pass", "p95 240 ms, limit < 250 ms (as demanded by repository)")]),
        ("plan/silent", [("pass", "p95 240 ms, limit < 250 ms (as demanded by repository)")]),
    ]
    assert (result.title, len(result.measures)) == ("1 postcondition holds", 1)


def test_a_promise_whose_condition_is_demanded_already_shows_what_was_measured() -> None:
    claim = node("mine", {"p95": {"lt": 9999}}, promise="p95 below 10 ms, proven")
    ((line,),) = [one["lines"] for one in judged(tree(claim), rules=config(P95)).detail["contracts"][1:]]
    assert line["text"] == "p95 240 ms, limit < 9999 ms (as demanded by repository)"
    assert line["margin"] == "9,759 ms (97.6 %)"


def test_a_node_that_the_change_leaves_as_it_is_is_not_shown_a_second_time() -> None:
    edited = node("plan", None, node("impl", P95), node("small", {"bundle": {"lte": 170}}))
    was = node("plan", None, node("impl", P95), node("small", SMALL))
    shown = judged(tree(was, Origin.BASE, FILE), tree(edited, Origin.HEAD, FILE)).detail["contracts"]
    assert [one["id"] for one in shown] == ["plan", "plan/impl", "plan/small", "plan", "plan/small"]


def test_margins_are_plain_figures_whatever_their_size() -> None:
    def said(value: float, limit: float) -> str:
        facts = snapshot(Measurement("size", value, "B"))
        ((line,),) = [one["lines"] for one in evaluate(facts, config({"size": {"lte": limit}}), {}).detail["contracts"]]
        return str(line["margin"])

    assert said(120_000, 180_000) == "60,000 B (33.3 %)"
    assert said(9_350, 100) == "-9,250 B (-9,250 %)"
    assert said(0.0001, 99.97) == "99.97 B (100 %)"


def test_a_limit_that_the_value_lies_on_and_misses_says_so() -> None:
    facts = snapshot(Measurement("p95", 250, "ms"))
    result = evaluate(facts, config(P95), {})
    assert (result.state, result.detail["margin"]) == (State.BLOCK, "0 %, missed")
    assert result.detail["contracts"][0]["lines"][0]["margin"] == "0 ms (0 %), missed"
    assert evaluate(facts, config({"p95": {"lte": 250}}), {}).detail["margin"] == "0 %"


def test_what_is_equal_to_its_limit_hides_no_margin() -> None:
    facts = snapshot(FAST, Measurement("build", 7))
    assert evaluate(facts, config(P95 | {"build": {"eq": 7}}), {}).detail["margin"] == "4 %"
    assert evaluate(facts, config({"build": {"eq": 8}}), {}).detail["margin"] == "-12.5 %"


def test_the_measurements_of_every_node_are_asked_for() -> None:
    relative = node("plan", {"p95": {"lt_base_pct": 5}}, node("deep", SMALL))
    assert names(Config(), (tree(relative),)) == {"p95", "bundle"}
    assert baselines(Config(), (tree(relative),)) == {"p95"}


def deep(levels: int) -> dict[str, Any]:
    value = node(f"n{levels}", P95)
    for level in range(levels - 1, 0, -1):
        value = node(f"n{level}", None, value)
    return value


def broad(count: int) -> dict[str, Any]:
    return node("plan", P95, *(node(f"n{number}", P95) for number in range(1, count)))


def test_a_tree_may_be_as_deep_and_as_broad_as_is_said() -> None:
    assert len(parse_contract(tree(deep(MAX_DEPTH))).nodes) == MAX_DEPTH
    assert len(parse_contract(tree(broad(MAX_NODES))).nodes) == MAX_NODES


WRONG: list[tuple[dict[str, Any], int, str]] = [
    (deep(MAX_DEPTH + 1), 12, "nodes.0.nodes.0.nodes.0.nodes.0: nested too deep; nodes go 4 deep"),
    (broad(MAX_NODES + 1), 400, "nodes.49: more than 50 nodes; split the contract"),
    (node("a", None, node("b", P95), node("b", P95)), 13, 'nodes.1.id: "b" names another node already, "a/b"'),
    (node("a", None, node("a", P95)), 5, 'nodes.0.id: "a" names another node already, "a"'),
    (node("a", None, node("b/c", P95)), 5, "nodes.0.id: holds a `/`"),
    (node("a", None, node("b")), 3, "nodes.0: `post` is missing"),
    ({"id": "a", "nodes": []}, 3, "nodes: must be a list of nodes"),
    ({"id": "a", "post": P95, "nodes": {}}, 8, "nodes: must be a list of nodes"),
    ({"id": "a", "nodes": [3]}, 3, "nodes.0: must be a contract, such as "),
    (node("a", None, {"id": "b", "note": P95}), 6, "nodes.0.note: unknown key (did you mean `nodes`?)"),
    (node("a", P95) | {"promise": "one\ntwo"}, 8, "promise: must say in one line of at most 200 printable"),
    (node("a", P95) | {"promise": "x" * 201}, 8, "promise: must say in one line of at most 200 printable"),
    (node("a", P95) | {"promise": 7}, 8, "promise: must say in one line"),
    (
        node(
            "a",
            {"x": {"in": [1]}},
            *(node(f"n{at}", {f"m{at}{by}": {"lt": 1} for by in range(10)}) for at in range(10)),
        ),
        3,
        "post: more than 100 postconditions; split the contract",
    ),
    (node("a", None, node("b", {"p95": {"ltt": 1}})), 8, "nodes.0.post.p95.ltt: unknown operator (did you mean `lt`?)"),
    (node("a", {"risk": {"lt_base_pct": 5}}), 5, "post.risk.lt_base_pct: risk is of a change and has no baseline"),
]


@pytest.mark.parametrize(("value", "line", "message"), WRONG)
def test_a_tree_that_cannot_be_read_names_the_line(value: dict[str, Any], line: int, message: str) -> None:
    error = error_of(value)
    assert (str(error)[: len(message)], error.line) == (message, line)


def test_a_change_that_loosens_a_node_is_told_its_line_and_the_bases_limit_holds() -> None:
    loose = node(
        "plan", None, node("impl", {"p95": {"lt": 300}}, node("bundle", SMALL)), node("verify", {"tests": "pass"})
    )
    result = judged(tree(PLAN, Origin.BASE, FILE), tree(loose, Origin.HEAD, FILE))
    (finding,) = result.findings
    assert finding.message == f"ignored: {FILE} loosens contract plan/impl; the base's p95 < 250 still holds"
    assert (finding.line, result.state) == (7, State.WARN)
    assert judged(tree(PLAN, Origin.BASE, FILE), tree(loose), agent="x").findings[0].rule == "contract.loosened"


def test_a_change_that_removes_a_node_is_told_and_the_node_still_holds() -> None:
    less = node("plan", None, node("impl", P95))
    result = judged(tree(PLAN, Origin.BASE, FILE), tree(less, Origin.HEAD, FILE))
    assert [finding.message for finding in result.findings] == [
        f"ignored: {FILE} drops contract plan/impl/bundle; the base's bundle <= 180 still holds",
        f"ignored: {FILE} drops contract plan/verify; the base's tests pass still holds",
    ]
    assert "bundle <= 180" not in result.title
    assert {measure.name for measure in result.measures} == {"p95", "bundle", "tests"}


def test_a_clause_that_moves_to_another_node_is_not_lost() -> None:
    moved = node("plan", {"tests": "pass"} | SMALL, node("impl", P95))
    assert judged(tree(PLAN, Origin.BASE, FILE), tree(moved, Origin.HEAD, FILE)).findings == ()


def test_a_file_that_is_removed_loses_every_node() -> None:
    facts = snapshot(FAST, KB, contracts=(tree(PLAN, Origin.BASE, FILE),), files=(FileChange(FILE, 0, 9, "removed"),))
    found = [finding.message for finding in evaluate(facts, Config(), {}).findings]
    assert [message.split(";")[0].removeprefix(f"ignored: {FILE} drops contract ") for message in found] == [
        "plan/impl",
        "plan/impl/bundle",
        "plan/verify",
    ]


# --- contracts that cannot do their work -----------------------------------------------------------------------------


def test_a_contract_that_never_can_pass_blocks_at_once_though_nothing_is_measured() -> None:
    never = node("plan", None, node("fast", {"lag": {"lt": 1}}), node("slow", {"lag": {"gt": 2}}))
    result = judged(tree(never))
    assert result.state is State.BLOCK
    assert result.title == "can never pass: lag > 2 and lag < 1 cannot hold together (contract plan/fast, plan/slow)"
    assert result.next_step == "Correct contract plan/slow in the description."
    (finding,) = result.findings
    assert (finding.rule, finding.line, finding.state) == ("contract.impossible", 15, State.BLOCK)


def test_a_change_that_contradicts_its_base_is_told_whose_clause_it_is() -> None:
    result = judged(written(P95), tree(node("mine", {"p95": {"gte": 250}})))
    assert result.title == "can never pass: p95 >= 250 and p95 < 250 cannot hold together (contract speed, mine)"
    assert result.next_step == "Correct contract mine in the description."


@pytest.mark.parametrize(
    ("origin", "remedy"),
    [
        (Origin.BASE, "Correct contract plan on the base branch: no change can fulfil it."),
        (Origin.HEAD, "Correct contract plan, which this change itself adds."),
    ],
)
def test_whoever_wrote_what_never_can_pass_is_asked_to_correct_it(origin: Origin, remedy: str) -> None:
    result = judged(tree(node("plan", {"risk": {"gt": 1}}), origin, FILE))
    assert (result.state, result.next_step) == (State.BLOCK, remedy)
    assert result.title == "can never pass: risk > 1 cannot hold (contract plan)"


def test_the_configuration_is_asked_to_correct_its_own() -> None:
    result = judged(rules=config({"lag": {"lt": 1, "gt": 2}}))
    assert (result.state, result.findings[0].path) == (State.BLOCK, "")
    assert result.next_step == "Correct `contract.post` on the base branch: no change can fulfil it."


EMPTY = node("mine", {"any": [{"lag": {"lt": 5}}, {"lag": {"gte": 5}}]})


def test_an_agents_contract_that_promises_nothing_counts_as_none() -> None:
    result = judged(tree(EMPTY), agent="label agent")
    why = "all that applies to it holds whatever is measured (any of (lag < 5; lag >= 5)), which counts as no contract"
    assert (result.state, result.title) == (State.BLOCK, f"An agent's change must state what it proves: {why}")
    assert [finding.rule for finding in result.findings] == ["contract.vacuous"]
    assert "maestro-contract" in result.next_step


def test_beside_one_promise_that_can_fail_an_empty_one_is_only_remarked_on() -> None:
    result = judged(tree(EMPTY | {"nodes": [node("tested", {"tests": "pass"})]}), agent="label agent")
    assert result.state is State.UNMEASURED  # nobody sent `lag`
    assert [finding.message for finding in result.findings] == [
        "contract mine promises nothing: any of (lag < 5; lag >= 5) holds whatever is measured"
    ]


@pytest.mark.parametrize(
    "post",
    [
        {"risk": {"lt": 0.99}},
        {"risk": {"ne": 0.123456}, "risk.score": {"lt": 0.9}},
        {"any": [{"risk": {"lt": 0.5}}, {"risk": {"gte": 0.5}, "x": {"gte": 1}}]},
        {"any": [{"tests": "pass"}, {"risk": {"lt": 0.99}}]},
    ],
)
def test_what_the_risk_alone_can_fulfil_proves_nothing_of_an_agents_work(post: dict[str, Any]) -> None:
    facts = snapshot(contracts=(tree(node("mine", post)),), agent="label agent")
    result = evaluate(facts, Config(), risk(0.2))
    assert result.state is State.BLOCK
    assert "can hold without a measurement of its work" in result.title
    assert evaluate(replace(facts, before=None), Config(), risk(0.2)).state is not State.BLOCK
    beside = replace(facts, contracts=(tree(node("mine", {"tests": "pass", "risk": {"lt": 0.9}})),))
    assert evaluate(beside, Config(), risk(0.2)).state is State.PASS


def test_an_empty_promise_of_the_base_is_no_remark_at_every_change_but_one_of_the_configuration_is_warned_of() -> None:
    assert judged(written({"risk": {"ne": 7}})).findings == ()
    from checks.contract.futile import warns

    assert warns(config({"risk": {"lte": 1}, "tests": "pass"})) == ("post: risk <= 1 holds whatever is measured",)
    assert warns(config({"risk": {"gt": 1}})) == ("post can never pass: risk > 1 cannot hold",)
    assert warns(config({"tests": "pass"})) == warns(Config()) == ()


def test_a_run_that_passed_shows_no_margin() -> None:
    assert GREEN_RUN.conclusion == "success"
    assert "margin" not in judged(tree(node("a", {"tests": "pass"}))).detail


def test_facts_of_a_version_without_baselines_are_decided_as_they_were() -> None:
    older = replace(snapshot(FAST, contracts=(written(P95), tree(EMPTY)), agent="x"), before=None)
    result = evaluate(older, Config(), {})
    assert (result.state, result.findings) == (State.UNMEASURED, ())
    assert "margin" not in repr(result.detail)
    never = replace(snapshot(contracts=(tree(node("a", {"lag": {"lt": 1, "gt": 2}})),)), before=None)
    assert evaluate(never, Config(), {}).state is State.UNMEASURED
