import json
from typing import Any

import pytest
from cyclonedx.model.bom import Bom as Written
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion

from checks import sbom
from checks.sbom import Flaw, Scope, UnreadableError
from checks.sbom.bills import reader

from .bills import PAIRS

SPECIFICATION = sorted(path.stem for path in (PAIRS / "specification").glob("*.xml"))


def xml(inside: str, version: str = "1.6", before: str = "", around: str = "") -> str:
    return f'{before}<bom xmlns="http://cyclonedx.org/schema/bom/{version}"{around}>{inside}</bom>'


def components(*inside: str, version: str = "1.6") -> sbom.Bom:
    return sbom.read(xml("<components>" + "".join(inside) + "</components>", version))


def one(inside: str, version: str = "1.6") -> sbom.Component:
    bom = components(f'<component type="library" bom-ref="a">{inside}</component>', version=version)
    assert bom.flaws == ()
    return bom.components[0]


def test_one_element_is_read_with_all_that_it_says() -> None:
    component = one(
        "<group> @acme </group><name>left-pad</name><version>1.3.0</version><scope>required</scope>"
        '<hashes><hash alg="SHA-256">ABCDEF0123456789</hash><hash alg="MD5">00112233</hash></hashes>'
        "<licenses><license><id>MIT</id></license></licenses><purl>pkg:npm/%40acme/left-pad@1.3.0</purl>"
    )
    assert component == sbom.Component(
        key="pkg:npm/%40acme/left-pad",
        ecosystem="npm",
        name="@acme/left-pad",
        version="1.3.0",
        purl="pkg:npm/%40acme/left-pad",
        licences=("MIT",),
        scope=Scope.RUNTIME,
        ref="a",
        hashes=(("md5", "00112233"), ("sha256", "abcdef0123456789")),
    )


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_is_known_by_its_namespace(version: str) -> None:
    bom = components("<component type='library'><name>a</name></component>", version=version)
    assert (len(bom.components), bom.format) == (1, f"CycloneDX {version} XML")


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("<license><id>MIT</id></license>", ("MIT",)),
        ("<license><name> Custom </name><text>Do as you like</text></license>", ("Custom",)),
        ("<expression>MIT OR ISC</expression>", ("MIT OR ISC",)),
        ("<license><id>MIT</id></license><license><name>ISC License</name></license>", ("MIT", "ISC License")),
        (
            '<license acknowledgement="declared"><id>MIT</id></license>'
            '<license acknowledgement="concluded"><id>GPL-3.0-only</id></license>',
            ("GPL-3.0-only",),
        ),
        ('<expression-detailed expression="MIT AND Zlib"><details/></expression-detailed>', ("MIT AND Zlib",)),
        ("", ()),
    ],
)
def test_licences_are_read_in_every_form_of_the_schema(stated: str, read: tuple[str, ...]) -> None:
    assert one(f"<name>a</name><licenses>{stated}</licenses>").licences == read


def test_the_digest_of_the_one_file_it_comes_as_stands_in_for_its_own() -> None:
    link = '<reference type="distribution"><url>x</url><hashes><hash alg="MD5">00112233</hash></hashes></reference>'
    assert one(f"<name>a</name><externalReferences>{link}</externalReferences>").hashes == (("md5", "00112233"),)
    assert one(f"<name>a</name><externalReferences>{link}{link}</externalReferences>").hashes == ()


def test_the_development_mark_beats_the_scope() -> None:
    mark = '<properties><property name="cdx:npm:package:development">true</property></properties>'
    assert one(f"<name>a</name><scope>optional</scope>{mark}").scope is Scope.DEVELOPMENT
    assert one("<name>a</name><scope>optional</scope>").scope is Scope.OPTIONAL


def test_nested_components_count_and_those_told_of_elsewhere_do_not() -> None:
    bom = components(
        "<component><name>a</name><pedigree><ancestors><component><name>old</name></component></ancestors></pedigree>"
        "<components><component><name>b</name></component></components>"
        "<evidence><licenses><license><id>MIT</id></license></licenses></evidence></component>",
        "<component><name>a</name></component>",
    )
    assert [component.name for component in bom.components] == ["a", "a", "b"]
    assert bom.components[0].licences == ()


def test_no_attribute_stands_in_for_an_element() -> None:
    junk = 'components="2" licenses="MIT" hashes="x" line="7" version="9" purl="pkg:npm/b@1"'
    bom = components(f'<component type="library" bom-ref="a" {junk}><name>a</name></component>')
    assert bom.components == (sbom.Component(key="library:a", ecosystem="", name="a", version="", ref="a"),)
    assert bom.flaws == ()


def test_what_is_within_the_product_counts_and_the_product_itself_does_not() -> None:
    part = '<component type="library"><name>part</name></component><component type="library"/>'
    product = f'<component type="application" bom-ref="app"><name>app</name><components>{part}</components></component>'
    bom = sbom.read(xml(f"<metadata>{product}</metadata>"))
    assert ([component.name for component in bom.components], bom.root) == (["part"], "app")
    place = "metadata/component/components/component[2] (line 1)"
    assert bom.flaws == (Flaw(place, "neither a name nor a package URL"),)


