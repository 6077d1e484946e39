"""The page of a watched module: who may see it, and what it says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.render.drift_picture import pairs, strip
from checks.drift import Bin, NameSketch, NumberSketch, Sketch, Standing
from tests.pages.drifted import NAMES, DriftTrial, day, drift_trial
from tests.pages.looking import words
from tools.drift import FIRST

pytestmark = pytest.mark.slow

HOSTILE = "<script>x()</script>\u202e\u2066\u200f{{ 7*7 }}"
BEFORE = [day(at) for at in range(7)]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[DriftTrial]:
    async with drift_trial(tmp_path) as opened:
        yield opened


async def said(here: DriftTrial) -> str:
    """What the page says."""
    return words(await (await here.opened()).text())


# --- who may see it ----------------------------------------------------------------------------------------------


async def test_it_opens_for_its_key_and_for_a_token_of_its_repository_and_is_nothing_to_anybody_else(
    here: DriftTrial,
) -> None:
    await here.watch()
    answer = await here.get(here.address)
    assert (answer.status, answer.headers["Location"]) == (303, here.path)
    assert answer.cookies["maestro-page"]["path"] == here.path
    assert (await here.opened()).status == 200
    token = await here.stores.tokens.issue("Octo/Shop")
    assert (await here.get(here.path, Authorization=f"Bearer {token}")).status == 200
    nothing = await here.get("/drift/octo/shop/nowhere")
    other = await here.stores.tokens.issue("octo/other")
    here.repository = "octo/other"
    await here.watch()
    key, theirs = here.key, here.path
    for stranger in (
        await here.get("/drift/octo/shop/ranking"),
        await here.get(f"/drift/octo/shop/ranking?key={key}"),
        await here.get("/drift/octo/shop/ranking", Authorization=f"Bearer {other}"),
        await here.get("/drift/octo/shop/ranking/stream"),
        await here.get(f"/drift/octo/shop/nowhere?key={key}"),
        await here.get("/drift/octo/none/ranking"),
    ):
        assert (stranger.status, await stranger.read()) == (404, await nothing.read())
        assert stranger.headers.keys() == nothing.headers.keys()
    assert (await here.get(theirs, Cookie=f"maestro-page={key}")).status == 200


async def test_a_module_that_is_watched_no_more_has_no_page(here: DriftTrial) -> None:
    await here.watch()
    await here.drifts.rule(here.repository, {})
    assert (await here.opened()).status == 404


# --- what it says ------------------------------------------------------------------------------------------------


async def test_a_drift_is_told_with_its_first_day_its_bins_and_where_its_suspects_are(here: DriftTrial) -> None:
    await here.watch(features=[{"name": "card", "kind": "categorical", "role": "output"}])
    await here.days(BEFORE, [*(day(10 + at) for at in range(3)), *(day(20 + at, 0.05) for at in range(6))])
    await here.acted(issue=12, pull=13)
    page = await (await here.opened()).text()
    text = words(page)
    assert "<h1>Drifts since 2026-11-11</h1>" in page
    assert "card output drift since 2026-11-11" in text
    assert 'href="https://github.com/octo/shop/issues/12"' in page
    assert 'href="https://github.com/octo/shop/pull/13"' in page
    assert "Compared with the days from 2026-11-01 to 2026-11-07, frozen as reference 1." in text
    (shares,) = re.findall(r'<svg class="shares".*?</svg>', page, re.DOTALL)
    assert re.findall(r'class="bin"[^>]*>(\w+)<', shares) == ["cash", "visa"], "the most moved bin comes first"
    assert re.search(r"card: cash 5\.\d\d %, now [\d.]+ %, visa", shares), "and is told in words"
    (strip,) = re.findall(r'<svg class="days".*?</svg>', page, re.DOTALL)
    assert re.findall(r'<rect class="(\w+)"', strip) == ["ok"] * 3 + ["drift"] * 6
    assert 'aria-label="Days: 3 ok, 6 drift"' in strip
    assert re.search(r"0\.03\d*, chance alone 0\.001\d*", text)
    assert "reference 1 of ranking is frozen" in text


async def test_what_does_not_move_is_as_its_reference(here: DriftTrial) -> None:
    await here.watch()
    await here.days(BEFORE, [day(10)])
    text = await said(here)
    assert "As its reference 2 features are as the reference, as far as can be told" in text
    assert "No feature did, as far as can be told." in text
    assert "Who is suspected" not in text


async def test_before_there_is_a_reference_it_says_that_days_are_gathered(here: DriftTrial) -> None:
    await here.watch()
    text = await said(here)
    assert "Nobody sees whether it drifts nobody looked yet" in text
    assert "There is no reference yet: its days are being gathered." in text
    assert "No day was compared yet." in text


async def test_a_day_that_says_nothing_is_blind_and_says_why(here: DriftTrial) -> None:
    await here.watch()
    few: dict[str, Sketch] = {"price": NumberSketch().add_many([1.0]), "card": NameSketch().add_many(["visa"])}
    await here.days(BEFORE, [day(10), few])
    page = await (await here.opened()).text()
    assert re.findall(r'<rect class="(\w+)"', page) == ["ok", "blind"]
    assert "2026-11-09 blind" in words(page)


async def test_a_page_is_drawn_anew_once_a_day_was_compared(here: DriftTrial) -> None:
    await here.watch()
    tag = (await here.opened()).headers["ETag"]
    assert (await here.opened(**{"If-None-Match": tag})).status == 304
    await here.days(BEFORE, [day(10)])
    again = await here.opened(**{"If-None-Match": tag})
    assert again.status == 200
    await here.acted(issue=12)
    assert (await here.opened()).headers["ETag"] != again.headers["ETag"]


async def test_whatever_things_are_called_they_stay_text(here: DriftTrial) -> None:
    names = (f"{HOSTILE}<img src=x>"[:100], *NAMES[1:])
    before, since = ([_called(day(at, moved, names)) for at in range(7)] for moved in (0.0, 0.4))
    await here.watch(environment=f"<i>{HOSTILE}")
    await here.days(before, since)
    page = await (await here.opened()).text()
    assert "&lt;script&gt;x()&lt;/script&gt;{{ 7*7 }}" in page
    assert not re.search(r"<script(?! src)|<img|<i>", page)
    assert not {"\u202e", "\u2066", "\u200f"} & set(page)
    assert page.count("</svg>") == page.count("<svg")
    assert "…" in page, "what is long is cut"


def _called(features: dict[str, Sketch]) -> dict[str, Sketch]:
    return {f"{name}{HOSTILE}{'é' * 150}": sketch for name, sketch in features.items()}


async def test_what_another_version_kept_is_said_to_be_unreadable(here: DriftTrial) -> None:
    await here.watch()
    kept = await here.module()
    await here.drifts.acted(kept.id, '{"state": 1}', kept.course)
    answer = await here.opened()
    assert answer.status == 500
    assert "was kept by another version" in await answer.text()


def test_a_strip_and_pairs_of_nothing_are_no_picture() -> None:
    assert strip([], "") == ""
    assert "days" in strip([(FIRST, Standing.OK)], "one")
    assert 'width="0.5"' in pairs([Bin("new", 0.0, 0.0, 0.0)], "nothing")
