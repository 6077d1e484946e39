"""A JSON document whose parts stay bytes until they are looked at, so that one broken part takes no other with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from checks.sbom.bills.bill import UnreadableError
from checks.sbom.bills.flaws import MAX_SAID, Flaws, few

NOTHING = msgspec.Raw(b"")

T = TypeVar("T")
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


_FIELDS = {
    "graph": "@graph",
    "describes": "documentDescribes",
    "extracted": "hasExtractedLicensingInfos",
    "bom_format": "bomFormat",
    "spec_version": "specVersion",
    "spdx_version": "spdxVersion",
}


class Document(msgspec.Struct, rename=_FIELDS, gc=False):
    """The top of any bill: what tells the formats apart, and the sections that one of them has."""

    bom_format: Any = None  # CycloneDX
    spec_version: Any = None
    metadata: msgspec.Raw = NOTHING
    components: msgspec.Raw = NOTHING
    dependencies: msgspec.Raw = NOTHING
    vulnerabilities: msgspec.Raw = NOTHING
    spdx_version: Any = None  # SPDX 2
    packages: msgspec.Raw = NOTHING
    relationships: msgspec.Raw = NOTHING
    describes: Any = None
    extracted: Any = None
    graph: msgspec.Raw = NOTHING  # SPDX 3
    sbom: msgspec.Raw = NOTHING  # GitHub's dependency graph wraps its answer


_DOCUMENT = msgspec.json.Decoder(Document)


def document(raw: bytes | msgspec.Raw) -> Document:
    """The whole, its parts not yet looked at. Raises UnreadableError."""
    try:
        return _DOCUMENT.decode(raw)
    except RecursionError:
        raise UnreadableError("the JSON is nested too deep") from None
    except ValueError as error:
        raise UnreadableError(f"no JSON object: {str(error)[:MAX_SAID]}") from None


def repaired(raw: bytes) -> bytes:
    """JSON that only a strict reader refuses (lone surrogates, control characters in a text, NaN), made whole.

    Raises UnreadableError when it is no JSON in any reading.
    """
    try:
        whole = json.loads(raw.decode("utf-8", "replace"), strict=False, parse_constant=lambda _: None)
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise UnreadableError("the JSON is nested too deep") from None
    except ValueError as error:
        raise UnreadableError(f"no JSON object: {str(error)[:MAX_SAID]}") from None


def part(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw, position: str, flaws: Flaws) -> T | None:
    """The part behind `raw`; None, and a flaw, when it has another shape."""
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        flaws.add(position, "not a list" if decoder is _LIST else "not an object")
        return None


def items(raw: msgspec.Raw, position: str, flaws: Flaws) -> list[msgspec.Raw]:
    """The entries of a list, each still as bytes; none, and a flaw, when it is no list."""
    return few(part(_LIST, raw, position, flaws) or [], position) if raw else []


def parts(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw, position: str, flaws: Flaws) -> Iterator[tuple[str, T]]:
    """The entries of a list that have the shape asked for, each with its position."""
    for index, item in enumerate(items(raw, position, flaws)):
        where = f"{position}[{index}]"
        found = part(decoder, item, where, flaws)
        if found is not None:
            yield where, found


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of what should be a list of objects."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
