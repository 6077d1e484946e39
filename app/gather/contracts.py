"""Contracts as written: in the base's files, in the head's files, in the pull request's body."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.gather.files import document, touched
from checks import contract
from checks.model import ChangeFacts, ContractText, Document, Missing, Origin, Pull

if TYPE_CHECKING:
    from app.github.repository import Repository

PATTERN = ".maestro/contracts/*.json"
MAX_BYTES = 64 * 1024 + 1
MOST_FILES = 50


async def contracts(
    repository: Repository, pull: Pull, change: ChangeFacts, at_base: Iterable[str], at_head: Iterable[str]
) -> tuple[ContractText, ...] | Missing:
    """Every contract that bears on the change. Of the head, only files that the change touches are read."""
    changes = touched(change)
    base, head = tuple(at_base), tuple(path for path in at_head if changes(path))
    if len(base) + len(head) > MOST_FILES:
        return Missing(f"more than {MOST_FILES} contract files: {PATTERN}")
    read = await asyncio.gather(
        *(document(repository, path, pull.base_sha, MAX_BYTES) for path in base),
        *(document(repository, path, pull.head_sha, MAX_BYTES) for path in head),
    )
    origins = [Origin.BASE] * len(base) + [Origin.HEAD] * len(head)
    written = (_text(origin, found) for origin, found in zip(origins, read, strict=True) if found is not None)
    return (*written, *contract.contracts_in(pull.body))


def _text(origin: Origin, found: Document) -> ContractText:
    """An unreadable file goes on as text that no contract is, so that the check names it."""
    return ContractText(origin, found.path, found.missing.reason if found.missing else found.text)
