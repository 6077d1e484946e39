"""SBOMs at both ends of the change: where it left its base, and its head."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.gather.files import document, touched
from checks.model import ChangeFacts, Document, Missing, Pull, SbomPair

if TYPE_CHECKING:
    from app.github.repository import Repository

MAX_BYTES = 32 * 1024 * 1024
MOST_FILES = 20


async def sboms(
    repository: Repository, pull: Pull, change: ChangeFacts, at_base: Iterable[str], at_head: Iterable[str]
) -> tuple[SbomPair, ...] | Missing:
    """One pair a path. A file that the change leaves alone is not fetched: it is equal to itself."""
    base, head, changes = set(at_base), set(at_head), touched(change)
    paths = sorted(base | head)
    if len(paths) > MOST_FILES:
        return Missing(f"more than {MOST_FILES} files match `sbom.paths`")
    pairs = (_pair(repository, pull, path, path in head) if changes(path) else _same(pull, path) for path in paths)
    return tuple(await asyncio.gather(*pairs))


async def _pair(repository: Repository, pull: Pull, path: str, lives: bool) -> SbomPair:
    forked = pull.merge_base_sha or pull.base_sha
    base = await document(repository, path, forked, MAX_BYTES)
    return SbomPair(path, base, await document(repository, path, pull.head_sha, MAX_BYTES) if lives else None)


async def _same(pull: Pull, path: str) -> SbomPair:
    return SbomPair(path, Document(path, pull.base_sha), Document(path, pull.head_sha))
