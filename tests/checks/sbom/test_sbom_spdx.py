import json
from collections.abc import Mapping
from typing import Any

import pytest

from checks import sbom
from checks.sbom import Bom, Flaw, Scope, UnreadableError

from .bills import PAIRS


def package(name: str, version: str = "1.0.0", **fields: Any) -> dict[str, Any]:
    """One npm package; its node is its name."""
    purl = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}
    reference = purl | {"referenceLocator": f"pkg:npm/{name}@{version}"}
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version, "externalRefs": [reference]} | fields


def document(*packages: Any, relations: str = "", **fields: Any) -> dict[str, Any]:
    """An SPDX document; `relations` has one "source TYPE target" a line, without the prefix of the ids."""
    stated = [line.split() for line in relations.strip().splitlines()]
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "creationInfo": {"created": "2026-11-22T08:03:09.084Z"},
        "packages": list(packages),
        "relationships": [
            {
                "spdxElementId": f"SPDXRef-{one}",
                "relationshipType": kind,
                "relatedSpdxElement": other if other in {"NONE", "NOASSERTION"} else f"SPDXRef-{other}",
            }
            for one, kind, other in stated
        ],
    } | fields


def bill(*packages: Any, relations: str = "", **fields: Any) -> Bom:
    return sbom.read(json.dumps(document(*packages, relations=relations, **fields)))


def edges(bom: Bom) -> dict[str, tuple[str, ...]]:
    short = {node: node.removeprefix("SPDXRef-") for ends in bom.edges.values() for node in ends}
    return {ref.removeprefix("SPDXRef-"): tuple(short[end] for end in ends) for ref, ends in bom.edges.items()}


def scopes(bom: Bom) -> Mapping[str, Scope]:
    return {component.name: component.scope for component in bom.components}


def test_one_package_is_read_with_all_that_it_says() -> None:
    bom = bill(
        package(
            "left-pad",
            "1.3.0",
            licenseConcluded="WTFPL",
            licenseDeclared="MIT",
            checksums=[{"algorithm": "SHA256", "checksumValue": "ABCDEF0123456789"}],
        )
    )
    assert bom.format == "SPDX 2.3 JSON"
    assert bom.components == (
        sbom.Component(
            key="pkg:npm/left-pad",
            ecosystem="npm",
            name="left-pad",
            version="1.3.0",
            purl="pkg:npm/left-pad",
            licences=("WTFPL",),
            ref="SPDXRef-left-pad",
            hashes=(("sha256", "abcdef0123456789"),),
        ),
    )


def test_without_a_purl_a_package_is_known_by_purpose_and_name() -> None:
    bom = bill(
        {"SPDXID": "SPDXRef-a", "name": "a", "primaryPackagePurpose": "OPERATING_SYSTEM"},
        {"SPDXID": "SPDXRef-b", "name": "b", "externalRefs": [{"referenceType": "cpe23Type", "referenceLocator": "x"}]},
    )
    assert [(component.key, component.version) for component in bom.components] == [
        ("operating-system:a", ""),
        ("library:b", ""),
    ]
    assert bom.flaws == ()


@pytest.mark.parametrize(
    ("concluded", "declared", "read"),
    [
        ("MIT", "ISC", ("MIT",)),
        ("NOASSERTION", "ISC OR MIT", ("ISC OR MIT",)),
        ("NONE", " ISC ", ("ISC",)),
        (None, "ISC", ("ISC",)),
        ("NOASSERTION", "NOASSERTION", ()),
        ("NOASSERTION", None, ()),
        ("", "LicenseRef-1", ("Our own",)),
        ("LicenseRef-2", None, ("LicenseRef-2",)),
    ],
)
def test_the_licence_is_the_concluded_one_else_the_declared(
    concluded: str | None, declared: str | None, read: tuple[str, ...]
) -> None:
    extracted = [{"licenseId": "LicenseRef-1", "name": "Our own"}, {"licenseId": "LicenseRef-2", "name": "NOASSERTION"}]
    stated = package("a", licenseConcluded=concluded, licenseDeclared=declared)
    bom = bill(stated, hasExtractedLicensingInfos=extracted)
    assert (bom.components[0].licences, bom.flaws) == (read, ())


def test_a_package_without_an_id_is_read_like_any_other() -> None:
    bom = bill({"name": "loose"}, package("a"))
    assert [(component.name, component.ref) for component in bom.components] == [("loose", ""), ("a", "SPDXRef-a")]


