import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import logs
from app.store.measurements import TOKEN_PREFIX

PEM = (
    generate_private_key(65537, 2048)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
)
SECRETS = {
    "an installation token": "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
    "a personal token": "github_pat_11ABCDEFG0abcdefghij_klmnopqrstuvwxyz",
    "a JWT": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl",
    "a private key": PEM,
    "a token of ours": TOKEN_PREFIX + "Zm9vYmFyYmF6_quux-corge",
    "a bearer header": "Authorization: Bearer opaque-credential",
    "a basic header": "authorization: basic b3BhcXVlOmNyZWRlbnRpYWw=",
    "a signature": "sha256=" + "0f" * 32,
}
# What of each must not be seen again.
TELLTALE = {
    "a private key": PEM.splitlines()[1],
    "a bearer header": "opaque-credential",
    "a basic header": "b3BhcXVlOmNyZWRlbnRpYWw=",
}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Standard error as `logs.configure` finds it; what it configured is undone."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure()
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_on_one_line(written: io.StringIO) -> None:
    structlog.get_logger().info("webhook.stored", guid="guid-1", attempts=3, fresh=True, lane=None)
    (event,) = lines(written)
    assert event.pop("timestamp").endswith("Z")
    expected = {
        "event": "webhook.stored",
        "level": "info",
        "guid": "guid-1",
        "attempts": 3,
        "fresh": True,
        "lane": None,
    }
    assert event == expected


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_written_wherever_it_hides(written: io.StringIO, kind: str) -> None:
    secret, telltale = SECRETS[kind], TELLTALE.get(kind, SECRETS[kind])
    log = structlog.get_logger()
    log.warning(f"said {secret}")
    log.warning("said", error=secret, nested={"headers": [secret]}, raw=secret.encode())
    log.warning("said", error=RuntimeError(secret))
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        log.exception("failed")
    logging.getLogger("aiohttp.server").error("said %s", secret)
    text = written.getvalue()
    assert len(lines(written)) == 5
    assert telltale not in text
    assert "[redacted]" in text


def test_an_exception_keeps_its_traceback(written: io.StringIO) -> None:
    try:
        raise RuntimeError("what went wrong")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    (event,) = lines(written)
    assert event["exception"].startswith("Traceback")
    assert "what went wrong" in event["exception"]


def test_a_hostile_text_writes_no_second_line_and_no_control_characters(written: io.StringIO) -> None:
    structlog.get_logger().info("said", title='x"}\n{"event": "forged"}\r\n\x1b[2J\u202e')
    (event,) = lines(written)
    assert event["title"].isprintable()
    assert written.getvalue().isascii()


def test_what_libraries_warn_of_takes_the_same_road(written: io.StringIO) -> None:
    logging.getLogger("asyncio").warning("slow callback")
    logging.getLogger("asyncio").info("not worth a line")
    (event,) = lines(written)
    assert (event["event"], event["level"]) == ("slow callback", "warning")


def test_the_level_is_chosen_by_name(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("error")
    structlog.get_logger().warning("not said")
    structlog.get_logger().error("said")
    assert [event["event"] for event in lines(written)] == ["said"]
