"""`deployment_status`: what serves may be studied, and a canary begin its experiment; or it is gone."""

from __future__ import annotations

from dataclasses import replace

from app.model import Kind, Trigger
from handlers.moment import moment
from handlers.payload import Payload, installation, integer, repository, sha, text

SERVES = "success"
_GONE = ("error", "failure", "inactive")
_LONGEST = 255  # characters of an environment's name


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Look whether it is a canary, and what it brought; the states on the way to serving mean nothing yet."""
    state = text(payload, "deployment_status", "state")
    head = sha(payload, "deployment", "sha")
    environment = text(payload, "deployment_status", "environment") or text(payload, "deployment", "environment")
    named = environment.isprintable() and 0 < len(environment) <= _LONGEST
    if state not in {SERVES, *_GONE} or not head or not named:
        return ()
    canary = Trigger(
        Kind.CANARY,
        repository(payload),
        installation(payload),
        head_sha=head,
        environment=environment,
        deployment=integer(payload, "deployment", "id"),
        reason=f"deployment_status.{state}",
    )
    since = moment(payload, "deployment_status", "created_at")
    if state != SERVES or canary.deployment is None or not since:
        return (canary,)
    return (canary, replace(canary, kind=Kind.DEPLOYED, at=since))
