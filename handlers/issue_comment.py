"""`issue_comment`: somebody may have spoken to us. Only a new comment counts: others can edit a person's words.

Whether a bot is heard is for the configuration to say; what our own App writes is not. What another App writes with a
person's token bears that person's name, but they may never have read it: it counts as that App's bot's.
"""

from __future__ import annotations

from app.model import Kind, Surface, Trigger
from handlers.commands.parse import spoken_to
from handlers.moment import moment
from handlers.payload import Payload, actor, at, installation, integer, is_bot, repository, text

_APP = ("comment", "performed_via_github_app")
_LONGEST = 60  # characters of an App's name in addresses: GitHub's have at most 34


def understand(payload: Payload, own_app: int) -> tuple[Trigger, ...]:
    """A command, when somebody begins a new comment on a pull request with `/maestro`."""
    body, number = text(payload, "comment", "body"), integer(payload, "issue", "number")
    if text(payload, "action") != "created" or at(payload, "issue", "pull_request") is None or number is None:
        return ()
    if not spoken_to(body) or integer(payload, *_APP, "id") == own_app:
        return ()
    through = at(payload, *_APP) is not None
    bot = through or is_bot(payload, "sender") or is_bot(payload, "comment", "user")
    if bot and actor(payload) != text(payload, "comment", "user", "login"):
        return ()
    slug = text(payload, *_APP, "slug")[:_LONGEST]
    return (
        Trigger(
            Kind.COMMAND,
            repository(payload),
            installation(payload),
            number=number,
            reason="issue_comment.created",
            comment_id=integer(payload, "comment", "id"),
            text=body,
            bot=bot,
            at=moment(payload, "comment", "created_at"),
            who=f"{slug}[bot]" if slug else actor(payload),
            surface=Surface.COMMENT,
        ),
    )
