"""How an entry is written, and the hash that ties it to the one before."""

from __future__ import annotations

import hashlib
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import Cause, Surface
from app.store.chain import GENESIS, BadEntry, Kind, canonical, entry_of, sealed, told
from tests.store.logs import HEAD, entry

ANY_TEXT = st.text(st.characters(exclude_categories=[]))  # surrogates and NUL among them


def test_an_entry_says_who_did_what_where_and_why() -> None:
    cause = Cause("issue_comment.created", "alice", "write", Surface.COMMENT, HEAD, "5e" * 32, 12)
    written = told(Kind.ACTION, ("octo/shop", 7, ""), "card on #7", cause, result="403")
    said = json.loads(canonical(written))
    assert said.pop("at") == written.at > 1_700_000_000_000_000
    assert said == {
        "kind": "action",
        "repository": "octo/shop",
        "number": 7,
        "head_sha": HEAD,
        "what": "card on #7",
        "result": "403",
        "who": "alice",
        "role": "write",
        "surface": "comment",
        "reason": "issue_comment.created",
        "config_digest": "5e" * 32,
        "decision_id": 12,
        "record_digest": "",
        "before": "",
        "after": "",
    }


def test_an_action_that_names_a_head_speaks_of_that_one() -> None:
    written = told(Kind.ACTION, ("octo/shop", 7, "2b" * 20), "x", Cause(head_sha=HEAD))
    assert written.head_sha == "2b" * 20


@given(ANY_TEXT)
def test_any_text_is_written_in_ascii_and_comes_back(text: str) -> None:
    written = canonical(entry(what=text))
    assert written.isascii()
    assert "\0" not in written
    assert entry_of(written.encode()).what == text.encode("utf-8", "replace").decode()
    assert canonical(entry_of(written.encode())) == written


def test_keys_are_sorted_and_nothing_is_blank() -> None:
    written = canonical(entry())
    assert list(json.loads(written)) == sorted(json.loads(written))
    assert " " not in written


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b'{"kind":"joke"}', b'"\\ud800"'])
def test_what_is_no_entry_is_refused(text: bytes) -> None:
    with pytest.raises(BadEntry):
        entry_of(text)


def test_an_entry_of_a_later_version_is_read_for_what_we_know_of_it() -> None:
    later = json.dumps({**json.loads(canonical(entry())), "weather": "fine"})
    assert entry_of(later.encode()).what == "ship"


def test_a_row_can_be_checked_with_the_tools_of_any_shell() -> None:
    written = canonical(entry())
    shell = 'printf "%s%s" "$1" "$2" | sha256sum'
    ran = subprocess.run(["sh", "-c", shell, "sh", GENESIS, written], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == sealed(GENESIS, written)
    assert sealed(GENESIS, written) == hashlib.sha256((GENESIS + written).encode()).hexdigest()
