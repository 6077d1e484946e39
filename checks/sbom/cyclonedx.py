"""CycloneDX JSON 1.2 to 1.7, read with tolerance: what cannot be understood is named and left out, the rest
stands.

Field names and meanings are those of the CycloneDX JSON reference. Only the fields used are decoded; every
part keeps its raw bytes until it is looked at, so one broken component cannot take the file with it.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from checks.sbom import purl
from checks.sbom.bill import Bom, Component, Flaw, Scope, UnreadableError, Vulnerability

MAX_DEPTH = 32  # components within components
MAX_ENTRIES = 200_000  # of one list, and components in all
MAX_FLAWS = 100  # the first hundred say what is wrong with a file

_NOTHING = msgspec.Raw(b"")
_BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))  # CVSS v3 and v4 qualitative scale
SEVERITIES = ("unknown", "info", "low", "medium", "high", "critical")
_WORDS = {"none": "info", **{word: word for word in SEVERITIES}}
_SCOPES = {"required": Scope.RUNTIME, "optional": Scope.OPTIONAL, "excluded": Scope.DEVELOPMENT}
_DEVELOPMENT = "cdx:npm:package:development"


class _Document(msgspec.Struct, rename="camel", gc=False):
    bom_format: Any = None
    spec_version: Any = None
    metadata: msgspec.Raw = _NOTHING
    components: msgspec.Raw = _NOTHING
    dependencies: msgspec.Raw = _NOTHING
    vulnerabilities: msgspec.Raw = _NOTHING


class _Metadata(msgspec.Struct, gc=False):
    component: msgspec.Raw = _NOTHING


class _Part(msgspec.Struct, rename={"ref": "bom-ref"}, gc=False):
    type: Any = None
    group: Any = None
    name: Any = None
    version: Any = None
    purl: Any = None
    ref: Any = None
    scope: Any = None
    licenses: Any = None
    properties: Any = None
    components: msgspec.Raw = _NOTHING


class _Edge(msgspec.Struct, rename="camel", gc=False):
    ref: Any = None
    depends_on: Any = None


class _Advisory(msgspec.Struct, gc=False):
    id: Any = None
    ratings: Any = None
    affects: Any = None


T = TypeVar("T")
_DOCUMENT = msgspec.json.Decoder(_Document)
_METADATA = msgspec.json.Decoder(_Metadata)
_PART = msgspec.json.Decoder(_Part)
_EDGE = msgspec.json.Decoder(_Edge)
_ADVISORY = msgspec.json.Decoder(_Advisory)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_EXPECTED = {
    _METADATA: "an object",
    _PART: "an object",
    _EDGE: "an object",
    _ADVISORY: "an object",
    _LIST: "a list",
}


def read(raw: bytes) -> Bom:
    """Read one document, already known to be small enough. Raises UnreadableError."""
    document = _decode_document(raw)
    flaws = _Flaws()
    components = _components(document.components, flaws)
    return Bom(
        components=tuple(components),
        root=_root(document.metadata, flaws),
        edges=_edges(document.dependencies, flaws),
        vulnerabilities=tuple(_vulnerabilities(document.vulnerabilities, components, flaws)),
        flaws=flaws.all(),
    )


def _decode_document(raw: bytes) -> _Document:
    try:
        document = _DOCUMENT.decode(raw)
    except RecursionError:
        raise UnreadableError("the JSON is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"no JSON object: {error}") from None
    if document.bom_format != "CycloneDX" or not str(document.spec_version).startswith("1."):
        raise UnreadableError("not a CycloneDX 1.x document (bomFormat and specVersion say so)")
    return document


class _Flaws:
    """What could not be read so far: the first hundred in full, the rest as a count."""

    def __init__(self) -> None:
        self._kept: list[Flaw] = []
        self._more = 0

    def add(self, position: str, message: str) -> None:
        if len(self._kept) < MAX_FLAWS:
            self._kept.append(Flaw(position, message))
        else:
            self._more += 1

    def all(self) -> tuple[Flaw, ...]:
        rest = (Flaw("", f"{self._more} more parts could not be read"),) if self._more else ()
        return (*self._kept, *rest)


def _decode(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw, position: str, flaws: _Flaws) -> T | None:
    """The part behind `raw`; None, and a flaw, when it has another shape."""
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        flaws.add(position, f"not {_EXPECTED[decoder]}")
        return None


def _items(raw: msgspec.Raw, position: str, flaws: _Flaws) -> list[msgspec.Raw]:
    items = _decode(_LIST, raw, position, flaws) or [] if raw else []
    return _few(items, position)


def _few(items: list[T], position: str) -> list[T]:
    """The same list; UnreadableError when it is longer than any real one."""
    if len(items) > MAX_ENTRIES:
        raise UnreadableError(f"more than {MAX_ENTRIES:,} entries in {position}")
    return items


# --- components --------------------------------------------------------------------------------------------


def _components(raw: msgspec.Raw, flaws: _Flaws) -> list[Component]:
    """All components, parents before their children."""
    found: list[Component] = []
    waiting = [(raw, "components", 1)]
    while waiting:
        section, position, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise UnreadableError(f"components are nested more than {MAX_DEPTH} deep")
        nested = []
        for index, item in enumerate(_items(section, position, flaws)):
            where = f"{position}[{index}]"
            part = _decode(_PART, item, where, flaws)
            if part is None:
                continue
            if component := _component(part, where, flaws):
                found.append(component)
            if part.components:
                nested.append((part.components, f"{where}.components", depth + 1))
        waiting.extend(reversed(nested))
        _few(found, "components")
    return found


def _component(part: _Part, where: str, flaws: _Flaws) -> Component | None:
    identity, version = _identity(part, where, flaws)
    if not identity.name:
        flaws.add(where, "neither a name nor a package URL")
        return None
    if part.version is not None and not isinstance(part.version, str):
        flaws.add(f"{where}.version", "not a text")
    return Component(
        key=identity.purl or f"{_text(part.type)}:{identity.name}",
        ecosystem=identity.ecosystem,
        name=identity.name,
        version=_text(part.version) or version,
        purl=identity.purl,
        licences=_licences(part.licenses, where, flaws),
        scope=_scope(part),
        ref=_text(part.ref) or _text(part.purl),
    )


def _identity(part: _Part, where: str, flaws: _Flaws) -> tuple[purl.Identity, str]:
    """What the package URL says, with its version; without one, group and name."""
    stated = purl.identify(part.purl) if isinstance(part.purl, str) else None
    if stated:
        return stated
    if part.purl:
        flaws.add(f"{where}.purl", "not a package URL")
    name, group = _text(part.name), _text(part.group)
    return purl.Identity("", "", f"{group}/{name}" if group and name else name), ""


def _scope(part: _Part) -> Scope:
    if isinstance(part.properties, list):
        for item in part.properties:
            if isinstance(item, dict) and item.get("name") == _DEVELOPMENT and item.get("value") == "true":
                return Scope.DEVELOPMENT
    return _SCOPES.get(_text(part.scope), Scope.UNKNOWN)


def _licences(stated: Any, where: str, flaws: _Flaws) -> tuple[str, ...]:
    """Names and expressions as written. Where an author says which are concluded, the merely declared give
    way.
    """
    if stated is None:
        return ()
    if not isinstance(stated, list):
        flaws.add(f"{where}.licenses", "not a list")
        return ()
    entries = [_licence(entry) for entry in stated]
    if "" in [name for name, _ in entries]:
        flaws.add(f"{where}.licenses", "an entry without expression, id or name")
    named = [(name, concluded) for name, concluded in entries if name]
    concluded = tuple(name for name, is_concluded in named if is_concluded)
    return concluded or tuple(name for name, _ in named)


def _licence(entry: Any) -> tuple[str, bool]:
    if not isinstance(entry, dict):
        return "", False
    inner = entry.get("license")
    fields = inner if isinstance(inner, dict) else entry
    name = _text(fields.get("expression")) or _text(fields.get("id")) or _text(fields.get("name"))
    return name.strip(), fields.get("acknowledgement") == "concluded"


# --- graph -------------------------------------------------------------------------------------------------


def _root(raw: msgspec.Raw, flaws: _Flaws) -> str:
    metadata = _decode(_METADATA, raw, "metadata", flaws) if raw else None
    if metadata is None or not metadata.component:
        return ""
    part = _decode(_PART, metadata.component, "metadata.component", flaws)
    return _text(part.ref) or _text(part.purl) if part else ""


def _edges(raw: msgspec.Raw, flaws: _Flaws) -> dict[str, tuple[str, ...]]:
    edges: dict[str, tuple[str, ...]] = {}
    for index, item in enumerate(_items(raw, "dependencies", flaws)):
        edge = _decode(_EDGE, item, f"dependencies[{index}]", flaws)
        if edge is None:
            continue
        targets = edge.depends_on if isinstance(edge.depends_on, list) else []
        if not isinstance(edge.ref, str) or (edge.depends_on is not None and targets is not edge.depends_on):
            flaws.add(f"dependencies[{index}]", "no ref, or dependsOn is not a list")
            continue
        edges[edge.ref] = edges.get(edge.ref, ()) + tuple(target for target in targets if isinstance(target, str))
    return edges


# --- vulnerabilities ---------------------------------------------------------------------------------------


def _vulnerabilities(raw: msgspec.Raw, components: list[Component], flaws: _Flaws) -> list[Vulnerability]:
    found: list[Vulnerability] = []
    versions: dict[str, str] = {}
    for index, item in enumerate(_items(raw, "vulnerabilities", flaws)):
        versions = versions or {component.ref: component.version for component in components}
        where = f"vulnerabilities[{index}]"
        advisory = _decode(_ADVISORY, item, where, flaws)
        if advisory is None:
            continue
        refs = _affected(advisory.affects, versions)
        unknown = [ref for ref in refs if ref not in versions]
        if not _text(advisory.id) or unknown:
            flaws.add(where, f"affects {unknown[0]}, which no component is" if unknown else "no id")
        found.append(Vulnerability(_text(advisory.id) or where, _severity(advisory.ratings), refs))
    return found


def _affected(affects: Any, versions: dict[str, str]) -> tuple[str, ...]:
    """The nodes named as affected; a BOM-Link (urn:cdx:...#ref) counts by the node behind its #."""
    refs: dict[str, None] = {}
    for entry in affects if isinstance(affects, list) else []:
        stated = _text(entry.get("ref")) if isinstance(entry, dict) else ""
        ref = stated.partition("#")[2] if stated.startswith("urn:cdx:") else stated
        if ref and not _cleared(entry.get("versions"), versions.get(ref, "")):
            refs[ref] = None
    return tuple(refs)


def _cleared(ranges: Any, version: str) -> bool:
    """Is this very version said to be unaffected?"""
    entries = [entry for entry in ranges if isinstance(entry, dict)] if isinstance(ranges, list) else []
    return any(entry.get("version") == version and entry.get("status") == "unaffected" for entry in entries)


def _severity(ratings: Any) -> str:
    """The worst of all ratings: the word where there is one, else the CVSS score's band; else `unknown`."""
    rated = [_rated(rating) for rating in ratings if isinstance(rating, dict)] if isinstance(ratings, list) else []
    return max(rated, key=SEVERITIES.index, default="unknown")


def _rated(rating: dict[str, Any]) -> str:
    word = _WORDS.get(_text(rating.get("severity")).lower(), "unknown")
    score = rating.get("score")
    if word != "unknown" or not isinstance(score, int | float) or "CVSS" not in _text(rating.get("method")):
        return word
    return next((band for floor, band in _BANDS if score >= floor), "info")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
