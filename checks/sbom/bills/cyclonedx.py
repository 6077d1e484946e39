"""CycloneDX JSON 1.2 to 1.7, read with tolerance: what cannot be understood is named and left out, the rest
stands.

Field names and meanings are those of the CycloneDX JSON reference. Only the fields used are decoded; every
part keeps its raw bytes until it is looked at, so one broken component cannot take the file with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from checks.sbom.advisories.severity import SEVERITIES, band
from checks.sbom.bills.bill import Bom, Component, Scope, UnreadableError, Vulnerability
from checks.sbom.bills.flaws import MAX_SAID, Flaws, few
from checks.sbom.bills.identity import MAX_TEXT, digests, identify, short
from checks.sbom.bills.sections import NOTHING, Document, part, parts, records, text
from checks.sbom.versions import order

MAX_DEPTH = 32  # components within components

_VERSION = re.compile(r"1\.\d{1,2}")

_WORDS = {"none": "info", **{word: word for word in SEVERITIES}}
_SCOPES = {"required": Scope.RUNTIME, "optional": Scope.OPTIONAL, "excluded": Scope.DEVELOPMENT}
_DEVELOPMENT = b"cdx:npm:package:development"
_UNSAID = ("NOASSERTION", "NONE")
_PRODUCT = "metadata.component"


class _Metadata(msgspec.Struct, gc=False):
    component: msgspec.Raw = NOTHING


class _Part(msgspec.Struct, rename={"ref": "bom-ref", "references": "externalReferences"}, gc=False):
    type: Any = None
    group: Any = None
    name: Any = None
    version: Any = None
    purl: Any = None
    ref: Any = None
    scope: Any = None
    hashes: Any = None
    licenses: msgspec.Raw = NOTHING
    properties: msgspec.Raw = NOTHING
    references: msgspec.Raw = NOTHING
    components: msgspec.Raw = NOTHING


class _Edge(msgspec.Struct, rename="camel", gc=False):
    ref: Any = None
    depends_on: Any = None


class _SoundEdge(msgspec.Struct, rename="camel", gc=False):
    ref: str
    depends_on: tuple[str, ...] = ()


class _Advisory(msgspec.Struct, gc=False):
    id: Any = None
    ratings: Any = None
    affects: Any = None


_METADATA = msgspec.json.Decoder(_Metadata)
_PART = msgspec.json.Decoder(_Part)
_ANYTHING = msgspec.json.Decoder()
_EDGE = msgspec.json.Decoder(_Edge)
_EDGES = msgspec.json.Decoder(list[_SoundEdge])
_ADVISORY = msgspec.json.Decoder(_Advisory)


def read(found: Document) -> Bom:
    """Read one document. Raises UnreadableError."""
    if found.bom_format != "CycloneDX" or not _VERSION.fullmatch(text(found.spec_version)):
        raise UnreadableError("not a CycloneDX 1.x document (bomFormat and specVersion say so)")
    flaws = Flaws()
    product = _product(found.metadata, flaws)
    components = _components({"components": found.components, f"{_PRODUCT}.components": product.components}, flaws)
    return Bom(
        components=tuple(components),
        root=text(product.ref) or text(product.purl),
        edges=_edges(found.dependencies, components, flaws),
        vulnerabilities=tuple(_vulnerabilities(found.vulnerabilities, components, flaws)),
        flaws=flaws.all(),
        format=f"CycloneDX {found.spec_version} JSON",
    )


def _product(raw: msgspec.Raw, flaws: Flaws) -> _Part:
    """What the bill is about; it is no component, but what is within it counts. Empty where nothing is said."""
    metadata = part(_METADATA, raw, "metadata", flaws) if raw else None
    if metadata is None or not metadata.component:
        return _Part()
    return part(_PART, metadata.component, _PRODUCT, flaws) or _Part()


# --- components --------------------------------------------------------------------------------------------


def _components(sections: Mapping[str, msgspec.Raw], flaws: Flaws) -> list[Component]:
    """All components of the sections, by their positions; parents before their children."""
    found: list[Component] = []
    licences = _Licences(flaws)
    waiting = [(raw, position, 1) for position, raw in sections.items()][::-1]
    while waiting:
        section, position, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise UnreadableError(f"components are nested more than {MAX_DEPTH} deep")
        nested = []
        for where, stated in parts(_PART, section, position, flaws):
            found.extend(_component(stated, where, licences, flaws))
            if stated.components:
                nested.append((stated.components, f"{where}.components", depth + 1))
        waiting.extend(reversed(nested))
        few(found, "components")
    return found


def _component(stated: _Part, where: str, licences: _Licences, flaws: Flaws) -> tuple[Component, ...]:
    """The component; none where it has no name, and once with each version where it states two."""
    identity, version = identify(stated.purl, stated.group, stated.name, where, flaws)
    if not identity.name:
        flaws.add(where, "neither a name nor a package URL")
        return ()
    said = short(stated.version, where, "version", flaws)
    component = Component(
        key=identity.purl or f"{text(stated.type)}:{identity.name}",
        ecosystem=identity.ecosystem,
        name=identity.name,
        version=said or version,
        purl=identity.purl,
        licences=licences.read(stated.licenses, where) if stated.licenses else (),
        scope=_scope(stated),
        ref=text(stated.ref) or text(stated.purl),
        hashes=_hashes(stated, where, flaws),
    )
    if said and version and said != version and _differ(identity.ecosystem, said, version):
        flaws.add(f"{where}.version", f"{said} here, {version} in the package URL")
        return component, msgspec.structs.replace(component, version=version, hashes=())
    return (component,)


def _differ(ecosystem: str, said: str, version: str) -> bool:
    """Are these two versions, and not two spellings of one? Of rpm and deb the purl states the epoch elsewhere."""
    a, b = order.spelling(ecosystem, said), order.spelling(ecosystem, version)
    return a != b and not a.endswith(f":{b}")


def _hashes(stated: _Part, where: str, flaws: Flaws) -> tuple[tuple[str, str], ...]:
    """The component's own digests; without any, those of the one file that it is distributed as (npm's way)."""
    if stated.hashes:
        return digests(stated.hashes, "alg", "content", where, "hashes", flaws)
    if b'"distribution"' not in bytes(stated.references):
        return ()
    references = part(_ANYTHING, stated.references, f"{where}.externalReferences", flaws)
    hashed = [entry for entry in records(references) if entry.get("type") == "distribution" and entry.get("hashes")]
    if len(hashed) != 1:
        return ()
    return digests(hashed[0]["hashes"], "alg", "content", where, "externalReferences", flaws)


def _scope(stated: _Part) -> Scope:
    if stated.properties and _DEVELOPMENT in bytes(stated.properties) and _marked(stated.properties):
        return Scope.DEVELOPMENT
    return _SCOPES.get(text(stated.scope), Scope.UNKNOWN)


def _marked(properties: msgspec.Raw) -> bool:
    """Does npm say that it is there for development only?"""
    try:
        stated = records(_ANYTHING.decode(properties))
    except (ValueError, RecursionError):
        return False
    return any(entry.get("name") == _DEVELOPMENT.decode() and entry.get("value") == "true" for entry in stated)


class _Licences:
    """The licences of all components. What one says many say in the same words, which are understood once."""

    def __init__(self, flaws: Flaws) -> None:
        self._flaws = flaws
        self._known: dict[bytes, tuple[tuple[str, ...], list[str]]] = {}

    def read(self, raw: msgspec.Raw, where: str) -> tuple[str, ...]:
        """Names and expressions as written."""
        words = bytes(raw)
        if words not in self._known:
            self._known[words] = _licences(words)
        names, troubles = self._known[words]
        for trouble in troubles:
            self._flaws.add(f"{where}.licenses", trouble)
        return names


def _licences(words: bytes) -> tuple[tuple[str, ...], list[str]]:
    """Names and expressions as written, and what could not be read. Where an author says which are concluded, the
    merely declared give way; that nothing could be concluded concludes nothing.
    """
    try:
        stated = _ANYTHING.decode(words)
    except (ValueError, RecursionError):
        return (), ["no JSON that can be read"]
    if not isinstance(stated, list):
        return (), [] if stated is None else ["not a list"]
    every = [_licence(entry) for entry in stated]
    declared = tuple(name for name, is_concluded in every if name and not is_concluded)
    concluded = tuple(name for name, is_concluded in every if name and is_concluded)
    told = tuple(name for name in concluded if name.upper() not in _UNSAID)
    nameless = sum(not name for name, _ in every)
    return told or declared or concluded, ["an entry without expression, id or name"] * nameless


def _licence(entry: Any) -> tuple[str, bool]:
    if not isinstance(entry, dict):
        return "", False
    inner = entry.get("license")
    fields = inner if isinstance(inner, dict) else entry
    get = fields.get
    name = text(get("expression")) or text(get("id")) or text(get("name"))
    return name.strip()[:MAX_TEXT], get("acknowledgement") == "concluded"


# --- graph -------------------------------------------------------------------------------------------------


def _edges(raw: msgspec.Raw, components: Iterable[Component], flaws: Flaws) -> dict[str, tuple[str, ...]]:
    """What each node depends on; several entries of one node count together. A node is one text wherever it is named,
    which saves memory, and time in the comparison.
    """
    nodes = {component.ref: component.ref for component in components}
    edges: dict[str, tuple[str, ...]] = {}
    more: dict[str, list[str]] = {}
    for ref, targets in _stated_edges(raw, flaws):
        shared = tuple(map(nodes.setdefault, targets, targets))
        if ref in edges:
            more.setdefault(ref, []).extend(shared)
        else:
            edges[nodes.setdefault(ref, ref)] = shared
    return edges | {ref: (*edges[ref], *targets) for ref, targets in more.items()}


def _stated_edges(raw: msgspec.Raw, flaws: Flaws) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        sound = few(_EDGES.decode(raw), "dependencies") if raw else []
    except (ValueError, RecursionError):
        yield from _tolerated_edges(raw, flaws)
    else:
        yield from ((edge.ref, edge.depends_on) for edge in sound)


def _tolerated_edges(raw: msgspec.Raw, flaws: Flaws) -> Iterator[tuple[str, tuple[str, ...]]]:
    for where, edge in parts(_EDGE, raw, "dependencies", flaws):
        targets = edge.depends_on if isinstance(edge.depends_on, list) else []
        if not isinstance(edge.ref, str) or (edge.depends_on is not None and targets is not edge.depends_on):
            flaws.add(where, "no ref, or dependsOn is not a list")
            continue
        yield edge.ref, tuple(target for target in targets if isinstance(target, str))


# --- vulnerabilities ---------------------------------------------------------------------------------------


def _vulnerabilities(raw: msgspec.Raw, components: list[Component], flaws: Flaws) -> list[Vulnerability]:
    found: list[Vulnerability] = []
    versions: dict[str, str] = {}
    for where, advisory in parts(_ADVISORY, raw, "vulnerabilities", flaws):
        versions = versions or {component.ref: component.version for component in components}
        refs = _affected(advisory.affects, versions)
        unknown = [ref for ref in refs if ref not in versions]
        name = short(advisory.id, where, "id", flaws)
        if not name or unknown:
            flaws.add(where, f"affects {unknown[0][:MAX_SAID]}, which no component is" if unknown else "no id")
        found.append(Vulnerability(name or where, _severity(advisory.ratings), refs))
    return found


def _affected(affects: Any, versions: dict[str, str]) -> tuple[str, ...]:
    """The nodes named as affected; a BOM-Link (urn:cdx:...#ref) counts by the node behind its #."""
    refs: dict[str, None] = {}
    for entry in affects if isinstance(affects, list) else []:
        stated = text(entry.get("ref")) if isinstance(entry, dict) else ""
        ref = stated.partition("#")[2] if stated.startswith("urn:cdx:") else stated
        if ref and not _cleared(entry.get("versions"), versions.get(ref, "")):
            refs[ref] = None
    return tuple(refs)


def _cleared(ranges: Any, version: str) -> bool:
    """Is this very version said to be unaffected?"""
    return any(entry.get("version") == version and entry.get("status") == "unaffected" for entry in records(ranges))


def _severity(ratings: Any) -> str:
    """The worst of all ratings: the word where there is one, else the CVSS score's band; else `unknown`."""
    return max((_rated(rating) for rating in records(ratings)), key=SEVERITIES.index, default="unknown")


def _rated(rating: dict[str, Any]) -> str:
    word = _WORDS.get(text(rating.get("severity")).lower(), "unknown")
    score = rating.get("score")
    if word != "unknown" or not isinstance(score, int | float) or "CVSS" not in text(rating.get("method")):
        return word
    return band(score)
