"""Which verb a command names. Some have two words: `canary start`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from app.model import Verb
from handlers.commands.parse import Command, bare

_ALSO = {"revert": "rollback", "undo": "rollback", "rerun": "retry", "re-run": "retry"}
"""What others call some of our verbs, and is nearer to another one by its letters."""


def chosen(command: Command, verbs: Sequence[Verb]) -> tuple[Verb, tuple[str, ...]] | None:
    """The verb, and what follows it; None where there is none of this name. Of two names the longer one counts."""
    words = (command.verb, *(bare(word).lower() for word in command.arguments))
    for verb in sorted(verbs, key=lambda verb: -len(verb.name.split())):
        name = tuple(verb.name.split())
        if words[: len(name)] == name:
            return verb, _named(command.arguments[len(name) - 1 :])
    return None


def meant(command: Command, verbs: Sequence[Verb]) -> tuple[str, tuple[str, ...]]:
    """What was said in place of a verb, and the names that were probably meant: several where each may be."""
    names = [verb.name for verb in verbs]
    first = _ALSO.get(command.verb) or _nearest(command.verb, {name.split()[0] for name in names})
    second = bare(next(iter(command.arguments), "")).lower()
    family = [name for name in names if name.split()[0] == first]
    said = f"{command.verb} {second}".strip() if family and first not in family else command.verb
    of_second = _nearest(second, {name.split()[1] for name in family if " " in name})
    if of_second:
        return said, (f"{first} {of_second}",)
    return said, (first,) if first in family else tuple(family)


def _named(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The same, where a check is named as GitHub shows its run: `maestro / contract`."""
    github = len(arguments) > 2 and (bare(arguments[0]).lower(), arguments[1]) == ("maestro", "/")
    return arguments[2:] if github else arguments


def _nearest(word: str, names: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(word, sorted(names), n=1, cutoff=0.5)), "")
