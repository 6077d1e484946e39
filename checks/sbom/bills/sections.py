"""A JSON document whose parts stay bytes until they are looked at, so that one broken part takes no other with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from checks.sbom.bills.bill import UnreadableError
from checks.sbom.bills.flaws import MAX_SAID, Flaws, few

NOTHING = msgspec.Raw(b"")
TWICE = "one key is stated twice in one object"

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
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KEY = re.compile(rb'[\s{,]*"(?:[^"\\]|\\.)*"\s*:\s*', re.DOTALL)
_PURL, _VERSION, _LICENCES, _NESTED, _SPDX_VERSION, _SPDX_PURL = (
    b'"purl"', b'"version"', b'"licenses"', b'"components"', b'"versionInfo"', b'"externalRefs"')  # fmt: skip
_END = re.compile(rb"[\s{]*\}")


def document(raw: bytes | msgspec.Raw) -> Document:
    """The whole, its parts not yet looked at. Raises UnreadableError, also where one key stands there twice: each
    reader would see another bill.
    """
    try:
        found = _DOCUMENT.decode(raw)
        if not each_once(bytes(raw)):
            raise UnreadableError(TWICE)
        return found
    except UnreadableError:
        raise
    except RecursionError:
        raise UnreadableError("the JSON is nested too deep") from None
    except ValueError as error:
        raise UnreadableError(f"no JSON object: {str(error)[:MAX_SAID]}") from None


def each_once(raw: bytes) -> bool:
    """Does an object of JSON state each of its keys once? What is within its values is not looked at.

    Decoded, the last of two stands in the first one's place: the text then tells other values than the object.
    """
    position = 0
    for value in map(bytes, _MEMBERS.decode(raw).values()):
        key = _KEY.match(raw, position)
        if key is None or not raw.startswith(value, key.end()):
            return False
        position = key.end() + len(value)
    return _END.match(raw, position) is not None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError(TWICE)
    return found


def repaired(raw: bytes) -> bytes:
    """JSON that only a strict reader refuses (lone surrogates, control characters in a text, NaN), made whole.

    Raises UnreadableError when it is no JSON in any reading.
    """
    try:
        written = raw.decode("utf-8", "replace")
        whole = json.loads(written, strict=False, parse_constant=lambda _: None, object_pairs_hook=_unique)
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise UnreadableError("the JSON is nested too deep") from None
    except UnreadableError:
        raise
    except ValueError as error:
        raise UnreadableError(f"no JSON object: {str(error)[:MAX_SAID]}") from None


def part(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw, position: str, flaws: Flaws) -> T | None:
    """The part behind `raw`; None, and a flaw, when it has another shape. Raises UnreadableError where it is an object
    that states twice a key that decides.
    """
    try:
        found = decoder.decode(raw)
        contradicts = decoder is not _LIST and _repeats(words := bytes(raw)) and not each_once(words)
    except (ValueError, RecursionError):
        flaws.add(position, "not a list" if decoder is _LIST else "not an object")
        return None
    if contradicts:
        raise UnreadableError(f"{TWICE}, at {position}")
    return found


def _repeats(words: bytes) -> bool:
    """Could a key that decides be there twice? Told from the text, as to look at every key would take too long."""
    count = words.count
    return (
        count(_PURL) > 1
        or count(_VERSION) > 1
        or count(_LICENCES) > 1
        or count(_NESTED) > 1
        or count(_SPDX_VERSION) > 1
        or count(_SPDX_PURL) > 1
        or b"\\u" in words
    )


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
