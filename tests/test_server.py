import asyncio
import gzip
import io
import json
import string
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.model import Delivery
from app.server import Store, Web
from app.store.database import connect
from app.store.inbox import Inbox
from tests.deliveries import fail, new, take
from tests.storage import laid
from tests.test_intake import SECRET, signature

MIB = 1024 * 1024
PING = b'{"zen": "Keep it logically awesome."}'


@dataclass
class Door:
    """A web process on a real socket over a real SQLite file."""

    url: str
    session: ClientSession
    inbox: Inbox
    wakes: list[None] = field(default_factory=list)

    async def knock(self, body: bytes = PING, **headers: str | None) -> tuple[int, dict[str, object]]:
        """POST /webhook; signed and whole but for `headers` (snake case; None leaves one out)."""
        given = {
            "x_hub_signature_256": signature(body),
            "x_github_event": "ping",
            "x_github_delivery": str(uuid4()),
            "content_type": "application/json",
        } | headers
        sent = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
        skip = ("Content-Type",) if "content-type" not in sent else ()
        async with self.session.post(
            f"{self.url}/webhook", data=io.BytesIO(body), headers=sent, skip_auto_headers=skip
        ) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else {}

    async def stored(self) -> list[Delivery]:
        return await new(self.inbox.engine)


Opened = Callable[..., Awaitable[Door]]


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    engine = connect(laid(tmp_path).intake)
    inbox = Inbox(engine)
    wakes: list[None] = []
    async with served(inbox, lambda: wakes.append(None)) as server, ClientSession() as session:
        yield Door(str(server.make_url("")).rstrip("/"), session, inbox, wakes)
    await inbox.close()
    await engine.dispose()


def served(
    store: Store, stored: Callable[[], None] = lambda: None, pages: list[web.RouteDef] | None = None
) -> TestServer:
    return TestServer(Web([SECRET, b"the next secret"], store, stored, pages or []).app())


async def test_a_signed_webhook_is_stored_and_acknowledged(door: Door) -> None:
    status, answer = await door.knock(x_github_delivery="guid-1")
    assert (status, answer) == (202, {"delivery": "guid-1", "known": False})
    assert [(kept.guid, kept.event, kept.body) for kept in await door.stored()] == [("guid-1", "ping", PING)]
    assert len(door.wakes) == 1


@pytest.mark.parametrize(
    "given_signature",
    [None, "", "sha256=" + "0" * 64, signature(PING, b"third"), signature(PING, algorithm="sha1"), "sha256=é"],
)
async def test_an_unsigned_or_wrongly_signed_webhook_is_401_and_leaves_no_trace(
    door: Door, given_signature: str | None
) -> None:
    status, answer = await door.knock(x_hub_signature_256=given_signature)
    assert status == 401
    assert answer == {"error": "the SHA-256 signature is missing or wrong"}
    assert (await door.stored(), door.wakes) == ([], [])


async def test_a_right_sha1_signature_does_not_stand_in_for_sha256(door: Door) -> None:
    sha1 = signature(PING, algorithm="sha1")
    assert (await door.knock(x_hub_signature_256=None, x_hub_signature=sha1))[0] == 401


async def test_the_second_secret_counts_while_rotating_and_a_third_does_not(door: Door) -> None:
    assert (await door.knock(x_hub_signature_256=signature(PING, b"the next secret")))[0] == 202
    assert (await door.knock(x_hub_signature_256=signature(PING, b"some third secret")))[0] == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"{", b'{"a":' * 100_000, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
    ids=lambda body: repr(body[:8]),
)
async def test_a_body_that_is_no_json_object_is_400(door: Door, body: bytes) -> None:
    assert (await door.knock(body))[0] == 400
    assert await door.stored() == []


@pytest.mark.parametrize("event", [None, "", "x" * 101, "pull request", "évent"])
async def test_a_missing_or_malformed_event_is_400(door: Door, event: str | None) -> None:
    assert (await door.knock(x_github_event=event))[0] == 400


async def test_an_unknown_event_is_202_because_the_web_knows_no_event(door: Door) -> None:
    assert (await door.knock(x_github_event="brand_new_event"))[0] == 202


async def test_a_form_encoded_webhook_is_kept_as_its_json(door: Door) -> None:
    body = urlencode({"payload": PING.decode()}).encode()
    status, _ = await door.knock(body, content_type="application/x-www-form-urlencoded")
    assert status == 202
    assert [kept.body for kept in await door.stored()] == [PING]


