"""The name of a fix's branch: safe for git whatever its package is called, and never shared by two fixes."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.fix_branch import fix_branch

HOSTILE = [
    "",
    "..",
    "a..b",
    "x.lock",
    "@{u}",
    "a b",
    "-f",
    "/",
    "a//b",
    "\x00",
    "~^:?*[\\",
    "é" * 300,
    "refs/heads/main",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_git_takes_the_name_whatever_it_is_made_of(text: str) -> None:
    name = fix_branch(text, text, text)
    assert (
        subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False).returncode == 0
    )


@given(st.text(), st.text(), st.text(), st.integers(1, 99))
def test_it_is_short_and_plain_and_four_parts_deep(target: str, purl: str, version: str, attempt: int) -> None:
    name = fix_branch(target, purl, version, attempt)
    assert re.fullmatch(r"maestro/fix/[A-Za-z0-9-]{1,40}/[A-Za-z0-9-]{1,101}", name)
    assert "/-" not in name


def test_names_that_read_alike_differ() -> None:
    alike = [
        ("feature/pay", "pkg:npm/a-b", "1.2", 1),
        ("feature-pay", "pkg:npm/a-b", "1.2", 1),
        ("feature/pay", "pkg:npm/a.b", "1.2", 1),
        ("feature/pay", "pkg:npm/a-b", "1-2", 1),
        ("feature/pay", "pkg:npm/a-b", "1.2", 2),
        ("feature/pay", "pkg:npm/a", "b-1.2", 1),
    ]
    assert len({fix_branch(*one) for one in alike}) == len(alike)


def test_the_same_fix_has_the_same_name_each_time() -> None:
    assert fix_branch("main", "pkg:npm/qs", "6.5.3") == fix_branch("main", "pkg:npm/qs", "6.5.3")
