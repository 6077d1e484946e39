"""The fixes that are remembered: found again by what they are for, and measured."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Fix, FixState
from app.store.fixes import Fixes, plain

PUBLISHED, OPENED, GREEN = 1_800_000_000.0, 1_800_003_600.5, 1_800_086_400.0
QS = Fix(
    repository="octo/shop",
    target="main",
    purl="pkg:npm/qs",
    version="6.5.3",
    branch="maestro/fix/main/npm-qs-6.5.3-1a2b3c4d",
    source=None,
    parent="1a" * 20,
    opened_at=OPENED,
    advisories=("GHSA-hrpp-h998-j3pp", "CVE-2022-24999"),
    severity="high",
    published=PUBLISHED,
)


@pytest.fixture
def fixes(database: AsyncEngine) -> Fixes:
    return Fixes(database)


async def test_a_fix_comes_back_as_it_was_kept(fixes: Fixes) -> None:
    kept = await fixes.keep(QS)
    assert kept == replace(QS, id=kept.id)
    done = replace(kept, number=7, state=FixState.MERGED, ending=FixState.MOOT, green_at=GREEN, refused_at=OPENED)
    assert await fixes.keep(done) == done
    assert await fixes.of_target("Octo/Shop", "main") == [done]


async def test_one_that_is_known_changes_nothing_when_it_is_begun_again(fixes: Fixes) -> None:
    first = await fixes.keep(QS)
    opened = await fixes.keep(replace(first, number=7))
    assert await fixes.keep(replace(QS, opened_at=GREEN)) == opened
    assert (await fixes.keep(replace(QS, attempt=2))).id != opened.id


async def test_what_has_ended_is_not_opened_again_by_whoever_looked_before(fixes: Fixes) -> None:
    looked = await fixes.keep(replace(QS, number=7))
    closed = await fixes.keep(replace(looked, state=FixState.CLOSED))
    assert await fixes.keep(replace(looked, advisories=("GHSA-aaaa-bbbb-cccc",))) == closed
    assert await fixes.keep(replace(looked, state=FixState.LEFT)) == closed
    assert await fixes.listed() == [closed]
    green = replace(closed, state=FixState.MERGED, green_at=GREEN)
    assert await fixes.keep(green) == green


async def test_fixes_are_found_by_target_by_pull_request_and_by_repository(fixes: Fixes) -> None:
    base = await fixes.keep(replace(QS, number=7))
    stacked = await fixes.keep(replace(QS, target="feature", source=3, number=8))
    other = await fixes.keep(replace(QS, repository="octo/other", source=3))
    assert await fixes.of_target("octo/shop", "feature") == [stacked]
    assert await fixes.of_pull("octo/shop", 3) == [stacked]
    assert await fixes.of_pull("octo/shop", 7) == [base]
    assert await fixes.of_repository("octo/shop") == [base, stacked]
    assert await fixes.listed() == [other, stacked, base]


async def test_a_fix_is_told_in_plain_words(fixes: Fixes) -> None:
    await fixes.keep(replace(QS, repository="octo/other"))
    await fixes.keep(replace(QS, number=7, state=FixState.MERGED, green_at=GREEN))
    (told,) = [plain(fix) for fix in await fixes.listed(repository="octo/shop")]
    assert json.loads(json.dumps(told)) == told
    assert (told["pull_request"], told["state"], told["seconds_to_green"]) == (7, "merged", 86_400)
    assert (told["published"], told["green"]) == ("2027-01-15T08:00:00Z", "2027-01-16T08:00:00Z")
    assert plain(QS)["green"] is None


async def test_states_are_counted(fixes: Fixes) -> None:
    await fixes.keep(QS)
    await fixes.keep(replace(QS, version="6.5.4"))
    await fixes.keep(replace(QS, version="6.5.2", state=FixState.SUPERSEDED))
    assert await fixes.counts() == {"open": 2, "superseded": 1}


def test_the_time_to_green_runs_from_publication_and_is_not_guessed() -> None:
    assert replace(QS, green_at=GREEN).seconds_to_green == 86_400.0
    assert replace(QS, green_at=GREEN, published=None).seconds_to_green is None
    assert QS.seconds_to_green is None
    assert replace(QS, green_at=PUBLISHED - 60).seconds_to_green == 0.0


@pytest.mark.parametrize(
    ("state", "green_at", "awaited"),
    [
        (FixState.OPEN, None, True),
        (FixState.LEFT, None, True),
        (FixState.MERGED, None, True),
        (FixState.MERGED, GREEN, False),
        (FixState.CLOSED, None, False),
        (FixState.SUPERSEDED, None, False),
        (FixState.MOOT, None, False),
    ],
)
def test_a_fix_is_awaited_until_it_is_green_or_ended(state: FixState, green_at: float | None, awaited: bool) -> None:
    assert replace(QS, state=state, green_at=green_at).awaited is awaited