async def test_without_a_content_type_the_body_is_taken_as_json(door: Door) -> None:
    assert (await door.knock(content_type=None))[0] == 202


async def test_27_mib_are_413(door: Door) -> None:
    body = b'{"a":"' + b"x" * (27 * MIB) + b'"}'
    assert (await door.knock(body))[0] == 413
    assert await door.stored() == []


async def test_githubs_largest_payload_25_mb_is_taken_whole(door: Door) -> None:
    body = b'{"a":"' + b"x" * (25_000_000 - 8) + b'"}'
    assert len(body) == 25_000_000
    assert (await door.knock(body))[0] == 202
    assert (await door.stored())[0].body == body


async def test_the_same_guid_again_is_known_and_stored_once(door: Door) -> None:
    answers = [await door.knock(x_github_delivery="guid-1") for _ in range(3)]
    assert [(status, answer["known"]) for status, answer in answers] == [(202, False), (202, True), (202, True)]
    assert len(await door.stored()) == 1


async def test_the_same_guid_at_the_same_time_is_stored_once(door: Door) -> None:
    answers = await asyncio.gather(*(door.knock(x_github_delivery="guid-1") for _ in range(20)))
    assert sorted(bool(answer["known"]) for _, answer in answers) == [False] + [True] * 19
    assert len(await door.stored()) == 1


async def test_a_replay_without_its_guid_is_known_by_its_content(door: Door) -> None:
    first, second = [await door.knock(x_github_delivery=None) for _ in range(2)]
    assert (first[1]["known"], second[1]["known"]) == (False, True)


async def test_a_handled_guid_stays_known_and_a_failed_one_is_taken_in_again(door: Door) -> None:
    for guid in ("handled", "failed"):
        await door.knock(x_github_delivery=guid)
    handled, failed = await door.stored()
    await take(door.inbox.engine, handled.id, failed.id)
    await fail(door.inbox.engine, failed.id, "GitHub was away")
    again = {guid: (await door.knock(x_github_delivery=guid))[1]["known"] for guid in ("handled", "failed")}
    assert again == {"handled": True, "failed": False}
    waiting = await door.stored()
    assert [kept.guid for kept in waiting] == ["failed"]
    assert waiting[0].id > failed.id


class FullDisk:
    """A store whose disk is full."""

    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        raise OperationalError("INSERT", {}, OSError("database or disk is full"))


async def test_what_cannot_be_stored_is_503_never_acknowledged_and_wakes_nobody() -> None:
    wakes: list[None] = []
    async with served(FullDisk(), lambda: wakes.append(None)) as server, ClientSession() as session:
        door = Door(str(server.make_url("")).rstrip("/"), session, None, wakes)  # type: ignore[arg-type]
        with capture_logs() as logs:
            status, answer = await door.knock(x_github_delivery="guid-1")
    assert (status, answer, wakes) == (503, {"error": "not stored; please send it again"}, [])
    assert [entry["guid"] for entry in logs] == ["guid-1"]
    assert REGISTRY.get_sample_value("maestro_webhooks_total", {"event": "ping", "result": "503"})


async def test_after_a_503_the_same_guid_is_welcome(door: Door) -> None:
    async with door.inbox.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO away")
    with capture_logs():
        assert (await door.knock(x_github_delivery="guid-1"))[0] == 503
    async with door.inbox.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE away RENAME TO deliveries")
    assert await door.knock(x_github_delivery="guid-1") == (202, {"delivery": "guid-1", "known": False})


async def test_a_page_that_cannot_reach_the_database_is_503() -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise OperationalError("SELECT", {}, OSError("disk I/O error"))

    async with served(FullDisk(), pages=[web.get("/page", broken)]) as server, ClientSession() as session:
        answer = await session.get(server.make_url("/page"))
        assert (answer.status, await answer.json()) == (503, {"error": "not stored; please send it again"})


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_a_body_that_does_not_decompress_is_a_client_error(door: Door, encoding: str) -> None:
    async with door.session.post(
        f"{door.url}/webhook", data=b"\x00not compressed", headers={"Content-Encoding": encoding}
    ) as answer:
        assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/webhook", (400, '{"error": "the body cannot be read"}')), ("/nowhere", (404, "404: Not Found"))],
)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_what_claims_to_be_packed_is_answered_like_any_other_and_leaves_no_traceback(
    door: Door, caplog: pytest.LogCaptureFixture, path: str, expected: tuple[int, str], encoding: str
) -> None:
    headers = {"Content-Encoding": encoding}
    async with door.session.post(door.url + path, data=b"\x00not compressed", headers=headers) as answer:
        assert (answer.status, await answer.text()) == expected
    assert (await door.knock())[0] == 202
    assert caplog.records == []


