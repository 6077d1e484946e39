"""A head that several pull requests share has one answer: the worst of them all."""

from dataclasses import replace

from checks.decide import sharing_a_head, weigh
from checks.model import CheckResult, Decision, Missing, Mode, Pull, Row, State, Verdict


def pull(number: int, base: str = "main") -> Pull:
    return Pull("acme/shop", number, "A title", "mona", "a" * 40, "topic", "b" * 40, base)


def row(name: str, state: State, title: str = "") -> Row:
    return weigh(CheckResult(name, state, title), Mode.BLOCK)


def decision(number: int, *rows: Row, verdict: Verdict, base: str = "main") -> Decision:
    return Decision(verdict, rows, pull(number, base), notes=("a note",))


def test_the_worst_row_of_each_check_and_the_worst_verdict_count_whoever_asks() -> None:
    mine = decision(1, row("risk", State.PASS), row("sbom", State.BLOCK, "mine"), verdict=Verdict.BLOCK)
    other = decision(2, row("risk", State.BLOCK, "theirs"), row("sbom", State.PASS), verdict=Verdict.BLOCK, base="lax")
    shared = sharing_a_head([mine, other])
    assert {one.result.name: one.result.title for one in shared.rows} == {"risk": "theirs", "sbom": "mine"}
    assert (shared.verdict, shared.pull.number) == (Verdict.BLOCK, 1)
    assert shared.notes == ("a note", "#1 onto `main`, #2 onto `lax` share this head: the worst of them counts for all")
    assert sharing_a_head([other, mine]) == shared


def test_a_check_that_only_the_other_has_counts_too() -> None:
    shared = sharing_a_head(
        [decision(1, verdict=Verdict.SHIP), decision(2, row("contract", State.WAIT), verdict=Verdict.HOLD)]
    )
    assert (shared.verdict, shared.conclusion) == (Verdict.HOLD, None)


def test_of_two_that_hold_the_one_that_needs_a_person_is_shown() -> None:
    waits, asks = row("contract", State.WAIT), row("contract", State.UNMEASURED)
    for mine, other in ((waits, asks), (asks, waits)):
        held = [decision(1, mine, verdict=Verdict.HOLD), decision(2, other, verdict=Verdict.HOLD)]
        assert sharing_a_head(held).rows == (asks,)


def test_a_strangers_fork_holds_nobody_elses_commit() -> None:
    mine = decision(2, row("risk", State.PASS), verdict=Verdict.SHIP)
    fork = decision(1, row("contract", State.UNMEASURED), verdict=Verdict.HOLD)
    fork = replace(fork, pull=replace(fork.pull, from_fork=True))
    assert sharing_a_head([mine, fork]) == sharing_a_head([fork, mine]) == mine
    assert sharing_a_head([fork, replace(fork, pull=replace(fork.pull, number=3))]).verdict is Verdict.HOLD


def test_alone_nothing_changes() -> None:
    mine = decision(1, row("risk", State.PASS), verdict=Verdict.SHIP)
    assert sharing_a_head([mine]) == mine


def test_a_missing_fact_says_what_its_check_can_say() -> None:
    assert Missing("x").state is State.UNMEASURED
    assert Missing("x", coming=True).state is State.WAIT
    assert Missing("x", ours=True).state is Missing("x", coming=True, ours=True).state is State.ERROR
