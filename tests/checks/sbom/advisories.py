"""Advisories as tests need them: written as OSV records, and the published ones of Python packages."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

PYPA = Path(__file__).parents[2] / "data" / "osv" / "pypa-2024-10-10.osv.jsonl.gz"


def events(*pairs: str) -> list[dict[str, str]]:
    """`introduced:1.0` -> {"introduced": "1.0"}, in the order given."""
    return [{name: version} for name, _, version in (pair.partition(":") for pair in pairs)]


def entry(
    *pairs: str, name: str = "foo", ecosystem: str = "npm", kind: str = "SEMVER", **fields: Any
) -> dict[str, Any]:
    """One `affected` entry, with one range when there are events."""
    ranges = [{"type": kind, "events": events(*pairs)}] if pairs else []
    return {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges} | fields


def record(*entries: dict[str, Any], id: str = "X-1", **fields: Any) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "affected": list(entries)} | fields


@cache
def published() -> tuple[dict[str, Any], ...]:
    """All records of the Python Packaging Authority's database, decoded."""
    with gzip.open(PYPA, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)
