"""What a component is, by its package URL or by its name; and its digests, under the names all formats share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from checks.sbom import purl
from checks.sbom.bills.flaws import Flaws

MAX_TEXT = 2_000  # characters of a purl, a name or a version; real ones have some 60
MIN_DIGITS, MAX_DIGITS = 8, 256  # hexadecimal, of a digest; SHA-512 has 128

_DASHED = ("sha3-256", "sha3-384", "sha3-512", "blake2b-256", "blake2b-384", "blake2b-512")
_ALGORITHMS = {name.replace("-", ""): name for name in _DASHED}


def identify(stated: Any, group: Any, name: Any, where: str, flaws: Flaws) -> tuple[purl.Identity, str]:
    """What the package URL says, with its version; without one, group and name, and no version."""
    if isinstance(stated, str) and len(stated) <= MAX_TEXT and (found := purl.identify(stated)):
        return found
    if stated:
        flaws.add(f"{where}.purl", "not a package URL")
    plain, above = short(name, where, "name", flaws), short(group, where, "group", flaws)
    return purl.Identity("", "", f"{above}/{plain}" if above and plain else plain), ""


def short(value: Any, where: str, field: str, flaws: Flaws) -> str:
    """A text of bounded length; "" for anything else. What is cut or no text is a flaw, nothing at all is none."""
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if value is None:
        return ""
    flaws.add(f"{where}.{field}", f"longer than {MAX_TEXT:,} characters" if isinstance(value, str) else "not a text")
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def digests(
    stated: Any, algorithm: str, digest: str, where: str, field: str, flaws: Flaws
) -> tuple[tuple[str, str], ...]:
    """(algorithm, digest) of each entry of a list of hashes, sorted. `algorithm` and `digest`: the names of its fields.

    `field` is where the list stands in the part at `where`; an entry that is no digest is a flaw there.
    """
    if not stated:
        return ()
    if not isinstance(stated, list):
        flaws.add(f"{where}.{field}", "not a list")
        return ()
    found = []
    for entry in stated:
        name, value = (entry.get(algorithm), entry.get(digest)) if isinstance(entry, dict) else (None, None)
        try:
            digits = bytes.fromhex(value or "").hex()
        except (TypeError, ValueError):
            digits = ""
        if name and isinstance(name, str) and MIN_DIGITS <= len(digits) <= MAX_DIGITS:
            found.append((folded(name), digits))
        else:
            flaws.add(f"{where}.{field}", "an entry without an algorithm and a hexadecimal digest")
    return tuple(sorted({*found})) if len(found) > 1 else tuple(found)


@lru_cache(maxsize=256)
def folded(name: str) -> str:
    """One spelling for "SHA-256", "SHA256" and "sha256"; for "SHA3-256" and "sha3_256"."""
    bare = name.strip().lower().replace("-", "").replace("_", "")
    return _ALGORITHMS.get(bare, bare)
