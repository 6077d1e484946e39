import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.commands.story import bill
from app.github.sandbox.faults import Fault, SecondaryLimit, ServerError, Unreachable
from app.model import Kind
from app.store.tokens import Grant
from handlers.understand import Understanding
from tests.deliveries import new
from tests.pages.conftest import Hosted

pytestmark = pytest.mark.slow

NOWHERE = "a" * 40
BILL = bill(("flask", "3.0.3", "BSD-3-Clause")).encode()


def to(sha: str = NOWHERE, path: str = "sbom/shop.cdx.json", **more: str) -> str:
    """Where a bill is sent."""
    return "&".join([f"/api/sbom?sha={sha}&path={path}", *(f"{name}={value}" for name, value in more.items())])


@pytest.fixture
async def token(hosted: Hosted) -> str:
    return await hosted.stores.tokens.issue("acme/shop")


async def test_a_bill_is_stored_under_its_commit_and_path(hosted: Hosted, token: str) -> None:
    answer = await hosted.post(to(hosted.sha), BILL, token)
    assert answer.status == 202
    said = await answer.json()
    assert (said["repository"], said["sha"], said["path"]) == ("acme/shop", hosted.sha, "sbom/shop.cdx.json")
    assert (said["components"], said["flaws"]) == (1, 0)
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "sbom/shop.cdx.json") == BILL


async def test_the_worker_is_reminded_of_the_commit(hosted: Hosted, token: str) -> None:
    await hosted.post(to(hosted.sha), BILL, token)
    (reminder,) = await new(hosted.stores.inbox.engine)
    (trigger,) = Understanding(1)(reminder)
    assert (trigger.kind, trigger.repository, trigger.head_sha) == (Kind.LOCATE, "acme/shop", hosted.sha)
    assert trigger.reason == "sbom"
    assert len(hosted.wakes) == 1


# --- the first one stays ----------------------------------------------------------------------------------------


async def test_another_bill_of_the_same_commit_and_path_is_refused_and_the_first_stays(
    hosted: Hosted, token: str
) -> None:
    await hosted.post(to(hosted.sha), BILL, token)
    later = bill(("flask", "3.1.0", "BSD-3-Clause")).encode()
    for sent in (later, bill().encode()):
        answer = await hosted.post(to(hosted.sha), sent, token)
        assert answer.status == 409
        assert "it stays" in (await answer.json())["error"]
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "sbom/shop.cdx.json") == BILL
    assert len(hosted.wakes) == 1


async def test_the_same_bill_again_is_200_also_when_it_was_made_anew(hosted: Hosted, token: str) -> None:
    await hosted.post(to(hosted.sha), BILL, token)
    anew = json.dumps({**json.loads(BILL), "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"}).encode()
    for sent in (BILL, anew):
        assert (await hosted.post(to(hosted.sha), sent, token)).status == 200
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "sbom/shop.cdx.json") == BILL
    assert len(hosted.wakes) == 1


async def test_a_bill_that_carries_another_vulnerability_is_another_bill(hosted: Hosted, token: str) -> None:
    whole = json.loads(BILL)
    ref = whole["components"][0]["bom-ref"]

    def carrying(*severities: str) -> bytes:
        named = [
            {"id": f"CVE-2026-{place}", "ratings": [{"severity": severity}], "affects": [{"ref": ref}]}
            for place, severity in enumerate(severities)
        ]
        return json.dumps({**whole, "vulnerabilities": named}).encode()

    first = carrying("low", "high")
    assert (await hosted.post(to(hosted.sha), first, token)).status == 202
    turned = json.loads(first)
    turned["vulnerabilities"].reverse()
    assert (await hosted.post(to(hosted.sha), json.dumps(turned).encode(), token)).status == 200
    for other in (BILL, carrying("low"), carrying("low", "critical"), carrying("low", "high", "low")):
        assert (await hosted.post(to(hosted.sha), other, token)).status == 409


