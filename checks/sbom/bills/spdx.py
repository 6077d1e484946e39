"""SPDX 2.2 and 2.3 JSON, read with tolerance, in the dialects of npm, GitHub, syft and others.

Field names and meanings are those of the SPDX 2.3 specification. Times are not looked at: some writers give them a
precision that the specification does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from checks.sbom.bills.bill import Bom, Component, Scope, UnreadableError
from checks.sbom.bills.flaws import Flaws, few
from checks.sbom.bills.identity import MAX_TEXT, digests, identify, short
from checks.sbom.bills.relations import Link, Relation, Web, weave
from checks.sbom.bills.sections import Document, parts, records, text

DOCUMENT = "SPDXRef-DOCUMENT"

_VERSION = re.compile(r"2\.\d{1,2}(\.\d{1,2})?")
_UNSAID = frozenset({"", "NOASSERTION", "NONE"})
_FORWARD = {  # "A DEPENDS_ON B"
    "DEPENDS_ON": Link.NEEDS,
    "HAS_PREREQUISITE": Link.NEEDS,
    "STATIC_LINK": Link.NEEDS,
    "DYNAMIC_LINK": Link.NEEDS,
    "CONTAINS": Link.HOLDS,
    "DESCRIBES": Link.DESCRIBES,
}
_BACKWARD = {  # "B DEPENDENCY_OF A"
    "DEPENDENCY_OF": Link.NEEDS,
    "PREREQUISITE_FOR": Link.NEEDS,
    "PROVIDED_DEPENDENCY_OF": Link.NEEDS,
    "RUNTIME_DEPENDENCY_OF": Link.RUNTIME,
    "OPTIONAL_DEPENDENCY_OF": Link.OPTIONAL,
    "OPTIONAL_COMPONENT_OF": Link.OPTIONAL,
    "DEV_DEPENDENCY_OF": Link.DEVELOPMENT,
    "BUILD_DEPENDENCY_OF": Link.DEVELOPMENT,
    "TEST_DEPENDENCY_OF": Link.DEVELOPMENT,
    "DEV_TOOL_OF": Link.DEVELOPMENT,
    "BUILD_TOOL_OF": Link.DEVELOPMENT,
    "TEST_TOOL_OF": Link.DEVELOPMENT,
    "CONTAINED_BY": Link.HOLDS,
    "DESCRIBED_BY": Link.DESCRIBES,
}


class _Package(msgspec.Struct, rename="camel", gc=False):
    id: Any = msgspec.field(name="SPDXID", default=None)
    name: Any = None
    version_info: Any = None
    license_concluded: Any = None
    license_declared: Any = None
    external_refs: Any = None
    checksums: Any = None
    primary_package_purpose: Any = None


class _Relationship(msgspec.Struct, rename="camel", gc=False):
    spdx_element_id: Any = None
    related_spdx_element: Any = None
    relationship_type: Any = None


class _SoundRelationship(msgspec.Struct, rename="camel", gc=False):
    spdx_element_id: str
    related_spdx_element: str
    relationship_type: str


_PACKAGE = msgspec.json.Decoder(_Package)
_RELATIONSHIPS = msgspec.json.Decoder(list[_SoundRelationship])
_RELATIONSHIP = msgspec.json.Decoder(_Relationship)


def read(found: Document) -> Bom:
    """Read one document. Raises UnreadableError.

    What the document describes is the product, where it is one package; its direct dependencies are those of that.
    """
    version = text(found.spdx_version).removeprefix("SPDX-")
    if not _VERSION.fullmatch(version):
        raise UnreadableError("not an SPDX 2 document (spdxVersion says so)")
    flaws = Flaws()
    packages = list(parts(_PACKAGE, found.packages, "packages", flaws))
    ids = {text(package.id): text(package.id) for _, package in packages}
    web = weave(DOCUMENT, ids, _relations(found.relationships, ids, flaws), _texts(found.describes))
    names = _named(found.extracted)
    return Bom(
        components=tuple(_components(packages, web, names, flaws)),
        root=web.root,
        edges=web.edges,
        flaws=flaws.all(),
        format=f"SPDX {version} JSON",
    )


def _relations(raw: msgspec.Raw, ids: Mapping[str, str], flaws: Flaws) -> Iterator[Relation]:
    """What is said of two elements; a node is one text wherever it is named, as in `ids`."""
    for stated in _stated_relations(raw, flaws):
        kind = stated.relationship_type
        one, other = stated.spdx_element_id, stated.related_spdx_element
        if other in _UNSAID or one in _UNSAID:
            continue
        if link := _FORWARD.get(kind):
            yield Relation(ids.get(one, one), ids.get(other, other), link)
        elif link := _BACKWARD.get(kind):
            yield Relation(ids.get(other, other), ids.get(one, one), link)


def _stated_relations(raw: msgspec.Raw, flaws: Flaws) -> Iterable[_SoundRelationship]:
    try:
        return few(_RELATIONSHIPS.decode(raw), "relationships") if raw else ()
    except (ValueError, RecursionError):
        return _tolerated_relations(raw, flaws)


def _tolerated_relations(raw: msgspec.Raw, flaws: Flaws) -> Iterator[_SoundRelationship]:
    for where, stated in parts(_RELATIONSHIP, raw, "relationships", flaws):
        one, kind, other = stated.spdx_element_id, stated.relationship_type, stated.related_spdx_element
        if isinstance(one, str) and isinstance(kind, str) and isinstance(other, str):
            yield _SoundRelationship(one, other, kind)
        else:
            flaws.add(where, "without its two elements and its type")


def _components(
    packages: list[tuple[str, _Package]], web: Web, names: dict[str, str], flaws: Flaws
) -> Iterator[Component]:
    product = web.described[0] if len(web.described) == 1 else None
    for where, package in packages:
        if text(package.id) != product and (component := _component(package, web, names, where, flaws)):
            yield component


def _component(package: _Package, web: Web, names: dict[str, str], where: str, flaws: Flaws) -> Component | None:
    identity, version = identify(_purl(package.external_refs, where, flaws), None, package.name, where, flaws)
    if not identity.name:
        flaws.add(where, "neither a name nor a package URL")
        return None
    stated = short(package.version_info, where, "versionInfo", flaws)
    node = text(package.id)
    return Component(
        key=identity.purl or f"{_type(package)}:{identity.name}",
        ecosystem=identity.ecosystem,
        name=identity.name,
        version=version if stated in _UNSAID else stated,
        purl=identity.purl,
        licences=_licences(package, names, where, flaws),
        scope=web.scopes.get(node, Scope.UNKNOWN),
        ref=node,
        hashes=digests(package.checksums, "algorithm", "checksumValue", where, "checksums", flaws),
    )


def _type(package: _Package) -> str:
    """What CycloneDX would call it."""
    return (text(package.primary_package_purpose) or "library").lower().replace("_", "-")


def _purl(references: Any, where: str, flaws: Flaws) -> Any:
    """The first package URL among the external references; they speak of many other things."""
    if references is not None and not isinstance(references, list):
        flaws.add(f"{where}.externalRefs", "not a list")
    for reference in records(references):
        kind = reference.get("referenceType")
        if kind == "purl" or text(kind).endswith("/purl"):
            return reference.get("referenceLocator")
    return None


def _licences(package: _Package, names: dict[str, str], where: str, flaws: Flaws) -> tuple[str, ...]:
    """The licence concluded, else the one declared, as written; the name of an extracted one stands for its number."""
    for field, stated in (("Concluded", package.license_concluded), ("Declared", package.license_declared)):
        if isinstance(stated, str):
            words = stated.strip()
            if words not in _UNSAID:
                return (names.get(words, words)[:MAX_TEXT],)
        elif stated is not None:
            flaws.add(f"{where}.license{field}", "not a text")
    return ()


def _named(extracted: Any) -> dict[str, str]:
    names = {text(entry.get("licenseId")): text(entry.get("name")).strip() for entry in records(extracted)}
    return {number: name for number, name in names.items() if number and name not in _UNSAID}


def _texts(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
