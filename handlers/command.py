"""A command from a comment: acknowledged at once, answered once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import React, Reply, Trigger
from handlers.commands import VERBS, answer_to
from handlers.commands.nearest import nearest
from handlers.commands.parse import parse
from handlers.ports import Reader, Renderer, Writer


@dataclass(frozen=True, slots=True)
class Commands:
    """Answers `/maestro ...` where the repository is configured and has not switched commands off."""

    reader: Reader
    writer: Writer
    renderer: Renderer

    async def __call__(self, trigger: Trigger) -> None:
        """Acknowledge with eyes, answer, and close with a rocket or, for what we did not understand, confusion."""
        opened = await self.reader.open(trigger)
        if trigger.number is None or trigger.comment_id is None or opened is None or not opened.commands:
            return
        command = parse(trigger.text)
        answer = answer_to(command, self.renderer) if command else None
        verb = command.verb if command else ""
        body = answer or self.renderer.unknown_command(verb, nearest(verb, VERBS))
        await self.writer.perform(
            opened.place,
            (
                React(trigger.comment_id, "eyes"),
                Reply(trigger.number, trigger.comment_id, body),
                React(trigger.comment_id, "rocket" if answer else "confused"),
            ),
            replace(trigger.cause, head_sha=opened.pull.head_sha),
        )
