"""Where a repository's configuration is found: the order of places, and what one port reads there.

1. `.github/maestro.yml` of the repository, at the base the caller names: never at the head of a pull request.
2. `.github/maestro.yml`, else `maestro.yml`, of the owner's `.github` repository, on its default branch.
3. Nowhere: silence. A place that could not be read is not silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from app.config.model import PATH, Checks, Config, ConfigError, ConfigErrors
from app.config.parse import build
from app.config.tree import Block, merge, read
from checks.model import Missing

DEFAULT_BRANCH = ""
ORGANISATION_PATHS = (PATH, "maestro.yml")


class Read(Protocol):
    """The port: the bytes of one file; None where there is none; Missing, with its reason, if unknown.

    `ref` is a branch or a sha; "" is the default branch.
    """

    async def __call__(self, repository: str, path: str, ref: str) -> bytes | Missing | None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """One file on GitHub."""

    repository: str
    path: str
    ref: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read, and git's blob sha of what it held."""

    place: Place
    blob: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A repository's configuration. `outcome` None: no file anywhere; Missing: a read failed, try again."""

    outcome: Config | ConfigErrors | Missing | None
    sources: tuple[Source, ...] = ()


def places(repository: str, base_ref: str) -> Iterator[Place]:
    """Where to look, first to last."""
    owner = repository.partition("/")[0]
    yield Place(repository, PATH, base_ref)
    for path in ORGANISATION_PATHS:
        yield Place(f"{owner}/.github", path, DEFAULT_BRANCH)


async def load(read_file: Read, repository: str, base_ref: str, *, checks: Checks) -> Loaded:
    """Read the first configuration there is, with the one that it extends."""
    for place in places(repository, base_ref):
        data = await read_file(place.repository, place.path, place.ref)
        if isinstance(data, Missing):
            return Loaded(_unread(place, data))
        if data is not None:
            return await complete(read_file, place, data, repository, checks=checks)
    return Loaded(None)


async def complete(read_file: Read, place: Place, data: bytes, repository: str, *, checks: Checks) -> Loaded:
    """Judge `data`, found at `place`, as the configuration of `repository`: alone, or over what it extends.

    Also for the head's copy of a pull request that edits the configuration.
    """
    sources: tuple[Source, ...] = (Source(place, blob_sha(data)),)
    child = read(data, _shown_path(place, repository))
    if isinstance(child, ConfigErrors):
        return Loaded(child, sources)
    heading = build(_heading(child), checks=checks, source="")
    if isinstance(heading, ConfigErrors) or heading.extends is None:
        return Loaded(build(child, checks=checks, source=_said(sources, repository)), sources)
    base = await _base(read_file, child, heading.extends, repository)
    if not isinstance(base.outcome, Block):
        return Loaded(base.outcome, sources + base.sources)
    sources += base.sources
    return Loaded(build(merge(base.outcome, child), checks=checks, source=_said(sources, repository)), sources)


def _heading(tree: Block) -> Block:
    """What a file says of itself; its other blocks may be whole only together with those of the file it extends."""
    return Block({key: tree.entries[key] for key in ("version", "extends") if key in tree.entries}, tree.mark)


@dataclass(frozen=True, slots=True)
class _Base:
    """The extended file, or why it cannot be had."""

    outcome: Block | ConfigErrors | Missing
    sources: tuple[Source, ...] = ()


async def _base(read_file: Read, child: Block, extends: str, repository: str) -> _Base:
    place = extended_place(extends)
    if _owner(place.repository) != _owner(repository):
        owner = repository.partition("/")[0]
        return _Base(_at_extends(child, f"`{extends}` belongs to another owner; it must be one of `{owner}`"))
    data = await read_file(place.repository, place.path, place.ref)
    if isinstance(data, Missing):
        return _Base(_unread(place, data))
    if data is None:
        where = f"is the App installed on `{place.repository}`, and does it hold `{place.path}`?"
        return _Base(_at_extends(child, f"`{extends}` was not found; {where}"))
    base = read(data, _shown_path(place, repository))
    if isinstance(base, Block) and "extends" in base.entries:
        base = _at_extends(base, "`extends` goes one level deep; this file is extended itself")
    return _Base(base, (Source(place, blob_sha(data)),))


def extended_place(extends: str) -> Place:
    """`owner/repo` or `owner/repo:path`, on that repository's default branch."""
    repository, _, path = extends.partition(":")
    return Place(repository, path or PATH, DEFAULT_BRANCH)


def blob_sha(data: bytes) -> str:
    """Git's name for these bytes (git-scm.com/book, Git Internals, Git Objects)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _at_extends(tree: Block, message: str) -> ConfigErrors:
    mark = tree.entries["extends"].value.mark
    return ConfigErrors((ConfigError(mark.path, mark.line, mark.column, "extends", message),))


def _unread(place: Place, missing: Missing) -> Missing:
    return replace(missing, reason=f"{place.repository}:{place.path} could not be read: {missing.reason}")


def _owner(repository: str) -> str:
    return repository.partition("/")[0].casefold()


def _shown_path(place: Place, repository: str) -> str:
    """A path of the repository itself can carry an annotation; another's is told by its full name."""
    return place.path if place.repository.casefold() == repository.casefold() else f"{place.repository}:{place.path}"


def _said(sources: tuple[Source, ...], repository: str) -> str:
    return " + ".join(f"{_shown_path(source.place, repository)}@{source.blob[:12]}" for source in sources)
