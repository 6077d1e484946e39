"""The whole of Maestro: batches come by HTTP, a reference is frozen, and a pull request is told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from app.model import SentBatch
from tests.checks.drift.module import day_of_rows
from tests.road.stories import shop
from tests.road.town import DECISION, Town
from tests.waiting import until

pytestmark = pytest.mark.slow

RULES = """version: 1
drift:
  mode: block
  modules: [{name: ranking, paths: [ranking/**], reference: {days: 2}}]
"""
REMEDIED = """version: 1
drift:
  mode: block
  modules:
    - name: ranking
      paths: [ranking/**]
      reference: {{first: "{first}", last: "{last}"}}
      remediation: {{files: [{{prepared: ranking/safe.bin, live: ranking/model.bin}}]}}
"""


async def test_batches_wake_the_worker_and_a_pull_request_shows_how_its_module_stands(here: Town) -> None:
    repo, token = shop(here.sandbox, RULES), await here.maestro.stores.tokens.issue("octo/shop")
    sha = repo.commit("fix", {"ranking/model.py": "x = 1\n"})
    repo.open_pull("Rank", "fix")
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / drift"] == "action_required"
    for back in (3, 2):
        await sent(here, token, back)

    async def frozen() -> bool:
        module = await here.maestro.stores.drifts.get("octo/shop", "ranking")
        return module is not None and module.version == 1

    await until(frozen, 20)
    assert "frozen as reference 1" in await here.page("/drift/octo/shop/ranking", token)


async def test_in_mode_block_the_change_that_is_to_end_the_drift_may_be_merged_and_others_are_told_how(
    here: Town,
) -> None:
    remedied = REMEDIED.format(first=day_before(5), last=day_before(4))
    repo = shop(here.sandbox, remedied, **{"ranking/safe.bin": "safe", "ranking/model.bin": "live"})
    token = await here.maestro.stores.tokens.issue("octo/shop")
    sha = repo.commit("fix", {"ranking/model.py": "x = 1\n"})
    number = repo.open_pull("Rank", "fix")
    await sent(here, token, 3)
    await kept(here, 5, 4)
    await sent(here, token, 2, moved=3.0)

    async def proposed() -> bool:
        return any(pull.head_ref.startswith("maestro/fix/drift/") for pull in repo.state.pulls.values())

    await until(proposed, 20)
    await here.rest()
    (remedy,) = (pull for pull in repo.state.pulls.values() if pull.number != number)
    ours, theirs = here.conclusions(repo, remedy.head_sha), here.conclusions(repo, sha)
    assert (ours["maestro / drift"], ours[DECISION]) == ("success", "success")
    assert (theirs["maestro / drift"], theirs[DECISION]) == ("failure", "failure")
    assert "this is what is to end it" in here.cards(repo, remedy.number)[0]
    (card,) = here.cards(repo, number)
    assert f"Pull request {remedy.number} puts in place what was prepared" in card
    assert "a change that is to end the drift passes once" in card.lower()


async def kept(here: Town, *backs: int) -> None:
    """Batches of days that are too long ago to be sent."""
    drifts = here.maestro.stores.drifts
    module = await drifts.get("octo/shop", "ranking")
    assert module is not None
    for back in backs:
        day = date.fromisoformat(day_before(back)).toordinal()
        await drifts.take(module.id, SentBatch(f"{day}", day, f"{day}", day_of_rows(back)))


def day_before(back: int) -> str:
    """The day of so many days ago."""
    return (datetime.now(UTC) - timedelta(days=back)).date().isoformat()


async def sent(here: Town, token: str, back: int, moved: float = 0.0) -> None:
    """One batch of so many days ago."""
    day = day_before(back)
    features: Any = msgspec.to_builtins(day_of_rows(back, moved), str_keys=True)
    body = json.dumps({"batch": day, "day": day, "features": features})
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{here.url}/api/drift/ranking", data=body, headers=headers) as answer,
    ):
        assert answer.status == 202, await answer.text()
