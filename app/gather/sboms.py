"""SBOMs at both ends of the change: where it left its base, and its head."""

from __future__ import annotations

import asyncio

from app.gather.files import Files, ReadFile, touched
from checks.model import Document, Missing, Pull, SbomPair
from checks.sbom import MAX_BYTES

MOST_FILES = 20


async def sboms(read: ReadFile, pull: Pull, files: Files, patterns: tuple[str, ...]) -> tuple[SbomPair, ...] | Missing:
    """One pair a path. A file that the change leaves alone is not read: it is equal to itself."""
    found, changes = files.matching(patterns), touched(files.change)
    paths = sorted({*found.base, *found.head})
    if len(paths) > MOST_FILES:
        return Missing(f"more than {MOST_FILES} files match `sbom.paths`")
    pairs = (_pair(read, pull, path, path in found.head) if changes(path) else _same(pull, path) for path in paths)
    return tuple(await asyncio.gather(*pairs))


async def _pair(read: ReadFile, pull: Pull, path: str, lives: bool) -> SbomPair:
    base = await read(path, pull.merge_base_sha or pull.base_sha, MAX_BYTES)
    return SbomPair(path, base, await read(path, pull.head_sha, MAX_BYTES) if lives else None)


async def _same(pull: Pull, path: str) -> SbomPair:
    return SbomPair(path, Document(path, pull.base_sha), Document(path, pull.head_sha))
