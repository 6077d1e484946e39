import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom.advisories import vex
from checks.sbom.advisories.advisory import Advisory, known

from .advisories import entry, record

CASE = known([record(entry("introduced:0"), id="GHSA-1", aliases=["CVE-2024-1"])]).advisories[0]
OTHER = known([record(entry("introduced:0"), id="CVE-2024-9")]).advisories[0]
QS = "pkg:npm/qs"
JUST = "vulnerable_code_not_in_execute_path"


def openvex(*statements: Any, **fields: Any) -> str:
    whole = {"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2024-01-01T00:00:00Z", "statements": statements}
    return json.dumps(whole | fields)


def says(*products: Any, status: str = "not_affected", name: Any = "CVE-2024-1", **fields: Any) -> dict[str, Any]:
    named = {"name": name} if isinstance(name, str) else name
    reason = {"justification": JUST} if status == "not_affected" else {}
    listed = [{"@id": each} if isinstance(each, str) else each for each in products or (QS,)]
    return {"vulnerability": named, "products": listed, "status": status} | reason | fields


def excused(*statements: Any, purl: str = QS, version: str = "6.5.2", advisory: Advisory = CASE, **more: Any) -> bool:
    read = vex.read([openvex(*statements)])
    assert read.flaws == ()
    return read.excuse(advisory, purl, version, **more) is not None


# --- what a statement covers -----------------------------------------------------------------------------------


def test_an_excuse_says_why_since_when_and_where() -> None:
    read = vex.read(
        ["{}", openvex(says(f"{QS}@6.5.2", impact_statement="We never parse", timestamp="2024-02-01T00:00:00Z"))]
    )
    assert read.excuse(CASE, QS, "6.5.2") == vex.Excuse(
        "CVE-2024-1", "not_affected", f"{JUST}: We never parse", "2024-02-01T00:00:00Z", 1
    )
    assert read.statements[0].say() == f"CVE-2024-1 not_affected in {QS}@6.5.2"


@pytest.mark.parametrize(
    ("product", "covered", "not_covered"),
    [
        (
            f"{QS}@6.5.2",
            [(QS, "6.5.2"), (QS, "v6.5.2"), (f"{QS}@6.5.2", "6.5.2")],
            [(QS, "6.5.3"), (QS, ""), ("pkg:npm/q", "6.5.2")],
        ),
        (QS, [(QS, "6.5.2"), (QS, "1.0.0"), (QS, "")], [("pkg:npm/%40a/qs", "6.5.2"), ("pkg:pypi/qs", "6.5.2")]),
        (f"{QS}@6.5.2?arch=arm64", [(f"{QS}?arch=arm64", "6.5.2")], [(QS, "6.5.2"), (f"{QS}?arch=amd64", "6.5.2")]),
        (f"{QS}#lib", [(f"{QS}#lib", "1.0.0")], [(QS, "1.0.0")]),
        ("pkg:pypi/Foo_Bar@1.0", [("pkg:pypi/foo-bar", "1.0.0")], [("pkg:pypi/foo-bar", "1.0.1")]),
        ("pkg:maven/a/b@1?type=jar", [("pkg:maven/a/b", "1")], [("pkg:maven/a/b?classifier=x", "1")]),
        ("https://example.org/qs", [], [(QS, "6.5.2")]),
    ],
)
def test_a_statement_reaches_no_further_than_its_product(
    product: str, covered: list[tuple[str, str]], not_covered: list[tuple[str, str]]
) -> None:
    assert [case for case in covered if not excused(says(product), purl=case[0], version=case[1])] == []
    assert [case for case in not_covered if excused(says(product), purl=case[0], version=case[1])] == []


def test_a_statement_is_told_in_one_line_however_much_it_names() -> None:
    parts = [f"{QS}@{number}" for number in range(1, 5)]
    three, four = (vex.read([openvex(says({"@id": "x", "subcomponents": parts[:n]}))]).statements[0] for n in (3, 4))
    assert three.say() == f"CVE-2024-1 not_affected in {QS}@1, {QS}@2, {QS}@3"
    assert four.say() == f"CVE-2024-1 not_affected in {QS}@1, {QS}@2, {QS}@3 ..."


@pytest.mark.parametrize(
    "name",
    [
        "CVE-2024-1",
        "cve-2024-1",
        "GHSA-1",
        "https://example.org/vuln/CVE-2024-1/",
        {"@id": "https://example.org/GHSA-1", "name": "X-1"},
        {"name": "X-1", "aliases": ["Y-1", "GHSA-1"]},
    ],
)
def test_a_vulnerability_is_known_by_any_of_its_names(name: Any) -> None:
    assert excused(says(name=name))
    assert not excused(says(name=name), advisory=OTHER)


def test_the_purl_among_the_identifiers_goes_before_the_id() -> None:
    both = {"@id": QS, "identifiers": {"purl": f"{QS}@6.5.2"}}
    assert excused(says(both), version="6.5.2")
    assert not excused(says(both), version="6.5.1")


def test_a_part_of_a_product_is_excused_in_that_product_alone() -> None:
    part = {"@id": "pkg:oci/shop@2", "subcomponents": [{"@id": f"{QS}@6.5.2"}]}
    assert not excused(says(part))
    assert not excused(says(part), purl="pkg:oci/shop", version="2")
    assert excused(says(part), products=["pkg:oci/shop@2"])
    assert not excused(says(part), products=["pkg:oci/shop@3", "pkg:oci/shop"])
    assert not excused(says(part), products=["pkg:oci/shop@2"], version="6.5.1")
    named = {"@id": "https://example.org/shop", "subcomponents": [QS]}
    assert excused(says(named), products=["shop", "https://example.org/shop"])
    assert not excused(says(named), products=["https://example.org/shop2"])


