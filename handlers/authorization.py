"""`github_app_authorization`: somebody took back what lets us ask GitHub as them."""

from __future__ import annotations

from app.model import Kind, Trigger
from handlers.payload import Payload, integer, text


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Forget them; of no repository."""
    person = integer(payload, "sender", "id")
    if text(payload, "action") != "revoked" or person is None:
        return ()
    return (Trigger(Kind.SIGNED_OUT, "", person=person, reason="github_app_authorization.revoked"),)
