"""`/maestro help`: what can be asked here."""

from __future__ import annotations

from collections.abc import Sequence

from app.model import Verb
from handlers.commands.parse import Command
from handlers.ports import Renderer

VERB = Verb("help", "/maestro help [command]", "List the commands, or explain one.", "read")


def answer(command: Command, verbs: Sequence[Verb], renderer: Renderer) -> str:
    """The verbs that are asked for, else every verb, as they declare themselves."""
    asked = [verb for verb in verbs if verb.name in command.arguments]
    return renderer.help(asked or verbs)
