"""`/maestro help`: what can be asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.model import Verb
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.choose import meant
from handlers.commands.parse import Command, bare
from handlers.ports import Renderer

VERB = Verb(
    name="help",
    usage="/maestro help [command]",
    example="/maestro help canary",
    effect="Lists the commands, or explains one.",
    role="read",
    about="nothing",
)


@dataclass(frozen=True, slots=True)
class Help:
    """Tells of the verbs as they declare themselves."""

    renderer: Renderer
    verbs: Sequence[Verb]

    async def tell(self, asked: Asked) -> Answer | Declined:
        """All of them, or those that are named."""
        return Answer(reply=explained(asked.arguments, self.verbs, self.renderer))


def explained(arguments: Sequence[str], verbs: Sequence[Verb], renderer: Renderer) -> str:
    """The verbs that are asked for, as they declare themselves, else every verb; a name that is none is told so."""
    words = tuple(bare(word).lower() for word in arguments)
    named = " ".join(words)
    asked = [verb for verb in verbs if verb.name == named or verb.name.split()[0] in named.split()]
    if named and not asked:
        return renderer.unknown_command(named, meant(Command(words[0], words[1:]), verbs)[1])
    return renderer.help(asked or verbs)