async def test_of_two_that_come_at_once_one_is_kept(hosted: Hosted, token: str) -> None:
    sent = [bill(("flask", f"3.0.{number}", "BSD-3-Clause")).encode() for number in range(5)]
    answers = await asyncio.gather(*(hosted.post(to(hosted.sha), one, token) for one in sent))
    assert sorted(answer.status for answer in answers) == [202, 409, 409, 409, 409]


async def test_what_was_committed_counts_against_the_token_of_a_whole_repository(hosted: Hosted, token: str) -> None:
    sha = hosted.repo.commit("fix", {"sbom/shop.cdx.json": bill().strip(), "empty": ""})
    for path in ("sbom/shop.cdx.json", "empty"):
        answer = await hosted.post(to(sha, path), BILL, token)
        assert answer.status == 403
        assert f"the commit itself holds {path}" in (await answer.json())["error"]
    assert await hosted.stores.bills.paths_at("acme/shop", sha) == ()
    of_commit = await hosted.stores.tokens.issue(Grant("acme/shop", sha))
    assert (await hosted.post(to(sha), BILL, of_commit)).status == 202


# --- of a commit that is there ----------------------------------------------------------------------------------


async def test_a_commit_that_github_does_not_show_is_422(hosted: Hosted, token: str) -> None:
    answer = await hosted.post(to(NOWHERE), BILL, token)
    assert answer.status == 422
    assert NOWHERE in (await answer.json())["error"]
    assert await hosted.stores.bills.paths_at("acme/shop", NOWHERE) == ()


@pytest.mark.parametrize("fault", [ServerError(502), SecondaryLimit(retry_after=17), Unreachable()], ids=repr)
async def test_a_github_that_is_away_is_503_and_the_sender_is_told_when_to_come_again(
    hosted: Hosted, token: str, fault: Fault
) -> None:
    hosted.github.faults.add(fault, path="*/git/commits/*", times=None)
    answer = await hosted.post(to(hosted.sha), BILL, token)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert await hosted.stores.bills.paths_at("acme/shop", hosted.sha) == ()


async def test_a_repository_without_the_app_is_403(hosted: Hosted) -> None:
    lonely = await hosted.stores.tokens.issue("acme/unknown")
    answer = await hosted.post(to(hosted.sha), BILL, lonely)
    assert answer.status == 403
    assert "not installed on acme/unknown" in (await answer.json())["error"]


# --- as it is sent ----------------------------------------------------------------------------------------------


async def test_a_packed_bill_is_unpacked(hosted: Hosted, token: str) -> None:
    answer = await hosted.post(to(hosted.sha), gzip.compress(BILL), token, **{"Content-Encoding": "gzip"})
    assert answer.status == 202
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "sbom/shop.cdx.json") == BILL


async def test_a_packed_bill_may_be_a_series_of_members(hosted: Hosted, token: str) -> None:
    cut = len(BILL) // 2
    series = b"".join(map(gzip.compress, (BILL[:cut], b"", BILL[cut:])))
    assert (await hosted.post(to(hosted.sha), series, token, **{"Content-Encoding": "gzip"})).status == 202
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "sbom/shop.cdx.json") == BILL


@pytest.mark.parametrize(
    ("encoding", "sent", "status"),
    [
        ("gzip", gzip.compress(BILL) + b"junk", 400),
        ("gzip", gzip.compress(BILL) + gzip.compress(b" " * 100)[:-4], 400),
        ("gzip", gzip.compress(b"") * 5_000, 400),
        ("gzip", gzip.compress(b" " * 9_000_000) * 4, 413),
        ("deflate", zlib.compress(BILL) * 2, 400),
    ],
    ids=["junk behind it", "cut short", "thousands of members", "a bomb of several", "no series"],
)
async def test_what_is_no_series_of_members_or_too_much_of_one_is_refused(
    hosted: Hosted, token: str, encoding: str, sent: bytes, status: int
) -> None:
    assert (await hosted.post(to(hosted.sha), sent, token, **{"Content-Encoding": encoding})).status == status


