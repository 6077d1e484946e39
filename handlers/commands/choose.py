"""Which verb a command names. Some have two words: `canary start`."""

from __future__ import annotations

from collections.abc import Sequence

from app.model import Verb
from handlers.commands.nearest import nearest
from handlers.commands.parse import Command


def chosen(command: Command, verbs: Sequence[Verb]) -> tuple[Verb, tuple[str, ...]] | None:
    """The verb, and what follows it; None where there is none of this name. Of two names the longer one counts."""
    words = (command.verb, *(word.lower() for word in command.arguments))
    for verb in sorted(verbs, key=lambda verb: -len(verb.name.split())):
        name = tuple(verb.name.split())
        if words[: len(name)] == name:
            return verb, command.arguments[len(name) - 1 :]
    return None


def meant(command: Command, verbs: Sequence[Verb]) -> tuple[str, str]:
    """What was said in place of a verb, and the verb that is most like it, or ""."""
    two = " ".join((command.verb, *command.arguments[:1]))
    of_two = any(verb.name.startswith(f"{command.verb} ") for verb in verbs)
    said = two if of_two else command.verb
    return said, nearest(said.lower(), verbs)
