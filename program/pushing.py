"""Whether bots push to a pull request again and again, with no person among them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class By:
    """Who pushed a head: `asked` where that was an attempt of ours."""

    who: str
    bot: bool
    asked: bool = False


def heads_of_bots(heads: Iterable[str], by: Mapping[str, By]) -> tuple[int, tuple[str, ...]]:
    """How many of `heads`, the newest first, bots pushed of their own accord since a person did; and which bots.

    A head whose commits are gone was pushed over: it counts as a bot's where the newest head is one.
    """
    count, bots = 0, dict[str, None]()
    for head in heads:
        found = by.get(head)
        if found is not None and not found.bot and not found.asked:
            break
        if found is not None and found.asked:
            continue
        count += 1
        if found is not None:
            bots[found.who] = None
    return (count, tuple(bots)) if bots else (0, ())
