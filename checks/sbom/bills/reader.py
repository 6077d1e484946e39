"""Bytes to Bom: which format is it, and is it small enough to look at?"""

from __future__ import annotations

import codecs

from checks.sbom.bills import cyclonedx, cyclonedx_xml, spdx, spdx3
from checks.sbom.bills.bill import Bom, UnreadableError
from checks.sbom.bills.sections import document, repaired

MAX_BYTES = 64 * 1024 * 1024  # 50,000 components with hashes and links take 27 MiB as JSON, 43 when indented
MAX_VALUES = 2_000_000  # by their commas; real bills hold one in some 50 bytes, junk one in two
MAX_ELEMENTS = 1_500_000  # by the tags that open; 50,000 components as XML have 0.9 million

_WIDE = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


def read(data: bytes | str) -> Bom:
    """Read a bill, whatever its format: CycloneDX 1.2 to 1.7 as JSON or XML, SPDX 2.2 and 2.3 as JSON, SPDX 3 as
    JSON-LD, and SPDX as GitHub's dependency graph hands it out. One bad component is a flaw in the answer, not a
    refusal.

    Raises UnreadableError when the file as a whole cannot be used: too large, another format, nested too deep.
    """
    _small(data)
    raw, encoding = narrow(data)
    _small(raw)
    if raw.lstrip()[:1] == b"<":
        _short(raw.count(b"<") - raw.count(b"</"), MAX_ELEMENTS, "elements")
        return cyclonedx_xml.read(raw, encoding)
    _short(raw.count(b","), MAX_VALUES, "values")
    try:
        return _json(raw)
    except UnreadableError:
        if raw.lstrip()[:1] != b"{":
            raise
        whole = repaired(raw)
        if whole == raw:
            raise
        return _json(whole)


def _small(data: bytes | str) -> None:
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"the file has {len(data):,} bytes; the limit is {MAX_BYTES:,}")


def _short(count: int, most: int, what: str) -> None:
    if count > most:
        raise UnreadableError(f"the file has more than {most:,} {what}")


def narrow(data: bytes | str) -> tuple[bytes, str | None]:
    """The file as UTF-8 where a mark at its start, or Python, knows its encoding; else as it is, and None."""
    if isinstance(data, str):
        return data.removeprefix("\ufeff").encode("utf-8", "replace"), "utf-8"
    if data.startswith(codecs.BOM_UTF8):
        return data.removeprefix(codecs.BOM_UTF8), "utf-8"
    for mark, wide in _WIDE:
        if data.startswith(mark):
            return data.decode(wide, "replace").encode("utf-8", "replace"), "utf-8"
    return data, None


def _json(raw: bytes) -> Bom:
    found = document(raw)
    if found.sbom and found.bom_format is None and found.spdx_version is None:
        found = document(found.sbom)
    if found.bom_format is not None:
        return cyclonedx.read(found)
    if found.spdx_version is not None:
        return spdx.read(found)
    if found.graph:
        return spdx3.read(found)
    raise UnreadableError("the JSON is no CycloneDX and no SPDX document (bomFormat, spdxVersion or @graph say so)")
