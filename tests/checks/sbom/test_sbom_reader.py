import json
from typing import Any

import pytest

from checks import sbom
from checks.sbom import Flaw, Scope, UnreadableError

from .bills import advisory, bill, document, npm


def test_one_component_is_read_with_all_that_it_says() -> None:
    (component,) = bill(npm("left-pad", "1.3.0", "WTFPL", scope="required")).components
    assert component.key == component.purl == "pkg:npm/left-pad"
    assert (component.ecosystem, component.name, component.version) == ("npm", "left-pad", "1.3.0")
    assert (component.licences, component.scope, component.ref) == (("WTFPL",), Scope.RUNTIME, "left-pad")


def test_nested_components_count_parents_first_and_in_file_order() -> None:
    inner = npm("b", components=[npm("c"), npm("d")])
    bom = bill(npm("a", components=[inner, npm("e")]), npm("f", components=[npm("g")]))
    assert sorted(component.name for component in bom.components) == list("abcdefg")
    order = [component.name for component in bom.components]
    assert order.index("a") < order.index("b") < order.index("c") < order.index("d")
    assert order.index("f") < order.index("g")


def test_what_is_within_the_product_counts_and_the_product_itself_does_not() -> None:
    product = npm("app", components=[npm("part", components=[npm("inner")]), 7])
    bom = bill(npm("a"), metadata={"component": product})
    assert [component.name for component in bom.components] == ["a", "part", "inner"]
    assert bom.root == "app"
    assert bom.flaws == (Flaw("metadata.component.components[1]", "not an object"),)


def test_without_a_purl_a_component_is_known_by_type_group_and_name() -> None:
    bom = bill({"type": "library", "group": "org.acme", "name": "core", "version": "2"}, {"name": "plain"})
    assert [(c.key, c.name, c.ecosystem, c.purl) for c in bom.components] == [
        ("library:org.acme/core", "org.acme/core", "", ""),
        (":plain", "plain", "", ""),
    ]


def test_a_purl_lends_its_version_and_serves_as_the_node() -> None:
    (component,) = bill({"purl": "pkg:npm/%40a/b@1.2.3"}).components
    assert (component.name, component.version, component.ref) == ("@a/b", "1.2.3", "pkg:npm/%40a/b@1.2.3")


def test_the_stated_version_beats_that_of_the_purl_which_is_told() -> None:
    found = bill({"name": "b", "version": "2", "purl": "pkg:npm/b@1"})
    assert (found.components[0].version, found.flaws[0].position) == ("2", "components[0].version")
    assert not bill({"name": "b", "version": "v1", "purl": "pkg:golang/b@1"}).flaws


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ([{"license": {"id": "MIT"}}], ("MIT",)),
        ([{"license": {"name": " Custom "}}], ("Custom",)),
        ([{"expression": "MIT OR ISC"}], ("MIT OR ISC",)),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "ISC License"}}], ("MIT", "ISC License")),
        ([{"expression": "MIT", "acknowledgement": "declared"}], ("MIT",)),
        (
            [
                {"license": {"id": "MIT", "acknowledgement": "declared"}},
                {"license": {"id": "GPL-3.0-only", "acknowledgement": "concluded"}},
            ],
            ("GPL-3.0-only",),
        ),
        (
            [
                {"license": {"id": "GPL-3.0-only", "acknowledgement": "declared"}},
                {"license": {"name": "NOASSERTION", "acknowledgement": "concluded"}},
            ],
            ("GPL-3.0-only",),
        ),
        ([{"license": {"name": "NOASSERTION", "acknowledgement": "concluded"}}], ("NOASSERTION",)),
        ([{"license": {"id": "MIT", "name": "other"}}], ("MIT",)),
        ([], ()),
    ],
)
def test_licences_are_read_in_every_form_of_the_specification(stated: Any, read: tuple[str, ...]) -> None:
    bom = bill(npm("a", licenses=stated))
    assert bom.components[0].licences == read
    assert bom.flaws == ()


