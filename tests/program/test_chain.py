"""Which arm tries next: what the whole chain costs, what must never be chosen, and what is said of it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from program.arms import Arm, Ladder
from program.chain import OTHER, Choice, Terms, Tried, choose, task_class

SMALL, MEDIUM, LARGE = (
    Arm("impl@small", "agent.yml", cost_usd=0.08, tags=("cheap",)),
    Arm("impl@medium", "agent.yml", cost_usd=0.25),
    Arm("impl@large", "agent.yml", cost_usd=0.80, tags=("closed",)),
)
LADDER = Ladder((SMALL, MEDIUM, LARGE))


def record(name: str, good: int, bad: int, of: str = OTHER) -> list[Tried]:
    """So many tries of an arm, those that succeeded last."""
    return [Tried(name, of, False)] * bad + [Tried(name, of, True)] * good


def chosen(ladder: Ladder, history: list[Tried], **more: object) -> Choice:
    found = choose(ladder, OTHER, history, **more)  # type: ignore[arg-type]
    assert isinstance(found, Choice), found
    return found


def test_with_nothing_known_some_arm_tries_and_its_chain_is_as_long_as_the_terms_allow_at_most() -> None:
    found = chosen(LADDER, [])
    assert found.chain[0] == found.arm
    assert 1 <= len(found.chain) <= 3


def test_the_words_name_the_arm_its_cost_the_chain_and_what_is_known() -> None:
    found = chosen(LADDER, record("impl@small", 60, 20))
    assert found.why.startswith(f"arm `{found.arm.name}`: ${found.arm.cost_usd:.2f}, expected chain $")
    assert "known in the class" in found.why


def test_the_same_arguments_give_the_same_choice() -> None:
    history = record("impl@small", 5, 5) + record("impl@medium", 6, 4)
    assert {chosen(LADDER, history, seed="a").why for _ in range(5)} == {chosen(LADDER, history, seed="a").why}


def test_no_attempt_left_is_told() -> None:
    assert choose(LADDER, OTHER, [], tried=["impl@small"] * 3) == "no attempt is left of 3"
    assert choose(LADDER, OTHER, [], left=0) == "no attempt is left of 3"


def test_what_the_terms_forbid_is_never_in_a_chain() -> None:
    for terms in (Terms(max_usd=0.3), Terms(forbid=("closed",))):
        assert LARGE not in chosen(Ladder(LADDER.arms, terms), record("impl@large", 50, 0)).chain
    assert set(chosen(Ladder(LADDER.arms, Terms(allow=("cheap",))), []).chain) == {SMALL}


def test_a_budget_bears_the_whole_chain_or_the_chain_is_shorter() -> None:
    found = chosen(Ladder(LADDER.arms, Terms(budget_usd=1.0)), [], spent_usd=0.85)
    assert found.chain == (SMALL,)
    none = choose(Ladder(LADDER.arms, Terms(budget_usd=1.0)), OTHER, [], spent_usd=0.95)
    assert none == "no arm fits into the 0.05 US dollars that are left of `arms.budget_usd`"


def test_the_first_class_that_fits_some_path_counts() -> None:
    ladder = Ladder(LADDER.arms, classes=(("docs", ("docs/**", "*.md")), ("code", ("**/*.py",))))
    assert task_class(ladder, ["app/x.py"]) == "code"
    assert task_class(ladder, ["app/x.py", "README.md"]) == "docs"
    assert task_class(ladder, ["Makefile"]) == OTHER


TRIES = st.lists(
    st.builds(
        Tried, st.sampled_from([arm.name for arm in LADDER.arms]), st.sampled_from(["other", "docs"]), st.booleans()
    ),
    max_size=40,
)
TERMS = st.builds(
    Terms,
    floor=st.floats(0, 0.99),
    retry_usd=st.floats(0, 1),
    human_usd=st.floats(0, 20),
    repeat=st.floats(0, 1),
    budget_usd=st.none() | st.floats(0.1, 3),
)


def enumerated(chain: tuple[Arm, ...], found: Choice, terms: Terms, tried: list[str]) -> tuple[float, float]:
    """Cost and success of a chain, by every way in which its tries may end."""
    means = {one.arm.name: one.mean for one in found.odds}
    costs = {one.arm.name: one.usd or 0.0 for one in found.odds}
    usd = success = 0.0
    for ends in product((True, False), repeat=len(chain)):
        stopped = ends.index(True) if True in ends else len(chain)
        if any(ends[stopped + 1 :]):
            continue  # nothing is tried after a success
        chance, spent, before = 1.0, 0.0, list(tried)
        for arm in chain[: stopped + 1]:
            wins = means[arm.name] * terms.repeat ** before.count(arm.name)
            spent += costs[arm.name] + (terms.retry_usd if before else 0.0)
            chance *= wins if len(before) - len(tried) == stopped else 1 - wins
            before.append(arm.name)
        usd += chance * spent
        success += chance if True in ends else 0.0
    return usd, success


@given(TRIES, TERMS, st.lists(st.sampled_from([arm.name for arm in LADDER.arms]), max_size=2))
@settings(max_examples=60, deadline=None)
def test_cost_and_success_are_those_of_every_way_in_which_the_tries_may_end(
    history: list[Tried], terms: Terms, tried: list[str]
) -> None:
    found = choose(Ladder(LADDER.arms, terms), OTHER, history, tried=tried)
    assert isinstance(found, Choice)
    usd, success = enumerated(found.chain, found, terms, tried)
    assert found.expected_usd == pytest.approx(usd)
    assert found.success == pytest.approx(success)


@given(TRIES, TERMS, st.text(max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_chain_reaches_the_floor_or_none_that_the_budget_bears_does(
    history: list[Tried], terms: Terms, seed: str
) -> None:
    found = choose(Ladder(LADDER.arms, terms), OTHER, history, seed=seed)
    assert isinstance(found, Choice)
    arms = [one.arm for one in found.odds]
    usable = {one.arm.name: one.usd or 0.0 for one in found.odds}
    every = [chain for length in (1, 2, 3) for chain in product(arms, repeat=length)]
    borne = [one for one in every if terms.budget_usd is None or sum(usable[a.name] for a in one) <= terms.budget_usd]
    top = max(enumerated(chain, found, terms, [])[1] for chain in borne)
    assert found.chain in borne
    assert found.success >= min(terms.floor, top) - 1e-6
    assert ("no chain reaches" in found.why) == (not found.reached)


@given(st.integers(0, 20), st.integers(0, 20), st.text(max_size=5))
def test_of_two_arms_as_good_the_cheaper_one_tries(good: int, bad: int, seed: str) -> None:
    arms = (Arm("dear", "a.yml", cost_usd=0.5), Arm("cheap", "a.yml", cost_usd=0.1))
    history = [one for name in ("dear", "cheap") for one in record(name, good * 50 + 50, bad)]
    assert chosen(Ladder(arms, Terms(human_usd=0.0, floor=0.0)), history, seed=seed).arm.name == "cheap"


def test_where_a_person_is_dear_the_better_arm_is_worth_its_price_and_where_cheap_it_is_not() -> None:
    history = record("impl@small", 30, 70) + record("impl@large", 95, 5)
    terms = {"attempts": 1, "floor": 0.0}
    assert chosen(Ladder(LADDER.arms, Terms(human_usd=50.0, **terms)), history).arm == LARGE  # type: ignore[arg-type]
    assert chosen(Ladder(LADDER.arms, Terms(human_usd=0.1, **terms)), history).arm == SMALL  # type: ignore[arg-type]


def test_a_dear_retry_takes_the_arm_that_is_good_at_once() -> None:
    history = record("impl@small", 50, 50) + record("impl@large", 95, 5)
    arms = (SMALL, LARGE)
    assert chosen(Ladder(arms, Terms(retry_usd=0.0, repeat=1.0)), history).arm == SMALL
    assert chosen(Ladder(arms, Terms(retry_usd=5.0, repeat=1.0)), history).arm == LARGE


def test_what_was_reported_counts_more_the_more_of_it_there_is() -> None:
    dear = [Tried("impl@small", OTHER, True, usd=2.0)]
    costs = [chosen(LADDER, dear * n).odds[0] for n in (0, 2, 20)]
    assert [one.usd for one in costs] == pytest.approx([0.08, 1.04, (0.16 + 40) / 22])
    assert [one.measured for one in costs] == [0, 2, 20]


def test_an_arm_of_no_known_cost_counts_as_the_dearest_and_keeps_out_where_cost_is_limited() -> None:
    free = Arm("free", "a.yml")
    ladder = Ladder((free,))
    assert "unknown: counted as the dearest" in chosen(ladder, []).why
    assert chosen(Ladder((free, LARGE)), []).expected_usd >= 0.8
    assert isinstance(choose(Ladder((free,), Terms(max_usd=1.0)), OTHER, []), str)


def test_an_arm_freezes_where_its_failures_are_more_than_its_record_explains_and_thaws() -> None:
    good = record("impl@small", 90, 10)
    frozen = good + record("impl@small", 0, 5)
    assert SMALL in chosen(LADDER, good + record("impl@small", 0, 4)).chain
    assert SMALL not in chosen(LADDER, frozen).chain
    assert SMALL in chosen(LADDER, frozen + record("impl@medium", 1, 9)).chain


def test_five_failures_of_an_arm_that_often_fails_freeze_nothing() -> None:
    assert not chosen(LADDER, record("impl@small", 40, 60) + record("impl@small", 0, 5)).odds[0].frozen


def test_where_every_arm_is_frozen_one_tries_all_the_same() -> None:
    ladder = Ladder((SMALL,))
    assert chosen(ladder, record("impl@small", 0, 10)).arm == SMALL


def test_an_arm_is_expected_to_do_worse_where_the_others_do() -> None:
    history = record("impl@small", 40, 10) + record("impl@large", 45, 5) + record("impl@small", 2, 38, of="hard")
    easy, hard = (choose(LADDER, name, history) for name in (OTHER, "hard"))
    assert isinstance(easy, Choice)
    assert isinstance(hard, Choice)
    assert hard.odds[2].mean < easy.odds[2].mean - 0.1
    assert (hard.odds[2].n, hard.odds[2].of_arm) == (0, 50)
