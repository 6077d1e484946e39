"""`/maestro help`: what can be asked here."""

from __future__ import annotations

from collections.abc import Sequence

from app.model import Verb
from handlers.commands.nearest import nearest
from handlers.ports import Renderer

VERB = Verb(
    name="help",
    usage="/maestro help [command]",
    example="/maestro help canary",
    effect="Lists the commands, or explains one.",
    role="read",
)


def explained(arguments: Sequence[str], verbs: Sequence[Verb], renderer: Renderer) -> str:
    """The verbs that are asked for, as they declare themselves, else every verb; a name that is none is told so."""
    named = " ".join(arguments).lower()
    asked = [verb for verb in verbs if verb.name == named or verb.name.split()[0] in named.split()]
    if named and not asked:
        return renderer.unknown_command(named, nearest(named, verbs))
    return renderer.help(asked or verbs)