def test_digests_have_one_name_and_one_spelling() -> None:
    stated = [
        {"alg": "SHA-512", "content": "ABCDEF0123456789"},
        {"alg": "SHA3-256", "content": "0123456789abcdef"},
        {"alg": "SHA-512", "content": "abcdef0123456789"},
        {"alg": "BLAKE2b-256", "content": "00112233"},
    ]
    bom = bill(npm("a", hashes=stated))
    assert bom.flaws == ()
    assert bom.components[0].hashes == (
        ("blake2b-256", "00112233"),
        ("sha3-256", "0123456789abcdef"),
        ("sha512", "abcdef0123456789"),
    )


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({}, Scope.UNKNOWN),
        ({"scope": "required"}, Scope.RUNTIME),
        ({"scope": "optional"}, Scope.OPTIONAL),
        ({"scope": "excluded"}, Scope.DEVELOPMENT),
        ({"scope": "something"}, Scope.UNKNOWN),
        ({"scope": "optional", "properties": [{"name": "cdx:npm:package:development", "value": "true"}]},
         Scope.DEVELOPMENT),
        ({"scope": "optional", "properties": [{"name": "cdx:npm:package:development", "value": "false"}]},
         Scope.OPTIONAL),
        ({"scope": "required", "properties": [7, {"name": "x", "value": "true"}]}, Scope.RUNTIME),
        ({"properties": "none"}, Scope.UNKNOWN),
    ],
)  # fmt: skip
def test_the_development_mark_beats_the_scope(fields: dict[str, Any], scope: Scope) -> None:
    assert bill(npm("a", **fields)).components[0].scope is scope


@pytest.mark.parametrize(
    ("bad", "flaw"),
    [
        (7, Flaw("components[1]", "not an object")),
        ({"type": "library"}, Flaw("components[1]", "neither a name nor a package URL")),
        (npm("x", purl="nonsense"), Flaw("components[1].purl", "not a package URL")),
        (npm("x", licenses="MIT"), Flaw("components[1].licenses", "not a list")),
        (npm("x", licenses=[{}]), Flaw("components[1].licenses", "an entry without expression, id or name")),
        (npm("x", licenses=[3]), Flaw("components[1].licenses", "an entry without expression, id or name")),
        (npm("x", components={}), Flaw("components[1].components", "not a list")),
        (npm("x", components=[None]), Flaw("components[1].components[0]", "not an object")),
        (npm("x") | {"version": 7}, Flaw("components[1].version", "not a text")),
        (npm("x", "1" * 2001, purl=None), Flaw("components[1].version", "longer than 2,000 characters")),
        ({"name": "x" * 2001}, Flaw("components[1].name", "longer than 2,000 characters")),
        ({"name": "x", "group": []}, Flaw("components[1].group", "not a text")),
        (npm("x", purl=f"pkg:npm/{'x' * 2000}"), Flaw("components[1].purl", "not a package URL")),
        (npm("x", hashes={"alg": "MD5"}), Flaw("components[1].hashes", "not a list")),
        (npm("x", hashes=[7]),
         Flaw("components[1].hashes", "an entry without an algorithm and a hexadecimal digest")),
        (npm("x", hashes=[{"alg": "MD5", "content": "no digest"}]),
         Flaw("components[1].hashes", "an entry without an algorithm and a hexadecimal digest")),
    ],
)  # fmt: skip
def test_one_bad_component_is_a_flaw_with_its_place_and_the_rest_is_read(bad: Any, flaw: Flaw) -> None:
    bom = bill(npm("first"), bad, npm("last"))
    assert bom.flaws == (flaw,)
    names = [component.name for component in bom.components]
    assert (names[0], names[-1]) == ("first", "last")


def test_the_same_flaw_of_two_components_is_told_of_each() -> None:
    bom = bill(npm("a", licenses=[{"license": {"id": "MIT"}}, 3, {}]), npm("b", licenses=[3]), npm("c", licenses=[3]))
    assert [component.licences for component in bom.components] == [("MIT",), (), ()]
    places = [f"components[{index}].licenses" for index in (0, 0, 1, 2)]
    assert bom.flaws == tuple(Flaw(place, "an entry without expression, id or name") for place in places)


def test_licences_that_cannot_be_decoded_cost_no_more_than_themselves() -> None:
    raw = document(npm("a", "1", licenses="BAD"), npm("b")).encode().replace(b'"BAD"', b'["\xff"]')
    bom = sbom.read(raw)
    assert [(component.name, component.licences) for component in bom.components] == [("a", ()), ("b", ())]
    assert bom.flaws == (Flaw("components[0].licenses", "no JSON that can be read"),)


def test_a_component_with_a_broken_purl_is_kept_by_its_name() -> None:
    assert bill(npm("x", purl="nonsense")).components[0].key == "library:x"


