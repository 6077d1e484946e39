"""`issue_comment`: somebody may have spoken to us. Only a new comment counts: others can edit a person's words."""

from __future__ import annotations

from app.model import Kind, Surface, Trigger
from handlers.commands.parse import spoken_to
from handlers.moment import moment
from handlers.payload import Payload, at, installation, integer, is_bot, repository, text


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """A command, when a person begins a new comment on a pull request with `/maestro`."""
    body, number = text(payload, "comment", "body"), integer(payload, "issue", "number")
    if text(payload, "action") != "created" or at(payload, "issue", "pull_request") is None or number is None:
        return ()
    if is_bot(payload, "sender") or is_bot(payload, "comment", "user") or not spoken_to(body):
        return ()
    return (
        Trigger(
            Kind.COMMAND,
            repository(payload),
            installation(payload),
            number=number,
            reason="issue_comment.created",
            comment_id=integer(payload, "comment", "id"),
            text=body,
            at=moment(payload, "comment", "created_at"),
            surface=Surface.COMMENT,
        ),
    )
