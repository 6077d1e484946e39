import json
from typing import Any

import pytest

from checks import sbom
from checks.sbom import Bom, Flaw, Scope, UnreadableError


def element(kind: str, node: str = "", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"urn:{node}"} | fields


def package(name: str, version: str = "1.0.0", **fields: Any) -> dict[str, Any]:
    stated = {"name": name, "software_packageVersion": version, "software_packageUrl": f"pkg:npm/{name}@{version}"}
    return element("software_Package", name, **stated | fields)


def relation(source: str, kind: str, *targets: str, **fields: Any) -> dict[str, Any]:
    ends = [target if ":" in target else f"urn:{target}" for target in targets]
    return element("Relationship", **{"from": f"urn:{source}", "relationshipType": kind, "to": ends} | fields)


def bill(*elements: Any) -> Bom:
    about = {"type": "CreationInfo", "@id": "_:about", "specVersion": "3.0.1"}
    return sbom.read(
        json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [about, *elements]})
    )


ROOTED = (
    element("SpdxDocument", "document", rootElement=["urn:bom"]),
    element("software_Sbom", "bom", rootElement=["urn:app"]),
    package("app"),
)


def test_one_package_is_read_with_all_that_it_says() -> None:
    digest = {"type": "Hash", "algorithm": "sha3_256", "hashValue": "ABCDEF0123456789"}
    bom = bill(package("left-pad", "1.3.0", verifiedUsing=[digest, {"type": "PackageVerificationCode"}]))
    assert bom.format == "SPDX 3.0.1 JSON"
    assert bom.components == (
        sbom.Component(
            key="pkg:npm/left-pad",
            ecosystem="npm",
            name="left-pad",
            version="1.3.0",
            purl="pkg:npm/left-pad",
            ref="urn:left-pad",
            hashes=(("sha3-256", "abcdef0123456789"),),
        ),
    )


def test_the_purl_may_be_an_external_identifier() -> None:
    identifiers = [
        {"externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a"},
        {"externalIdentifierType": "packageUrl", "identifier": "pkg:pypi/Flask@3.0"},
    ]
    (component,) = bill(element("software_Package", "a", name="a", externalIdentifier=identifiers)).components
    assert (component.key, component.version) == ("pkg:pypi/flask", "3.0")


def test_models_and_data_are_components_too_and_without_a_purl_known_by_purpose() -> None:
    bom = bill(
        element("ai_AIPackage", "m", name="model", software_primaryPurpose="model"),
        element("dataset_DatasetPackage", "d", name="data"),
        element("software_File", "f", name="file"),
    )
    assert [component.key for component in bom.components] == ["model:model", "library:data"]


def test_the_product_is_the_root_of_the_root_and_the_graph_follows_the_relations() -> None:
    bom = bill(
        *ROOTED,
        package("a"),
        package("b"),
        relation("app", "dependsOn", "a", "b"),
        relation("a", "dependsOn", "b") | {"to": "urn:b"},
    )
    assert bom.root == "urn:app"
    assert bom.edges == {"urn:app": ("urn:a", "urn:b"), "urn:a": ("urn:b",)}
    assert [component.name for component in bom.components] == ["a", "b"]


def test_the_life_cycle_of_a_relation_is_the_scope() -> None:
    bom = bill(
        *ROOTED,
        *(package(name) for name in "abcd"),
        relation("app", "dependsOn", "a", type="LifecycleScopedRelationship", scope="runtime"),
        relation("app", "dependsOn", "b", type="LifecycleScopedRelationship", scope="test"),
        relation("app", "hasOptionalDependency", "c"),
        relation("app", "dependsOn", "d"),
    )
    assert {component.name: component.scope for component in bom.components} == {
        "a": Scope.RUNTIME,
        "b": Scope.DEVELOPMENT,
        "c": Scope.OPTIONAL,
        "d": Scope.UNKNOWN,
    }


def test_the_licence_is_the_concluded_one_else_the_declared() -> None:
    def expression(node: str, text: str) -> dict[str, Any]:
        return element("simplelicensing_LicenseExpression", node, simplelicensing_licenseExpression=text)

    bom = bill(
        *(package(name) for name in "abcd"),
        expression("mit", "MIT OR ISC"),
        expression("nobody", "NOASSERTION"),
        relation("a", "hasDeclaredLicense", "nobody"),
        relation("a", "hasConcludedLicense", "mit"),
        relation("b", "hasDeclaredLicense", "https://spdx.org/licenses/Zlib"),
        relation("b", "hasConcludedLicense", "nobody"),
        relation("c", "hasDeclaredLicense", "https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"),
    )
    assert [component.licences for component in bom.components] == [("MIT OR ISC",), ("Zlib",), (), ()]


def test_a_bad_element_is_a_flaw_with_its_place_and_the_rest_is_read() -> None:
    bom = bill(package("a"), 7, element("software_Package", "x"), element("Relationship"), package("b"))
    assert bom.flaws == (
        Flaw("@graph[2]", "not an object"),
        Flaw("@graph[4]", "without its elements and its type"),
        Flaw("@graph[3]", "neither a name nor a package URL"),
    )
    assert [component.name for component in bom.components] == ["a", "b"]


@pytest.mark.parametrize("graph", [[], {}, 7, [{"type": "Person"}], [{"@type": "schema:Recipe"}]])
def test_a_graph_of_other_things_is_refused(graph: Any) -> None:
    with pytest.raises(UnreadableError, match="SPDX"):
        sbom.read(json.dumps({"@graph": graph}))