def test_sections_of_the_wrong_shape_are_flaws() -> None:
    bom = bill(npm("a"), metadata=[], dependencies={}, vulnerabilities="none")
    assert [flaw.position for flaw in bom.flaws] == ["metadata", "dependencies", "vulnerabilities"]
    assert [flaw.message for flaw in bom.flaws] == ["not an object", "not a list", "not a list"]
    assert bom.root == ""


def test_only_the_first_hundred_flaws_are_told_in_full() -> None:
    flaws = bill(*range(130)).flaws
    assert len(flaws) == 101
    assert flaws[99] == Flaw("components[99]", "not an object")
    assert flaws[100] == Flaw("", "30 more parts could not be read")


def test_edges_of_one_node_are_joined_and_strange_ones_are_flaws() -> None:
    entries: list[Any] = [
        {"ref": "a", "dependsOn": ["b", 3]},
        {"ref": "a", "dependsOn": ["c"]},
        {"ref": "b"},
        {"dependsOn": ["b"]},
        {"ref": "c", "dependsOn": "b"},
        4,
    ]
    bom = bill(npm("a"), dependencies=entries)
    assert bom.edges == {"a": ("b", "c"), "b": ()}
    assert [flaw.position for flaw in bom.flaws] == ["dependencies[3]", "dependencies[4]", "dependencies[5]"]


def test_the_root_is_the_product_that_the_metadata_names() -> None:
    assert bill(npm("a"), metadata={"component": {"bom-ref": "r", "purl": "pkg:npm/p@1"}}).root == "r"
    assert bill(npm("a"), metadata={"component": {"purl": "pkg:npm/p@1"}}).root == "pkg:npm/p@1"
    assert bill(npm("a"), metadata={"timestamp": "now"}).root == ""
    assert bill(npm("a"), metadata={"component": 3}).flaws == (Flaw("metadata.component", "not an object"),)


@pytest.mark.parametrize(
    ("ratings", "severity"),
    [
        ([], "unknown"),
        (None, "unknown"),
        ([{"severity": "High"}], "high"),
        ([{"severity": "low"}, {"severity": "critical"}, {"severity": "medium"}], "critical"),
        ([{"severity": "none"}], "info"),
        ([{"severity": "odd"}], "unknown"),
        ([{"score": 9.0, "method": "CVSSv31"}], "critical"),
        ([{"score": 8.9, "method": "CVSSv3"}], "high"),
        ([{"score": 7.0, "method": "CVSSv4"}], "high"),
        ([{"score": 6.9, "method": "CVSSv31"}], "medium"),
        ([{"score": 4, "method": "CVSSv31"}], "medium"),
        ([{"score": 3.9, "method": "CVSSv31"}], "low"),
        ([{"score": 0.0, "method": "CVSSv31"}], "info"),
        ([{"score": 9.9, "method": "OWASP"}], "unknown"),
        ([{"score": "9.9", "method": "CVSSv31"}], "unknown"),
        ([{"severity": "low", "score": 9.9, "method": "CVSSv31"}], "low"),
        ([7, {"severity": "medium"}], "medium"),
    ],
)
def test_severity_is_the_worst_rating_by_its_word_else_by_its_score(ratings: Any, severity: str) -> None:
    bom = bill(npm("a"), vulnerabilities=[{"id": "V", "ratings": ratings, "affects": [{"ref": "a"}]}])
    assert [(v.id, v.severity, v.refs) for v in bom.vulnerabilities] == [("V", severity, ("a",))]


def test_a_bom_link_names_the_node_behind_its_hash() -> None:
    link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#a"
    assert bill(npm("a"), vulnerabilities=[advisory("V", link, "a")]).vulnerabilities[0].refs == ("a",)


def test_a_version_said_to_be_unaffected_is_not_affected() -> None:
    def said(status: str, version: str) -> tuple[str, ...]:
        affects = [{"ref": "a", "versions": [3, {"version": version, "status": status}]}]
        return bill(npm("a", "1.0"), vulnerabilities=[{"id": "V", "affects": affects}]).vulnerabilities[0].refs

    assert said("unaffected", "1.0") == ()
    assert said("unaffected", "2.0") == ("a",)
    assert said("affected", "1.0") == ("a",)


