"""Slash commands: one module a verb, each declaring itself; parsing, help and refusals are made of the declarations."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from handlers.commands import help as help_command


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb's module declares: how to use it, what it means, the least role it takes."""

    name: str
    usage: str
    meaning: str
    role: str


VERBS: tuple[Verb, ...] = (Verb(help_command.VERB, help_command.USAGE, help_command.MEANING, help_command.ROLE),)


def nearest(verb: str) -> str:
    """The known verb most like `verb`, or ""."""
    return next(iter(difflib.get_close_matches(verb, [known.name for known in VERBS], n=1, cutoff=0.5)), "")
