"""What the check run says of fixes, from evaluation to evaluation; and whose pull requests get one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.github.sandbox import Repo
from app.model import FIX_BRANCH
from checks.sbom.repair import MOST
from tests.checks.sbom.supply import advisory, bill, package_json
from tests.road.test_fixes import BEFORE, MANIFEST, QS, brings, deep
from tests.road.workshop import Workshop, published, shop, workshop

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.osv.publish(published(QS))
        yield opened


def said(repo: Repo, number: int) -> str:
    """The SBOM check's run at the head of a pull request, and the card."""
    head = repo.pull(number).head_sha
    (run,) = [run for run in repo.check_runs(head) if run.name == "maestro / sbom"]
    return f"{run.summary} {run.text}"


async def test_it_follows_is_open_and_was_closed_by_somebody(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    assert "`qs`: a pull request that moves it to `6.5.3` follows" in said(repo, number)
    (fix,) = here.proposed(repo)
    await here.evaluate(repo, number)
    assert f"`qs`: #{fix.number} moves it to `6.5.3`" in said(repo, number)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    asked = len(here.sandbox.requests)
    await here.evaluate(repo, number)
    assert f"`qs`: somebody closed #{fix.number}, which moves it to `6.5.3`: it is not proposed again" in said(
        repo, number
    )
    about = [one for one in here.sandbox.requests[asked:] if one.path.endswith(f"/pulls/{fix.number}")]
    assert len(about) == 1  # by the run of repairs, in case somebody opened it again; the check asks nobody


async def test_it_is_merged_and_the_bill_does_not_know(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await here.evaluate(repo, number)
    assert f"#{fix.number}, which moves it to `6.5.3`, is merged; the bill does not show it yet" in said(repo, number)


async def test_it_could_not_be_opened(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    here.sandbox.installation("octo").permissions["contents"] = "read"
    number = brings(repo)
    for _ in range(2):
        await here.evaluate(repo, number)
    assert "could not be opened yet: " in said(repo, number)
    assert "Resource not accessible by integration" in said(repo, number)


async def test_it_must_wait(here: Workshop) -> None:
    many = {f"p{n}": "1.0.0" for n in range(MOST + 1)}
    for name in many:
        here.osv.publish(published(advisory(name, "1.0.1", identity=f"GHSA-{name}{name}-aaaa-bbbb")))
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    packages = {"left-pad": "1.0.0", **many}
    repo.commit("pay", {"sbom.json": bill(packages), "package.json": package_json(packages)})
    number = repo.open_pull("Pay", "pay")
    for _ in range(2):
        await here.evaluate(repo, number)
    assert f"must wait: {MOST} others are open" in said(repo, number)
    assert len(here.proposed(repo)) == MOST


async def test_a_fix_promises_none(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    here.osv.publish(published(advisory("other", "1.0.1", identity="GHSA-dddd-eeee-ffff")))
    repo.commit(fix.head_ref, {"sbom.json": bill({"left-pad": "1.0.0", "other": "1.0.0"})})
    assert await here.evaluate(repo, fix.number) == "failure"
    assert "`other`: no pull request: it is a fix itself" in said(repo, fix.number)
    assert len(here.proposed(repo)) == 1


async def test_a_person_s_branch_gets_one_whatever_it_is_called(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    mine = f"{FIX_BRANCH}main/by-hand"
    repo.commit(mine, {"sbom.json": deep("6.5.1"), "package.json": MANIFEST})
    number = repo.open_pull("Pay with express", mine)
    await here.evaluate(repo, number)
    (fix,) = [pull for pull in here.proposed(repo) if pull.number != number]
    assert (fix.base_ref, fix.title) == (mine, "Settle npm/qs at 6.5.3")
