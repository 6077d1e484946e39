"""On a default branch, what cannot be seen is not gone: no fix is closed for a bill that is late, lost or broken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.github.sandbox import Repo
from app.github.sandbox.faults import ServerError
from app.model import FixState
from app.store.bills import Bills
from tests.checks.sbom.supply import advisory, bill, package_json
from tests.road.workshop import RULES, Workshop, published, shop, workshop

pytestmark = pytest.mark.slow

PAD = advisory("left-pad", "1.0.1", identity="GHSA-jjjj-kkkk-llll", published="2026-11-29T12:00:00Z")
OTHERS = {f"package-{number}": "1.0.0" for number in range(12)}
BEFORE, AFTER = bill({"left-pad": "1.0.0", **OTHERS}), bill({"left-pad": "1.0.1", **OTHERS})


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        yield opened


async def fixed(here: Workshop, rules: str = RULES) -> Repo:
    """A repository whose bill has what an advisory names, and the fix for it."""
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "^1.0.0"}), rules)
    here.osv.publish(published(PAD))
    await here.look()
    assert [fix.state for fix in await here.fixes()] == [FixState.OPEN]
    return repo


async def states(here: Workshop) -> list[FixState]:
    """What became of the fixes, after two looks more."""
    for _ in range(2):
        await here.look()
    return [fix.state for fix in await here.fixes()]


@pytest.mark.parametrize(
    "files",
    [
        {"sbom.json": None, "sbom/other.json": bill(OTHERS)},
        {"sbom.json": None, "sbom/renamed.json": AFTER},
        {"sbom.json": bill({"package-0": "1.0.0"})},
        {"sbom.json": "{"},
        {"sbom.json": json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": None})},
    ],
    ids=["removed", "renamed", "shrunk", "unreadable", "no components"],
)
async def test_a_fix_stays_where_the_bill_that_asked_for_it_says_nothing(here: Workshop, files: Any) -> None:
    repo = await fixed(here, RULES.replace("[sbom.json]", "[sbom.json, 'sbom/*.json']"))
    repo.commit("main", files)
    assert await states(here) == [FixState.OPEN]
    assert [pull.state for pull in here.proposed(repo)] == ["open"]


async def test_a_fix_stays_where_the_rules_look_elsewhere(here: Workshop) -> None:
    repo = await fixed(here)
    repo.commit("main", {".github/maestro.yml": RULES.replace("sbom.json", "other.json"), "other.json": bill(OTHERS)})
    assert await states(here) == [FixState.OPEN]


async def test_once_the_bill_itself_no_longer_has_it_the_fix_is_moot(here: Workshop) -> None:
    repo = await fixed(here)
    repo.commit("main", {"sbom.json": AFTER})
    assert await states(here) == [FixState.MOOT]


async def test_of_two_bills_that_ci_sends_one_may_come_before_the_other(here: Workshop) -> None:
    repo = shop(here.sandbox, "", package_json({"left-pad": "^1.0.0"}), RULES.replace("sbom.json", "none.json"))
    sent = Bills(here.database)
    for path, text in (("api", BEFORE), ("web", bill(OTHERS))):
        await sent.keep("octo/shop", repo.tip(), path, text.encode())
    here.osv.publish(published(PAD))
    await here.look()
    later = repo.commit("main", {"README.md": "News\n"})
    await sent.keep("octo/shop", later, "web", bill(OTHERS).encode())
    assert await states(here) == [FixState.OPEN]
    await sent.keep("octo/shop", later, "api", AFTER.encode())
    assert await states(here) == [FixState.MOOT]
    assert len(here.proposed(repo)) == 1


# --- no bill of its own -----------------------------------------------------------------------------------------

NO_BILL = RULES.replace("sbom.json", "none.json")


async def test_a_branch_without_a_bill_is_read_from_githubs_dependency_graph(here: Workshop) -> None:
    repo = shop(here.sandbox, "", package_json({"left-pad": "^1.0.0"}), NO_BILL)
    here.osv.publish(published(PAD))
    repo.graph_has("pkg:npm/left-pad@1.0.0", "pkg:npm/qs@6.5.5")
    for _ in range(2):
        await here.look()
    (fix,) = here.proposed(repo)
    assert fix.title == "Raise npm/left-pad to 1.0.1"
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.graph_has("pkg:npm/left-pad@1.0.1", "pkg:npm/qs@6.5.5")
    await here.look()
    (kept,) = await here.fixes()
    assert kept.green_at is not None


async def test_what_the_graph_lists_no_more_may_be_out_of_its_sight(here: Workshop) -> None:
    repo = shop(here.sandbox, "", package_json({"left-pad": "^1.0.0"}), NO_BILL)
    here.osv.publish(published(PAD))
    repo.graph_has("pkg:npm/left-pad@1.0.0", "pkg:npm/qs@6.5.5")
    await here.look()
    repo.graph_has("pkg:npm/qs@6.5.5")
    assert await states(here) == [FixState.OPEN]


async def test_a_branch_with_a_bill_is_not_read_from_the_graph(here: Workshop) -> None:
    repo = await fixed(here)
    repo.graph_has("pkg:npm/other@1.0.0")
    await here.look()
    assert not [one for one in here.sandbox.requests if "dependency-graph" in one.path]


@pytest.mark.parametrize("fault", [None, ServerError(403), ServerError(500)], ids=["switched off", "denied", "away"])
async def test_a_graph_that_cannot_be_had_is_quietly_nothing(here: Workshop, fault: ServerError | None) -> None:
    repo = shop(here.sandbox, "", package_json({"left-pad": "^1.0.0"}), NO_BILL)
    here.osv.publish(published(PAD))
    if fault is not None:
        repo.graph_has("pkg:npm/left-pad@1.0.0")
        here.sandbox.faults.add(fault, path="*/dependency-graph/sbom", times=None)
    with capture_logs() as logs:
        await here.look()
    assert here.proposed(repo) == []
    assert [line["event"] for line in logs if line["event"] == "graph.no_bill"] == ["graph.no_bill"]


async def test_where_no_rules_speak_of_bills_the_graph_is_not_asked(here: Workshop) -> None:
    repo = shop(here.sandbox, "", package_json({"left-pad": "^1.0.0"}), "version: 1\n")
    repo.graph_has("pkg:npm/left-pad@1.0.0")
    await here.look()
    assert not [one for one in here.sandbox.requests if "dependency-graph" in one.path]
