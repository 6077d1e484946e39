"""A command from a comment: acknowledged at once, allowed or declined, carried out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.model import Done, Opened, React, Reply, Trigger, Verb
from handlers.commands import VERBS
from handlers.commands import help as help_verb
from handlers.commands.allowed import Allowed
from handlers.commands.asked import Act, Asked, Declined
from handlers.commands.choose import chosen, meant
from handlers.commands.help import explained
from handlers.commands.parse import parse
from handlers.ports import Renderer, Writer
from handlers.study_ports import CommandReader


@dataclass(frozen=True, slots=True)
class Commands:
    """Answers `/maestro ...` where the repository is configured and has not switched commands off.

    `acts`: what each verb does; `/maestro help` is answered here.
    """

    reader: CommandReader
    writer: Writer
    renderer: Renderer
    allowed: Allowed
    acts: Mapping[Verb, Act]

    async def __call__(self, trigger: Trigger) -> Done:
        """Acknowledge with eyes, act, reply if there is something to say, and close with a rocket or confusion."""
        opened = await self.reader.open(trigger) or await self.reader.merged(trigger)
        if trigger.number is None or trigger.comment_id is None or opened is None or not opened.commands:
            return Done()
        cause = replace(trigger.cause, head_sha=opened.pull.head_sha)
        await self.writer.perform(opened.place, (React(trigger.comment_id, "eyes"),), cause)
        reply, understood, then = await self._answered(trigger, opened)
        said = (Reply(trigger.number, trigger.comment_id, reply),) if reply else ()
        end = React(trigger.comment_id, "rocket" if understood else "confused")
        await self.writer.perform(opened.place, (*said, end), cause)
        return Done(then)

    async def _answered(self, trigger: Trigger, opened: Opened) -> tuple[str, bool, tuple[Trigger, ...]]:
        """The reply, whether it was carried out, and what follows."""
        command = parse(trigger.text)
        found = chosen(command, VERBS) if command else None
        if command is None or found is None:
            said, nearest = meant(command, VERBS) if command else ("", "")
            return self.renderer.unknown_command(said, nearest), False, ()
        verb, arguments = found
        if verb is help_verb.VERB:
            return explained(arguments, VERBS, self.renderer), True, ()
        asked = await self.allowed(verb, Asked(trigger, opened, arguments, trigger.cause))
        outcome = await self.acts[verb](asked) if isinstance(asked, Asked) else asked
        if isinstance(outcome, Declined):
            return self.renderer.declined(verb, outcome.reason), False, outcome.then
        return self.renderer.noted(verb, outcome.notes) if outcome.notes else "", True, outcome.then
