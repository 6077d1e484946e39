"""What commits and bills may be called, wherever somebody names one."""

from __future__ import annotations

import re

LONGEST_BILL_PATH = 200
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
# No part of a path may be git's own, climb, or be taken for an option by whoever puts it on a command line.
_PART = r"(?!\.{1,2}(?:/|\Z))(?!\.git(?:/|\Z))[\w.@+](?:[\w.@+ -]*[\w.@+-])?"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII | re.IGNORECASE)


def is_sha(text: str) -> bool:
    """Is it a commit's name in full, as git and GitHub write it?"""
    return bool(_SHA.fullmatch(text))


def is_bill_path(text: str) -> bool:
    """May a bill be called so? As a file in a repository, in plain letters and of bounded length."""
    return len(text) <= LONGEST_BILL_PATH and bool(_PATH.fullmatch(text))