@pytest.mark.parametrize("version", ["", "NOASSERTION", "NONE", None])
def test_a_version_that_nobody_states_comes_from_the_purl(version: str | None) -> None:
    assert bill(package("a", "1.2.3") | {"versionInfo": version}).components[0].version == "1.2.3"


FORWARD = """
    DOCUMENT DESCRIBES app
    app DEPENDS_ON a
    a DEPENDS_ON b
"""
BACKWARD = """
    app DESCRIBED_BY DOCUMENT
    b DEPENDENCY_OF a
    a DEPENDENCY_OF app
"""


@pytest.mark.parametrize("relations", [FORWARD, BACKWARD, FORWARD + BACKWARD.strip()])
def test_the_graph_is_the_same_whichever_way_it_is_written(relations: str) -> None:
    bom = bill(package("app"), package("a"), package("b"), relations=relations)
    assert bom.root == "SPDXRef-app"
    assert edges(bom) == {"app": ("a",), "a": ("b",)}
    assert [component.name for component in bom.components] == ["a", "b"]


def test_the_product_may_be_named_by_the_document_alone() -> None:
    bom = bill(package("app"), package("a"), relations="app DEPENDS_ON a", documentDescribes=["SPDXRef-app"])
    assert (bom.root, [component.name for component in bom.components]) == ("SPDXRef-app", ["a"])


def test_several_products_are_components_below_the_document() -> None:
    bom = bill(
        package("one"),
        package("two"),
        package("a"),
        relations="""
            DOCUMENT DESCRIBES one
            DOCUMENT DESCRIBES two
            one DEPENDS_ON a
        """,
    )
    assert [component.name for component in bom.components] == ["one", "two", "a"]
    assert bom.root == "SPDXRef-DOCUMENT"
    assert edges(bom) == {"one": ("a",), "DOCUMENT": ("one", "two")}


def test_what_is_held_is_needed_unless_another_part_needs_it() -> None:
    bom = bill(
        package("app"),
        package("a"),
        package("b"),
        relations="""
            DOCUMENT DESCRIBES app
            app CONTAINS a
            b CONTAINED_BY app
            b DEPENDENCY_OF a
        """,
    )
    assert edges(bom) == {"a": ("b",), "app": ("a",)}


def test_holding_alone_is_no_graph() -> None:
    bom = bill(package("app"), package("a"), relations="DOCUMENT DESCRIBES app\napp CONTAINS a")
    assert (bom.root, bom.edges) == ("SPDXRef-app", {})
    assert sbom.diff(Bom(()), bom).changes[0].direct is None


def test_relations_to_nothing_and_of_other_kinds_are_no_edges() -> None:
    bom = bill(package("a"), relations="a DEPENDS_ON NONE\na CONTAINS NOASSERTION\na GENERATED_FROM b")
    assert (bom.edges, bom.flaws) == ({}, ())


def test_a_package_is_there_for_the_best_reason_of_all_that_lead_to_it() -> None:
    bom = bill(
        *(package(name) for name in ("app", "run", "both", "mocha", "ms", "maybe", "below", "tool", "loose")),
        relations="""
            DOCUMENT DESCRIBES app
            run DEPENDENCY_OF app
            both DEPENDENCY_OF run
            mocha DEV_DEPENDENCY_OF app
            both DEPENDENCY_OF mocha
            ms DEPENDENCY_OF mocha
            maybe OPTIONAL_DEPENDENCY_OF run
            below DEPENDENCY_OF maybe
            tool BUILD_DEPENDENCY_OF app
            maybe DEPENDENCY_OF mocha
        """,
    )
    assert scopes(bom) == {
        "run": Scope.UNKNOWN,
        "both": Scope.UNKNOWN,
        "mocha": Scope.DEVELOPMENT,
        "ms": Scope.DEVELOPMENT,
        "maybe": Scope.OPTIONAL,
        "below": Scope.OPTIONAL,
        "tool": Scope.DEVELOPMENT,
        "loose": Scope.UNKNOWN,
    }
    assert set(edges(bom)["app"]) == {"run", "mocha", "tool"}


def test_a_runtime_dependency_is_said_to_be_one() -> None:
    bom = bill(
        *(package(name) for name in ("app", "a", "b", "c")),
        relations="""
            DOCUMENT DESCRIBES app
            a RUNTIME_DEPENDENCY_OF app
            b TEST_DEPENDENCY_OF app
            c RUNTIME_DEPENDENCY_OF b
        """,
    )
    assert scopes(bom) == {"a": Scope.RUNTIME, "b": Scope.DEVELOPMENT, "c": Scope.DEVELOPMENT}


