import asyncio
import gzip
import json
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.gather.commits import Commits
from app.model import Kind
from app.pages.measurements import MeasurementsApi
from app.pages.senders import Senders
from app.server import Web
from app.storage import stores
from app.store.tokens import Grant
from checks.model import Measurement
from handlers.understand import Understanding
from tests.deliveries import new
from tests.pages.conftest import Pages, unreachable
from tests.storage import laid

SHA = "a" * 40
PATH = "/api/measurements"
GOOD: dict[str, Any] = {"sha": SHA, "measurements": {"perf_p95_ms": 212}}


@pytest.fixture
async def token(pages: Pages) -> str:
    return await pages.stores.tokens.issue("acme/shop")


async def test_measurements_are_stored_under_the_tokens_repository(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, GOOD, token)
    assert answer.status == 202
    assert await answer.json() == {"repository": "acme/shop", "sha": SHA, "stored": 1}
    kept = await pages.stores.measurements.of("acme/shop", SHA)
    assert kept == (Measurement("perf_p95_ms", 212.0, source="api"),)


async def test_the_worker_is_reminded_of_the_commit(pages: Pages, token: str) -> None:
    await pages.post(PATH, GOOD, token)
    (reminder,) = await new(pages.stores.inbox.engine)
    (trigger,) = Understanding(1)(reminder)
    assert (trigger.kind, trigger.repository, trigger.head_sha) == (Kind.LOCATE, "acme/shop", SHA)
    assert len(pages.wakes) == 1


async def test_every_sending_is_a_reminder_of_its_own(pages: Pages, token: str) -> None:
    for _ in range(2):
        await pages.post(PATH, GOOD, token)
    assert len(await new(pages.stores.inbox.engine)) == 2


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "mst_abc",
        "Bearer mst_unknown",
        "Bearer é",
        "Bearer a b",
        "Bearer " + "x" * 5000,
    ],
)
async def test_an_unknown_or_missing_token_is_401(pages: Pages, token: str, header: str) -> None:
    answer = await pages.post(PATH, GOOD, Authorization=header)
    assert answer.status == 401
    assert "error" in await answer.json()
    assert await new(pages.stores.inbox.engine) == []


async def test_a_revoked_token_is_401(pages: Pages, token: str) -> None:
    await pages.stores.tokens.revoke("acme/shop")
    assert (await pages.post(PATH, GOOD, token)).status == 401


async def test_a_token_of_one_commit_or_bill_says_nothing_of_others(pages: Pages) -> None:
    of_commit = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await pages.post(PATH, GOOD, of_commit)).status == 202
    assert (await pages.post(PATH, GOOD | {"sha": "b" * 40}, of_commit)).status == 403
    of_bill = await pages.stores.tokens.issue(Grant("acme/shop", SHA, "bom.json"))
    assert (await pages.post(PATH, GOOD, of_bill)).status == 403


async def test_a_token_cannot_write_to_another_repository(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, GOOD | {"repository": "acme/other"}, token)
    assert answer.status == 403
    assert await pages.stores.measurements.of("acme/other", SHA) == ()
    assert await pages.stores.measurements.of("acme/shop", SHA) == ()


@pytest.mark.parametrize("named", ["acme/shop", "Acme/Shop"])
async def test_a_token_may_name_its_own_repository_as_github_spells_it(pages: Pages, token: str, named: str) -> None:
    assert (await pages.post(PATH, GOOD | {"repository": named}, token)).status == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"a":' * 100_000,
        {},
        {"sha": SHA},
        {"measurements": {}},
        {"sha": SHA, "measurements": []},
        {"sha": "main", "measurements": {}},
        {"sha": SHA[:7], "measurements": {}},
        {"sha": SHA.upper(), "measurements": {}},
        {"sha": SHA + "\n", "measurements": {}},
        {"sha": 1, "measurements": {}},
        {"sha": SHA, "measurements": {"p95": None}},
        {"sha": SHA, "measurements": {"p95": float("nan")}},
        {"sha": SHA, "measurements": {"p95": float("inf")}},
        {"sha": SHA, "measurements": {"../p95": 1}},
        {"sha": SHA, "measurements": {"": 1}},
        {"sha": SHA, "measurements": {"@team": 1}},
        {"sha": SHA, "measurements": {f"m{n}": n for n in range(501)}},
        {"sha": SHA, "measurements": {"p95": 1}, "trusted": True},
        {"sha": SHA, "measurements": {"p95": {"value": 1, "trusted": True}}},
        {"sha": SHA, "measurements": {"p95": {"value": 1, "source": "check runs"}}},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_what_is_no_measurement_of_a_commit_is_400_and_stores_nothing(
    pages: Pages, token: str, body: Any
) -> None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await pages.post(PATH, sent, token)
    assert answer.status == 400
    assert "error" in await answer.json()
    assert await pages.stores.measurements.of("acme/shop", SHA) == ()
    assert await new(pages.stores.inbox.engine) == []


async def test_a_sha256_commit_is_a_commit(pages: Pages, token: str) -> None:
    assert (await pages.post(PATH, GOOD | {"sha": "b" * 64}, token)).status == 202


async def test_more_than_a_mebibyte_is_413(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, b" " * (1024 * 1024 + 1), token)
    assert answer.status == 413
    assert "error" in await answer.json()


async def test_a_body_that_does_not_decompress_is_400(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, b"not gzip", token, **{"Content-Encoding": "gzip"})
    assert answer.status == 400


async def test_a_packed_table_is_read_and_one_that_unpacks_to_more_than_a_mebibyte_is_413(
    pages: Pages, token: str
) -> None:
    packed = gzip.compress(json.dumps(GOOD).encode())
    assert (await pages.post(PATH, packed, token, **{"Content-Encoding": "gzip"})).status == 202
    answer = await pages.post(PATH, gzip.compress(b" " * (1024 * 1024 + 1)), token, **{"Content-Encoding": "gzip"})
    assert (answer.status, await answer.json()) == (413, {"error": "the body is larger than 1048576 bytes"})


async def test_without_a_database_measurements_are_503(pages: Pages, token: str) -> None:
    async with pages.stores.main.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE measurements")
    with capture_logs() as logs:
        answer = await pages.post(PATH, GOOD, token)
    assert answer.status == 503
    assert token not in str(logs)


BODIES = st.binary(max_size=80) | st.fixed_dictionaries(
    {},
    optional={
        "sha": st.just(SHA) | st.text(max_size=5) | st.none(),
        "repository": st.sampled_from(["acme/shop", "acme/other", "", 1, None]),
        "measurements": st.dictionaries(
            st.text(max_size=4) | st.just("p95"),
            st.none() | st.floats() | st.text(max_size=3) | st.booleans(),
            max_size=3,
        )
        | st.integers(),
        "extra": st.integers(),
    },
).map(lambda body: json.dumps(body).encode())


@pytest.mark.slow
@settings(max_examples=40)
@given(body=BODIES)
def test_no_body_ever_gets_a_500(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    async def posted() -> int:
        async with stores(str(laid(tmp_path_factory.mktemp("pages")).main)) as kept:
            senders = Senders(kept.tokens, Commits(unreachable))
            api = MeasurementsApi(senders, kept.measurements, kept.inbox, lambda: None)
            served = TestServer(Web([b"secret"], kept.inbox, lambda: None, api.routes()).app())
            async with served as server, ClientSession() as session:
                headers = {"Authorization": f"Bearer {await kept.tokens.issue('acme/shop')}"}
                answer = await session.post(server.make_url(PATH), data=body, headers=headers)
                return answer.status

    assert asyncio.run(posted()) in {202, 400, 403}
