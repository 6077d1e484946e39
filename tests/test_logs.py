import ast
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import logs
from app.store.tokens import TOKEN_PREFIX
from tests import logged
from tests.logged import lines

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
    "a token within a word": "x_token%3Dghs_" + "16C7e42F292c6912E7710c838347Ae178B4a" * 9,
    "the password of an address": "postgresql://maestro:correct/horse@db.example:5432/maestro",
    "the password of a connection": "host=db.example password='correct horse' user=maestro",
    "a signature": "sha256=" + "0f" * 32,
}
# What of each must not be seen again.
TELLTALE = {
    "a private key": PEM.splitlines()[1],
    "a bearer header": "opaque-credential",
    "a token within a word": "ghs_",
    "the password of an address": "correct/horse",
    "the password of a connection": "horse",
    "a basic header": "b3BhcXVlOmNyZWRlbnRpYWw=",
}


def test_an_event_is_one_json_object_on_one_line(written: io.StringIO) -> None:
    structlog.get_logger().info("webhook.stored", guid="guid-1", attempts_left=3, limited=True, lane=None)
    (event,) = lines(written)
    assert event.pop("timestamp").endswith("Z")
    expected = {
        "event": "webhook.stored",
        "level": "info",
        "guid": "guid-1",
        "attempts_left": 3,
        "limited": True,
        "lane": None,
    }
    assert event == expected


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_written_wherever_it_hides(written: io.StringIO, kind: str) -> None:
    secret, telltale = SECRETS[kind], TELLTALE.get(kind, SECRETS[kind])
    log = structlog.get_logger()
    log.warning(f"said {secret}")
    log.warning("said", error=secret, what={"headers": [secret]}, why=secret.encode())
    log.warning("said", title=secret)
    log.warning("said", error=RuntimeError(secret))
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        log.exception("failed")
    logging.getLogger("aiohttp.server").error("said %s", secret)
    text = written.getvalue()
    assert len(lines(written)) == 6
    assert telltale not in text
    assert "[redacted]" in text


OWN = 'Köln \'n "Düsseldorf"/%'


def test_a_secret_without_any_shape_is_found_as_libraries_would_quote_it() -> None:
    line = PEM.splitlines()[3]
    forms = [OWN, repr(OWN), json.dumps(OWN), quote(OWN, safe=""), repr({"password": OWN}), line]
    with logged.written(OWN, PEM, "", "abc") as stream:
        for form in forms:
            structlog.get_logger().error("engine.try_failed", error=f"it said {form}, abc")
    said = [str(event["error"]) for event in lines(stream)]
    assert [text.count("[redacted]") for text in said] == [1] * len(forms)
    assert all(text.endswith(", abc") for text in said)  # too short: it would be found in every word
    assert not any(telltale in stream.getvalue() for telltale in ("sseldorf", line))


def test_a_field_that_nobody_explained_is_not_shown(written: io.StringIO) -> None:
    structlog.get_logger().warning("said", webhook={"body": "private"}, error="known")
    (event,) = lines(written)
    assert (event["webhook"], event["error"]) == ("[withheld]", "known")


def test_every_field_that_we_log_is_explained_and_every_explained_one_is_logged() -> None:
    calls = [call for room in ("app", "handlers") for path in Path(room).rglob("*.py") for call in logging_calls(path)]
    used = {keyword.arg for call in calls for keyword in call.keywords if keyword.arg not in {None, "exc_info"}}
    bound = {"guid", "lane", "job", "delivery"}
    stamped = {"timestamp", "level", "event", "logger", "exception", "stack"}
    assert logs.FIELDS.keys() == used | bound | stamped


def logging_calls(path: Path) -> Iterator[ast.Call]:
    levels = {
        "debug",
        "info",
        "warning",
        "error",
        "exception",
        "critical",
        "say",
        "bound_contextvars",
        "bind_contextvars",
    }
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in levels:
            yield node


def test_an_error_that_ends_a_thread_takes_the_same_road(written: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError(f"said {SECRETS['an installation token']}")

    thread = threading.Thread(target=fail, name="loop")
    thread.start()
    thread.join()
    (event,) = lines(written)
    assert (event["event"], event["thread"]) == ("thread.died", "loop")
    assert "RuntimeError: said [redacted]" in event["exception"]


def test_an_exception_keeps_its_traceback(written: io.StringIO) -> None:
    try:
        raise RuntimeError("what went wrong")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    (event,) = lines(written)
    assert event["exception"].startswith("Traceback")
    assert "what went wrong" in event["exception"]


def test_a_hostile_text_writes_no_second_line_and_no_control_characters(written: io.StringIO) -> None:
    structlog.get_logger().info("said", why='x"}\n{"event": "forged"}\r\n\x1b[2J\u202e')
    (event,) = lines(written)
    assert event["why"].isprintable()
    assert written.getvalue().isascii()


def test_what_libraries_warn_of_takes_the_same_road(written: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(lane="o/r#1")
    logging.getLogger("asyncio").warning("slow callback")
    structlog.contextvars.clear_contextvars()
    logging.getLogger("asyncio").info("not worth a line")
    (event,) = lines(written)
    assert (event["event"], event["level"]) == ("slow callback", "warning")
    assert (event["logger"], event["lane"]) == ("asyncio", "o/r#1")


def test_the_level_is_chosen_by_name(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("error")
    structlog.get_logger().warning("not said")
    structlog.get_logger().error("said")
    assert [event["event"] for event in lines(written)] == ["said"]