# --- what counts -----------------------------------------------------------------------------------------------


def test_the_latest_statement_counts() -> None:
    early, late = {"timestamp": "2024-01-02T00:00:00Z"}, {"timestamp": "2024-01-03T00:00:00Z"}
    assert excused(says(**late), says(status="affected", **early))
    assert not excused(says(**early), says(status="affected", **late))
    assert not excused(says(**early), says(status="under_investigation", **late))
    assert excused(says(status="affected", **early), says(f"{QS}@6.5.2", status="fixed", **late))
    assert excused(says(status="affected"), says(**early))  # the first has the document's time
    assert excused(says(status="affected", **early), says(timestamp="2024-01-01T00:00:00Z", last_updated="2024-01-05"))


def test_at_one_time_the_graver_statement_counts() -> None:
    assert not excused(says(), says(status="affected"))
    assert not excused(says(status="under_investigation"), says())


def test_a_statement_without_any_time_is_the_oldest() -> None:
    read = vex.read([openvex(says(status="affected"), timestamp=None), openvex(says())])
    assert read.excuse(CASE, QS, "1.0.0") is not None


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        (says(justification=None), "statements[0]: not_affected needs a justification or an impact statement"),
        (says(justification="because"), "statements[0]: not_affected needs a justification or an impact statement"),
        (says(status="fixed"), "statements[0]: fixed needs the version that is"),
        (says(status="fine"), "statements[0]: its status is none of OpenVEX"),
        (says(name=""), "statements[0]: names no vulnerability"),
        (says(name=[]), "statements[0]: names no vulnerability"),
        (says() | {"products": []}, "statements[0]: names no product"),
        (says() | {"products": QS}, "statements[0]: names no product"),
        (says({"hashes": {}}), "statements[0]: a product without an identifier"),
        (says({"@id": "x", "subcomponents": [{}]}), "statements[0]: a subcomponent without an identifier"),
        (says({"@id": QS, "subcomponents": "x"}), "statements[0]: `subcomponents` is no list"),
        (7, "statements[0]: no object"),
    ],
)
def test_a_statement_that_lacks_something_excuses_nothing_and_is_named(statement: Any, flaw: str) -> None:
    read = vex.read([openvex(statement)])
    assert read.flaws == (f"document 1: {flaw}",)
    assert read.statements == ()


def test_an_impact_statement_alone_will_do() -> None:
    assert excused(says(justification=None, impact_statement="Never called"))


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "neither an OpenVEX nor a CycloneDX document (`@context` or `bomFormat` says so)"),
        ('{"@context": "https://openvex.dev/ns"}', "`statements` is no list"),
        (" " * (16 * 1024 * 1024 + 1), "16,777,217 characters; the limit is 16,777,216"),
    ],
)
def test_a_document_that_cannot_be_read_is_named(text: str, flaw: str) -> None:
    assert vex.read([openvex(says()), text]).flaws == (f"document 2: {flaw}",)


def test_no_more_documents_are_read_than_anybody_writes() -> None:
    read = vex.read([openvex(says())] * 1001)
    assert len(read.statements) == 1000
    assert read.flaws == ("more than 1,000 documents; the rest was not read",)


def test_statements_about_nothing_that_was_found_are_told() -> None:
    read = vex.read(
        [openvex(says(), says(name="CVE-0"), says("pkg:npm/other"), says(f"{QS}@1.0.0", status="affected"))]
    )
    told = read.unmatched([(OTHER, QS, "6.5.2"), (CASE, QS, "6.5.2")])
    assert [each.say() for each in told] == [
        f"CVE-0 not_affected in {QS}",
        "CVE-2024-1 not_affected in pkg:npm/other",
        f"CVE-2024-1 affected in {QS}@1.0.0",
    ]
    part = vex.read([openvex(says({"@id": "pkg:oci/shop", "subcomponents": [QS]}))])
    assert len(part.unmatched([(CASE, QS, "1")])) == 1
    assert part.unmatched([(CASE, QS, "1")], products=["pkg:oci/shop@2"]) == ()


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=6) | st.sampled_from([QS, "not_affected", "CVE-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["@id", "name", "purl", "ref", "state", "products", "identifiers", "subcomponents", "versions"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["vulnerability", "products", "status", "justification", "timestamp"]), JSON))
def test_whatever_an_openvex_statement_holds_nothing_breaks(fields: dict[str, Any]) -> None:
    read = vex.read([openvex(fields | {"status": "not_affected"}), openvex(fields)])
    read.excuse(CASE, QS, "1.0.0")
    assert read.unmatched([]) == read.statements


@given(st.dictionaries(st.sampled_from(["id", "analysis", "affects", "references", "updated"]), JSON), JSON)
def test_whatever_a_cyclonedx_vulnerability_holds_nothing_breaks(fields: dict[str, Any], components: Any) -> None:
    analysis = {"analysis": {"state": "not_affected", "detail": "x"}}
    whole = {"bomFormat": "CycloneDX", "components": components, "vulnerabilities": [fields, fields | analysis]}
    read = vex.read([json.dumps(whole)])
    read.excuse(CASE, QS, "1.0.0")
