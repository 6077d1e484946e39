"""What is sent more than once is told apart by its name and its digest: the same again changes nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from hashlib import sha256


class Full(Exception):
    """As much is kept already as is ever kept."""


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of each that was sent, by its place. `differing`: accepted, though another of its name was here."""

    accepted: tuple[int, ...] = ()
    duplicate: tuple[int, ...] = ()
    differing: tuple[int, ...] = ()


def told_apart(here: Iterable[tuple[Hashable, str]], sent: Iterable[tuple[Hashable, str]]) -> Fed:
    """Of names and digests that are `here`, and of those that were `sent`.

    >>> told_apart([("a", "1")], [("a", "1"), ("a", "2"), ("b", "1"), ("b", "1")])
    Fed(accepted=(1, 2), duplicate=(0, 3), differing=(1,))
    """
    known: dict[Hashable, set[str]] = {}
    for name, digest in here:
        known.setdefault(name, set()).add(digest)
    accepted, duplicate, differing = [], [], []
    for place, (name, digest) in enumerate(sent):
        before = known.setdefault(name, set())
        if digest in before:
            duplicate.append(place)
            continue
        accepted.append(place)
        if before:
            differing.append(place)
        before.add(digest)
    return Fed(tuple(accepted), tuple(duplicate), tuple(differing))


def digest_of(text: str | bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(text.encode() if isinstance(text, str) else text).hexdigest()
