"""`maestro_asked`: our own word that somebody asked for something in the Decision Center. Its row is stored."""

from __future__ import annotations

import re

from app.model import Kind, Surface, Trigger
from handlers.payload import Payload, installation, integer, is_bot, repository, sha, text

_ID = re.compile(r"[0-9a-f]{32}")


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """The command, on the head that the page showed. Whether it was asked for is for its row to say."""
    key, number, head = text(payload, "command"), integer(payload, "number"), sha(payload, "head_sha")
    if not _ID.fullmatch(key) or number is None or not head or is_bot(payload, "sender"):
        return ()
    said = " ".join(f"{text(payload, 'verb')} {text(payload, 'arguments')}".split())
    return (
        Trigger(
            Kind.COMMAND,
            repository(payload),
            installation(payload),
            number=number,
            head_sha=head,
            reason="center.asked",
            text=said,
            command=key,
            surface=Surface.CENTER,
        ),
    )
