"""`merge_group`: the merge queue asks whether this very combination may ship; it is judged on its own sha."""

from __future__ import annotations

from app.model import Kind, Trigger
from handlers.payload import Payload, installation, repository, sha, text


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Judge the group's head against its base; a destroyed group needs no answer."""
    head = sha(payload, "merge_group", "head_sha")
    base = text(payload, "merge_group", "base_ref").removeprefix("refs/heads/")
    if text(payload, "action") != "checks_requested" or not head or not base:
        return ()
    return (
        Trigger(
            Kind.EVALUATE,
            repository(payload),
            installation(payload),
            head_sha=head,
            base_ref=base,
            base_sha=sha(payload, "merge_group", "base_sha"),
            merge_group=True,
            reason="merge_group.checks_requested",
        ),
    )
