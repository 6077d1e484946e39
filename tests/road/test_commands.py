"""The one road of commands, over real HTTP: comments, buttons and the Decision Center, people and bots."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial

import pytest

from app.engine.jobs import Job
from app.github.sandbox import Repo, checking, commenting
from app.github.sandbox.faults import ServerError
from app.github.sandbox.state import App
from app.model import ASKED, KeptCommand, Progress, Surface, Trigger
from tests.road.stories import change, shop
from tests.road.test_canary_commands import PATIENT, asked, experiments, judged, spoken, told
from tests.road.town import DECISION, Town
from tests.waiting import until

pytestmark = pytest.mark.slow

RISKY = "version: 1\nrisk: {limit: 0.0}\n"
KEY = "0a" * 16


async def rows(here: Town, number: int) -> list[KeptCommand]:
    return list(await here.maestro.stores.commands.of_pull("octo/shop", number))


async def clicked(here: Town, number: int, head: str, said: str, login: str = "alice", key: str = KEY) -> KeptCommand:
    """What becomes of a click in the Decision Center."""
    verb, _, arguments = said.partition(" ")
    row = KeptCommand(
        key, f"{login} {key}", "octo/shop", number, head, verb, arguments, login, Surface.CENTER, time.time()
    )
    await here.maestro.stores.commands.ask(row)
    body = {
        "repository": {"full_name": "octo/shop"},
        "number": number,
        "head_sha": head,
        "command": key,
        "verb": verb,
        "arguments": arguments,
        "sender": {"login": login, "type": "User"},
    }
    await here.maestro.stores.inbox.keep(key, ASKED, json.dumps(body).encode())
    here.maestro.engine.wake()
    await here.rest()
    kept = await here.maestro.stores.commands.get(key)
    assert kept is not None
    return kept


def press(repo: Repo, sha: str, identifier: str, login: str = "alice") -> None:
    """What GitHub sends, whether or not it shows the button now."""
    (run,) = (run for run in repo.check_runs(sha) if run.name == DECISION)
    checking.press_button(repo.world, repo.state, run, identifier, repo.world.account(login))


# --- comments --------------------------------------------------------------------------------------------------


async def test_a_comment_is_kept_with_what_came_of_it_and_the_card_shows_it(here: Town) -> None:
    repo, number, sha = await overridable(here)
    await asked(here, repo, number, f"/maestro override risk {sha[:7]} it was tried by hand, see OPS-12", "root")
    await here.rest()
    (row,) = await rows(here, number)
    assert (row.verb, row.who, row.surface, row.state) == ("override", "root", Surface.COMMENT, Progress.DONE)
    assert (row.role, row.head_sha) == ("admin", sha)
    assert "does not count" in row.said
    (card,) = here.cards(repo, number)
    assert "Commands and provenance (1)" in card
    assert "root (admin), comment" in card
    (entry,) = await told(here, "command")
    assert (entry["who"], entry["role"], entry["result"]) == ("root", "admin", "ok")
    assert entry["what"] == f"override risk {sha[:7]} it was tried by hand, see OPS-12"


async def overridable(here: Town) -> tuple[Repo, int, str]:
    repo = shop(here.sandbox, RISKY)
    number, sha = change(repo)
    await here.rest()
    return repo, number, sha


async def test_who_lacks_the_role_is_told_why_once_and_is_not_shown_on_the_card(here: Town) -> None:
    repo, number, sha = await overridable(here)
    reactions, replies = await asked(here, repo, number, f"/maestro override risk {sha[:7]} because I say so", "carol")
    assert (reactions, len(replies)) == ({"eyes", "confused"}, 1)
    for _ in range(2):
        refused = await asked(here, repo, number, f"/maestro override risk {sha[:7]} because I say so", "carol")
        assert refused == ({"eyes", "confused"}, [])
    reactions, replies = await asked(here, repo, number, f"/maestro override risk {sha[:7]} and so do I", "mallory")
    assert len(replies) == 1, "another person is told, too"
    await here.rest()
    assert {row.state for row in await rows(here, number)} == {Progress.REFUSED}
    assert "Commands and provenance" not in here.cards(repo, number)[0]


async def test_whoever_may_read_is_told_why_and_what_is_left_to_do(here: Town) -> None:
    repo, number, _ = await overridable(here)
    reactions, (reply,) = await asked(here, repo, number, "/maestro explain", "carol")
    assert reactions == {"eyes", "rocket"}
    assert "risk: block" in reply
    reactions, (reply,) = await asked(here, repo, number, "/maestro plan", "carol")
    assert reactions == {"eyes", "rocket"}
    assert "1. ❌ risk" in reply
    assert "/maestro override risk" in reply
    reactions, (reply,) = await asked(here, repo, number, "/maestro explain rsik", "carol")
    assert reactions == {"eyes", "confused"}
    assert "did you mean `risk`?" in reply


async def test_who_has_no_say_here_has_three_answers_an_hour_and_then_a_reaction(here: Town) -> None:
    repo, number, _ = await overridable(here)
    answered = [
        await asked(here, repo, number, f"/maestro {verb}", "carol") for verb in ("help", "plan", "explain") * 2
    ]
    assert [len(replies) for _, replies in answered] == [1, 1, 1, 0, 0, 0]
    assert {frozenset(reactions) for reactions, _ in answered} == {frozenset({"eyes", "rocket"})}
    for _ in range(5):
        assert len((await asked(here, repo, number, "/maestro plan", "alice"))[1]) == 1


async def test_on_a_closed_pull_request_help_answers_and_who_has_a_say_is_told_that_it_is_closed(here: Town) -> None:
    repo, number, sha = await overridable(here)
    repo.close(number)
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, f"/maestro override risk {sha[:7]} {'x' * 10}", "alice")
    assert (reactions, "the pull request is closed" in reply) == ({"eyes", "confused"}, True)
    reactions, (reply,) = await asked(here, repo, number, "/maestro help", "carol")
    assert (reactions, "/maestro rollback" in reply) == ({"eyes", "rocket"}, True)
    assert await ignored(here, repo, number, "/maestro plan", "carol")


async def ignored(here: Town, repo: Repo, number: int, text: str, login: str) -> bool:
    comment, before = repo.comment(number, login, text), len(repo.comments(number))
    return await reactions_to(here, repo, number, comment) == set() and len(repo.comments(number)) == before


async def test_a_command_whose_every_attempt_fails_ends_as_failed_and_its_comment_is_told(here: Town) -> None:
    repo, number, sha = await judged(here)
    trigger = await commented(here, repo, number, "/maestro canary start")
    here.sandbox.faults.add(ServerError(500), path="*/reactions", times=1)
    await here.maestro.engine.put([Job("last", trigger, failures=9)])
    (one,) = (one for one in repo.comments(number) if one.id == trigger.comment_id)

    async def told_so() -> bool:
        return "confused" in {reaction.content for reaction in one.reactions}

    await until(told_so, 20)
    (row,) = await rows(here, number)
    assert row.state is Progress.FAILED
    assert row.said == "GitHub did not let us finish it (status 500), and it will not be tried again"
    assert {reaction.content for reaction in one.reactions} == {"confused"}
    assert await experiments(here, sha) == []
    (entry,) = await told(here, "command")
    assert entry["result"].startswith("failed: GitHub did not let us finish it")


async def test_a_job_that_is_run_again_after_its_end_says_its_last_word_and_does_nothing(here: Town) -> None:
    repo, number, sha = await overridable(here)
    await asked(here, repo, number, f"/maestro override risk {sha[:7]} it was tried by hand")
    await asked(here, repo, number, f"/maestro override risk {sha[:7]} it was tried by hand", "root")
    await here.rest()
    for one in repo.comments(number)[1:]:
        if not one.body.startswith("/maestro"):
            continue
        again = replace(spoken(number, one.id, one.body, one.created_at), who=one.user.login)
        before, reactions, calls = len(repo.comments(number)), list(one.reactions), len(here.sandbox.requests)
        await here.maestro.engine.put([Job(f"again {one.id}", again)])
        await here.rest()
        assert not any(call.endswith("/permission") for call in here.calls(calls))
        assert (len(repo.comments(number)), one.reactions) == (before, reactions)
    assert sorted(row.state for row in await rows(here, number)) == [Progress.DONE, Progress.REFUSED]


async def test_an_unknown_verb_is_told_the_nearest_and_counts_as_a_call_for_help(here: Town) -> None:
    repo, number, _ = await overridable(here)
    reactions, (reply,) = await asked(here, repo, number, "/maestro overide risk", "carol")
    assert reactions == {"eyes", "confused"}
    assert "did you mean `/maestro override`" in reply
    (row,) = await rows(here, number)
    assert (row.verb, row.state, row.said) == ("help", Progress.REFUSED, "there is no such command")
    more = [len((await asked(here, repo, number, "/maestro 7", "carol"))[1]) for _ in range(4)]
    assert more == [1, 1, 0, 0]


async def commented(here: Town, repo: Repo, number: int, text: str) -> Trigger:
    """The trigger of a comment that no webhook told of."""
    here.sandbox.webhook_url, url = None, here.sandbox.webhook_url
    comment = repo.comment(number, "alice", text)
    await here.sandbox.settle()
    here.sandbox.webhook_url = url
    (one,) = (one for one in repo.comments(number) if one.id == comment)
    return spoken(number, comment, text, one.created_at)


# --- bots ------------------------------------------------------------------------------------------------------

BOTS = f"{RISKY}commands:\n  bots:\n    Deployer[bot]: maintain\n    writer[bot]: write\n"


def spoke(repo: Repo, number: int, app: App, text: str) -> int:
    """A comment that an App's bot wrote."""
    return commenting.comment(repo.world, repo.state, repo.state.conversations[number], app.bot, text, app).id


