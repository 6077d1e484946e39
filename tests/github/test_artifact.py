"""Trap 15 and what lies behind it: zip bytes, from a storage that must never see our token."""

from __future__ import annotations

import io
import socket
import zipfile

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from app.github.client import GitHub
from app.github.errors import Moved, NotFound, TooLarge, Unavailable
from app.github.repository import Repository

from .hub import Hub, Reply

ZIP = "/repos/o/r/actions/artifacts/9/zip"
SIGNED = "/container/zip?sig=secret%2Fsignature%3D&se=2026"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo("maestro-metrics.json")  # a name alone would be stamped with the time of day
        archive.writestr(member, '{"perf_p95_ms": 212}')
    return buffer.getvalue()


async def test_trap_15_a_zip_is_fetched_from_the_storage_without_the_token(
    repository: Repository, hub: Hub, elsewhere: Hub
) -> None:
    hub.on("GET", ZIP, Reply(302, raw=b"", headers={"Location": elsewhere.url(SIGNED)}))
    elsewhere.on("GET", "/container/zip", Reply(raw=zipped()))
    assert await repository.artifact_zip(9, max_bytes=10_000) == zipped()
    assert hub.seen[-1].headers["Authorization"].startswith("Bearer ghs_")
    [stored] = elsewhere.seen
    assert stored.path == SIGNED
    assert "Authorization" not in stored.headers
    assert "ghs_" not in str(dict(stored.headers))


async def test_a_zip_that_the_api_itself_sends_is_taken(repository: Repository, hub: Hub) -> None:
    hub.on("GET", ZIP, Reply(raw=zipped()))
    assert await repository.artifact_zip(9, max_bytes=10_000) == zipped()


async def test_a_zip_larger_than_allowed_is_cut_off(repository: Repository, hub: Hub, elsewhere: Hub) -> None:
    hub.on("GET", ZIP, Reply(302, raw=b"", headers={"Location": elsewhere.url(SIGNED)}))
    elsewhere.on("GET", "/container/zip", Reply(raw=b"x" * 3_000_000))
    with pytest.raises(TooLarge) as caught:
        await repository.artifact_zip(9, max_bytes=1_000)
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "error"),
    [(Reply(404, raw=b"gone"), NotFound), (Reply(503, raw=b"busy"), Unavailable), (Reply(cut=True), Unavailable)],
)
async def test_a_failing_storage_is_an_error_of_the_artifact_call(
    repository: Repository, hub: Hub, elsewhere: Hub, reply: Reply, error: type[Exception]
) -> None:
    hub.on("GET", ZIP, Reply(302, raw=b"", headers={"Location": elsewhere.url(SIGNED)}))
    elsewhere.on("GET", "/container/zip", reply)
    with pytest.raises(error) as caught:
        await repository.artifact_zip(9, max_bytes=1_000)
    assert str(caught.value).startswith(f"GET {ZIP}: ")
    assert "sig=" not in str(caught.value)


async def test_an_expired_artifact_is_not_found(repository: Repository, hub: Hub) -> None:
    hub.on("GET", ZIP, Reply(410, {"message": "Artifact has expired"}))
    with pytest.raises(NotFound, match="expired"):
        await repository.artifact_zip(9, max_bytes=1_000)


async def test_storages_that_point_at_each_other_end(repository: Repository, hub: Hub, elsewhere: Hub) -> None:
    hub.on("GET", ZIP, Reply(302, raw=b"", headers={"Location": elsewhere.url("/loop")}))
    elsewhere.on("GET", "/loop", Reply(302, raw=b"", headers={"Location": elsewhere.url("/loop")}))
    with pytest.raises(Moved):
        await repository.artifact_zip(9, max_bytes=1_000)
    assert len(elsewhere.seen) == 3


@pytest.mark.parametrize("location", ["http://storage.example/zip", "file:///etc/passwd", "/zip", "http://[bad", ""])
async def test_a_storage_that_is_not_on_https_is_refused(repository: Repository, hub: Hub, location: str) -> None:
    hub.on("GET", ZIP, Reply(302, raw=b"", headers={"Location": location}))
    with pytest.raises(Moved, match="https"):
        await repository.artifact_zip(9, max_bytes=1_000)


async def test_plain_http_is_for_stand_ins_on_this_machine_alone(hub: Hub, elsewhere: Hub) -> None:
    """The same API by a name that is not this machine's: its redirect to plain http is refused."""
    hub.on("GET", ZIP, Reply(302, raw=b"", headers={"Location": elsewhere.url(SIGNED)}))
    elsewhere.on("GET", "/container/zip", Reply(raw=zipped()))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Here())) as session:
        github = GitHub(None, session, api_url=f"http://ghe.example:{hub.server.port}")
        with pytest.raises(Moved, match="https"):
            await Repository(github.with_token("t"), "o/r").artifact_zip(9, max_bytes=10_000)
    assert len(hub.seen) == 1
    assert elsewhere.seen == []


class Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""
