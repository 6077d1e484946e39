"""Fixes by the whole of Maestro: what webhooks, the engine and the schedule make of them, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.commands.demo import rest, settings_for
from app.commands.running import listening, working
from app.engine.engine import Pace
from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.state import Pull
from app.main import System, system
from app.model import FIX_BRANCH, FixState
from app.osv.sandbox import OsvSandbox
from tests.checks.sbom.supply import APP, advisory, bill, package_json
from tests.road.town import DECISION, SECRET, Town, github
from tests.road.workshop import published, shop
from tests.storage import laid

pytestmark = pytest.mark.slow

QS = advisory("qs", "6.5.3", introduced="6.0.0")
VIA = {APP: ["left-pad", "express"], "express": ["qs"]}
BEFORE = bill({"left-pad": "1.0.0"})


def deep(qs: str) -> str:
    return bill({"left-pad": "1.0.0", "express": "4.0.0", "qs": qs}, VIA)


def proposed(repo: Repo) -> list[Pull]:
    return [pull for pull in repo.state.pulls.values() if pull.head_ref.startswith(FIX_BRANCH)]


async def test_a_pull_request_is_stopped_mended_and_let_through(here: Town) -> None:
    here.osv.publish(published(QS))
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    manifest = package_json({"left-pad": "1.0.0", "express": "4.0.0"})
    repo.commit("pay", {"sbom.json": deep("6.5.1"), "package.json": manifest})
    number = repo.open_pull("Pay with express", "pay")
    await here.rest()
    assert here.conclusions(repo, repo.tip("pay"))[DECISION] == "failure"
    (card,) = here.cards(repo, number)
    assert "BLOCK" in card
    assert "express" in card
    (fix,) = proposed(repo)
    assert fix.base_ref == "pay"

    opened = next(one for one in here.sandbox.deliveries if one.payload.get("number") == number)
    here.sandbox.courier.again(opened)
    repo.label(number, "urgent")
    await here.rest()
    assert len(proposed(repo)) == len(repo.state.workflow_runs) == 1, "found again, not proposed again"

    repo.merge(fix.number)
    await here.rest()
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.rest()
    assert here.conclusions(repo, repo.tip("pay"))[DECISION] == "success"
    (kept,) = await here.maestro.stores.fixes.of_pull("octo/shop", number)
    assert (kept.state, kept.number, kept.green_at is not None) == (FixState.MERGED, fix.number, True)
    assert len(proposed(repo)) == 1


async def test_a_fix_that_a_person_closed_stays_closed(here: Town) -> None:
    here.osv.publish(published(QS))
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    repo.commit("pay", {"sbom.json": deep("6.5.1"), "package.json": package_json({"express": "4.0.0"})})
    number = repo.open_pull("Pay with express", "pay")
    await here.rest()
    (fix,) = proposed(repo)
    repo.close(fix.number)
    await here.rest()
    repo.label(number, "urgent")
    repo.commit("pay", {"README.md": "News\n"})
    await here.rest()
    (fix,) = proposed(repo)
    assert (fix.state, repo.comments(fix.number)[1:]) == ("closed", [])


# --- the schedule -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def looking(sandbox: Sandbox, directory: Path, osv: OsvSandbox) -> AsyncIterator[System]:
    """Maestro, with its daily look: the first comes at the start."""
    laid(directory)
    settings = settings_for(sandbox, directory, SECRET)
    settings = settings.model_copy(update={"ci_grace": 0.0, "osv_url": osv.url, "advisories_seconds": 86_400.0})
    async with (
        system(settings, Pace(hand_over=0.1, lanes=0.06)) as maestro,
        listening(maestro.web, settings.host, settings.port, 1.0) as address,
        working(maestro.engine, maestro.stores.address, 1.0),
    ):
        sandbox.webhook_url = f"{address}/webhook"
        await rest(sandbox, maestro)
        yield maestro


async def test_an_advisory_of_last_night_is_mended_by_the_daily_look(tmp_path: Path) -> None:
    """Two workers, one after the other: what the first proposed, the second knows."""
    async with github() as sandbox, OsvSandbox() as osv:
        repo = shop(sandbox, BEFORE, package_json({"left-pad": "^1.0.0"}))
        async with looking(sandbox, tmp_path, osv):
            assert proposed(repo) == []
        osv.publish(published(advisory("left-pad", "1.0.1", identity="GHSA-jjjj-kkkk-llll")))
        for _ in range(2):
            async with looking(sandbox, tmp_path, osv):
                (fix,) = proposed(repo)
        assert (fix.base_ref, fix.title) == ("main", "Raise npm/left-pad to 1.0.1")
        async with looking(sandbox, tmp_path, osv) as maestro:
            repo.merge(fix.number)
            await rest(sandbox, maestro)
            repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
            await rest(sandbox, maestro)
            (kept,) = await maestro.stores.fixes.of_target("octo/shop", "main")
            assert (kept.state, kept.green_at is not None) == (FixState.MERGED, True)
        assert osv.violations == []
