"""What is signed, and that another signature is another."""

from __future__ import annotations

import pytest

from speclive import signing

TOKEN = "mst_secret"


def test_a_report_is_signed_as_the_document_says() -> None:
    # printf '%s' '1700000000.r1.body' | openssl dgst -sha256 -hmac mst_secret
    expected = "sha256=0b1a55f8b652e343a0b97de5cff09e397912cf97b90d1225960c760b7454bf6c"
    assert signing.report(TOKEN, 1700000000, "r1", b"body") == expected


@pytest.mark.parametrize(
    ("token", "timestamp", "ident", "body"),
    [("other", 1, "r", b"x"), (TOKEN, 2, "r", b"x"), (TOKEN, 1, "s", b"x"), (TOKEN, 1, "r", b"y")],
)
def test_whatever_differs_is_another_signature(token: str, timestamp: int, ident: str, body: bytes) -> None:
    signed = signing.report(TOKEN, 1, "r", b"x")
    assert signing.same(signed, signing.report(TOKEN, 1, "r", b"x"))
    assert not signing.same(signed, signing.report(token, timestamp, ident, body))


def test_no_signature_is_none_and_a_report_is_not_an_answer() -> None:
    signed = signing.answer(TOKEN, b"{}")
    assert not signing.same(signed, None)
    assert not signing.same(signed, "sha256=é")
    assert signed != signing.report(TOKEN, 0, "", b"{}")
