"""The Spec Cards of a change at both its ends, and what services and CI told of their guards.

Files that the change touches are always read; the others only where it touches any, or where no report of the head says
what they guard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from app.gather.files import Files, ReadFile, touched
from checks.guarded import Feature, Guarded, Live, Mutants, Target, Unread
from checks.model import Document, Pull
from checks.speclive import Config

MAX_BYTES = 64 * 1024  # of a file
MOST_FILES = 200
MOST_TEXT = 512 * 1024  # characters of all files together, of one end: two seconds of reading
_HOUR = 3_600.0  # seconds
TESTS = "tests"  # the environment of what was counted while tests ran

Static = tuple[tuple[Target, ...], Mutants | None, Mapping[str, Sequence[str]]]
"""Targets, wrong results, and by card the tests that are marked with it."""


class Guards(Protocol):
    """What was told of guards. `since`: epoch seconds."""

    async def static(self, repository: str, sha: str) -> Static | None:
        """What can be told of a commit without a call; None where nobody told."""

    async def live(self, repository: str, sha: str, since: float) -> Live | None:
        """What was seen of a commit; None where no process told anything."""

    async def serving(self, repository: str, since: float) -> Live | None:
        """What was seen of the commit that serves now."""


class NoGuards:
    """For a reader without a database: nobody told anything."""

    async def static(self, repository: str, sha: str) -> Static | None:
        """None."""
        return None

    async def live(self, repository: str, sha: str, since: float) -> Live | None:
        """None."""
        return None

    async def serving(self, repository: str, since: float) -> Live | None:
        """None."""
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """When is now (epoch seconds), and may CI still send a report of the head?"""

    now: float
    coming: bool = False

    def since(self, config: Config) -> float:
        """From when on calls count."""
        return self.now - config.window_hours * _HOUR


async def guarded(guards: Guards, read: ReadFile, pull: Pull, files: Files, config: Config, window: Window) -> Guarded:
    """All that the check reads. `files`: those that are cards."""
    static = None if pull.from_fork else await guards.static(pull.repository, pull.head_sha)
    touches = touched(files.change)
    edits = any(touches(path) for path in (*files.base, *files.head))  # what it brings may collide with what is there
    features, unread = await cards(read, pull, files, everything=static is None or edits)
    since = window.since(config)
    live = await guards.live(pull.repository, pull.head_sha, since)
    if pull.from_fork and live is not None and TESTS in live.environments:
        live = replace(live, targets=())  # what a fork's own tests call covers nothing; what they break is broken
    serving = await guards.serving(pull.repository, since)
    return Guarded(
        features,
        told=static is not None,
        coming=static is None and window.coming,
        unread=unread,
        targets=static[0] if static else (),
        mutants=static[1] if static else None,
        live=_within(live, config),
        serving=_within(serving, config),
    )


def _within(live: Live | None, config: Config) -> Live | None:
    """With the window that was asked for."""
    return live and Live(live.sha, live.targets, live.clauses, live.environments, config.window_hours)


async def cards(
    read: ReadFile, pull: Pull, files: Files, *, everything: bool
) -> tuple[tuple[Feature, ...], tuple[Unread, ...]]:
    """The files of cards, those that the change touches first; `everything`: the others as well."""
    changes = touched(files.change)
    every = sorted({*files.base, *files.head})
    mine = [path for path in every if changes(path)]
    others = [path for path in files.base if not changes(path)] if everything else []
    chosen = [*mine[:MOST_FILES], *others[: max(MOST_FILES - len(mine), 0)]]
    forked = pull.merge_base_sha or pull.base_sha
    ends = (_ends(read, path, forked, pull.head_sha) if changes(path) else _same(read, path, pull) for path in chosen)
    return _fitted(await asyncio.gather(*ends), frozenset(mine), _beyond(files, mine, others))


@dataclass(frozen=True, slots=True)
class _Both:
    path: str
    base: Document | None
    head: Document | None


async def _ends(read: ReadFile, path: str, base: str, head: str) -> _Both:
    """The base first: where it is known, the head's text may follow from a patch."""
    return _Both(path, await read(path, base, MAX_BYTES), await read(path, head, MAX_BYTES))


async def _same(read: ReadFile, path: str, pull: Pull) -> _Both:
    found = await read(path, pull.base_sha, MAX_BYTES)
    return _Both(path, found, found)


def _beyond(files: Files, mine: Sequence[str], others: Sequence[str]) -> Iterable[Unread]:
    """What is not read, and what is not even known."""
    if len(mine) > MOST_FILES:
        yield Unread(mine[MOST_FILES], f"the change touches more than {MOST_FILES} files of cards", touched=True)
    elif len(mine) + len(others) > MOST_FILES:
        yield Unread("", f"of {len(mine) + len(others)} files of cards {MOST_FILES} were read")
    if files.change.truncated:
        yield Unread("", "GitHub did not list the whole change: all cards count as touched")
    if not files.whole:
        yield Unread(
            "", "GitHub did not list so large a repository whole: cards that the change leaves alone are not known"
        )


def _fitted(
    found: Iterable[_Both], mine: frozenset[str], beyond: Iterable[Unread]
) -> tuple[tuple[Feature, ...], tuple[Unread, ...]]:
    """As many as there is room for, and why the others are not there."""
    features: list[Feature] = []
    unread: list[Unread] = []
    room = MOST_TEXT
    for one in found:
        texts = [_text(document) for document in (one.base, one.head)]
        room -= max(len(text or "") for text in texts)
        wrong = _wrong(one, one.path in mine, room)
        unread += wrong
        if room >= 0 and (any(text is not None for text in texts) or wrong):
            features.append(Feature(one.path, *texts))
    return tuple(features), (*unread, *beyond)


def _text(document: Document | None) -> str | None:
    return None if document is None or document.missing else document.text


def _wrong(one: _Both, mine: bool, room: int) -> list[Unread]:
    if room < 0:
        return [Unread(one.path, f"the cards have more than {MOST_TEXT:,} characters together", mine)]
    if one.head is not None and one.head.missing:
        return [Unread(one.path, one.head.missing.reason, mine)]
    if one.base is not None and one.base.missing:
        return [Unread("", f"on the base, {one.base.missing.reason}")]
    return []
