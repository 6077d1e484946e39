"""`maestro_wake`: our own reminder that something new is stored: of a commit, or an experiment that was begun."""

from __future__ import annotations

from app.model import DRIFT, EXPERIMENT, MEASURED, MOVED, SBOM, SPECLIVE, USAGE, Kind, Surface, Trigger
from handlers.payload import Payload, integer, repository, sha, text

_SENT = (MEASURED, SBOM, MOVED, USAGE, SPECLIVE)


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Find the pull requests at that commit and judge them; look at that experiment, or at that module."""
    if text(payload, "about") == EXPERIMENT:
        return _look(payload)
    if text(payload, "about") == DRIFT:
        return _watched(payload)
    head = sha(payload, "sha")
    if not head:
        return ()
    about = text(payload, "about")
    reason = about if about in _SENT else _SENT[0]
    return (Trigger(Kind.LOCATE, repository(payload), head_sha=head, reason=reason, surface=Surface.API),)


def _look(payload: Payload) -> tuple[Trigger, ...]:
    experiment = integer(payload, "experiment")
    if experiment is None:
        return ()
    where = repository(payload)
    return (Trigger(Kind.EXPERIMENT, where, experiment=experiment, reason=EXPERIMENT, surface=Surface.API),)


def _watched(payload: Payload) -> tuple[Trigger, ...]:
    module = text(payload, "module")
    where = repository(payload)
    return (Trigger(Kind.DRIFT, where, module=module, reason=DRIFT, surface=Surface.API),) if module else ()
