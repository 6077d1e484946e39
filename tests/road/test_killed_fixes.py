"""A worker killed while it proposes a fix, and what happened before the next one came: never two fixes for one thing,
none that is left behind, no branch that nobody needs. Real HTTP, a real database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.github.sandbox import Repo
from app.github.sandbox.state import Pull
from app.model import FIX_BRANCH, REST, FixState
from handlers.fix_branch import fix_branch
from handlers.opening import NAMES
from tests.checks.sbom.supply import package_json
from tests.nights import by_night
from tests.publish.scene import Crash, Dying
from tests.road.test_fixes import BEFORE, LATER, QS, SECOND, brings, deep, quiet
from tests.road.workshop import Workshop, published, shop, workshop

pytestmark = pytest.mark.slow

# Where the worker ends: at the nth thing that it begins, or has had and not noted.
POINTS = {
    "branch unnoted": ("record_left", 1),
    "pull request begun": ("begin_left", 2),
    "pull request unnoted": ("record_left", 2),
    "number not kept": ("record_left", 3),
}
BEGUN, UNKEPT = "pull request begun", "number not kept"
EVERY = pytest.mark.parametrize(
    "point", [BEGUN, UNKEPT, *by_night(*(point for point in POINTS if point not in {BEGUN, UNKEPT}))]
)
OPENED = pytest.mark.parametrize("point", ["pull request unnoted", "number not kept"])


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.osv.publish(published(QS))
        yield opened


def dying(here: Workshop, point: str) -> Dying:
    where, nth = POINTS[point]
    return Dying(here.database, **{where: [nth]})


async def killed(here: Workshop, point: str) -> tuple[Repo, int]:
    """A pull request that brings trouble, and a worker that ends while it proposes the fix."""
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    assert await here.killed(repo, number, dying(here, point))
    here.skipped += 60
    return repo, number


def open_ones(here: Workshop, repo: Repo) -> list[Pull]:
    """The fixes that are open; every branch of ours must be one of theirs."""
    found = [pull for pull in here.proposed(repo) if pull.state == "open"]
    branches = {ref.removeprefix("heads/") for ref in repo.state.refs if ref.startswith(f"heads/{FIX_BRANCH}")}
    assert branches == {pull.head_ref for pull in found}
    return found


@EVERY
async def test_on_the_same_head_it_is_taken_up(here: Workshop, point: str) -> None:
    repo, number = await killed(here, point)
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = open_ones(here, repo)
    assert [one.number for one in await here.fixes()] == [fix.number]
    assert len(here.proposed(repo)) == 1


@EVERY
async def test_on_a_head_that_moved_on_it_is_taken_up(here: Workshop, point: str) -> None:
    repo, number = await killed(here, point)
    repo.commit("pay", {"README.md": "News\n"})
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = open_ones(here, repo)
    assert [one.number for one in await here.fixes()] == [fix.number]
    assert len(here.proposed(repo)) == 1


@EVERY
async def test_on_a_default_branch_that_moved_on_it_is_taken_up(here: Workshop, point: str) -> None:
    repo = quiet(here)
    here.osv.publish(published(LATER))
    with pytest.raises(Crash):
        await here.look(dying(here, point))
    repo.commit("main", {"README.md": "News\n"})
    for _ in range(2):
        await here.look()
    (fix,) = open_ones(here, repo)
    assert [one.number for one in await here.fixes()] == [fix.number]
    assert len(here.proposed(repo)) == 1


@EVERY
async def test_with_nothing_left_to_mend_nothing_is_left_behind(here: Workshop, point: str) -> None:
    repo, number = await killed(here, point)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    for _ in range(2):
        await here.evaluate(repo, number)
    assert open_ones(here, repo) == []
    assert [one.state for one in await here.fixes()] == [FixState.MOOT]


@EVERY
async def test_with_another_version_the_old_one_is_ended(here: Workshop, point: str) -> None:
    repo, number = await killed(here, point)
    here.osv.publish(published(SECOND))
    here.skipped += 86_400
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = open_ones(here, repo)
    assert fix.title == "Settle npm/qs at 6.5.5"
    assert [one.state for one in await here.fixes()] == [FixState.SUPERSEDED, FixState.OPEN]


@EVERY
@pytest.mark.parametrize("ends", ["closed", "merged"])
async def test_with_its_pull_request_gone_nothing_is_left_behind(here: Workshop, point: str, ends: str) -> None:
    repo, number = await killed(here, point)
    end: dict[str, Callable[[int], object]] = {"closed": repo.close, "merged": repo.merge}
    end[ends](number)
    for _ in range(2):
        await here.hear_of_the_end(repo, number)
    assert open_ones(here, repo) == []
    assert [one.state for one in await here.fixes()] == [FixState.MOOT]


@OPENED
async def test_closed_by_a_person_meanwhile_it_stays_closed(here: Workshop, point: str) -> None:
    repo, number = await killed(here, point)
    (fix,) = here.proposed(repo)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.commit("pay", {"README.md": "News\n"})
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    assert fix.state == "closed"
    assert [(one.state, one.number) for one in await here.fixes()] == [(FixState.CLOSED, fix.number)]


@OPENED
async def test_merged_meanwhile_it_is_measured(here: Workshop, point: str) -> None:
    repo, number = await killed(here, point)
    (fix,) = here.proposed(repo)
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await here.evaluate(repo, number)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.evaluate(repo, number)
    (kept,) = await here.fixes()
    assert (kept.state, kept.green_at is not None) == (FixState.MERGED, True)
    assert len(here.proposed(repo)) == 1


@pytest.mark.parametrize("author", ["alice", "dependabot[bot]"])
async def test_a_pull_request_of_somebody_else_from_that_branch_is_left_alone(here: Workshop, author: str) -> None:
    repo, number = await killed(here, "pull request begun")
    (branch,) = [ref.removeprefix("heads/") for ref in repo.state.refs if ref.startswith(f"heads/{FIX_BRANCH}")]
    theirs = repo.open_pull("Mine now", branch, "pay", author=author)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    for _ in range(2):
        await here.evaluate(repo, number)
    assert repo.pull(theirs).state == "open"
    assert repo.comments(theirs) == []
    assert [one.state for one in await here.fixes()] == [FixState.MOOT]


# --- what ends without a kill -----------------------------------------------------------------------------------


async def test_what_is_over_leaves_no_branch(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    here.osv.publish(published(SECOND))
    here.skipped += 86_400
    await here.evaluate(repo, number)
    assert [fix.title for fix in open_ones(here, repo)] == ["Settle npm/qs at 6.5.5"]
    repo.close(number)
    await here.hear_of_the_end(repo, number)
    assert open_ones(here, repo) == []


async def test_a_branch_that_somebody_worked_on_stays(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    theirs = repo.commit(fix.head_ref, {"README.md": "Mine\n"})
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.evaluate(repo, number)
    assert repo.pull(fix.number).state == "closed"
    assert repo.tip(fix.head_ref) == theirs


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_killed_while_it_is_ended_it_leaves_no_branch(here: Workshop, step: int) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.killed(repo, number, Dying(here.database, record_left=[step]))
    await here.hear_of_the_end(repo, fix.number)
    await here.evaluate(repo, number)
    assert open_ones(here, repo) == []
    assert [one.state for one in await here.fixes()] == [FixState.MOOT]


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_killed_while_it_is_ended_and_wanted_again_it_is_there_once(here: Workshop, step: int) -> None:
    """Whether GitHub tells us of our own closing or not: it is never taken for a person's."""
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    assert await here.killed(repo, number, Dying(here.database, record_left=[step])) is (step < 3)
    repo.commit("pay", {"sbom.json": deep("6.5.1")})
    for _ in range(2):
        await here.evaluate(repo, number)
    assert len(open_ones(here, repo)) == 1


