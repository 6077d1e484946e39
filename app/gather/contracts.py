"""Contracts as written: in the base's files, in the head's files, in the pull request's body."""

from __future__ import annotations

import asyncio

from app.gather.files import Files, ReadFile, touched
from checks import contract
from checks.model import ContractText, Document, Missing, Origin, Pull

PATTERN = ".maestro/contracts/*.json"
MAX_BYTES = 4 * contract.MAX_TEXT  # UTF-8 takes at most four bytes a character; the check names what is too long
MOST_OF_BASE = 200  # files; a change cannot bring more, only what is merged


async def contracts(read: ReadFile, pull: Pull, files: Files) -> tuple[ContractText, ...] | Missing:
    """Every contract that bears on the change. Of the head, only files that the change touches are read.

    Of more files than one change may touch, one too many is enough: the check refuses them.
    """
    found, changes = files.matching((PATTERN,)), touched(files.change)
    if len(found.base) > MOST_OF_BASE:
        return Missing(f"more than {MOST_OF_BASE} contract files on {pull.base_ref}: {PATTERN}")
    brought = [path for path in found.head if changes(path)][: contract.MAX_FILES + 1]
    places = [(Origin.BASE, path, pull.base_sha) for path in found.base]
    places += [(Origin.HEAD, path, pull.head_sha) for path in brought]
    documents = await asyncio.gather(*(read(path, sha, MAX_BYTES) for _, path, sha in places))
    written = (_text(origin, one) for (origin, _, _), one in zip(places, documents, strict=True) if one is not None)
    return (*written, *contract.contracts_in(pull.body))


def _text(origin: Origin, found: Document) -> ContractText:
    """An unreadable file goes on as text that no contract is, so that the check names it."""
    return ContractText(origin, found.path, found.missing.reason if found.missing else found.text)
