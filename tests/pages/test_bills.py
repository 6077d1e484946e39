import gzip
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.commands.story import bill
from app.model import Kind
from handlers.understand import Understanding
from tests.deliveries import new
from tests.pages.conftest import Pages

pytestmark = pytest.mark.slow

SHA = "a" * 40
BILL = bill(("flask", "3.0.3", "BSD-3-Clause")).encode()


def to(path: str = "sbom/shop.cdx.json", sha: str = SHA, **more: str) -> str:
    """Where a bill is sent."""
    return "&".join([f"/api/sbom?sha={sha}&path={path}", *(f"{name}={value}" for name, value in more.items())])


@pytest.fixture
async def token(pages: Pages) -> str:
    return await pages.stores.tokens.issue("acme/shop")


async def test_a_bill_is_stored_under_its_commit_and_path(pages: Pages, token: str) -> None:
    answer = await pages.post(to(), BILL, token)
    assert answer.status == 202
    said = await answer.json()
    assert (said["repository"], said["sha"], said["path"]) == ("acme/shop", SHA, "sbom/shop.cdx.json")
    assert (said["components"], said["flaws"]) == (1, 0)
    assert await pages.stores.bills.get("acme/shop", SHA, "sbom/shop.cdx.json") == BILL


async def test_the_worker_is_reminded_of_the_commit(pages: Pages, token: str) -> None:
    await pages.post(to(), BILL, token)
    (reminder,) = await new(pages.stores.inbox.engine)
    (trigger,) = Understanding(1)(reminder)
    assert (trigger.kind, trigger.repository, trigger.head_sha) == (Kind.LOCATE, "acme/shop", SHA)
    assert trigger.reason == "sbom"
    assert len(pages.wakes) == 1


async def test_what_is_sent_again_takes_the_place_of_the_first(pages: Pages, token: str) -> None:
    await pages.post(to(), BILL, token)
    later = bill(("flask", "3.1.0", "BSD-3-Clause")).encode()
    assert (await pages.post(to(), later, token)).status == 202
    assert await pages.stores.bills.get("acme/shop", SHA, "sbom/shop.cdx.json") == later


async def test_a_packed_bill_is_unpacked(pages: Pages, token: str) -> None:
    answer = await pages.post(to(), gzip.compress(BILL), token, **{"Content-Encoding": "gzip"})
    assert answer.status == 202
    assert await pages.stores.bills.get("acme/shop", SHA, "sbom/shop.cdx.json") == BILL


async def test_several_bills_of_one_commit_stand_side_by_side_up_to_a_limit(pages: Pages, token: str) -> None:
    for number in range(20):
        assert (await pages.post(to(f"{number}.json"), BILL, token)).status == 202
    answer = await pages.post(to("one-more.json"), BILL, token)
    assert (answer.status, await answer.json()) == (409, {"error": "20 bills of this commit are here already"})
    assert (await pages.post(to("7.json"), BILL, token)).status == 202


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "no bill of materials"),
        (b"{", "no bill of materials"),
        (b"{}", "no bill of materials"),
        (b"[]", "no bill of materials"),
        (b"\xff\xfe", "no bill of materials"),
        (json.dumps({"bomFormat": "CycloneDX", "components": 7}).encode(), "no bill of materials"),
        (b'{"a":' * 100_000, "no bill of materials"),
    ],
    ids=lambda sent: str(sent)[:30],
)
async def test_what_is_no_bill_is_422_with_the_reason_and_stores_nothing(
    pages: Pages, token: str, sent: bytes, why: str
) -> None:
    answer = await pages.post(to(), sent, token)
    assert answer.status == 422
    assert why in (await answer.json())["error"]
    assert await pages.stores.bills.paths_at("acme/shop", SHA) == ()
    assert await new(pages.stores.inbox.engine) == []


@pytest.mark.parametrize("header", ["", "Bearer mst_unknown", "Basic abc"])
async def test_an_unknown_or_missing_token_is_401(pages: Pages, token: str, header: str) -> None:
    assert (await pages.post(to(), BILL, Authorization=header)).status == 401
    assert await new(pages.stores.inbox.engine) == []


async def test_a_token_cannot_write_to_another_repository(pages: Pages, token: str) -> None:
    assert (await pages.post(to(repository="acme/other"), BILL, token)).status == 403
    assert (await pages.post(to(repository="Acme/Shop"), BILL, token)).status == 202


@pytest.mark.parametrize(
    "place",
    [
        "/api/sbom",
        to(sha="main"),
        to(sha=SHA[:7]),
        to(sha=SHA.upper()),
        to(""),
        to("/etc/passwd"),
        to("../x.json"),
        to("a/../x.json"),
        to("a//x.json"),
        to("a/."),
        to("a%00b"),
        to("a%0Ab"),
        to("x" * 201),
        to("%C3%BC.json"),
    ],
)
async def test_a_bill_needs_a_commit_and_a_path_of_a_file(pages: Pages, token: str, place: str) -> None:
    answer = await pages.post(place, BILL, token)
    assert answer.status == 400
    assert "error" in await answer.json()


@pytest.mark.parametrize("path", ["bom.json", "sbom/shop.cdx.json", ".sbom/a%20b.xml", "a/b/c/@scope/x+y.json", "..a"])
async def test_paths_as_repositories_have_them_are_taken(pages: Pages, token: str, path: str) -> None:
    assert (await pages.post(to(path), BILL, token)).status == 202


async def test_more_than_the_limit_is_413_packed_or_not(
    pages: Pages, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.bills.MAX_BYTES", 1_000)
    long = BILL + b" " * 1_000
    assert (await pages.post(to(), long, token)).status == 413
    packed: dict[str, Any] = {"Content-Encoding": "gzip"}
    assert (await pages.post(to(), gzip.compress(long), token, **packed)).status == 413


async def test_without_a_database_a_bill_is_503(pages: Pages, token: str) -> None:
    async with pages.stores.main.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE bills")
    with capture_logs() as logs:
        assert (await pages.post(to(), BILL, token)).status == 503
    assert token not in str(logs)
