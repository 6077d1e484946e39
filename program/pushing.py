"""Whether bots push to a pull request again and again, with no person among them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class By:
    """Who made a commit: `asked` where that was an attempt of ours. `parents`: its first is where its branch was."""

    who: str
    bot: bool
    asked: bool = False
    parents: tuple[str, ...] = ()

    @property
    def person(self) -> bool:
        """Is it neither a bot's nor of our asking?"""
        return not self.bot and not self.asked


def makers(first: str, by: Mapping[str, By]) -> frozenset[str]:
    """Who made the commits up to the head `first`, the oldest of `by` first; nobody where that was pushed over."""
    known = list(by)
    return frozenset(by[sha].who for sha in known[: known.index(first) + 1]) if first in by else frozenset()


def took_over(head: str, by: Mapping[str, By], own: Set[str]) -> str:
    """The person who made the newest commit, where that is none of `own`, who had a hand in it from the beginning; ""
    for nobody. Who merges what bots proposed onto the branch makes nothing of it theirs.
    """
    tip = by.get(head)
    while tip is not None and tip.person and tip.parents[1:] and all(_ours(by.get(sha)) for sha in tip.parents[1:]):
        tip = by.get(tip.parents[0])
    return tip.who if tip is not None and tip.person and tip.who not in own else ""


def _ours(merged: By | None) -> bool:
    return merged is not None and not merged.person


def heads_of_bots(heads: Iterable[str], by: Mapping[str, By]) -> tuple[int, tuple[str, ...]]:
    """How many of `heads`, the newest first, bots pushed of their own accord since a person did; and which bots.

    A head whose commits are gone was pushed over: it counts as a bot's where the newest head is one.
    """
    count, bots = 0, dict[str, None]()
    for head in heads:
        found = by.get(head)
        if found is not None and found.person:
            break
        if found is not None and found.asked:
            continue
        count += 1
        if found is not None:
            bots[found.who] = None
    return (count, tuple(bots)) if bots else (0, ())
