"""How fixes go on: edited, superseded, merged, moot, closed by a person; and those of the default branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.model import FixState, Kind, Proposal, Trigger
from checks.judge import Case
from checks.model import Advisories, ChangeFacts, Document, Missing, SbomPair
from handlers.repair import told_of_a_bill
from tests.checks.sbom.supply import BASE, HEAD, advisory, bill
from tests.handlers.hub import OURS, Hub, Killed
from tests.handlers.mendable import (
    BAD,
    GOOD,
    LEFT,
    NEXT,
    NOW,
    PUBLISHED,
    PULL,
    QS,
    Clock,
    case,
    facts,
    only,
    run,
    shown,
)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- another version, other evidence ----------------------------------------------------------------------------


SECOND = advisory("qs", "6.5.5", identity="GHSA-dddd-eeee-ffff", introduced="6.5.2")
THIRD = advisory("qs", "6.5.2", identity="GHSA-gggg-hhhh-iiii", introduced="6.5.0")


async def test_another_version_is_another_pull_request_and_the_old_one_says_which(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    shown(hub, case(facts(BAD, [QS, SECOND])))
    await run(hub, clock)
    await run(hub, clock)
    assert hub.open_fixes() == ["Raise npm/qs to 6.5.5"]
    assert hub.pulls[OURS].comments == [f"Superseded by #{OURS + 1}."]
    assert [fix.state for fix in hub.rows.values()] == [FixState.SUPERSEDED, FixState.OPEN]


@pytest.mark.parametrize("step", range(5, 18))
async def test_killed_at_any_step_the_old_one_is_closed_once(hub: Hub, clock: Clock, step: int) -> None:
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    shown(hub, case(facts(BAD, [QS, SECOND])))
    hub.kill_at = step
    for _ in range(3):
        try:
            await run(hub, clock)
        except Killed:
            clock.now += 60
    assert hub.open_fixes() == ["Raise npm/qs to 6.5.5"]
    assert hub.pulls[OURS].comments == [f"Superseded by #{OURS + 1}."]
    assert [fix.state for fix in hub.rows.values()] == [FixState.SUPERSEDED, FixState.OPEN]


async def test_other_evidence_is_written_over_the_old(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    shown(hub, case(facts(BAD, [QS, THIRD])))
    await run(hub, clock)
    await run(hub, clock)
    assert hub.deeds == ["WriteBranch", "OpenPullRequest", "EditPullRequest"]
    assert "GHSA-gggg-hhhh-iiii" in hub.pulls[OURS].body
    assert "GHSA-gggg-hhhh-iiii" in only(hub).advisories


# --- the end ----------------------------------------------------------------------------------------------------


async def opened(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    assert len(hub.open_fixes()) == 1


async def test_merged_and_seen_gone_it_is_green_and_measured(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    hub.pulls[OURS].state = "merged"
    await run(hub, clock, OURS)
    assert (only(hub).state, only(hub).green_at) == (FixState.MERGED, None)
    clock.now += 3_600
    shown(hub, case(facts(GOOD, head=NEXT)))
    await run(hub, clock)
    await run(hub, clock)
    assert (only(hub).state, only(hub).green_at) == (FixState.MERGED, NOW + 3_600)
    assert clock.measured == [NOW + 3_600 - PUBLISHED]


async def test_merged_and_not_yet_in_the_bill_it_is_not_proposed_again(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    hub.pulls[OURS].state = "merged"
    await run(hub, clock, OURS)
    late = replace(facts(BAD, head=NEXT), manifests=facts(GOOD, head=NEXT).manifests)
    shown(hub, case(late))
    await run(hub, clock)
    assert len(hub.pulls) == 1


async def test_a_merge_that_nobody_told_us_of_is_found_out(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    hub.pulls[OURS].state = "merged"
    shown(hub, case(facts(GOOD, head=NEXT)))
    await run(hub, clock)
    assert (only(hub).state, only(hub).green_at) == (FixState.MERGED, NOW)


async def test_gone_without_it_it_is_moot(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    shown(hub, case(facts(GOOD, head=NEXT)))
    await run(hub, clock)
    await run(hub, clock)
    assert hub.open_fixes() == []
    assert hub.pulls[OURS].comments == ["Nothing is left to mend: `feature` no longer has what this was for."]
    assert (only(hub).state, only(hub).green_at, clock.measured) == (FixState.MOOT, None, [])


async def test_our_own_closing_is_not_taken_for_a_person_s(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    shown(hub, case(facts(GOOD, head=NEXT)))
    hub.kill_at = hub.steps + 4  # it is closed, and nobody wrote that down
    with pytest.raises(Killed):
        await run(hub, clock)
    assert hub.pulls[OURS].state == "closed"
    await run(hub, clock, OURS)  # GitHub tells us that it was closed
    assert only(hub).state is FixState.MOOT


async def test_what_a_person_closed_is_not_proposed_again(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    hub.pulls[OURS].state = "closed"
    await run(hub, clock, OURS)
    for head in (NEXT, HEAD):
        shown(hub, case(facts(BAD, head=head)))
        await run(hub, clock)
    assert len(hub.pulls) == 1
    assert only(hub).state is FixState.CLOSED
    shown(hub, case(facts(BAD, [QS, SECOND])))
    await run(hub, clock)
    assert hub.open_fixes() == ["Raise npm/qs to 6.5.5"], "another version is another question"
    assert hub.pulls[OURS].comments == []


@pytest.mark.parametrize("merged", [True, False])
async def test_what_came_back_is_proposed_again(hub: Hub, clock: Clock, merged: bool) -> None:
    await opened(hub, clock)
    if merged:
        hub.pulls[OURS].state = "merged"
    shown(hub, case(facts(GOOD, head=NEXT)))
    await run(hub, clock)
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    assert hub.open_fixes() == ["Raise npm/qs to 6.5.3"]
    assert len({fix.branch for fix in hub.rows.values()}) == 2


@pytest.mark.parametrize(
    "blind",
    [
        lambda found: replace(found, sboms=Missing("away", ours=True)),
        lambda found: replace(found, sboms=()),
        lambda found: replace(found, advisories=Missing("OSV is away", ours=True)),
        lambda found: replace(found, sboms=(SbomPair("sbom.json", None, Document("sbom.json", NEXT, bill(GOOD))),)),
        lambda found: replace(found, sboms=(SbomPair("sbom.json", Document("sbom.json", BASE, bill(LEFT)), None),)),
        lambda found: replace(found, advisories=Advisories((), "a test", unasked=("pkg:npm/qs",))),
    ],
    ids=["bills away", "no bill", "advisories away", "no baseline", "bill removed", "nobody asked"],
)
async def test_what_was_not_looked_at_is_not_gone(hub: Hub, clock: Clock, blind: Any) -> None:
    await opened(hub, clock)
    hub.merge = False
    shown(hub, case(blind(facts(GOOD, head=NEXT))))
    await run(hub, clock)
    assert len(hub.open_fixes()) == 1


async def test_when_its_pull_request_closes_nothing_is_left_to_mend(hub: Hub, clock: Clock) -> None:
    await opened(hub, clock)
    hub.heads[PULL] = Proposal(False, False, HEAD)
    await run(hub, clock)
    await run(hub, clock)
    assert hub.pulls[OURS].comments == [f"#{PULL}, which this was for, is closed."]
    assert only(hub).state is FixState.MOOT


async def test_a_closed_pull_request_without_fixes_costs_no_call(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(GOOD)))
    await run(hub, clock, reason="pull_request.closed")
    assert hub.asked == 0


# --- the default branch -----------------------------------------------------------------------------------------


def default(packages: Mapping[str, str], records: Sequence[str] = (QS,), **config: Any) -> Case:
    found = facts(packages, records, before=packages)
    pull = replace(found.pull, number=None, head_ref="main", base_sha=HEAD)
    return case(replace(found, pull=pull, change=ChangeFacts(())), **config)


async def test_what_the_default_branch_has_is_mended_there(hub: Hub, clock: Clock) -> None:
    hub.ground = default(BAD)
    for _ in range(2):
        await run(hub, clock, None, reason="advisories")
    assert hub.deeds == ["WriteBranch", "OpenPullRequest"]
    assert (hub.pulls[OURS].base, only(hub).source) == ("main", None)


@pytest.mark.parametrize(
    ("severity", "config", "mended"),
    [
        ("HIGH", {}, True),
        ("MODERATE", {}, False),
        ("MODERATE", {"severity": "medium"}, True),
        ("", {"severity": "low"}, False),
        ("CRITICAL", {"fix": {"pull_requests": False}}, False),
        ("CRITICAL", {"rules": [{"rule": "vulnerability", "purl": "pkg:npm/qs", "action": "ignore"}]}, False),
    ],
)
async def test_of_the_default_branch_only_what_the_rules_take_seriously_is_mended(
    hub: Hub, clock: Clock, severity: str, config: dict[str, Any], mended: bool
) -> None:
    hub.ground = default(BAD, [advisory("qs", "6.5.3", severity=severity)], **config)
    await run(hub, clock, None, reason="advisories")
    assert bool(hub.open_fixes()) is mended


async def test_hearsay_looks_only_where_something_is_awaited(hub: Hub, clock: Clock) -> None:
    hub.ground = default(BAD)
    await run(hub, clock, None, hearsay=True)
    assert hub.asked == 0
    await run(hub, clock, None)
    hub.ground, hub.asked = default(GOOD), 0
    hub.before = (Document("sbom.json", BASE, bill(BAD)),)
    await run(hub, clock, None, hearsay=True)
    assert hub.asked == 4
    assert only(hub).state is FixState.MOOT


async def test_the_merge_of_a_fix_of_the_default_branch_has_it_looked_at(hub: Hub, clock: Clock) -> None:
    hub.ground = default(BAD)
    await run(hub, clock, None)
    hub.pulls[OURS].state = "merged"
    (trigger,) = await run(hub, clock, OURS)
    assert (trigger.kind, trigger.number, trigger.hearsay) == (Kind.REPAIR, None, True)
    hub.ground, hub.before = default(GOOD), (Document("sbom.json", BASE, bill(BAD)),)
    await clock.repairs(hub)(trigger)
    assert only(hub).green_at == NOW


async def test_a_repository_without_bills_is_left_alone(hub: Hub, clock: Clock) -> None:
    await run(hub, clock, None, reason="advisories")
    assert hub.deeds == []


def test_a_bill_that_ci_sends_may_be_what_a_fix_waits_for() -> None:
    told = Trigger(Kind.LOCATE, "octo/shop", head_sha=HEAD, reason="sbom")
    (trigger,) = told_of_a_bill(told)
    assert (trigger.kind, trigger.lane, trigger.hearsay) == (Kind.REPAIR, "octo/shop", True)
    assert told_of_a_bill(replace(told, reason="measurements")) == ()