def test_an_advisory_on_nobody_or_without_a_name_is_a_flaw_but_stays() -> None:
    bom = bill(npm("a"), vulnerabilities=[advisory("V", "ghost"), {"affects": [4, {"ref": "a"}]}, 5])
    assert bom.flaws == (
        Flaw("vulnerabilities[0]", "affects ghost, which no component is"),
        Flaw("vulnerabilities[1]", "no id"),
        Flaw("vulnerabilities[2]", "not an object"),
    )
    assert [v.id for v in bom.vulnerabilities] == ["V", "vulnerabilities[1]"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "null",
        "{",
        "{}",
        '{"bomFormat": "CycloneDX"}',
        '{"bomFormat": "CycloneDX", "specVersion": "2.0"}',
        '{"bomFormat": "SPDX", "specVersion": "1.4"}',
        '{"spdxVersion": "SPDX-1.2", "packages": []}',
        '{"spdxVersion": 2.3}',
        '{"@graph": []}',
        '{"sbom": {}}',
        '{"sbom": [1]}',
        "<bom/>",
        b"\xff\xfe\x00",
        '{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [1,]}',
        b"\x00" * 1_000_000,
    ],
)
def test_what_is_no_bill_is_refused_with_a_reason(data: str | bytes) -> None:
    with pytest.raises(UnreadableError, match=r"JSON|CycloneDX|SPDX"):
        sbom.read(data)


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_from_1_2_to_1_7_is_read(version: str) -> None:
    bom = bill(npm("a"), specVersion=version)
    assert (len(bom.components), bom.format) == (1, f"CycloneDX {version} JSON")


def test_text_bytes_and_a_byte_order_mark_read_alike() -> None:
    text = document(npm("a"))
    assert sbom.read(text) == sbom.read(text.encode()) == sbom.read(b"\xef\xbb\xbf" + text.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_are_read_where_a_mark_says_so(encoding: str) -> None:
    text = document(npm("ä")).encode().decode("unicode_escape")
    raw = (text if encoding in {"utf-16", "utf-32"} else f"\ufeff{text}").encode(encoding)
    assert sbom.read(raw) == sbom.read(text)


@pytest.mark.parametrize(
    "name", [b'"\\ud800"', b'"a\x01b"', b'"a\tb"', b'"\xff\xfe"'], ids=["surrogate", "control", "tab", "no UTF-8"]
)
def test_a_text_that_strict_readers_refuse_costs_no_more_than_its_component(name: bytes) -> None:
    raw = document(npm("first"), {"name": "BAD"}, npm("last")).encode().replace(b'"BAD"', name)
    names = [component.name for component in sbom.read(raw).components]
    assert (names[0], names[-1]) == ("first", "last")


@pytest.mark.parametrize(
    "text",
    [
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "hidden"}], "components": []}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [], "c\\u006fmponents": [{"name": "a"}]}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1, "x": 1, "components": []}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"purl": "pkg:npm/a@1", "purl": "x"}]}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"purl": "pkg:npm/a@1", "p\\u0075rl": "x"}]}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a", "components": [{"name": "b",'
        ' "version": "1", "version": "2"}]}]}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": NaN, "components": [], "components": []}',
        '{"spdxVersion": "SPDX-2.3", "packages": [{"name": "hidden"}], "packages": []}',
        '{"spdxVersion": "SPDX-2.3", "packages": [{"name": "a", "versionInfo": "1", "versionInfo": "2"}]}',
    ],
)
def test_a_key_stated_twice_hides_nothing(text: str) -> None:
    with pytest.raises(UnreadableError, match="stated twice"):
        sbom.read(text)


def test_the_same_key_in_objects_of_their_own_is_no_repetition() -> None:
    inner = npm("b", "2", "MIT", description='"purl": "x", \u00e9 \\ "')
    text = json.dumps(json.loads(document(npm("a", "1", "MIT", components=[inner]))), indent=2)
    bom = sbom.read(text)
    assert [component.name for component in bom.components] == ["a", "b"]
    assert not bom.flaws


@pytest.mark.parametrize(
    ("purl", "version"),
    [
        ("pkg:golang/stdlib@1.20.1", "go1.20.1"),
        ("pkg:golang/x/y@v1.2.0", "1.2.0"),
        ("pkg:rpm/redhat/openssl@3.0.7-2.el8?epoch=1", "1:3.0.7-2.el8"),
        ("pkg:deb/debian/curl@7.74.0-1", "1:7.74.0-1"),
        ("pkg:pypi/foo@1.0", "1.0.0"),
    ],
)
def test_two_spellings_of_one_version_are_one_component(purl: str, version: str) -> None:
    bom = bill({"type": "library", "name": "x", "purl": purl, "version": version})
    assert [component.version for component in bom.components] == [version]
    assert bom.flaws == ()
