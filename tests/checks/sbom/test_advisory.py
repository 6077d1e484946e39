import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom import osv
from checks.sbom.advisories import advisory
from checks.sbom.advisories.moments import DAWN, moment

from .advisories import entry, published, record

HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}]  # 7.5
PYSEC = record(
    entry("introduced:0", "fixed:2.0.0"),
    id="PYSEC-1",
    aliases=["CVE-2024-1"],
    published="2024-03-01T00:00:00Z",
    modified="2024-03-02T00:00:00Z",
)
GHSA = record(
    entry("introduced:0", "fixed:2.1.0"),
    id="GHSA-aaaa",
    aliases=["CVE-2024-1"],
    summary="Oh no",
    severity=HIGH,
    published="2024-02-01T00:00:00Z",
    modified="2024-02-02T00:00:00Z",
)


def test_records_with_a_name_in_common_are_one_advisory() -> None:
    (found,) = advisory.known([PYSEC, json.dumps(GHSA)]).advisories
    assert found == advisory.known([osv.parse(GHSA), json.dumps(PYSEC).encode()]).advisories[0]
    assert (found.id, found.aliases) == ("GHSA-aaaa", ("CVE-2024-1", "PYSEC-1"))
    assert found.names == {"GHSA-aaaa", "CVE-2024-1", "PYSEC-1"}
    assert (found.severity, found.score, found.summary) == ("high", 7.5, "Oh no")
    assert (found.published, found.modified) == ("2024-02-01T00:00:00Z", "2024-03-02T00:00:00Z")
    assert found.url == "https://github.com/advisories/GHSA-aaaa"
    assert [each.id for each in found.records] == ["GHSA-aaaa", "PYSEC-1"]


def test_names_join_by_way_of_a_third_and_in_any_case() -> None:
    chain = [
        record(entry("introduced:0"), id="A-1", aliases=["B-1"]),
        record(entry("introduced:0"), id="C-1", aliases=["D-1"]),
        record(entry("introduced:0"), id="E-1", aliases=["b-1", "d-1"]),
        record(entry("introduced:0"), id="F-1", aliases=["G-1"]),
    ]
    found = advisory.known(chain).advisories
    assert [[each.id for each in one.records] for one in found] == [["A-1", "C-1", "E-1"], ["F-1"]]


@pytest.mark.parametrize(
    ("own", "aliases", "shown", "url"),
    [
        ("PYSEC-1", ["CVE-1", "GHSA-1"], "GHSA-1", "https://github.com/advisories/GHSA-1"),
        ("PYSEC-1", ["CVE-1"], "CVE-1", "https://osv.dev/vulnerability/CVE-1"),
        ("PYSEC-1", ["X"], "PYSEC-1", "https://osv.dev/vulnerability/PYSEC-1"),
        ("GHSA-2", ["GHSA-1"], "GHSA-2", "https://github.com/advisories/GHSA-2"),
        ("a/../b c", [], "a/../b c", "https://osv.dev/vulnerability/a%2F..%2Fb%20c"),
    ],
)
def test_the_name_that_people_know_is_shown(own: str, aliases: list[str], shown: str, url: str) -> None:
    (found,) = advisory.known([record(id=own, aliases=aliases)]).advisories
    assert (found.id, found.url) == (shown, url)


def test_a_version_has_the_advisories_of_all_databases_worst_first() -> None:
    others = [
        record(entry("introduced:0", "fixed:1.5.0"), id="B-1", database_specific={"severity": "CRITICAL"}),
        record(entry("introduced:0", "fixed:9.0.0"), id="C-1"),
        record(entry("introduced:0"), id="D-1", severity=[{"type": "CVSS_V3", "score": "8.8"}]),
    ]
    book = advisory.known([*others, PYSEC, GHSA])
    assert [each.id for each in book.of("npm", "foo", "1.0.0")] == ["B-1", "D-1", "GHSA-aaaa", "C-1"]
    assert [each.id for each in book.of("npm", "foo", "2.0.5")] == ["D-1", "GHSA-aaaa", "C-1"]
    assert [each.id for each in book.of("npm", "foo", "2.1.0")] == ["D-1", "C-1"]
    assert book.of("npm", "bar", "1.0.0") == ()
    assert [each.id for each in book.on("npm", "foo")] == ["B-1", "D-1", "GHSA-aaaa", "C-1"]
    assert [each.id for each in book.advisories] == ["B-1", "D-1", "GHSA-aaaa", "C-1"]
    assert [each.id for each in book.records("npm", "foo")] == ["B-1", "D-1", "GHSA-aaaa", "PYSEC-1", "C-1"]


