"""Bytes to Bom: which format is it, and is it small enough to look at?"""

from __future__ import annotations

import codecs

from checks.sbom import cyclonedx
from checks.sbom.bill import Bom, UnreadableError

MAX_BYTES = 32 * 1024 * 1024  # 50,000 components with hashes and links take about 27 MiB, not indented
MAX_VALUES = 2_000_000  # by their commas; real bills hold one in some 50 bytes, junk one in two


def read(data: bytes | str) -> Bom:
    """Read a CycloneDX JSON bill, versions 1.2 to 1.7. One bad component is a flaw in the answer, not a
    refusal.

    Raises UnreadableError when the file as a whole cannot be used: too large, no JSON, another format, nested
    too deep.
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise UnreadableError(f"the file has {len(raw):,} bytes; the limit is {MAX_BYTES:,}")
    if raw.count(b",") > MAX_VALUES:
        raise UnreadableError(f"the file has more than {MAX_VALUES:,} values")
    return cyclonedx.read(raw.removeprefix(codecs.BOM_UTF8))