async def test_cleared_away_and_wanted_again_before_it_was_ever_opened(here: Workshop) -> None:
    repo, number = await killed(here, "pull request begun")
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    assert await here.killed(repo, number, Dying(here.database, record_left=[1]))
    repo.commit("pay", {"sbom.json": deep("6.5.1")})
    for _ in range(2):
        await here.evaluate(repo, number)
    assert len(open_ones(here, repo)) == 1


# --- somebody has the branch already ----------------------------------------------------------------------------


def taken(repo: Repo, first: int, last: int) -> dict[str, str]:
    """A stranger pushes the branches that we would make at these attempts; name → commit."""
    names = [fix_branch("pay", "pkg:npm/qs", "6.5.3", attempt) for attempt in range(first, last + 1)]
    return {name: repo.commit(name, {"mine.txt": "\n"}) for name in names}


async def test_under_a_name_that_somebody_has_it_is_proposed_under_another(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    theirs = taken(repo, 1, 1)
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = [pull for pull in here.proposed(repo) if pull.user.login == "maestro[bot]"]
    assert fix.head_ref not in theirs
    assert {name: repo.tip(name) for name in theirs} == theirs
    assert [(one.number, one.branch) for one in await here.fixes()] == [(fix.number, fix.head_ref)]


async def test_whoever_has_all_our_names_is_given_up_on_for_a_while(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    theirs = taken(repo, 1, NAMES)
    await here.evaluate(repo, number)
    tried = [request for request in here.sandbox.writes if "/git/" in request.path]
    await here.evaluate(repo, number)
    assert [request for request in here.sandbox.writes if "/git/" in request.path] == tried, "it rests"
    (kept,) = await here.fixes()
    assert kept.refusal == "somebody else has branches of the names that we would give it"
    here.skipped += REST + 1
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    (kept,) = await here.fixes()
    assert (kept.number, kept.refusal) == (fix.number, "")
    assert {name: repo.tip(name) for name in theirs} == theirs
