"""Advisories from files, in every shape that people keep them."""

import gzip
import json
import os
import zipfile
from pathlib import Path

import pytest

from app.osv.local import BadAdvisories, Files, at, records_in
from app.osv.model import Package
from checks.advised import Unread
from tests.osv.records import record

ONE, TWO = record("GHSA-1", "qs", fixed="6.5.3"), record("PYSEC-2", "Zope.Interface", ecosystem="PyPI")
LINES = "\n".join(map(json.dumps, (ONE, TWO))) + "\n"


async def known(files: Files) -> dict[str, list[str]]:
    """The ids on each of the two packages."""
    asked = {"qs": "pkg:npm/qs", "zope": "pkg:pypi/zope-interface"}
    return {
        name: [one.id for one in (await files.about([Package(purl, "99")])).records] for name, purl in asked.items()
    }


def written(place: Path, shape: str) -> Path:
    """Both records in a file (or directory) of that shape."""
    file = place / f"advisories{shape}"
    if shape == ".zip":
        with zipfile.ZipFile(file, "w") as archive:
            for one in (ONE, TWO):
                archive.writestr(f"{one['id']}.json", json.dumps(one))
    elif shape == "":
        (file / "deep").mkdir(parents=True)
        (file / "GHSA-1.json").write_text(json.dumps(ONE))
        (file / "deep" / "PYSEC-2.json").write_text(json.dumps(TWO))
        (file / "README.md").write_text("not an advisory")
    elif shape.endswith(".gz"):
        file.write_bytes(gzip.compress((LINES if "l" in shape else json.dumps([ONE, TWO])).encode()))
    else:
        file.write_text(LINES if shape == ".jsonl" else json.dumps([ONE, TWO]))
    return file


@pytest.mark.parametrize("shape", ["", ".json", ".jsonl", ".jsonl.gz", ".json.gz", ".zip"])
async def test_every_shape_is_read_and_filed_under_the_packages(tmp_path: Path, shape: str) -> None:
    assert await known(at(written(tmp_path, shape))) == {"qs": ["GHSA-1"], "zope": ["PYSEC-2"]}


async def test_a_file_of_one_record_is_read(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(ONE))
    assert await known(at(tmp_path / "one.json")) == {"qs": ["GHSA-1"], "zope": []}


async def test_a_line_may_hold_any_character(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(ONE | {"summary": "a\u2028b"}, ensure_ascii=False), encoding="utf-8")
    assert (await known(at(tmp_path)))["qs"] == ["GHSA-1"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "a.json is not JSON"),
        ("a.json", b"[1]", "no OSV record"),
        ("a.jsonl", b'{"id": "X"}\n{"id": 1}\n', "a.jsonl:2 is no OSV record"),
        ("a.jsonl.gz", b"not gzip", "cannot be read"),
        ("a.zip", b"not a zip", "cannot be read"),
        ("README.md", b"", "holds no"),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadAdvisories, match=said):
        at(tmp_path)


async def test_a_record_that_no_check_could_read_is_told() -> None:
    files = Files.of("some", records_in("a.json", json.dumps({"id": "X" * 300})))
    (unread,) = (await files.about([])).unread
    assert unread.id == "X" * 200
    assert "no advisory" in unread.why


@pytest.mark.parametrize(
    ("affected", "unread"),
    [
        (None, True),
        ([], True),
        ([{"ranges": [{"type": "GIT", "events": []}]}], False),
        ([{"package": {"ecosystem": "npm", "name": "qs"}}], False),
        ([{"package": {"purl": "pkg:npm/qs"}}], False),
        ("qs", True),
        ({}, True),
        ([None], True),
        ([{}], True),
        ([{"versions": ["1"]}], True),
        ([{"package": {"ecosystem": "npm"}, "versions": ["1"]}], True),
        ([{"package": {}, "ranges": [{"type": "GIT"}]}], True),
        ([{"ranges": [{"type": "GIT"}, {"type": "SEMVER"}]}], True),
        ([{"ranges": ["GIT"]}], True),
        ([ONE["affected"][0], {}], True),
    ],
)
async def test_a_record_that_is_about_nobody_knows_what_is_told(affected: object, unread: bool) -> None:
    files = Files.of("some", records_in("a.json", json.dumps({"id": "X", "affected": affected})))
    found = await files.about([Package("pkg:npm/qs", "1")])
    why = "`affected` does not say what it is about"
    assert found.unread == ((Unread("X", why),) if unread else ())
    assert len(found.records) == (isinstance(affected, list) and "qs" in json.dumps(affected))


async def test_half_a_character_costs_no_record(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ONE | {"summary": "\ud800"}))
    assert (await known(at(tmp_path)))["qs"] == ["GHSA-1"]


def test_a_pipe_among_the_files_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    for place in (tmp_path, tmp_path / "a.json"):
        with pytest.raises(BadAdvisories, match="no regular file"):
            at(place)


async def test_two_texts_of_one_record_are_both_kept_whatever_their_order() -> None:
    other = {**ONE, "summary": "another"}
    files = [Files.of("some", records_in("a.json", json.dumps(pair))) for pair in ([ONE, other], [other, ONE, ONE])]
    found = [(await each.about([Package("pkg:npm/qs", "1")])).records for each in files]
    assert found[0] == found[1]
    assert [one.id for one in found[0]] == ["GHSA-1", "GHSA-1"]