def test_elements_of_other_namespaces_are_passed_over() -> None:
    bom = components(
        '<x:component xmlns:x="urn:x"><x:name>no</x:name></x:component>'
        '<component x:type="no" xmlns:x="urn:x"><x:name>no</x:name><name>a</name></component>'
    )
    assert [(component.name, component.key) for component in bom.components] == [("a", ":a")]


def test_a_prefix_for_the_namespace_makes_no_difference() -> None:
    text = (
        '<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"><c:components><c:component type="file">'
        "<c:name>a</c:name></c:component></c:components></c:bom>"
    )
    assert [component.key for component in sbom.read(text).components] == ["file:a"]


def test_the_graph_is_read_with_its_root_and_dependencies_within_dependencies() -> None:
    bom = sbom.read(
        xml(
            '<metadata><component bom-ref="app"><name>app</name></component></metadata><dependencies>'
            '<dependency ref="app"><dependency ref="a"/><dependency ref="b"><dependency ref="c"/></dependency>'
            '</dependency><dependency ref="a"/></dependencies>'
        )
    )
    assert bom.root == "app"
    assert bom.edges == {"app": ("a", "b"), "b": ("c",), "a": ()}


def test_vulnerabilities_are_read_with_their_worst_rating_and_what_they_affect() -> None:
    rating = "<rating><score>9.8</score><method>CVSSv31</method></rating><rating><severity>low</severity></rating>"
    bom = sbom.read(
        xml(
            '<components><component bom-ref="a"><name>a</name><version>1</version></component></components>'
            f"<vulnerabilities><vulnerability><id>V</id><ratings>{rating}</ratings><affects><target><ref>a</ref>"
            "<versions><version><version>2</version><status>unaffected</status></version></versions></target>"
            "</affects></vulnerability></vulnerabilities>"
        )
    )
    assert [(v.id, v.severity, v.refs) for v in bom.vulnerabilities] == [("V", "critical", ("a",))]


def test_a_flaw_is_told_by_its_element_path_and_line() -> None:
    bom = components(
        "\n<component><name>a</name></component>\n<component><version>1</version></component>",
        "\n<component><name>b</name><components>\n<component><name>c</name><purl>no</purl></component>",
        "</components></component>",
    )
    assert bom.flaws == (
        Flaw("components/component[2] (line 3)", "neither a name nor a package URL"),
        Flaw("components/component[3]/components/component[1]/purl (line 5)", "not a package URL"),
    )
    assert [component.name for component in bom.components] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "<bom/>",
        "<bom",
        '<bom xmlns="http://cyclonedx.org/schema/bom/2.0"/>',
        '<sbom xmlns="http://cyclonedx.org/schema/bom/1.4"/>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        xml("<components>"),
        xml("&nothing;"),
        xml("\0"),
    ],
)
def test_what_is_no_cyclonedx_xml_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"no XML|CycloneDX"):
        sbom.read(text)


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE bom>",
        '<!DOCTYPE bom SYSTEM "http://127.0.0.1:9/bom.dtd">',
        '<!DOCTYPE bom [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    ],
)
def test_a_document_type_is_refused_whatever_it_declares(declared: str) -> None:
    with pytest.raises(UnreadableError, match="document type"):
        sbom.read(xml("", before=declared))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "us-ascii"])
def test_every_encoding_that_is_declared_or_marked_is_understood(encoding: str) -> None:
    name = "a" if encoding == "us-ascii" else "ä"
    text = xml(f"<components><component><name>{name}</name></component></components>")
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{text}'
    assert sbom.read(declared.encode(encoding)).components[0].name == name
    assert sbom.read(declared).components[0].name == name


@pytest.mark.parametrize("name", SPECIFICATION)
def test_the_examples_of_the_specification_say_the_same_in_both_editions(name: str) -> None:
    folder = PAIRS / "specification"
    one, other = (sbom.read((folder / f"{name}.{ending}").read_bytes()) for ending in ("json", "xml"))
    assert (one.root, one.edges, one.vulnerabilities) == (other.root, other.edges, other.vulnerabilities)
    assert one.components == other.components != ()
    assert one.flaws == other.flaws == ()


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_real_bill_written_as_xml_by_the_reference_library_reads_the_same(side: str) -> None:
    raw = (PAIRS / "pypi-flask" / f"{side}.cdx.json").read_bytes()
    library: Any = Written
    written = library.from_json(json.loads(raw))
    text = make_outputter(written, OutputFormat.XML, SchemaVersion.V1_6).output_as_string()
    expected, found = sbom.read(raw), sbom.read(text)
    assert sorted(found.components, key=repr) == sorted(expected.components, key=repr)
    assert {ref: set(targets) for ref, targets in found.edges.items()} == {
        ref: set(targets) for ref, targets in expected.edges.items()
    }
    assert sbom.diff(expected, found).changes == ()


def test_an_xml_file_of_countless_elements_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><a></a><b/></components></bom>'
    monkeypatch.setattr(reader, "MAX_ELEMENTS", 4)
    assert sbom.read(text).components == ()
    monkeypatch.setattr(reader, "MAX_ELEMENTS", 3)
    with pytest.raises(UnreadableError, match="the file has more than 3 elements"):
        sbom.read(text)
