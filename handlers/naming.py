"""Names that others chose, as far as they can stand in a sentence of ours."""

from __future__ import annotations

import re

_ODD = re.compile(r"[^A-Za-z0-9._@/+: -]")
_LONGEST = 60


def plain(name: str) -> str:
    """A name that others chose, as far as it can stand in a sentence of ours."""
    return " ".join(_ODD.sub("", name).split())[:_LONGEST] or "unnamed"
