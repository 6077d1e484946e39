"""What a delivery means: its event's handler says so; an event without one means nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.model import ASKED, MAESTRO, WAKE, Delivery, Kind, Surface, Trigger
from handlers import (
    asked,
    authorization,
    check_events,
    deployment_status,
    installation,
    issue_comment,
    merge_group,
    pull_request,
    push,
    wake,
)
from handlers.commands.keeping import named
from handlers.payload import Payload, actor, read

Handler = Callable[[Payload, int], tuple[Trigger, ...]]

HANDLERS: Mapping[str, Handler] = {
    "pull_request": pull_request.understand,
    "check_run": check_events.understand_check_run,
    "check_suite": check_events.understand_check_suite,
    "workflow_run": check_events.understand_workflow_run,
    "deployment_status": deployment_status.understand,
    "issue_comment": issue_comment.understand,
    "push": push.understand,
    "merge_group": merge_group.understand,
    "installation": installation.understand,
    "github_app_authorization": authorization.understand,
    "installation_repositories": installation.understand,
    WAKE: wake.understand,
    ASKED: asked.understand,
}


@dataclass(frozen=True, slots=True)
class Understanding:
    """Knows which App we are, so that our own echoes are dropped before any call to GitHub."""

    own_app: int

    def __call__(self, delivery: Delivery) -> tuple[Trigger, ...]:
        """The triggers of `delivery`; none for events, actions and repositories that mean nothing to us."""
        handler = HANDLERS.get(delivery.event)
        if handler is None:
            return ()
        payload = read(delivery.body)
        meant = (trigger for trigger in handler(payload, self.own_app) if trigger.repository or trigger.person)
        return tuple(_asked(_by_whom(trigger, payload), delivery) for trigger in meant)


def _by_whom(trigger: Trigger, payload: Payload) -> Trigger:
    """Whoever made the event happen asks, unless its handler found out who did."""
    return replace(trigger, who=actor(payload)) if trigger.who == MAESTRO else trigger


def _asked(trigger: Trigger, delivery: Delivery) -> Trigger:
    """A command that tells neither its time nor its name has those of the delivery that brought it."""
    if trigger.kind is not Kind.COMMAND or trigger.surface is Surface.COMMENT:
        return trigger
    return replace(trigger, at=delivery.received_at, command=trigger.command or named(trigger.surface, delivery.guid))