async def reactions_to(here: Town, repo: Repo, number: int, comment: int) -> set[str]:
    await here.rest()
    (one,) = (one for one in repo.comments(number) if one.id == comment)
    return {reaction.content for reaction in one.reactions}


async def test_a_bot_that_is_named_has_the_role_that_it_is_given_and_no_more(here: Town) -> None:
    repo = shop(here.sandbox, BOTS)
    number, head = change(repo)
    await here.rest()
    deployer, before = repo.world.other_app("deployer"), len(repo.comments(number))
    comment = spoke(repo, number, deployer, "/maestro plan")
    assert await reactions_to(here, repo, number, comment) == {"eyes", "rocket"}
    comment = spoke(repo, number, deployer, f"/maestro override risk {head[:7]} it says so itself")
    assert await reactions_to(here, repo, number, comment) == {"eyes", "confused"}
    assert "it takes the role `admin` or more in this repository, and you have `maintain`" in said_last(repo, number)
    assert len(repo.comments(number)) == before + 4
    assert not any("/permission" in call for call in here.calls()), "GitHub knows no role of an App's bot"


def said_last(repo: Repo, number: int) -> str:
    return repo.comments(number)[-1].body


async def test_no_other_bot_is_heard_nor_is_our_own_app(here: Town) -> None:
    slug = here.sandbox.app.slug
    repo = shop(here.sandbox, f"{BOTS}    {slug}[bot]: maintain\n")
    number, _ = change(repo)
    await here.rest()
    own = repo.world.app
    for app in (repo.world.other_app("renovate"), own):
        before = len(repo.comments(number))
        comment = spoke(repo, number, app, "/maestro help")
        assert await reactions_to(here, repo, number, comment) == set()
        assert len(repo.comments(number)) == before + 1
    assert await rows(here, number) == []


