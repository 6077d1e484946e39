"""`/maestro remediate` from the comment to the pull request that mends, also where the rules propose none."""

from __future__ import annotations

import pytest

from app.github.sandbox import Repo
from tests.checks.sbom.supply import advisory, bill, package_json
from tests.road.stories import PATH
from tests.road.test_canary_commands import asked
from tests.road.test_fix_road import proposed
from tests.road.town import DECISION, Town
from tests.road.workshop import published

pytestmark = pytest.mark.slow

QUIET = "version: 1\nsbom: {mode: block, paths: [sbom.json], fix: {pull_requests: false}}\n"
LOUD = QUIET.replace("false", "true")
LEFT = {"left-pad": "1.0.0"}
QS = advisory("qs", "6.5.3", introduced="6.0.0")


def base(here: Town, rules: str) -> Repo:
    files = {"sbom.json": bill(LEFT), "package.json": package_json(LEFT), PATH: rules}
    return here.sandbox.repository("octo/shop", files, collaborators={"alice": "write", "carol": "read"})


async def judged(here: Town, rules: str = QUIET, qs: str = "6.5.1") -> tuple[Repo, int]:
    """A change that brings a package in, with its card."""
    here.osv.publish(published(QS))
    repo = base(here, rules)
    after = {**LEFT, "qs": qs}
    repo.commit("pay", {"sbom.json": bill(after), "package.json": package_json(after)})
    number = repo.open_pull("Pay", "pay")
    await here.rest()
    return repo, number


async def test_a_fix_is_proposed_now_though_the_rules_propose_none(here: Town) -> None:
    repo, number = await judged(here)
    assert (here.conclusions(repo, repo.tip("pay"))[DECISION], proposed(repo)) == ("failure", [])
    assert await asked(here, repo, number, "/maestro remediate") == ({"eyes", "rocket"}, [])
    await here.rest()
    (fix,) = proposed(repo)
    assert (fix.base_ref, fix.title) == ("pay", "Raise npm/qs to 6.5.3")
    repo.merge(fix.number)
    repo.commit("pay", {"sbom.json": bill({**LEFT, "qs": "6.5.3"})})
    await here.rest()
    assert here.conclusions(repo, repo.tip("pay"))[DECISION] == "success"


async def test_what_is_proposed_already_is_named_and_not_proposed_twice(here: Town) -> None:
    repo, number = await judged(here, LOUD)
    (fix,) = proposed(repo)
    reactions, (reply,) = await asked(here, repo, number, "/maestro remediate")
    await here.rest()
    assert (reactions, proposed(repo)) == ({"eyes", "confused"}, [fix])
    assert f"its fix is #<!-- -->{fix.number}" in reply
    assert "which is open" in reply


async def test_a_change_that_brings_nothing_bad_has_nothing_to_mend(here: Town) -> None:
    repo, number = await judged(here, qs="6.5.3")
    reactions, (reply,) = await asked(here, repo, number, "/maestro remediate")
    assert (reactions, proposed(repo)) == ({"eyes", "confused"}, [])
    assert "nothing that stops this change can be mended" in reply


async def test_what_no_release_mends_is_said_with_the_reason(here: Town) -> None:
    here.osv.publish(published(advisory("qs", None, introduced="6.0.0", identity="GHSA-open-open-open")))
    repo, number = await judged(here)
    reactions, (reply,) = await asked(here, repo, number, "/maestro remediate")
    assert (reactions, proposed(repo)) == ({"eyes", "confused"}, [])
    assert "qs" in reply


async def test_a_fork_gets_none(here: Town) -> None:
    here.osv.publish(published(QS))
    repo = base(here, QUIET)
    after = {**LEFT, "qs": "6.5.1"}
    repo.fork("mallory").commit(
        "pay", {"sbom.json": bill(after), "package.json": package_json(after)}, author="mallory"
    )
    number = repo.open_pull("Pay", "mallory:pay", author="mallory")
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro remediate")
    assert (reactions, proposed(repo)) == ({"eyes", "confused"}, [])
    assert "comes from a fork" in reply


async def test_where_nobody_asks_for_bills_there_is_nothing_to_propose(here: Town) -> None:
    repo, number = await judged(here, "version: 1\n")
    reactions, (reply,) = await asked(here, repo, number, "/maestro remediate")
    assert (reactions, proposed(repo)) == ({"eyes", "confused"}, [])
    assert "asks for no bills" in reply


async def test_a_reader_has_none_proposed(here: Town) -> None:
    repo, number = await judged(here)
    reactions, _ = await asked(here, repo, number, "/maestro remediate", "carol")
    await here.rest()
    assert (reactions, proposed(repo)) == ({"eyes", "confused"}, [])
