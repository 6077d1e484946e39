"""VEX in CycloneDX 1.4 to 1.7: which statements the `vulnerabilities` of a document make.

Field names and meanings are those of the CycloneDX JSON reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from checks.sbom.advisories.statements import Product, Statement, last_step, list_of, product, text_of
from checks.sbom.purl import with_version
from checks.sbom.versions.ranges import includes_vers

_STATUSES = {
    "not_affected": "not_affected",
    "false_positive": "not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
}
_EXCUSING = frozenset({"not_affected", "fixed"})


def statements(document: dict[str, Any], number: int) -> Iterator[Statement | str]:
    """Each statement, or what is wrong with it. Vulnerabilities without an `analysis` state nothing."""
    metadata = document.get("metadata")
    time = text_of(metadata.get("timestamp")) if isinstance(metadata, dict) else ""
    places = _places(document)
    for position, fields in enumerate(list_of(document.get("vulnerabilities"))):
        analysis = fields.get("analysis") if isinstance(fields, dict) else None
        if isinstance(fields, dict) and analysis is not None:
            found = _read(fields, analysis, places) if isinstance(analysis, dict) else "`analysis` is no object"
            where = f"vulnerabilities[{position}]"
            yield f"{where}: {found}" if isinstance(found, str) else _dated(found, fields, analysis, time, number)


def _read(fields: dict[str, Any], analysis: dict[str, Any], places: Mapping[str, str]) -> Statement | str:
    names = tuple(dict.fromkeys(_names(fields)))
    status = _STATUSES.get(text_of(analysis.get("state")), "")
    words = ": ".join(part for name in ("justification", "detail") if (part := text_of(analysis.get(name))))
    if not names:
        return "names no vulnerability"
    if not status:
        return "its state is none of CycloneDX"
    if status == "not_affected" and not words:
        return "not_affected needs a justification or a detail"
    products = tuple(_products(fields, status, places))
    if not products:
        return "affects nothing that has a package URL"
    if status == "fixed" and not all(each.version or each.spans for each in products):
        return "resolved needs the version that is"
    return Statement(names, products, status, words)


def _dated(found: Statement, fields: dict[str, Any], analysis: dict[str, Any], time: str, number: int) -> Statement:
    stated = text_of(analysis.get("lastUpdated")) or text_of(fields.get("updated")) or time
    return replace(found, timestamp=stated, document=number)


def _names(fields: dict[str, Any]) -> Iterator[str]:
    references = [each for each in list_of(fields.get("references")) if isinstance(each, dict)]
    for stated in (fields.get("id"), *(each.get("id") for each in references)):
        if name := last_step(text_of(stated)):
            yield name


def _products(fields: dict[str, Any], status: str, places: Mapping[str, str]) -> Iterator[Product]:
    for each in list_of(fields.get("affects")):
        ref = text_of(each.get("ref")) if isinstance(each, dict) else ""
        found = _found(ref, places)
        if found.identity is None:
            continue
        spans = _spans(each.get("versions"), status)
        yield found if spans is None else replace(found, version="", spans=_narrowed(found, spans))


def _found(ref: str, places: Mapping[str, str]) -> Product:
    """A node of this document, a purl, or what follows the # of a BOM-Link."""
    node = unquote(ref.partition("#")[2]) if ref.startswith("urn:cdx:") else ref
    return product(places.get(node, node))


def _spans(versions: Any, status: str) -> tuple[str, ...] | None:
    """The versions that the statement is limited to; for one that excuses, those that it calls unaffected."""
    if versions is None:
        return None
    entries = [each for each in list_of(versions) if isinstance(each, dict)]
    meant = [each for each in entries if status not in _EXCUSING or each.get("status") == "unaffected"]
    return tuple(text for each in meant if (text := text_of(each.get("version")) or text_of(each.get("range"))))


def _narrowed(found: Product, spans: tuple[str, ...]) -> tuple[str, ...]:
    """A purl with a version stays with that version, if the spans hold it at all."""
    if not found.version or found.identity is None:
        return spans
    held = any(includes_vers(span, found.identity.ecosystem, found.version) for span in spans)
    return (found.version,) if held else ()


def _places(document: dict[str, Any]) -> dict[str, str]:
    """The purl behind each node, its version added from the component where the purl has none."""
    found: dict[str, str] = {}
    waiting = list_of(document.get("components"))[:]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        waiting += list_of(part.get("components"))
        ref, purl, version = (text_of(part.get(name)) for name in ("bom-ref", "purl", "version"))
        if ref and purl:
            found[ref] = _versioned(purl, version)
    return found


def _versioned(purl: str, version: str) -> str:
    stated = product(purl)
    return with_version(purl, version) if stated.identity and not stated.version else purl
