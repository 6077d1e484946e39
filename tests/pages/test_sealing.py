"""Secrets at rest: opened by the key of their purpose, for what they are about, and else by nothing."""

from hypothesis import given
from hypothesis import strategies as st

from app.pages.sealing import Sealer

ACCESS, REFRESH = Sealer.of("a private key", b"access"), Sealer.of("a private key", b"refresh")


@given(st.text())
def test_what_was_sealed_is_opened_for_what_it_is_about(text: str) -> None:
    sealed = ACCESS.seal(text, "7")
    assert ACCESS.open(sealed, "7") == text
    assert len(text) < 8 or text.encode() not in sealed


def test_no_other_key_and_no_other_person_opens_it() -> None:
    sealed = ACCESS.seal("ghu_secret", "7")
    assert REFRESH.open(sealed, "7") is None
    assert Sealer.of("another private key", b"access").open(sealed, "7") is None
    assert ACCESS.open(sealed, "8") is None


def test_the_same_is_never_sealed_alike() -> None:
    assert ACCESS.seal("x", "7") != ACCESS.seal("x", "7")


@given(st.binary(max_size=60))
def test_what_we_did_not_seal_is_nothing(sealed: bytes) -> None:
    assert ACCESS.open(sealed, "7") is None


@given(st.integers(0, 37), st.integers(1, 255))
def test_a_byte_that_was_changed_is_seen(at: int, change: int) -> None:
    sealed = bytearray(ACCESS.seal("ghu_secret", "7"))
    sealed[at % len(sealed)] ^= change
    assert ACCESS.open(bytes(sealed), "7") is None


def test_a_sealer_does_not_print_its_key() -> None:
    assert "key" not in repr(ACCESS)
