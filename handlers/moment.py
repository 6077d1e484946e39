"""When what a webhook tells of happened, by GitHub's own clock: whoever counts can say how late it came. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.model import Delivery
from handlers.payload import Payload, integer, read, text

# What an event is about. Others in a payload (the repository of a comment, say) may not have been touched for years.
_SUBJECTS: Mapping[str, str] = {
    "check_run": "check_run",
    "check_suite": "check_suite",
    "deployment_status": "deployment_status",
    "issue_comment": "comment",
    "pull_request": "pull_request",
    "push": "repository",
    "workflow_run": "workflow_run",
}
_TIMES = ("created_at", "started_at", "updated_at", "pushed_at", "completed_at")
_TOUCHING_NOTHING = frozenset({"requested_action", "rerequested"})  # a button, long after the run was completed


def happened(delivery: Delivery) -> float | None:
    """The newest moment that the subject of `delivery` names, in epoch seconds; None where it names none."""
    subject = _SUBJECTS.get(delivery.event)
    if subject is None:
        return None
    payload = read(delivery.body)
    if text(payload, "action") in _TOUCHING_NOTHING:
        return None
    return max(moment(payload, subject, name) for name in _TIMES) or None


def moment(payload: Payload, *path: str) -> float:
    """Epoch seconds of the time at `path`, else 0.

    GitHub writes a text such as 2026-01-31T12:00:00Z, and a number in the repository of a push.
    """
    return float(integer(payload, *path) or 0) or _read(text(payload, *path))


def _read(value: str) -> float:
    try:
        read = datetime.fromisoformat(value)
        return max(read.timestamp(), 0.0) if read.tzinfo else 0.0
    except (ValueError, OverflowError):
        return 0.0
