"""Made-up bills of materials, in the shapes that real generators give them, and in three formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

LICENCES = ("MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "MPL-2.0", "EPL-2.0")
ALGORITHMS = {"SHA-512": 512, "SHA-256": 256, "SHA-1": 160}  # bits
MARKS = ("foundBy", "language", "type", "metadataType", "location:0:path")


@dataclass(frozen=True)
class Shape:
    """How much each component of a bill says, and how they hang together.

    `needs`: how many others each depends on; 0 for a bill without a graph. `within`: how many components stand within
    each of the top. `mixed`: purls of Maven, npm scopes, Debian and Go with qualifiers, else of plain npm packages.
    """

    licences: int = 1
    hashes: int = 1
    properties: int = 0
    needs: int = 3
    within: int = 0
    mixed: bool = False


SHAPES: Mapping[str, Shape] = {
    "plain": Shape(),
    "talkative": Shape(licences=3, hashes=3, properties=5),
    "mixed purls": Shape(mixed=True),
    "a chain": Shape(needs=1),
    "20 needs each": Shape(needs=20),
    "nested": Shape(within=9),
    "no graph": Shape(needs=0),
}


def content(shape: Shape, count: int, bump: int) -> dict[str, Any]:
    """A bill of `count` packages as CycloneDX; every thirtieth has its version raised by `bump`."""
    random = Random(count)
    components = [_component(shape, n, bump if n % 30 == 0 else 0, random) for n in range(count)]
    whole: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
        "components": _folded(components, shape.within + 1),
    }
    return whole | ({"dependencies": list(_edges(shape, components, random))} if shape.needs else {})


def _component(shape: Shape, n: int, bump: int, random: Random) -> dict[str, Any]:
    version = f"1.{n % 7}.{n % 13 + bump}"
    component = {
        "type": "library",
        **(_mixed(n, version) if shape.mixed else _plain(n, version)),
        "version": version,
        "licenses": [{"license": {"id": name}} for name in random.sample(LICENCES, shape.licences)],
        "hashes": [
            {"alg": name, "content": f"{random.getrandbits(bits):0{bits // 4}x}"}
            for name, bits in list(ALGORITHMS.items())[: shape.hashes]
        ],
        "externalReferences": [
            {"type": kind, "url": f"https://example.org/package-{n}"} for kind in ("website", "vcs")
        ],
    }
    marks = [{"name": f"syft:package:{mark}", "value": f"{mark}-{n}"} for mark in MARKS[: shape.properties]]
    told = {"description": "Does many useful things for those who ask it to. " * 2, "properties": marks}
    return component | (told if marks else {})


def _plain(n: int, version: str) -> dict[str, str]:
    return {"bom-ref": f"c{n}", "name": f"package-{n}", "purl": f"pkg:npm/package-{n}@{version}"}


def _mixed(n: int, version: str) -> dict[str, str]:
    """The purl is the node, as several generators have it."""
    group, name, pattern = (
        (f"org.example.group{n % 200}", f"artifact-{n}", "pkg:maven/{}/{}@{}?type=jar"),
        (f"@scope{n % 300}", f"package-{n}", "pkg:npm/{}/{}@{}"),
        ("debian", f"lib{n}", "pkg:deb/{}/{}@{}?arch=amd64&distro=debian-12"),
        (f"github.com/org{n % 500}", f"repo-{n}", "pkg:golang/{}/{}@{}"),
    )[n % 4]
    purl = pattern.format(group.replace("@", "%40"), name, version)
    return {"bom-ref": purl, "group": group, "name": name, "purl": purl}


def _folded(components: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """The components with all but every `size`th within the one before them."""
    if size == 1:
        return components
    return [
        components[place] | {"components": components[place + 1 : place + size]}
        for place in range(0, len(components), size)
    ]


def _edges(shape: Shape, components: list[dict[str, Any]], random: Random) -> Iterator[dict[str, Any]]:
    refs = [component["bom-ref"] for component in components]
    count = len(refs)
    yield {"ref": "app", "dependsOn": refs[: 1 if shape.needs == 1 else count : 50]}
    for n, ref in enumerate(refs):
        later = range(n + 1, count)
        targets = later[:1] if shape.needs == 1 else sorted({random.choice(later) for _ in range(shape.needs) if later})
        yield {"ref": ref, "dependsOn": [refs[target] for target in targets]}


# --- formats -------------------------------------------------------------------------------------------------


Written = Callable[[Mapping[str, Any]], bytes]


def as_json(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole).encode()


def as_xml(whole: Mapping[str, Any]) -> bytes:
    components = "\n".join(_element(component) for component in whole["components"])
    edges = "\n".join(
        f"<dependency ref={quoteattr(edge['ref'])}>"
        + "".join(f"<dependency ref={quoteattr(target)}/>" for target in edge["dependsOn"])
        + "</dependency>"
        for edge in whole["dependencies"]
    )
    return (
        '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6">'
        '<metadata><component type="application" bom-ref="app"><name>app</name></component></metadata>'
        f"<components>{components}</components><dependencies>{edges}</dependencies></bom>"
    ).encode()


def _element(component: Mapping[str, Any]) -> str:
    digest = component["hashes"][0]
    links = "".join(
        f"<reference type={quoteattr(link['type'])}><url>{escape(link['url'])}</url></reference>"
        for link in component["externalReferences"]
    )
    return (
        f"<component type='library' bom-ref={quoteattr(component['bom-ref'])}><name>{component['name']}</name>"
        f"<version>{component['version']}</version>"
        f"<hashes><hash alg='{digest['alg']}'>{digest['content']}</hash></hashes>"
        f"<licenses><license><id>{component['licenses'][0]['license']['id']}</id></license></licenses>"
        f"<purl>{escape(component['purl'])}</purl><externalReferences>{links}</externalReferences></component>"
    )


def as_spdx(whole: Mapping[str, Any]) -> bytes:
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-app")] + [
        (f"SPDXRef-{target}", "DEPENDENCY_OF", f"SPDXRef-{edge['ref']}")
        for edge in whole["dependencies"]
        for target in edge["dependsOn"]
    ]
    document = {
        "spdxVersion": "SPDX-2.3",
        "packages": [{"SPDXID": "SPDXRef-app", "name": "app"}, *map(_package, whole["components"])],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }
    return json.dumps(document).encode()


def _package(component: Mapping[str, Any]) -> dict[str, Any]:
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": component["purl"]}
    return {
        "SPDXID": f"SPDXRef-{component['bom-ref']}",
        "name": component["name"],
        "versionInfo": component["version"],
        "downloadLocation": "NOASSERTION",
        "licenseDeclared": component["licenses"][0]["license"]["id"],
        "externalRefs": [reference],
        "checksums": [{"algorithm": "SHA512", "checksumValue": component["hashes"][0]["content"]}],
    }
