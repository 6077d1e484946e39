"""SPDX 3 as JSON-LD: a flat graph of elements, of which packages, relationships and licence expressions count here.

Names are those of the SPDX 3.0.1 model in its published JSON-LD context; other contexts are not looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from checks.sbom.bills.bill import Bom, Component, Scope, UnreadableError
from checks.sbom.bills.flaws import Flaws
from checks.sbom.bills.identity import MAX_TEXT, digests, identify, short
from checks.sbom.bills.relations import Link, Relation, Web, weave
from checks.sbom.bills.sections import Document, parts, records, text

_PACKAGES = frozenset({"software_Package", "ai_AIPackage", "dataset_DatasetPackage"})
_COLLECTIONS = frozenset({"SpdxDocument", "Bom", "software_Sbom"})
_RELATIONS = frozenset({"Relationship", "LifecycleScopedRelationship"})
_NOT_RUN = frozenset({"design", "development", "build", "test"})  # life cycle scopes before the product runs
_LINKS = {
    "dependsOn": Link.NEEDS,
    "depends_on": Link.NEEDS,  # as drafts of the model spelled it
    "hasPrerequisite": Link.NEEDS,
    "hasProvidedDependency": Link.NEEDS,
    "hasStaticLink": Link.NEEDS,
    "hasDynamicLink": Link.NEEDS,
    "hasOptionalDependency": Link.OPTIONAL,
    "hasOptionalComponent": Link.OPTIONAL,
    "contains": Link.HOLDS,
    "describes": Link.DESCRIBES,
}
_LICENCES = ("hasConcludedLicense", "hasDeclaredLicense")  # the first that says something counts
_LIST = "https://spdx.org/licenses/"
_VERSION = re.compile(r"3(\.\d{1,2}){0,2}")
_UNSAID = frozenset({"", "NOASSERTION", "NONE"})


_NAMES = {
    "id": "spdxId",
    "version": "software_packageVersion",
    "purl": "software_packageUrl",
    "purpose": "software_primaryPurpose",
    "identifiers": "externalIdentifier",
    "hashes": "verifiedUsing",
    "roots": "rootElement",
    "spec_version": "specVersion",
    "expression": "simplelicensing_licenseExpression",
    "source": "from",
    "relation": "relationshipType",
}


class _Element(msgspec.Struct, rename=_NAMES, gc=False):
    type: Any = None
    id: Any = None
    name: Any = None
    version: Any = None
    purl: Any = None
    purpose: Any = None
    identifiers: Any = None
    hashes: Any = None
    roots: Any = None
    spec_version: Any = None
    expression: Any = None
    source: Any = None
    to: Any = None
    relation: Any = None
    scope: Any = None


_ELEMENT = msgspec.json.Decoder(_Element)


@dataclass
class _Graph:
    """The elements by what they are."""

    document: str = ""
    version: str = "3"
    roots: list[str] = field(default_factory=list)
    packages: list[tuple[str, _Element]] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    licences: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # by relationship, then package
    expressions: dict[str, str] = field(default_factory=dict)


def read(found: Document) -> Bom:
    """Read one document. Raises UnreadableError."""
    flaws = Flaws()
    graph = _sorted(found.graph, flaws)
    ids = {text(element.id) for _, element in graph.packages}
    web = weave(graph.document, ids, graph.relations, graph.roots)
    return Bom(
        components=tuple(_components(graph, web, flaws)),
        root=web.root,
        edges=web.edges,
        flaws=flaws.all(),
        format=f"SPDX {graph.version} JSON",
    )


def _sorted(raw: msgspec.Raw, flaws: Flaws) -> _Graph:
    graph = _Graph()
    known = False
    for where, element in parts(_ELEMENT, raw, "@graph", flaws):
        kind = text(element.type)
        if kind in _PACKAGES:
            graph.packages.append((where, element))
        elif kind in _RELATIONS:
            _relate(graph, element, where, flaws)
        elif kind in _COLLECTIONS:
            graph.roots.extend(_texts(element.roots))
            graph.document = text(element.id) if kind == "SpdxDocument" else graph.document
        elif kind == "simplelicensing_LicenseExpression":
            graph.expressions[text(element.id)] = text(element.expression).strip()[:MAX_TEXT]
        elif kind == "CreationInfo":
            graph.version = text(element.spec_version) or graph.version
        known |= kind in _PACKAGES | _RELATIONS | _COLLECTIONS
    if not known or not _VERSION.fullmatch(graph.version):
        raise UnreadableError(
            "not an SPDX 3 document (no element of its @graph is a package, a relation or a document)"
        )
    return graph


def _relate(graph: _Graph, element: _Element, where: str, flaws: Flaws) -> None:
    source, kind, targets = text(element.source), text(element.relation), _texts(element.to)
    if not (source and kind and targets):
        flaws.add(where, "without its elements and its type")
    elif kind in _LICENCES:
        graph.licences.setdefault(kind, {}).setdefault(source, []).extend(targets)
    elif link := _LINKS.get(kind):
        link = _scoped(link, text(element.scope))
        graph.relations.extend(Relation(source, target, link) for target in targets)


def _scoped(link: Link, scope: str) -> Link:
    if link is not Link.NEEDS:
        return link
    if scope in _NOT_RUN:
        return Link.DEVELOPMENT
    return Link.RUNTIME if scope == "runtime" else link


# --- components --------------------------------------------------------------------------------------------


def _components(graph: _Graph, web: Web, flaws: Flaws) -> Iterator[Component]:
    product = web.described[0] if len(web.described) == 1 else None
    for where, package in graph.packages:
        if text(package.id) != product and (component := _component(graph, package, web, where, flaws)):
            yield component


def _component(graph: _Graph, package: _Element, web: Web, where: str, flaws: Flaws) -> Component | None:
    identity, version = identify(_purl(package), None, package.name, where, flaws)
    if not identity.name:
        flaws.add(where, "neither a name nor a package URL")
        return None
    hashes = [entry for entry in records(package.hashes) if "hashValue" in entry]
    return Component(
        key=identity.purl or f"{text(package.purpose) or 'library'}:{identity.name}",
        ecosystem=identity.ecosystem,
        name=identity.name,
        version=short(package.version, where, "software_packageVersion", flaws) or version,
        purl=identity.purl,
        licences=_licences(graph, text(package.id)),
        scope=web.scopes.get(text(package.id), Scope.UNKNOWN),
        ref=text(package.id),
        hashes=digests(hashes, "algorithm", "hashValue", where, "verifiedUsing", flaws),
    )


def _purl(package: _Element) -> Any:
    if package.purl:
        return package.purl
    for identifier in records(package.identifiers):
        if identifier.get("externalIdentifierType") == "packageUrl":
            return identifier.get("identifier")
    return None


def _licences(graph: _Graph, package: str) -> tuple[str, ...]:
    """The licences concluded, else those declared, as written."""
    for kind in _LICENCES:
        stated = [_expression(graph, node) for node in graph.licences.get(kind, {}).get(package, ())]
        if found := tuple(expression for expression in stated if expression not in _UNSAID):
            return found
    return ()


def _expression(graph: _Graph, node: str) -> str:
    """An expression of the graph, or a licence of the SPDX list by its address; "" for anything else."""
    return graph.expressions.get(node) or (node.removeprefix(_LIST)[:MAX_TEXT] if node.startswith(_LIST) else "")


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [entry for entry in values if isinstance(entry, str)]