async def test_a_bot_may_not_be_given_everything(here: Town) -> None:
    repo = shop(here.sandbox, RISKY)
    sha = repo.commit("fix", {".github/maestro.yml": f"{RISKY}commands: {{bots: {{'x[bot]': admin}}}}\n"})
    repo.open_pull("More", "fix")
    await here.rest()
    (run,) = (run for run in repo.check_runs(sha) if run.name == "maestro / config")
    assert "commands.bots" in f"{run.title} {run.summary} {run.text}"


# --- buttons ---------------------------------------------------------------------------------------------------


async def test_a_button_is_a_command_on_the_head_that_it_stood_beside(here: Town) -> None:
    repo, number, sha = await judged(here)
    await asked(here, repo, number, "/maestro canary start")
    press(repo, sha, "canary stop")
    await until(partial(have_ended, here, number, 2), 20)
    row, _ = await rows(here, number)
    assert (row.verb, row.who, row.surface, row.state) == ("canary stop", "alice", Surface.BUTTON, Progress.DONE)
    assert (row.head_sha, row.role) == (sha, "write")
    (kept,) = await experiments(here, sha)
    assert kept.reason == "stopped"


async def have_ended(here: Town, number: int, count: int) -> bool:
    return sum(row.state.ended for row in await rows(here, number)) >= count


async def test_whoever_lacks_the_role_presses_in_vain(here: Town) -> None:
    repo, number, sha = await judged(here)
    await asked(here, repo, number, "/maestro canary start")
    before = len(repo.comments(number))
    press(repo, sha, "canary stop", "carol")
    await until(partial(have_ended, here, number, 2), 20)
    row, _ = await rows(here, number)
    assert (row.state, row.role) == (Progress.REFUSED, "")
    assert "it takes the role `write`" in row.said
    (kept,) = await experiments(here, sha)
    assert not kept.ended
    assert len(repo.comments(number)) == before, "a button is answered on the page, not by a comment"


async def test_a_button_of_a_head_that_moved_does_nothing(here: Town) -> None:
    repo, number, sha = await judged(here)
    (run,) = (run for run in repo.check_runs(sha) if run.name == DECISION)
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    checking.press_button(repo.world, repo.state, run, "canary stop", repo.world.account("alice"))
    await here.rest()
    (row,) = await rows(here, number)
    assert row.state is Progress.REFUSED
    assert f"the head has moved to `{newer[:7]}` since `{sha[:7]}` was shown" in row.said


