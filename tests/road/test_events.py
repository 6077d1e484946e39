"""What each event does: forks, drafts, retargets, force-pushes, merge groups, re-runs, commands."""

import pytest

from app.github.sandbox.faults import Slow
from tests.road.stories import CONTRACT, PATH, change, shop
from tests.road.town import DECISION, GREEN, Town

pytestmark = pytest.mark.slow


async def test_a_push_moves_the_decision_to_the_new_head(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, first = change(repo)
    await here.rest()
    second = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    assert here.conclusions(repo, first) == here.conclusions(repo, second) == {DECISION: "success"}
    (card,) = here.cards(repo, number)
    assert f"`{second[:7]}`" in card
    assert first[:7] not in card


async def test_a_force_push_is_judged_like_any_new_head(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    other = repo.draft_commit({"b.py": "y = 1\n"}, parent=repo.tip())
    repo.force_push("fix", other)
    await here.rest()
    assert here.conclusions(repo, other) == {DECISION: "success"}
    assert f"`{other[:7]}`" in here.cards(repo, number)[0]


async def test_the_newest_head_wins_when_it_moves_while_we_judge(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    here.sandbox.faults.add(Slow(0.6), path="*/compare/*")
    number, old = change(repo)
    await here.until_called("/compare/")
    new = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    assert here.conclusions(repo, old) == {DECISION: "cancelled"}, "nothing is answered on a head that moved"
    assert here.conclusions(repo, new) == {DECISION: "success"}
    (card,) = here.cards(repo, number)
    assert f"`{new[:7]}`" in card


async def test_a_head_that_waits_for_tests_waits_no_more_once_it_is_overtaken(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, old = change(repo)
    repo.report_check(old, "unit", "in_progress", None)
    await here.rest()
    waited = here.conclusions(repo, old)
    assert set(waited.values()) == {None}
    new = repo.commit("fix", {"a.py": "x = 3\n"})
    repo.report_check(new, "unit")
    await here.rest()
    assert here.conclusions(repo, old) == dict.fromkeys(waited, "cancelled")
    assert set(here.conclusions(repo, new).values()) == {"success"}
    (run,) = (one for one in repo.check_runs(old) if one.name == DECISION)
    assert run.title == f"Overtaken by {new[:7]}"
    assert f"`{new[:7]}`" in here.cards(repo, number)[0]


async def test_a_head_that_was_left_and_is_the_head_again_is_judged_like_any_other(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, old = change(repo)
    repo.report_check(old, "unit", "in_progress", None)
    await here.rest()
    repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    repo.force_push("fix", old)
    await here.rest()
    assert set(here.conclusions(repo, old).values()) == {None}
    repo.report_check(old, "unit")
    await here.rest()
    assert set(here.conclusions(repo, old).values()) == {"success"}


async def test_a_head_that_another_pull_request_is_at_waits_on(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, old = change(repo)
    repo.force_push("twin", old)
    repo.open_pull("The same, again", "twin")
    repo.report_check(old, "unit", "in_progress", None)
    await here.rest()
    repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    assert set(here.conclusions(repo, old).values()) == {None}
    repo.commit("twin", {"a.py": "x = 4\n"})
    await here.rest()
    assert set(here.conclusions(repo, old).values()) == {"cancelled"}


async def test_a_forks_tests_reach_its_pull_request_though_no_event_names_it(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    fork = repo.fork("mallory")
    sha = fork.commit("fix", {"a.py": "x = 2\n"}, author="mallory")
    number = repo.open_pull("Correct x", "mallory:fix", author="mallory")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] != "success"
    repo.report_check(sha, "unit")
    await here.rest()
    told = [d for d in here.sandbox.deliveries if d.event == "check_run" and d.payload["check_run"]["name"] == "unit"]
    assert told
    assert all(d.payload["check_run"]["pull_requests"] == [] for d in told)
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert "fork" in here.cards(repo, number)[0]


async def test_a_fork_that_calls_its_branch_main_has_its_tests_heard(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.fork("mallory").commit("main", {"a.py": "x = 2\n"}, author="mallory")
    repo.open_pull("Correct x", "mallory:main", author="mallory")
    await here.rest()
    repo.report_check(sha, "unit")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_checks_on_the_default_branch_cost_no_call(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    tip = repo.commit("main", {"a.py": "x = 7\n"})
    await here.rest()
    before = len(here.sandbox.requests)
    repo.report_check(tip, "unit")
    await here.rest()
    assert here.calls(before) == []


async def test_a_draft_gets_checks_and_its_card_once_it_is_ready(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "fix", draft=True)
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}
    assert here.cards(repo, number) == []
    repo.ready(number)
    await here.rest()
    assert len(here.cards(repo, number)) == 1


async def test_a_retarget_brings_the_new_bases_rules(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    repo.commit("strict", {PATH: CONTRACT}, parent=repo.tip())
    number, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}
    repo.edit(number, base="strict")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    assert "maestro / contract" in here.conclusions(repo, sha)


async def test_a_new_title_alone_costs_nothing(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    before = len(here.sandbox.requests)
    repo.edit(number, title="Correct x, really")
    await here.rest()
    assert here.calls(before) == []


async def test_a_closed_pull_request_is_left_alone(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, sha = change(repo)
    await here.rest()
    repo.close(number)
    before = len(here.sandbox.writes)
    repo.report_check(sha, "late")
    await here.rest()
    assert here.sandbox.writes[before:] == []


async def test_reopened_is_judged_again(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    repo.close(number)
    repo.commit("main", {PATH: CONTRACT})
    repo.reopen(number)
    await here.rest()
    assert "not measured" in here.cards(repo, number)[0]


async def test_a_merge_group_is_judged_on_its_own_sha(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, head = change(repo)
    repo.report_check(head, "unit")
    await here.rest()
    group = repo.merge_group(number)
    await here.rest()
    assert here.conclusions(repo, group)[DECISION] == "action_required", "the pull request's green is not the group's"
    repo.report_check(group, "unit")
    await here.rest()
    assert here.conclusions(repo, group)[DECISION] == "success"
    assert len(here.cards(repo, number)) == 1


async def test_new_rules_on_the_base_reach_every_open_pull_request(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    heads = [change(repo, branch)[1] for branch in ("one", "two")]
    await here.rest()
    repo.commit("main", {PATH: CONTRACT})
    await here.rest()
    assert [here.conclusions(repo, head)[DECISION] for head in heads] == ["action_required"] * 2


async def test_a_push_without_new_rules_costs_nothing(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    change(repo)
    await here.rest()
    before = len(here.sandbox.requests)
    repo.commit("main", {"docs.md": "news\n"})
    await here.rest()
    assert here.calls(before) == []


async def test_asking_for_a_re_run_says_everything_again(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    repo.report_check(sha, "unit")
    await here.rest()
    ours = next(run for run in repo.check_runs(sha) if run.name == "maestro / contract")
    repo.rerequest(ours.id, "alice")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success", "maestro / contract": "success"}
    repo.rerequest_suite(sha, "alice")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success", "maestro / contract": "success"}


async def test_the_button_judges_again(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    _, sha = change(repo)
    await here.rest()
    before = len(here.sandbox.writes)
    run = next(run for run in repo.check_runs(sha) if run.name == DECISION)
    repo.press_button(run.id, "evaluate", "carol")
    await here.rest()
    assert len(here.sandbox.writes) > before
    assert here.conclusions(repo, sha) == {DECISION: "success"}


async def test_repositories_that_join_have_their_open_pull_requests_judged(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    here.sandbox.uninstall("octo")
    _, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {}
    here.sandbox.install("octo")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}


async def test_help_is_answered_once_and_acknowledged(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    asked = repo.comment(number, "carol", "/maestro help")
    await here.rest()
    answers = [c for c in repo.comments(number) if "/maestro help" in c.body and c.id != asked]
    assert len(answers) == 1
    comment = next(c for c in repo.comments(number) if c.id == asked)
    assert {reaction.content for reaction in comment.reactions} == {"eyes", "rocket"}


async def test_an_unknown_command_gets_one_reply_with_the_nearest_verb(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    repo.comment(number, "carol", "/maestro hepl @octo/team")
    await here.rest()
    reply = repo.comments(number)[-1].body
    assert "`/maestro help`" in reply
    assert "@octo" not in reply


async def test_only_a_new_comment_that_begins_with_a_command_is_heard(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    harmless = repo.comment(number, "carol", "Thanks!")
    for body in ("```\n/maestro help\n```", "> /maestro help", "<!--\n/maestro help\n-->", "see /maestro help"):
        repo.comment(number, "carol", body)
    await here.rest()
    before = len(here.sandbox.writes)
    repo.edit_comment(harmless, "/maestro help")
    repo.comment(number, "renovate[bot]", "/maestro help")
    await here.rest()
    assert here.sandbox.writes[before:] == []
    assert len(repo.comments(number)) == 1 + 5 + 1


async def test_commands_can_be_switched_off_and_are_off_where_nothing_is_configured(here: Town) -> None:
    for name, rules in (("off", "version: 1\ncommands: {enabled: false}\n"), ("bare", None)):
        files = {"a.py": "x = 1\n"} | ({PATH: rules} if rules else {})
        repo = here.sandbox.repository(f"octo/{name}", files)
        number, _ = change(repo)
        await here.rest()
        before = len(here.sandbox.writes)
        repo.comment(number, "alice", "/maestro help")
        await here.rest()
        assert here.sandbox.writes[before:] == []


async def test_a_ping_and_an_event_nobody_knows_are_received_and_mean_nothing(here: Town) -> None:
    shop(here.sandbox, GREEN)
    here.sandbox.ping()
    here.sandbox.courier.post("cosmic_ray", {"action": "struck"})
    await here.rest()
    assert here.sandbox.requests == []
    assert await here.maestro.stores.deliveries.counts() == {"taken": 2}
