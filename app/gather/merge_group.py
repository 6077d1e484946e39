"""A merge queue's combination, seen as a change of its own."""

from __future__ import annotations

from app.model import Trigger
from checks.model import Pull


def merge_group_of(trigger: Trigger) -> Pull:
    """The group's head against its base; it has no number, no author and no card."""
    return Pull(
        repository=trigger.repository,
        number=None,
        title="Merge group",
        author="",
        head_sha=trigger.head_sha,
        head_ref="",
        base_sha=trigger.base_sha,
        base_ref=trigger.base_ref,
    )
