"""The whole of Maestro: batches come by HTTP, a reference is frozen, and a pull request is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.checks.drift.module import day_of_rows
from tests.road.stories import shop
from tests.road.town import Town
from tests.waiting import until

pytestmark = pytest.mark.slow

RULES = """version: 1
drift:
  mode: block
  modules: [{name: ranking, paths: [ranking/**], reference: {days: 2}}]
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


async def sent(here: Town, token: str, back: int) -> None:
    """One batch of so many days ago."""
    day = (datetime.now(UTC) - timedelta(days=back)).date().isoformat()
    features: Any = msgspec.to_builtins(day_of_rows(back), str_keys=True)
    body = json.dumps({"batch": day, "day": day, "features": features})
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{here.url}/api/drift/ranking", data=body, headers=headers) as answer,
    ):
        assert answer.status == 202, await answer.text()
