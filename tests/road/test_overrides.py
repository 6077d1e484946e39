"""`/maestro override ...` from the comment to check run and card, over real HTTP: who may, for how long, and undone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app import record
from app.engine.jobs import Job
from app.github.sandbox import Repo
from tests.road.stories import change, shop
from tests.road.test_canary_commands import asked, forget_the_end, spoken, told
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

RISKY = "version: 1\nrisk: {limit: 0.0}\n"
RISK = "maestro / risk"
WHY = "we looked at it together, see OPS-12"
DONE, REFUSED = {"eyes", "rocket"}, {"eyes", "confused"}


async def blocked(here: Town, rules: str = RISKY) -> tuple[Repo, int, str]:
    """A pull request whose risk is beyond any limit."""
    repo = shop(here.sandbox, rules)
    repo.state.collaborators["max"] = "maintain"
    number, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}
    return repo, number, sha


async def said(here: Town, repo: Repo, number: int, body: str, login: str = "root") -> tuple[set[str], list[str]]:
    answer = await asked(here, repo, number, f"/maestro override {body}", login)
    await here.rest()
    return answer


async def overrides_of(here: Town, repo: Repo, number: int, sha: str) -> None:
    assert await said(here, repo, number, f"risk {sha[:7]} {WHY}") == (DONE, [])
    assert here.conclusions(repo, sha) == {RISK: "success", DECISION: "success"}


async def records(here: Town, number: int) -> bytes:
    kept = await here.maestro.stores.decisions.latest("octo/shop", number)
    assert kept is not None
    return kept


async def test_an_admin_overrides_a_check_and_card_run_and_record_say_who_and_why(here: Town) -> None:
    repo, number, sha = await blocked(here)
    await overrides_of(here, repo, number, sha)
    (run,) = (one for one in repo.check_runs(sha) if one.name == RISK)
    assert (run.title or "").startswith("Overridden by root: Risk ")
    (card,) = here.cards(repo, number)
    assert "**SHIP** · 0 of 1 check passed, 1 overridden" in card
    assert f"risk (block) is overridden by root: {WHY}" in card
    assert "⚠️&nbsp;overridden | risk" in card
    kept = await records(here, number)
    (row,) = record.again(kept).rows
    assert (row.overridden.who, row.overridden.reason) == ("root", WHY) if row.overridden else False
    (shown,) = json.loads(kept)["decision"]["checks"]
    assert (shown["state"], shown["verdict"], shown["overridden"]["who"]) == ("block", "ship", "root")


@pytest.mark.parametrize(
    ("login", "role"), [("max", "maintain"), ("alice", "write"), ("carol", "read"), ("eve", "read")]
)
async def test_nobody_but_an_admin_does(here: Town, login: str, role: str) -> None:
    repo, number, sha = await blocked(here)
    reactions, (reply,) = await said(here, repo, number, f"risk {sha[:7]} {WHY}", login)
    assert reactions == REFUSED
    assert f"takes the role `admin` or more in this repository, and you have `{role}`" in reply
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}


async def test_what_cannot_be_overridden_is_refused_with_the_reason(here: Town) -> None:
    repo, number, sha = await blocked(here)
    short = sha[:7]
    for body, reason in (
        (f"risk {short} broken", "say why after the commit, in 10 characters or more"),
        (f"risk {short}", "say why after the commit"),
        (f"risk {WHY}", f"name the commit that it is to act on: `{short}` is the head"),
        (f"risk 1234567 {WHY}", f"the head is `{short}`, not `1234567`"),
        (f"rsik {short} {WHY}", "did you mean `risk`?\n"),
        (f"sbom {short} {WHY}", "there are `risk`"),
        (f"config {short} {WHY}", "the configuration is corrected, and not overridden"),
        (f"risk {short} {'x' * 600}", "it is too long: at most 500 characters may follow the verb"),
        (f"withdraw risk {short}", f"of `{short}` no such check is overridden"),
    ):
        reactions, (reply,) = await said(here, repo, number, body)
        assert (reactions, reason in reply) == (REFUSED, True)
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}


async def test_a_check_that_stops_nothing_is_not_overridden(here: Town) -> None:
    repo = shop(here.sandbox, "version: 1\nrisk: {limit: 1.0}\n")
    number, sha = change(repo)
    await here.rest()
    reactions, (reply,) = await said(here, repo, number, f"risk {sha[:7]} {WHY}")
    assert (reactions, "`risk` does not stand in the way: it says `pass`" in reply) == (REFUSED, True)


async def test_a_reason_may_name_commits_and_whatever_is_in_it_is_shown_and_not_done(here: Town) -> None:
    repo, number, sha = await blocked(here)
    hostile = "see deadbeef, @octocat closes #1 <img src=x onerror=alert(1)> [x](https://evil.example) | a | `b"
    assert await said(here, repo, number, f"risk {sha[:7]} {hostile}") == (DONE, [])
    (card,) = here.cards(repo, number)
    assert "is overridden by root: see deadbeef, @<!-- -->octocat closes #<!-- -->1 &lt;img src=x" in card
    (run,) = (one for one in repo.check_runs(sha) if one.name == RISK)
    for text in (card, run.summary, run.text):
        assert not any(live in (text or "") for live in ("@octocat", "<img", "](https://evil.example)"))


async def test_names_are_read_as_people_write_them_in_a_sentence(here: Town) -> None:
    repo, number, sha = await blocked(here)
    assert await said(here, repo, number, f"`maestro / risk`, <{sha[:7]}>: {WHY}") == (DONE, [])
    assert f"risk (block) is overridden by root: {WHY}" in here.cards(repo, number)[0]
    assert await said(here, repo, number, f"withdraw `risk` `{sha[:7]}`.") == (DONE, [])


async def test_it_is_over_with_the_head(here: Town) -> None:
    repo, number, sha = await blocked(here)
    await overrides_of(here, repo, number, sha)
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    assert here.conclusions(repo, newer) == {RISK: "failure", DECISION: "failure"}
    (card,) = here.cards(repo, number)
    assert ("**BLOCK** · 1 of 1 check in the way" in card, "is overridden by" in card) == (True, False)


async def test_it_is_over_with_the_base_branch(here: Town) -> None:
    repo, number, sha = await blocked(here)
    await overrides_of(here, repo, number, sha)
    repo.force_push("release", repo.tip())
    repo.edit(number, base="release")
    await here.rest()
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}


async def test_a_twin_at_the_same_head_is_not_let_through(here: Town) -> None:
    repo, number, sha = await blocked(here)
    repo.force_push("release", repo.tip())
    twin = repo.open_pull("The same", "fix", base="release")
    await here.rest()
    await said(here, repo, number, f"risk {sha[:7]} {WHY}")
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}
    assert "**SHIP**" in here.cards(repo, number)[0]
    assert "**BLOCK**" in here.cards(repo, twin)[0]
    await overrides_of(here, repo, twin, sha)


async def test_withdrawn_it_counts_again_and_another_may_say_it_anew(here: Town) -> None:
    repo, number, sha = await blocked(here)
    await overrides_of(here, repo, number, sha)
    repo.state.collaborators["ada"] = "admin"
    reactions, (reply,) = await said(here, repo, number, f"risk {sha[:7]} another reason", "ada")
    assert (reactions, "withdraw first what stands: `risk` is overridden by `root` already" in reply) == (REFUSED, True)
    reactions, _ = await said(here, repo, number, f"withdraw risk {sha[:7]}", "max")
    assert reactions == REFUSED
    assert await said(here, repo, number, f"withdraw risk {sha[:7]}", "ada") == (DONE, [])
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}
    assert await said(here, repo, number, f"risk {sha[:7]} another reason", "ada") == (DONE, [])
    assert "overridden by ada: another reason" in here.cards(repo, number)[0]


async def test_said_twice_the_second_says_what_stands_and_the_log_has_one_change_each(here: Town) -> None:
    repo, number, sha = await blocked(here)
    await overrides_of(here, repo, number, sha)
    reactions, (reply,) = await said(here, repo, number, f"risk {sha[:7]} {WHY}")
    assert (reactions, "`risk` is overridden by `root` already" in reply) == (REFUSED, True)
    assert await said(here, repo, number, f"withdraw risk {sha[:7]}") == (DONE, [])
    reactions, (reply,) = await said(here, repo, number, f"withdraw risk {sha[:7]}")
    assert (reactions, "no such check is overridden" in reply) == (REFUSED, True)
    changes = [(one["before"], one["after"]) for one in await told(here, "command")]
    assert changes == [
        ("`risk`: block", "`risk`: overridden"),
        ("", ""),
        ("`risk`: overridden", "`risk`: block"),
        ("", ""),
    ]


async def test_a_head_that_comes_back_is_judged_without_it(here: Town) -> None:
    repo, number, sha = await blocked(here)
    await overrides_of(here, repo, number, sha)
    repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    repo.force_push("fix", sha)
    await here.rest()
    assert here.conclusions(repo, sha) == {RISK: "failure", DECISION: "failure"}
    assert await said(here, repo, number, f"risk {sha[:7]} {WHY}") == (DONE, [])
    assert here.conclusions(repo, sha) == {RISK: "success", DECISION: "success"}


async def test_run_once_more_after_a_kill_it_finds_what_it_did(here: Town) -> None:
    repo, number, sha = await blocked(here)
    for body, conclusion in ((f"risk {sha[:7]} {WHY}", "success"), (f"withdraw risk {sha[:7]}", "failure")):
        await said(here, repo, number, body)
        one, count = repo.comments(number)[-1], len(repo.comments(number))
        again = replace(spoken(number, one.id, one.body, one.created_at), who="root")
        await forget_the_end(here)
        await here.maestro.engine.put([Job(f"again {conclusion}", again)])
        await here.rest()
        assert {reaction.content for reaction in one.reactions} == DONE
        assert len(repo.comments(number)) == count
        assert here.conclusions(repo, sha) == {RISK: conclusion, DECISION: conclusion}
