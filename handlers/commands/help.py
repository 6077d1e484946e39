"""`/maestro help`: what can be asked here."""

from __future__ import annotations

from collections.abc import Sequence

from app.model import Verb
from handlers.commands.nearest import nearest
from handlers.commands.parse import Command
from handlers.ports import Renderer

VERB = Verb("help", "/maestro help [command]", "List the commands, or explain one.", "read")


def answer(command: Command, verbs: Sequence[Verb], renderer: Renderer) -> str:
    """The verbs that are asked for, as they declare themselves, else every verb; a name that is none is told so."""
    names = [argument.lower() for argument in command.arguments]
    asked = [verb for verb in verbs if verb.name in names]
    if names and not asked:
        return renderer.unknown_command(names[0], nearest(names[0], verbs))
    return renderer.help(asked or verbs)
