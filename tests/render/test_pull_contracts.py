"""What the page of a pull request says of its contracts, beside the figures."""

from __future__ import annotations

from typing import Any

from app.render.pull_contracts import contracts_of, remarks_of
from checks.model import CheckResult, Decision, Measure, Mode, Pull, Row, State, Verdict

MEASURES = (
    Measure("perf_p95_ms", 261.0, "ms", "< 250", state=State.BLOCK),
    Measure("risk", 0.0700009, "", "< 0.65"),
    Measure("risk", 0.0700009, "", "< 0.5"),
)


def said(text: str, depth: int = 0) -> dict[str, Any]:
    return {"depth": depth, "state": "pass", "text": text, "evidence": ""}


def judged(*contracts: tuple[str, str, list[dict[str, Any]]], notes: tuple[dict[str, str], ...] = ()) -> Decision:
    found = [{"id": name, "origin": origin, "path": "", "lines": lines} for name, origin, lines in contracts]
    detail = {"contracts": found, "notes": notes}
    row = Row(
        CheckResult("contract", State.PASS, "holds", measures=MEASURES, detail=detail),
        Mode.BLOCK,
        Verdict.SHIP,
        "success",
    )
    return Decision(Verdict.SHIP, (row,), Pull("octo/shop", 7, "x", "alice", "a" * 40, "x", "b" * 40, "main"))


def test_a_single_plain_contract_is_named_and_its_figures_say_the_rest() -> None:
    decision = judged(("repository", "config", [said("perf_p95_ms 261 ms, limit < 250 ms")]))
    assert contracts_of(decision) == ("repository, of the configuration", ())


def test_of_several_each_says_what_was_measured_and_what_it_asks_for() -> None:
    decision = judged(
        ("repository", "config", [said("perf_p95_ms 261 ms, limit < 250 ms"), said("1 of 1 test passed")]),
        ("stricter", "head", [said("risk 0.0700009, limit < 0.5")]),
    )
    source, contracts = contracts_of(decision)
    assert source == ""
    assert [one.said for one in contracts] == ["repository, of the configuration", "stricter, added by this change"]
    assert [[clause.text for clause in one.clauses] for one in contracts] == [
        ["perf_p95_ms 261 ms, limit < 250 ms", "1 of 1 test passed"],
        ["risk 0.07, limit < 0.5"],
    ]


def test_conditions_within_conditions_are_shown_with_figures_as_people_read_them() -> None:
    lines = [said("any of these"), said("cost 0.0700009, limit < 1", 1)]
    _, (only,) = contracts_of(judged(("repository", "config", lines)))
    assert [(clause.depth, clause.text) for clause in only.clauses] == [
        (0, "any of these"),
        (1, "cost 0.07, limit < 1"),
    ]


def test_remarks_on_the_contracts_themselves_are_kept() -> None:
    ((state, text),) = remarks_of(judged(notes=({"state": "warn", "text": "two of them disagree"},)))
    assert (state.word, text) == ("warn", "two of them disagree")