def test_cycles_end() -> None:
    bom = bill(package("a"), package("b"), relations="a DEPENDS_ON b\nb DEPENDS_ON a\na DEV_DEPENDENCY_OF a")
    assert edges(bom) == {"a": ("b", "a"), "b": ("a",)}
    assert set(scopes(bom).values()) == {Scope.UNKNOWN}


@pytest.mark.parametrize(
    ("bad", "flaw"),
    [
        (7, Flaw("packages[1]", "not an object")),
        ({"SPDXID": "SPDXRef-x"}, Flaw("packages[1]", "neither a name nor a package URL")),
        (package("x", checksums={}), None),
        (package("x", checksums=[7]),
         Flaw("packages[1].checksums", "an entry without an algorithm and a hexadecimal digest")),
        (package("x", checksums="no"), Flaw("packages[1].checksums", "not a list")),
        (package("x", externalRefs={}), Flaw("packages[1].externalRefs", "not a list")),
        (package("x", licenseDeclared=7), Flaw("packages[1].licenseDeclared", "not a text")),
        (package("x") | {"versionInfo": 7}, Flaw("packages[1].versionInfo", "not a text")),
        (package("x", externalRefs=[{"referenceType": "purl", "referenceLocator": "no"}]),
         Flaw("packages[1].purl", "not a package URL")),
    ],
)  # fmt: skip
def test_one_bad_package_is_a_flaw_with_its_place_and_the_rest_is_read(bad: Any, flaw: Flaw | None) -> None:
    bom = bill(package("first"), bad, package("last"))
    assert bom.flaws == ((flaw,) if flaw else ())
    names = [component.name for component in bom.components]
    assert (names[0], names[-1]) == ("first", "last")


def test_a_relation_that_says_too_little_is_a_flaw() -> None:
    bom = bill(package("a"), relationships=[{"spdxElementId": "SPDXRef-a"}, 7])
    assert [flaw.position for flaw in bom.flaws] == ["relationships[0]", "relationships[1]"]


def test_the_answer_of_githubs_dependency_graph_is_unwrapped() -> None:
    bare = document(package("app"), package("a"), relations=FORWARD)
    assert sbom.read(json.dumps({"sbom": bare})) == sbom.read(json.dumps(bare))


@pytest.mark.parametrize("version", ["SPDX-2.2", "SPDX-2.3"])
def test_both_versions_are_read(version: str) -> None:
    assert bill(package("a"), spdxVersion=version).format == f"{version.replace('-', ' ')} JSON"


@pytest.mark.parametrize("version", ["SPDX-3.0", "SPDX-1.2", 2.3, None, ""])
def test_other_versions_are_refused(version: Any) -> None:
    with pytest.raises(UnreadableError, match="SPDX"):
        bill(package("a"), spdxVersion=version)


# --- a real pair in both formats -----------------------------------------------------------------------------


def npm(side: str, form: str) -> Bom:
    return sbom.read((PAIRS / "npm-shop-api" / f"{side}.{form}.json").read_bytes())


def test_npms_spdx_and_cyclonedx_give_the_same_difference() -> None:
    spdx, cyclonedx = (sbom.diff(npm("base", form), npm("head", form)) for form in ("spdx", "cdx"))
    assert spdx == cyclonedx
    assert len(spdx.changes) == 93


@pytest.mark.parametrize("side", ["base", "head"])
def test_npms_spdx_and_cyclonedx_hold_the_same_packages_for_the_same_reasons(side: str) -> None:
    spdx, cyclonedx = npm(side, "spdx"), npm(side, "cdx")
    assert spdx.flaws == ()

    def needed(bom: Bom) -> set[tuple[str, str]]:
        return {(c.key, c.version) for c in bom.components if c.scope is Scope.UNKNOWN}

    def held(bom: Bom) -> set[tuple[str, str]]:
        return {(c.key, c.version) for c in bom.components}

    assert held(spdx) == held(cyclonedx)
    assert needed(spdx) == needed(cyclonedx)
    spare = {Scope.OPTIONAL, Scope.DEVELOPMENT}
    for scope in spare:
        one, other = ({(c.key, c.version) for c in bom.components if c.scope is scope} for bom in (spdx, cyclonedx))
        assert one == other - needed(cyclonedx)
