import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom import osv

from .advisories import entry, record


def test_a_record_is_read_from_text_bytes_or_a_mapping_alike() -> None:
    fields = record(
        entry("introduced:0", "fixed:1.0.0", versions=["0.1"]), aliases=["CVE-1"], summary="Oh", modified="m"
    )
    read = osv.parse(fields)
    assert read == osv.parse(json.dumps(fields)) == osv.parse(json.dumps(fields).encode())
    assert (read.id, read.aliases, read.summary, read.modified) == ("X-1", ("CVE-1",), "Oh", "m")
    assert read.names == {"X-1", "CVE-1"}
    assert read.affected[0].versions == {"0.1"}
    assert read.affected[0].ranges == (osv.Range("semver", (("introduced", "0"), ("fixed", "1.0.0"))),)


@pytest.mark.parametrize(
    "text",
    ["", "no", "[]", "7", "null", '{"id": 7}', '{"id": " "}', "{}", b"\xff", "[" * 100_000, '{"id": "' + "x" * 201],
)
def test_what_is_no_record_is_unreadable(text: str | bytes) -> None:
    with pytest.raises(osv.UnreadableError):
        osv.parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no", "^no JSON: "),
        (b"\xff", "^no JSON: "),
        ("[]", "^no JSON object$"),
        ("[" * 100_000, "^the JSON is nested too"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_record(text: str | bytes, words: str) -> None:
    with pytest.raises(osv.UnreadableError, match=words):
        osv.parse(text)
    assert osv.parse(" " * (osv.MAX_BYTES - 10) + '{"id":"X"}').id == "X"


def test_an_id_is_at_most_200_characters() -> None:
    assert osv.parse({"id": "x" * 200}).id == "x" * 200
    with pytest.raises(osv.UnreadableError, match="no `id`"):
        osv.parse({"id": "x" * 201})


def test_a_record_larger_than_any_real_one_is_refused() -> None:
    with pytest.raises(osv.UnreadableError, match="limit is 16,777,216"):
        osv.parse(" " * (osv.MAX_BYTES + 1))
    with pytest.raises(osv.UnreadableError, match="more than 20,000 entries in affected"):
        osv.parse({"id": "X", "affected": [0] * 20_001})
    with pytest.raises(osv.UnreadableError, match="more than 200,000 entries in versions"):
        osv.parse(record(entry(versions=["1"] * 200_001)))
    assert osv.parse({"id": "X", "affected": [0] * 20_000}).affected == ()


def test_the_events_of_one_object_count_each() -> None:
    both = entry() | {"ranges": [{"type": "SEMVER", "events": [{"fixed": "1.0.0", "introduced": "0"}]}]}
    assert osv.parse(record(both)).affected[0].ranges[0].events == (("introduced", "0"), ("fixed", "1.0.0"))


@pytest.mark.parametrize(
    "broken",
    [
        {"versions": "1.0.0"},
        {"versions": {"1.0.0": True}},
        {"versions": ["2.0.0", 1]},
        {"versions": ["2" * 201]},
        {"ranges": {}},
        {"ranges": ["x"]},
        {"ranges": [None]},
        {"ranges": [{"type": "SEMVER"}]},
        {"ranges": [{"type": "SEMVER", "events": "introduced"}]},
        {"ranges": [{"type": "SEMVER", "events": []}]},
        {"ranges": [{"type": "SEMVER", "events": [{"introduced": 0}]}]},
        {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": None}]}]},
        {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"mended": "1.0.0"}]}]},
        {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.0"}, "x"]}]},
        {"ranges": [{"type": ["SEMVER"], "events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]},
        {"ranges": [{"events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]},
    ],
)
def test_a_part_that_cannot_be_read_never_says_not_affected(broken: dict[str, Any]) -> None:
    assert osv.affected(record(entry("introduced:1.0.0", "fixed:1.1.0") | broken), "npm", "foo", "5.0.0") is None


def test_parts_that_are_simply_not_there_are_no_fault() -> None:
    bare = entry("introduced:0", "fixed:1.0.0", versions=None)
    assert osv.affected(record(bare), "npm", "foo", "5.0.0") is False


@pytest.mark.parametrize("package", [None, 7, {}, {"name": "foo"}, {"ecosystem": "npm"}, {"ecosystem": 1, "name": 2}])
def test_an_entry_that_names_no_package_is_about_none(package: object) -> None:
    assert osv.parse(record(entry("introduced:0") | {"package": package})).affected == ()


def test_every_place_where_a_database_rates_is_looked_at() -> None:
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/..."}
    part = entry("introduced:0", severity=[vector, 7, {"type": 1}], ecosystem_specific={"severity": "low"})
    part["database_specific"] = {"severity": "HIGH", "cvss": "CVSS:4.0/..."}
    read = osv.parse(record(part, severity=[vector], database_specific={"severity": "MODERATE"}))
    assert read.vectors == (
        ("CVSS_V3", "CVSS:3.1/..."),
        ("CVSS_V3", "CVSS:3.1/..."),
        ("", ""),
        ("CVSS_V4", "CVSS:4.0/..."),
    )
    assert read.words == ("MODERATE", "HIGH", "low")
    odd = osv.parse({"id": "X", "severity": "HIGH", "database_specific": {"severity": 9, "cvss": {"score": 1}}})
    assert (odd.vectors, odd.words) == ((), ())


def test_long_texts_are_cut_and_long_names_left_out() -> None:
    read = osv.parse(
        {"id": "X", "summary": "s" * 3000, "aliases": ["a" * 201, "b", 7, "", "c" * 200], "modified": "m" * 999}
    )
    assert len(read.summary) == 2000
    assert read.aliases == ("b", "c" * 200)
    assert len(read.modified) == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
EVENT = st.dictionaries(st.sampled_from(["introduced", "fixed", "last_affected", "limit", "x"]), JSON, max_size=3)
RANGE = st.fixed_dictionaries(
    {"type": st.sampled_from(["SEMVER", "ECOSYSTEM", "GIT"]) | JSON, "events": st.lists(EVENT | JSON)}
)
PACKAGE = st.fixed_dictionaries(
    {"ecosystem": st.sampled_from(["npm", "Debian:1", "Maven"]) | JSON, "name": JSON, "purl": JSON}
)
ENTRY = st.fixed_dictionaries(
    {
        "package": PACKAGE | JSON,
        "ranges": st.lists(RANGE | JSON) | JSON,
        "versions": st.lists(JSON) | JSON,
        "severity": JSON,
    }
)
HOSTILE = st.fixed_dictionaries(
    {
        "id": st.text(max_size=5) | JSON,
        "affected": st.lists(ENTRY | JSON, max_size=3) | JSON,
        "aliases": st.lists(JSON) | JSON,
        "withdrawn": JSON,
        "severity": st.lists(JSON) | JSON,
        "database_specific": JSON,
    }
)


@given(HOSTILE, st.sampled_from(["npm", "maven", "Debian"]), st.text(max_size=6), st.text(max_size=6))
def test_whatever_a_record_holds_there_is_an_answer(
    fields: dict[str, Any], ecosystem: str, name: str, version: str
) -> None:
    try:
        read = osv.parse(fields)
    except osv.UnreadableError:
        return
    assert osv.affected(read, ecosystem, name, version) in {True, False, None}
    for each in read.affected:
        assert each.includes(version) in {True, False, None}


def test_a_version_is_judged_by_a_record_without_an_id_and_by_nothing_else_than_a_record() -> None:
    one = {"package": {"ecosystem": "npm", "name": "qs"}, "versions": ["1.0.0"]}
    assert osv.affected({"affected": [one]}, "npm", "qs", "1.0.0") is True
    with pytest.raises(osv.UnreadableError, match="no object"):
        osv.affected(None, "npm", "qs", "1.0.0")  # type: ignore[arg-type]