async def test_several_bills_of_one_commit_stand_side_by_side_up_to_a_limit(hosted: Hosted, token: str) -> None:
    for number in range(20):
        assert (await hosted.post(to(hosted.sha, f"{number}.json"), BILL, token)).status == 202
    answer = await hosted.post(to(hosted.sha, "one-more.json"), BILL, token)
    assert (answer.status, await answer.json()) == (409, {"error": "20 bills of this commit are here already"})
    assert (await hosted.post(to(hosted.sha, "7.json"), BILL, token)).status == 200


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
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": null}', "components: not a list"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [7]}', "components[0]: not an object"),
        (b'{"spdxVersion": "SPDX-2.3", "packages": null}', "packages: not a list"),
    ],
    ids=lambda sent: str(sent)[:30],
)
async def test_what_is_no_bill_is_422_with_the_reason_and_stores_nothing(
    hosted: Hosted, token: str, sent: bytes, why: str
) -> None:
    answer = await hosted.post(to(hosted.sha), sent, token)
    assert answer.status == 422
    assert why in (await answer.json())["error"]
    assert await hosted.stores.bills.paths_at("acme/shop", hosted.sha) == ()
    assert await new(hosted.stores.inbox.engine) == []


@pytest.mark.parametrize("header", ["", "Bearer mst_unknown", "Basic abc"])
async def test_an_unknown_or_missing_token_is_401(hosted: Hosted, token: str, header: str) -> None:
    assert (await hosted.post(to(NOWHERE), BILL, Authorization=header)).status == 401
    assert await new(hosted.stores.inbox.engine) == []


async def test_a_token_cannot_write_to_another_repository(hosted: Hosted, token: str) -> None:
    assert (await hosted.post(to(hosted.sha, repository="acme/other"), BILL, token)).status == 403
    assert (await hosted.post(to(hosted.sha, repository="Acme/Shop"), BILL, token)).status == 202


@pytest.mark.parametrize(
    "place",
    [
        "/api/sbom",
        to("main"),
        to(NOWHERE[:7]),
        to(NOWHERE.upper()),
        to(NOWHERE, ""),
        to(NOWHERE, "/etc/passwd"),
        to(NOWHERE, "../x.json"),
        to(NOWHERE, "a/../x.json"),
        to(NOWHERE, "a//x.json"),
        to(NOWHERE, "a/."),
        to(NOWHERE, "a%00b"),
        to(NOWHERE, "a%0Ab"),
        to(NOWHERE, "x" * 201),
        to(NOWHERE, "%C3%BC.json"),
        to(NOWHERE, ".git/config"),
        to(NOWHERE, "a/.GIT/config"),
        to(NOWHERE, "-rf"),
        to(NOWHERE, "a/--output=x"),
        to(NOWHERE, "a%5Cb"),
        to(NOWHERE, "%20a"),
        to(NOWHERE, "a%7Fb"),
        to(NOWHERE, "C:/x"),
    ],
)
async def test_a_bill_needs_a_commit_and_a_path_of_a_file(hosted: Hosted, token: str, place: str) -> None:
    answer = await hosted.post(place, BILL, token)
    assert answer.status == 400
    assert "error" in await answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "bom.json",
        "sbom/shop.cdx.json",
        ".sbom/a%20b.xml",
        "a/b/c/@scope/x+y.json",
        "..a",
        ".github/bom.json",
        "a.git/b",
    ],
)
async def test_paths_as_repositories_have_them_are_taken(hosted: Hosted, token: str, path: str) -> None:
    assert (await hosted.post(to(hosted.sha, path), BILL, token)).status == 202


async def test_more_than_the_limit_is_413_packed_or_not(
    hosted: Hosted, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.bills.MAX_BYTES", 1_000)
    long = BILL + b" " * 1_000
    assert (await hosted.post(to(hosted.sha), long, token)).status == 413
    packed: dict[str, Any] = {"Content-Encoding": "gzip"}
    assert (await hosted.post(to(hosted.sha), gzip.compress(long), token, **packed)).status == 413


async def test_without_a_database_a_bill_is_503(hosted: Hosted, token: str) -> None:
    async with hosted.stores.main.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE bills")
    with capture_logs() as logs:
        assert (await hosted.post(to(hosted.sha), BILL, token)).status == 503
    assert token not in str(logs)
