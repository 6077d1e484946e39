"""Who made the newest commit of an agent's change, and whether that takes it over."""

from program.pushing import By, makers, took_over

ROBO, ALICE, BOT = By("robo", bot=False), By("alice", bot=False), By("fix[bot]", bot=True)


def test_who_had_a_hand_in_the_head_that_was_seen_first_is_the_agent() -> None:
    by = {"a": ROBO, "b": By("claude", bot=False), "c": ALICE}
    assert makers("b", by) == {"robo", "claude"}
    assert makers("gone", by) == frozenset()


def test_a_person_who_made_the_newest_commit_took_it_over() -> None:
    assert took_over("b", {"a": ROBO, "b": ALICE}, {"robo"}) == "alice"


def test_what_the_agent_pushes_on_top_is_the_agents_again() -> None:
    assert took_over("c", {"a": ROBO, "b": ALICE, "c": ROBO}, {"robo"}) == ""
    assert took_over("c", {"a": ROBO, "b": ALICE, "c": BOT}, {"robo"}) == ""


def test_a_commit_that_we_asked_for_takes_nothing_over() -> None:
    assert took_over("b", {"a": ROBO, "b": By("claude", bot=False, asked=True)}, {"robo"}) == ""


def test_who_merges_what_a_bot_proposed_takes_nothing_over() -> None:
    by = {"a": ROBO, "f": BOT, "m": By("alice", bot=False, parents=("a", "f"))}
    assert took_over("m", by, {"robo"}) == ""


def test_who_merges_their_own_commits_or_the_base_takes_it_over() -> None:
    merge = By("alice", bot=False, parents=("a", "f"))
    assert took_over("m", {"a": ROBO, "f": ALICE, "m": merge}, {"robo"}) == "alice"
    assert took_over("m", {"a": ROBO, "m": merge}, {"robo"}) == "alice"
