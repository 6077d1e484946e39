"""Which arm tries next: what the whole chain costs, what must never be chosen, and what is said of it."""

from __future__ import annotations

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