async def test_what_is_no_http_leaves_no_traceback(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert caplog.text == ""


async def test_who_hangs_up_while_sending_is_no_error_of_ours(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.05)  # it is being read
    writer.transport.abort()
    assert (await door.knock())[0] == 202
    await asyncio.sleep(0.05)
    assert caplog.records == []


async def test_our_own_failure_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise ZeroDivisionError("ours")

    async with served(FullDisk(), pages=[web.get("/page", broken)]) as server, ClientSession() as session:
        assert (await session.get(server.make_url("/page"))).status == 500
    assert "ZeroDivisionError: ours" in caplog.text


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("Deflate", zlib.compress)])
async def test_a_packed_webhook_is_kept_unpacked_and_half_of_one_is_refused(
    door: Door, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    headers = {"Content-Encoding": encoding, "X-GitHub-Event": "ping", "X-Hub-Signature-256": signature(PING)}
    for sent, status in ((pack(PING), 202), (pack(PING)[:-1], 400), (pack(PING) + b"more", 400)):
        async with door.session.post(f"{door.url}/webhook", data=sent, headers=headers) as answer:
            assert answer.status == status
    assert [kept.body for kept in await door.stored()] == [PING]


async def test_a_bomb_that_decompresses_beyond_the_cap_is_413(door: Door) -> None:
    bomb = gzip.compress(b"x" * (27 * MIB))
    headers = {"Content-Encoding": "gzip"}
    async with door.session.post(f"{door.url}/webhook", data=bomb, headers=headers) as answer:
        assert answer.status == 413


async def test_hanging_up_in_the_middle_of_a_body_harms_nobody(door: Door) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await door.knock())[0] == 202


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/webhook", 405), ("POST", "/nowhere", 404)])
async def test_other_roads_lead_nowhere(door: Door, method: str, path: str, status: int) -> None:
    async with door.session.request(method, door.url + path) as answer:
        assert answer.status == status


async def test_the_process_says_that_it_lives(door: Door) -> None:
    assert await (await door.session.get(f"{door.url}/healthz")).json() == {"status": "ok"}


async def test_an_event_that_a_sender_invents_is_counted_among_the_others(door: Door) -> None:
    await door.knock(x_github_event="invented_by_a_sender")
    assert REGISTRY.get_sample_value("maestro_webhooks_total", {"event": "other", "result": "stored"})
    assert not REGISTRY.get_sample_value(
        "maestro_webhooks_total", {"event": "invented_by_a_sender", "result": "stored"}
    )


async def test_what_memory_should_not_hold_is_503(door: Door) -> None:
    door.inbox.most_bytes = 1
    with capture_logs():
        assert (await door.knock())[0] == 503
    assert await door.stored() == []


HEADER = st.text(string.ascii_letters + string.digits + string.punctuation + " éü\t", max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3).map(
        lambda value: json.dumps(value).encode()
    ),
    sign=st.booleans(),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "x_github_event": HEADER,
            "x_github_delivery": HEADER,
            "content_type": HEADER | st.sampled_from(["application/x-www-form-urlencoded", "text/plain; charset=nope"]),
            "x_hub_signature": HEADER,
        },
    ),
)
def test_no_header_and_no_body_ever_gets_a_500(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, sign: bool, headers: Mapping[str, str]
) -> None:
    async def knocked() -> int:
        engine = connect(laid(tmp_path_factory.mktemp("door")).intake)
        inbox = Inbox(engine)
        async with served(inbox) as server, ClientSession() as session:
            door = Door(str(server.make_url("")).rstrip("/"), session, inbox)
            signed = {} if sign else {"x_hub_signature_256": "sha256=" + "0" * 64}
            status, _ = await door.knock(body, **headers, **signed)
        await inbox.close()
        await engine.dispose()
        return status

    assert asyncio.run(knocked()) in ({202, 400} if sign else {400, 401})