def test_what_cannot_be_decided_is_told_apart() -> None:
    unclear = record(entry("introduced:0", "fixed:tbd"), id="U-1", aliases=["V-1"])
    clear = record(entry("introduced:0", "fixed:1.0.0"), id="V-1")
    book = advisory.known([unclear, clear])
    assert [each.id for each in book.of("npm", "foo", "0.5.0")] == ["U-1"]
    assert book.undecided("npm", "foo", "0.5.0") == ()
    assert [each.id for each in book.undecided("npm", "foo", "1.5.0")] == ["U-1"]
    assert book.of("npm", "foo", "1.5.0") == ()


def test_a_record_on_another_package_in_the_same_advisory_says_nothing_of_this_one() -> None:
    pair = [
        record(entry("introduced:0", name="bar"), id="A-1", aliases=["B-1"]),
        record(entry("introduced:0", "fixed:1.0.0"), id="B-1"),
    ]
    book = advisory.known(pair)
    assert book.of("npm", "foo", "2.0.0") == ()
    assert [each.id for each in book.of("npm", "bar", "2.0.0")] == ["A-1"]
    assert [each.id for each in book.records("npm", "bar")] == ["A-1"]


def test_a_withdrawn_record_neither_counts_nor_joins_others() -> None:
    bridge = record(entry("introduced:0"), id="B-1", aliases=["A-1", "C-1"], withdrawn="2024-01-01T00:00:00Z")
    book = advisory.known([record(id="A-1"), bridge, record(id="C-1")])
    assert [each.id for each in book.advisories] == ["A-1", "C-1"]


def test_of_one_record_twice_the_later_counts() -> None:
    old = record(entry("introduced:0"), modified="2024-01-01T00:00:00Z")
    new = record(entry("introduced:0", "fixed:1.0.0"), modified="2024-01-02T00:00:00+05:00")
    for order in ([old, new], [new, old]):
        book = advisory.known(order)
        assert book.of("npm", "foo", "1.0.0") == ()
        assert len(book.advisories[0].records) == 1


def test_a_malicious_package_is_critical_unless_somebody_rates_it() -> None:
    malware = record(entry("introduced:0"), id="MAL-2024-1")
    assert advisory.known([malware]).advisories[0].severity == "critical"
    assert advisory.known([malware | {"database_specific": {"severity": "low"}}]).advisories[0].severity == "low"


def test_unreadable_records_are_named_by_their_place() -> None:
    book = advisory.known(["junk", PYSEC, {"id": 7}])
    assert [flaw.partition(":")[0] for flaw in book.flaws] == ["record 1", "record 3"]
    assert book.flaws[1] == "record 3: no advisory: it has no `id`"
    assert len(book.advisories) == 1


def test_times_that_are_none_are_left_out() -> None:
    odd = record(id="A-1", published="soon", modified="")
    (found,) = advisory.known([odd]).advisories
    assert (found.published, found.modified) == ("", "")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-10-10T12:00:00+02:00", "2024-10-10T10:00:00Z"),
        ("2024-10-10T12:00:00", "2024-10-10T12:00:00Z"),
        ("2024-10-10", "2024-10-10T00:00:00Z"),
        (" 2024-10-10T12:00:00.123456789Z", "2024-10-10T12:00:00.123456Z"),
    ],
)
def test_a_time_is_read_with_every_liberty(text: str, same: str) -> None:
    assert moment(text) == moment(same) != DAWN


@pytest.mark.parametrize("text", ["", "soon", "2024-13-01", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_what_states_no_time_is_the_dawn(text: str) -> None:
    assert moment(text) == DAWN


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12))
def test_grouping_is_the_same_in_any_order_and_complete(links: list[tuple[int, int]]) -> None:
    records = [record(id=f"R-{n}", aliases=[f"N-{a}", f"N-{b}"]) for n, (a, b) in enumerate(links)]
    there, back = advisory.known(records), advisory.known(reversed(records))
    assert there == back
    assert sum(len(each.records) for each in there.advisories) == len(records)
    names = [each.names for each in there.advisories]
    assert all(a is b or a.isdisjoint(b) for a in names for b in names)


def test_the_published_database_makes_a_book() -> None:
    book = advisory.known(published())
    assert (len(book.advisories), len(book.flaws)) == (2055, 0)
    assert [len(book.of("PyPI", "Django", version)) for version in ("3.2.0", "3.2.19", "4.2.16")] == [25, 6, 0]
    assert book.undecided("PyPI", "django", "3.2.0") == ()
