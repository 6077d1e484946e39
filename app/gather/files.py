"""Text files at a commit, and which of them exist there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, Protocol

from app.github.errors import TooLarge
from checks.globs import matches
from checks.model import ChangeFacts, Document, Missing

if TYPE_CHECKING:  # a checkout reads without the client, and without the time it takes to load
    from app.github.repository import Repository


class ReadFile(Protocol):
    """Where files come from: GitHub, or a checkout."""

    async def __call__(self, path: str, sha: str, max_bytes: int) -> Document | None:
        """The file at `path` of commit `sha`, None where there is none; unreadable ones say why."""


def from_github(repository: Repository) -> ReadFile:
    """Reads the files of `repository`."""

    async def read(path: str, sha: str, max_bytes: int) -> Document | None:
        try:
            content = await repository.content(path, sha, max_bytes=max_bytes)
        except TooLarge:
            return too_large(path, sha, max_bytes)
        return None if content is None else decoded(path, sha, content)

    return read


def decoded(path: str, sha: str, content: bytes) -> Document:
    """`content` as UTF-8 text, with or without a byte order mark; anything else says why it is not."""
    try:
        return Document(path, sha, content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Document(path, sha, missing=Missing(f"{path} is not UTF-8 text"))


def too_large(path: str, sha: str, max_bytes: int) -> Document:
    """A file that is not read."""
    return Document(path, sha, missing=Missing(f"{path} is larger than {max_bytes} bytes"))


async def listing(repository: Repository, sha: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """The files at commit `sha` that match any of `patterns`, sorted.

    Where GitHub cannot list so large a tree whole, a pattern without a wildcard is taken at its word.
    """
    return (await listed(repository, sha, patterns)).paths


@dataclass(frozen=True, slots=True)
class Listed:
    """Sorted paths at a commit. Not `whole`: the tree is larger than GitHub lists."""

    paths: tuple[str, ...]
    whole: bool = True


async def listed(repository: Repository, sha: str, patterns: Iterable[str]) -> Listed:
    """As `listing`, and whether that is all there is."""
    tree = await repository.tree(sha)
    patterns = tuple(patterns)
    wanted = chooser(patterns)
    found = {entry.path for entry in tree.entries if entry.kind == "blob" and wanted(entry.path)}
    if tree.truncated:
        found |= {pattern for pattern in patterns if not any(mark in pattern for mark in "*?[")}
    return Listed(tuple(sorted(found)), not tree.truncated)


def chooser(patterns: Iterable[str]) -> Callable[[str], bool]:
    """What `checks.globs.matches` says of these patterns, quickly: a tree may have a hundred thousand files.

    Most patterns end in the name of a file, and most files have none of those names.
    """
    patterns = tuple(patterns)
    ends = {pattern: pattern.rpartition("/")[2] for pattern in patterns}
    open_ended = tuple(pattern for pattern in patterns if ends[pattern] in {"", "**"})
    names = sorted({end for end in ends.values() if end not in {"", "**"}})
    named = re.compile("|".join(map(translate, names))) if names else None

    def wanted(path: str) -> bool:
        likely = named is not None and named.match(path.rpartition("/")[2])
        return matches(path, patterns if likely else open_ended)

    return wanted


@dataclass(frozen=True, slots=True)
class Files:
    """What the change touches, and the sorted files (all, or those that matter) at the base and at the head.

    Not `whole`: there may be more that it does not touch.
    """

    change: ChangeFacts
    base: tuple[str, ...]
    head: tuple[str, ...]
    whole: bool = True

    def matching(self, patterns: tuple[str, ...]) -> Files:
        """Those that match any of `patterns`."""
        found = frozenset(path for path in {*self.base, *self.head} if matches(path, patterns))
        base, head = (tuple(path for path in end if path in found) for end in (self.base, self.head))
        return Files(self.change, base, head, self.whole)


def files_of(change: ChangeFacts, base: Iterable[str], whole: bool = True) -> Files:
    """The files at the head are those of the base, less what the change removes, plus what it brings."""
    gone = {file.path for file in change.files if file.status == "removed"}
    gone |= {file.previous for file in change.files if file.status == "renamed"}
    brought = {file.path for file in change.files if file.status != "removed"}
    at_base = frozenset(base)
    return Files(change, tuple(sorted(at_base)), tuple(sorted((at_base - gone) | brought)), whole)


def touched(change: ChangeFacts) -> Callable[[str], bool]:
    """Does the change touch a path? Everything counts as touched where GitHub did not list the whole change."""
    paths = {file.path for file in change.files} | {file.previous for file in change.files}
    return lambda path: change.truncated or path in paths
