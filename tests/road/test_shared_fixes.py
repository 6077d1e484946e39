"""Several pull requests from one branch, the default branch too: one fix, for as long as one of them needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.github.sandbox import Repo
from app.github.sandbox.state import Pull
from app.model import FixState
from tests.checks.sbom.supply import bill, package_json
from tests.publish.scene import Crash, Dying
from tests.road.test_fixes import BEFORE, LATER, QS, brings, deep, quiet
from tests.road.workshop import RULES, Workshop, published, shop, workshop

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.osv.publish(published(QS))
        yield opened


async def both(here: Workshop, rules: str = RULES) -> tuple[Repo, int, int, Pull]:
    """One branch, proposed to `main` and to `release`, which has these rules; and the one fix."""
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    repo.commit("release", {".github/maestro.yml": rules})
    one = brings(repo)
    other = repo.open_pull("Pay, in the release too", "pay", "release")
    for number in (one, other, one):
        await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    return repo, one, other, fix


async def test_while_one_of_them_needs_it_it_stays(here: Workshop) -> None:
    repo, one, other, fix = await both(here)
    repo.close(one)
    for _ in range(2):
        await here.hear_of_the_end(repo, one)
    assert (fix.state, here.proposed(repo)) == ("open", [fix])
    assert f"#{other} brings it into `pay`" in (fix.body or "")
    assert [kept.source for kept in await here.fixes()] == [other]
    await here.evaluate(repo, other)
    assert len(here.proposed(repo)) == 1
    repo.close(other)
    await here.hear_of_the_end(repo, other)
    assert fix.state == "closed"
    assert [kept.state for kept in await here.fixes()] == [FixState.MOOT]


async def test_the_other_one_s_end_is_nothing_to_it(here: Workshop) -> None:
    repo, one, other, fix = await both(here)
    repo.close(other)
    await here.hear_of_the_end(repo, other)
    assert fix.state == "open"
    assert f"#{one} brings it into `pay`" in (fix.body or "")


async def test_their_words_do_not_contradict_each_other(here: Workshop) -> None:
    repo, one, other, _ = await both(here)
    written = [request for request in here.sandbox.writes if request.path.endswith("/pulls/3")]
    for number in (one, other) * 2:
        await here.evaluate(repo, number)
    assert [request for request in here.sandbox.writes if request.path.endswith("/pulls/3")] == written


async def test_whoever_asks_for_no_fixes_inherits_none(here: Workshop) -> None:
    repo, one, _, fix = await both(here, RULES.replace("fix: {", "fix: {pull_requests: false, "))
    repo.close(one)
    await here.hear_of_the_end(repo, one)
    assert fix.state == "closed"


async def test_rules_that_disagree_do_not_take_turns(here: Workshop) -> None:
    """To the release the package may come: that ends nothing that the other pull request needs."""
    soon = datetime.fromtimestamp(here.now(), UTC).date() + timedelta(days=30)
    who = f"owner: '@alice', reason: not reachable, expires: {soon}"
    excused = f"exceptions: [{{id: GHSA-aaaa-bbbb-cccc, purl: pkg:npm/qs, {who}}}]"
    repo, one, other, fix = await both(here, RULES.replace("fix: {", f"{excused}, fix: {{"))
    for number, conclusion in ((other, "success"), (one, "failure")):
        repo.commit("pay", {"README.md": f"For {number}\n"})
        assert await here.evaluate(repo, number) == conclusion
    assert (fix.state, here.proposed(repo)) == ("open", [fix])


async def test_the_end_of_a_source_that_nobody_told_us_of_is_found_out(here: Workshop) -> None:
    repo, one, other, fix = await both(here)
    repo.close(one)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.evaluate(repo, other)
    assert fix.state == "closed"
    assert [kept.state for kept in await here.fixes()] == [FixState.MOOT]


# --- the default branch is proposed somewhere -------------------------------------------------------------------


async def released(here: Workshop) -> tuple[Repo, int, Pull]:
    """The default branch, proposed to `release`; a fix of what that brings."""
    repo = shop(here.sandbox, bill({"other": "1.0.0"}), package_json({"other": "1.0.0"}))
    repo.commit("release", {"README.md": "Release\n"})
    repo.commit(
        "main",
        {
            "sbom.json": bill({"other": "1.0.0", "left-pad": "1.0.0"}),
            "package.json": package_json({"left-pad": "^1.0.0"}),
        },
    )
    here.osv.publish(published(LATER))
    number = repo.open_pull("Release", "main", "release")
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    assert fix.base_ref == "main"
    return repo, number, fix


async def test_what_both_need_is_proposed_once(here: Workshop) -> None:
    repo, number, fix = await released(here)
    await here.look()
    await here.evaluate(repo, number)
    await here.look()
    assert here.proposed(repo) == [fix]


async def test_what_we_closed_with_its_source_the_next_look_proposes_once(here: Workshop) -> None:
    repo, number, fix = await released(here)
    repo.close(number)
    await here.hear_of_the_end(repo, number)
    assert [kept.state for kept in await here.fixes()] == [FixState.MOOT]
    for _ in range(3):
        await here.look()
    old, new = here.proposed(repo)
    assert (old, old.state, new.state) == (fix, "closed", "open")
    assert "`main` has it" in (new.body or "")
    assert [kept.state for kept in await here.fixes()] == [FixState.MOOT, FixState.OPEN]


async def test_what_a_person_closed_stays_closed_when_its_source_goes(here: Workshop) -> None:
    repo, number, fix = await released(here)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.close(number)
    await here.hear_of_the_end(repo, number)
    for _ in range(2):
        await here.look()
    assert here.proposed(repo) == [fix]
    assert [kept.state for kept in await here.fixes()] == [FixState.CLOSED]


async def test_what_a_person_closed_after_we_thought_better_of_closing_it_is_theirs(here: Workshop) -> None:
    """We set out to close it, were killed, and it was needed again: the next one who closes it is a person."""
    repo = quiet(here)
    here.osv.publish(published(LATER))
    await here.look()
    (fix,) = here.proposed(repo)
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    with pytest.raises(Crash):
        await here.look(Dying(here.database, begin_left=[1]))
    repo.commit("main", {"sbom.json": BEFORE})
    await here.look()
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await here.look()
    assert here.proposed(repo) == [fix]
    assert [kept.state for kept in await here.fixes()] == [FixState.CLOSED]
