import json
from collections.abc import Mapping
from typing import Any

import pytest

from checks import sbom
from checks.sbom import Bom, UnreadableError, Vulnerability
from checks.sbom.bills import writer

from .bills import PAIRS, advisory, bill, document, npm

pytestmark = pytest.mark.slow

REAL = sorted(PAIRS.glob("*/*.cdx.json")) + sorted(PAIRS.glob("*/*.spdx.json"))


def edges(bom: Bom) -> Mapping[str, set[str]]:
    return {ref: set(targets) for ref, targets in bom.edges.items() if targets}


@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_real_bill_is_written_validly_and_reads_back_the_same(path: Any) -> None:
    bom = sbom.read(path.read_bytes())
    text = writer.cyclonedx(bom, product="the product", at="2026-01-01T00:00:00Z")
    back = sbom.read(text)
    assert writer.violations(text) == ()
    assert back.flaws == ()
    assert sorted(back.components, key=repr) == sorted(bom.components, key=repr)
    assert (back.root, edges(back)) == (bom.root, edges(bom))
    assert sbom.diff(bom, back).changes == ()
    assert back.format == "CycloneDX 1.6 JSON"


def test_half_a_surrogate_in_a_bill_is_written_as_a_question_mark() -> None:
    torn = npm("a", "1", "L", **{"bom-ref": "r"}) | {"version": "1HIGH", "purl": None}
    text = document(torn, npm("x", **{"bom-ref": "LOW"}), edges={"app": ["r", "LOW"]})
    bom = sbom.read(text.replace("HIGH", "\\ud800").replace("LOW", "\\udc00").replace('"L"', '"\\ud800"'))
    back = sbom.read(writer.cyclonedx(bom))
    assert sorted(back.components, key=repr) == sorted(bom.components, key=repr)
    assert [(one.version, one.licences, one.ref) for one in bom.components] == [("1?", ("?",), "r"), ("1.0.0", (), "?")]
    assert edges(back) == {"app": {"r", "?"}}


def test_what_is_nested_in_the_product_is_written_as_a_component() -> None:
    bom = bill(metadata={"component": npm("app", components=[npm("part")])})
    assert [component.name for component in sbom.read(writer.cyclonedx(bom)).components] == ["part"]


def test_the_same_bill_is_the_same_text() -> None:
    bom = bill(npm("a"), {"name": "b"}, {"name": "b"}, edges={"app": ["a"]})
    assert writer.cyclonedx(bom) == writer.cyclonedx(bom)
    assert "serialNumber" not in json.loads(writer.cyclonedx(bom))


def test_the_product_and_the_time_are_told_where_they_are_known() -> None:
    bom = bill(npm("a"), edges={"app": ["a"]})
    metadata = json.loads(writer.cyclonedx(bom, product="shop", at="2026-01-01T00:00:00Z"))["metadata"]
    assert (metadata["component"]["name"], metadata["timestamp"]) == ("shop", "2026-01-01T00:00:00Z")
    assert json.loads(writer.cyclonedx(bom))["metadata"]["component"]["name"] == "app"


def test_licences_keep_their_words_in_whatever_form_the_schema_wants() -> None:
    stated = [["MIT"], ["MIT OR ISC"], ["Our own"], ["MIT", "ISC OR Zlib", "Our own"], ["SEE LICENSE IN x"]]
    bom = bill(*(npm(f"n{n}", "1", *licences) for n, licences in enumerate(stated)))
    text = writer.cyclonedx(bom)
    assert writer.violations(text) == ()
    assert [sorted(component.licences) for component in sbom.read(text).components] == [sorted(one) for one in stated]


def test_vulnerabilities_are_written_with_what_they_affect() -> None:
    bom = bill(npm("a"), vulnerabilities=[advisory("V", "a", severity="high"), advisory("W", "a")])
    text = writer.cyclonedx(bom)
    assert writer.violations(text) == ()
    assert sorted(sbom.read(text).vulnerabilities, key=repr) == [
        Vulnerability("V", "high", ("a",)),
        Vulnerability("W", "unknown", ("a",)),
    ]


def test_what_cyclonedx_cannot_say_is_left_out() -> None:
    hashes = [{"alg": "MD2", "content": "00112233445566778899aabbccddeeff"}, {"alg": "MD5", "content": "00112233"}]
    bom = bill(npm("a", hashes=hashes), edges={"app": ["a", "ghost"], "ghost": ["a"]})
    text = writer.cyclonedx(bom)
    assert writer.violations(text) == ()
    back = sbom.read(text)
    assert (back.components[0].hashes, edges(back)) == ((), {"app": {"a"}})


def test_components_that_share_a_node_or_have_none_are_told_apart() -> None:
    bom = bill(npm("a"), npm("a", "2"), {"name": "b"}, {"name": "c"})
    back = sbom.read(writer.cyclonedx(bom))
    assert sorted((c.name, c.version) for c in back.components) == [("a", "1.0.0"), ("a", "2"), ("b", ""), ("c", "")]
    assert len({component.ref for component in back.components}) == 4


@pytest.mark.parametrize("name", ["valid-vulnerability-1.4", "valid-license-expression-with-licensing-1.7"])
@pytest.mark.parametrize("ending", ["json", "xml"])
def test_the_examples_of_the_specification_break_no_rule(name: str, ending: str) -> None:
    raw = (PAIRS / "specification" / f"{name}.{ending}").read_bytes()
    assert writer.violations(raw) == ()
    assert writer.violations(raw.decode()) == ()


def test_what_breaks_the_schema_is_told_with_its_place() -> None:
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a"}, 7]})
    found = writer.violations(text)
    assert "components[0]: 'type' is a required property" in found
    assert "components[1]: 7 is not of type 'object'" in found


def test_what_breaks_the_xml_schema_is_told_with_its_line() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6">\n<x/></bom>'
    (found,) = writer.violations(text.encode("utf-16"))
    assert found.startswith("line 3:")


def test_only_cyclonedx_is_checked_strictly() -> None:
    with pytest.raises(UnreadableError, match=r"SPDX 2\.3"):
        writer.violations((PAIRS / "npm-shop-api" / "base.spdx.json").read_bytes())
    with pytest.raises(UnreadableError):
        writer.violations("{}")


def test_a_version_without_a_schema_is_a_violation() -> None:
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.99"})
    assert writer.violations(text) == ("there is no schema of CycloneDX 1.99 as JSON",)
