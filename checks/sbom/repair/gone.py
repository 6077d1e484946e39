"""Has a package left a branch for all to see, or is it only out of sight?"""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import Document
from checks.sbom.bills.bill import Bom, UnreadableError
from checks.sbom.bills.reader import read
from checks.sbom.bills.shrinking import shrunk
from checks.sbom.purl import identify


def in_sight(purl: str, before: Iterable[Document], now: Iterable[Document]) -> bool:
    """Can the bills `now` tell whether the package is still there? They can where each of those that had it `before` is
    still there under its path, can be read as well as then, and has not shrunk. Where none had it, nobody knows which
    to look at.
    """
    later = {document.path: document for document in now}
    had = [(document.path, bom) for document in before if (bom := _bom(document)) and _has(bom, purl)]
    return bool(had) and all(_succeeds(bom, later.get(path)) for path, bom in had)


def _succeeds(before: Bom, document: Document | None) -> bool:
    after = _bom(document)
    return after is not None and len(after.flaws) <= len(before.flaws) and not shrunk(before, after)


def _bom(document: Document | None) -> Bom | None:
    if document is None or document.missing is not None:
        return None
    try:
        return read(document.text)
    except UnreadableError:
        return None


def _has(bom: Bom, purl: str) -> bool:
    return any(one.purl and _bare(one.purl) == purl for one in bom.components)


def _bare(purl: str) -> str:
    found = identify(purl)
    return found[0].purl if found else purl
