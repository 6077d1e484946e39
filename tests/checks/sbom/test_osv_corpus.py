"""Ranges against enumerated lists, on every published advisory for Python packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from checks.sbom import osv

from .advisories import published

Answer = tuple[str, bool | None, bool]  # the record, what its ranges say, what its list says


def test_no_listed_version_is_missed_and_no_record_is_unreadable() -> None:
    missed = []
    for fields in published():
        record = osv.parse(fields | {"withdrawn": None})
        for name, version in {(e["package"]["name"], v) for e in fields["affected"] for v in e.get("versions", [])}:
            if osv.affected(record, "PyPI", name, version) is not True:
                missed.append((record.id, name, version))
    assert missed == []


@pytest.mark.slow
def test_ranges_alone_say_what_the_lists_say_in_more_than_993_of_1000_cases() -> None:
    kinds = Counter(_kind(got, listed) for _, got, listed in answers())
    assert kinds.total() == 276_697
    assert kinds["agree"] / kinds.total() >= 0.993
    assert kinds == {"agree": 274_808, "range only": 1_730, "undecided": 150, "list only": 9}


@pytest.mark.slow
def test_where_only_the_list_has_a_version_the_record_contradicts_itself() -> None:
    # -114 is fixed in 2.11.6 and in 2.11.7; -61 begins with 3.2, and lists the candidates before it; -177 lists 23.9.0,
    # which fixes it.
    assert Counter(name for name, got, listed in answers() if listed and got is False) == {
        "PYSEC-2023-61": 6,
        "PYSEC-2023-177": 2,
        "PYSEC-2021-114": 1,
    }


def _kind(got: bool | None, listed: bool) -> str:
    if got is None:
        return "undecided"
    return "agree" if got is listed else "range only" if got else "list only"


@cache
def answers() -> tuple[Answer, ...]:
    return tuple(_compared())


def _compared() -> Iterator[Answer]:
    """Each entry with both a list and a range of versions, asked about each known version of its package."""
    known = _known()
    for fields in published():
        for entry in fields["affected"]:
            if entry.get("versions") and any(each["type"] == "ECOSYSTEM" for each in entry.get("ranges", [])):
                name, listed = entry["package"]["name"], set(entry["versions"])
                record = osv.parse({"id": fields["id"], "affected": [_bare(entry)]})
                for version in known[name]:
                    yield record.id, osv.affected(record, "PyPI", name, version), version in listed


def _known() -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for fields in published():
        for entry in fields["affected"]:
            known.setdefault(entry["package"]["name"], set()).update(entry.get("versions", []))
    return known


def _bare(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "versions"}