async def test_a_forks_button_finds_its_pull_request_by_the_head(here: Town) -> None:
    repo = shop(here.sandbox, PATIENT)
    fork = repo.fork("mallory")
    sha = fork.commit("topic", {"a.py": "x = 2\n"}, author="mallory")
    number = repo.open_pull("Mine", "mallory:topic", author="mallory")
    await here.rest()
    for login, state in (("mallory", Progress.REFUSED), ("alice", Progress.REFUSED)):
        press(repo, sha, "canary stop", login)
        await here.rest()
        row = (await rows(here, number))[0]
        assert (row.who, row.state, row.number) == (login, state, number)
    assert "it takes the role `write`" in (await rows(here, number))[1].said
    assert "none runs" in (await rows(here, number))[0].said


# --- the Decision Center ---------------------------------------------------------------------------------------


async def test_a_click_rides_the_same_road_and_its_row_tells_what_came_of_it(here: Town) -> None:
    repo, number, sha = await overridable(here)
    kept = await clicked(here, number, sha, "override risk it was tried by hand, see OPS-12", "root")
    assert (kept.state, kept.role, kept.after) == (Progress.DONE, "admin", "`risk`: overridden")
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert "root (admin), Decision Center" in here.cards(repo, number)[0]
    assert len(repo.comments(number)) == 1, "nobody is answered by a comment"


async def test_the_reason_of_a_click_may_begin_with_what_looks_like_a_commit(here: Town) -> None:
    _, number, sha = await overridable(here)
    kept = await clicked(here, number, sha, "override risk 20241130 outage broke the load generator", "root")
    assert kept.state is Progress.DONE
    kept = await clicked(here, number, sha, "override withdraw risk 1234567", "root", "0b" * 16)
    assert (kept.state, "not `1234567`" in kept.said) == (Progress.REFUSED, True)


async def test_what_merely_answers_answers_a_click_in_its_row_and_not_in_the_log(here: Town) -> None:
    _, number, sha = await overridable(here)
    kept = await clicked(here, number, sha, "plan")
    assert (kept.state, "1. ❌ risk" in kept.said, len(kept.said) <= 4000) == (Progress.DONE, True, True)
    (entry,) = await told(here, "command")
    assert (entry["what"], entry["after"]) == ("plan", "")


async def test_a_click_of_who_lacks_the_role_or_saw_another_head_is_refused_in_its_row(here: Town) -> None:
    repo, number, sha = await overridable(here)
    kept = await clicked(here, number, sha, "override risk because I say so", "carol")
    assert (kept.state, kept.role) == (Progress.REFUSED, "")
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    kept = await clicked(here, number, sha, "override risk because I say so", "root", "0b" * 16)
    assert (kept.state, kept.role) == (Progress.REFUSED, "admin")
    assert f"the head has moved to `{newer[:7]}`" in kept.said
    assert here.conclusions(repo, newer)[DECISION] == "failure"


async def test_a_click_on_what_was_closed_meanwhile_ends_too(here: Town) -> None:
    repo, number, sha = await overridable(here)
    repo.close(number)
    kept = await clicked(here, number, sha, "override risk because I say so", "root")
    assert (kept.state, "the pull request is closed" in kept.said) == (Progress.REFUSED, True)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"command": "0c" * 16},
        {"sender": {"login": "root", "type": "User"}},
        {"verb": "canary stop"},
        {"arguments": "contract because I say so"},
    ],
)
async def test_a_word_of_ours_that_no_row_bears_out_does_nothing(here: Town, spoilt: dict[str, object]) -> None:
    repo, number, sha = await overridable(here)
    said = "risk because I say so"
    row = KeptCommand(KEY, "k", "octo/shop", number, sha, "override", said, "carol", Surface.CENTER, 1.0)
    await here.maestro.stores.commands.ask(row)
    body = {"repository": {"full_name": "octo/shop"}, "number": number, "head_sha": sha, "command": KEY}
    body |= {"verb": "override", "arguments": said, "sender": {"login": "carol", "type": "User"}}
    await here.maestro.stores.inbox.keep(KEY, ASKED, json.dumps(body | spoilt).encode())
    await here.rest()
    kept = await here.maestro.stores.commands.get(KEY)
    assert kept is not None
    assert kept.state is Progress.PENDING
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_comments_that_are_switched_off_leave_buttons_and_pages(here: Town) -> None:
    repo = shop(here.sandbox, f"{RISKY}commands: {{enabled: false}}\n")
    number, sha = change(repo)
    await here.rest()
    repo.comment(number, "root", f"/maestro override risk {sha[:7]} it was tried by hand")
    await here.rest()
    assert await rows(here, number) == []
    kept = await clicked(here, number, sha, "override risk it was tried by hand", "root")
    assert kept.state is Progress.DONE
