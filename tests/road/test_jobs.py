"""A job of GitHub Actions sends to the web process as the operator runs it."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from app.commands.demo import settings_for
from app.main import web_process
from tests.actions import actions
from tests.road.stories import shop
from tests.road.supply import NEW, RULES
from tests.road.town import SECRET, github

pytestmark = pytest.mark.slow
URL = "https://maestro.example"


@pytest.mark.parametrize(("url", "status"), [(URL, 202), ("", 401)], ids=["an address is set", "none is"])
async def test_id_tokens_are_believed_where_the_operator_said_for_whom_they_are(
    tmp_path: Path, url: str, status: int
) -> None:
    async with github() as sandbox, actions() as issuer:
        repo = shop(sandbox, RULES)
        said = settings_for(sandbox, tmp_path, SECRET).model_copy(update={"url": url, "actions_issuer": issuer.url})
        async with web_process(said) as web, TestServer(web) as server, aiohttp.ClientSession() as session:
            token = issuer.token(URL, repository="octo/shop", sha=repo.tip())
            answer = await session.post(
                server.make_url("/api/sbom"),
                params={"sha": repo.tip(), "path": "sbom.json"},
                data=NEW.encode(),
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status == status, await answer.text()
