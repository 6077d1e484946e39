"""`check_run`, `check_suite`, `workflow_run`: others reported on a head, or somebody asked us to look again."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from app.model import AGREE_BUTTON, DISAGREE_BUTTON, EVALUATE_BUTTON, OWN_RUN, Kind, Surface, Trigger
from handlers.commands import VERBS
from handlers.payload import Payload, at, installation, integer, is_bot, items, repository, sha, text

_VERBS = frozenset(verb.name for verb in VERBS)
_OPINION = re.compile(rf"(?P<word>{AGREE_BUTTON}|{DISAGREE_BUTTON}):(?P<study>[1-9][0-9]{{0,10}})")


def understand_check_run(payload: Payload, own_app: int) -> tuple[Trigger, ...]:
    """Another App's run began or ended; or our own was asked to run again, by its link or by its button.

    A beginning counts: what we said before it was heard may have been too green.
    """
    action, owner = text(payload, "action"), integer(payload, "check_run", "app", "id")
    ours = owner == own_app or (owner is None and text(payload, "check_run", "external_id").startswith(OWN_RUN))
    if ours and action == "rerequested":
        return _look_at(payload, "check_run", reset=True)
    if ours and action == "requested_action":
        return _pressed(payload, text(payload, "requested_action", "identifier"))
    return _look_at(payload, "check_run") if not ours and action in {"created", "completed"} else ()


def understand_check_suite(payload: Payload, own_app: int) -> tuple[Trigger, ...]:
    """Another App's suite ended, or all of ours was asked to run again."""
    action, owner = text(payload, "action"), integer(payload, "check_suite", "app", "id")
    if action == "rerequested" and owner in {own_app, None}:  # GitHub asks only whom it means
        return _look_at(payload, "check_suite", reset=True)
    return _look_at(payload, "check_suite") if action == "completed" and owner != own_app else ()


def understand_workflow_run(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """A workflow was asked for, and will bring runs; or it ended, and its artifact may hold measurements."""
    return _look_at(payload, "workflow_run") if text(payload, "action") in {"requested", "completed"} else ()


def _pressed(payload: Payload, button: str) -> tuple[Trigger, ...]:
    if button == EVALUATE_BUTTON:
        return _look_at(payload, "check_run", reset=True)
    return _command(payload, button) if button in _VERBS else _opinion(payload, button)


def _command(payload: Payload, verb: str) -> tuple[Trigger, ...]:
    """A person asks for `verb` on the head whose run it was: of several pull requests there, of the lowest number."""
    head = sha(payload, "check_run", "head_sha")
    if not head or is_bot(payload, "sender"):
        return ()
    asked = Trigger(Kind.COMMAND, repository(payload), installation(payload), head_sha=head, text=verb)
    number = min(_numbers(payload, "check_run"), default=None)
    return (replace(asked, number=number, reason="check_run.requested_action", surface=Surface.BUTTON),)


def _opinion(payload: Payload, pressed: str) -> tuple[Trigger, ...]:
    """A person says something to the study that the button names."""
    found = _OPINION.fullmatch(pressed)
    if found is None or is_bot(payload, "sender"):
        return ()
    said = Trigger(Kind.OPINION, repository(payload), installation(payload), study=int(found["study"]))
    return (replace(said, text=found["word"], reason="check_run.requested_action", surface=Surface.BUTTON),)


def _look_at(payload: Payload, subject: str, reset: bool = False) -> tuple[Trigger, ...]:
    head = sha(payload, subject, "head_sha")
    branch = _branch(payload, subject)
    if not head:
        return ()
    common: dict[str, Any] = {
        "repository": repository(payload),
        "installation": installation(payload),
        "head_sha": head,
        "reason": f"{subject}.{text(payload, 'action')}",
        "reset": reset,
        "hearsay": not reset,
        "surface": Surface.BUTTON if reset else Surface.WEBHOOK,
    }
    numbers = _numbers(payload, subject)
    if not numbers:  # a fork's pull requests and merge groups are never listed here: the head must be looked up
        at_home = _on_default_branch(payload, subject, branch)
        return (Trigger(Kind.LOCATE, **common, remembered=at_home),)
    return tuple(Trigger(Kind.EVALUATE, **common, number=number) for number in sorted(set(numbers)))


def _numbers(payload: Payload, subject: str) -> list[int]:
    listed = (pull for pull in items(payload, subject, "pull_requests") if _of_this_repository(payload, pull))
    return [number for pull in listed if (number := integer(pull, "number"))]


def _branch(payload: Payload, subject: str) -> str:
    return text(payload, subject, "head_branch") or text(payload, subject, "check_suite", "head_branch")


def _on_default_branch(payload: Payload, subject: str, branch: str) -> bool:
    """What runs there is seldom a change's, though a fork may call its branch the same: GitHub need not be asked."""
    home = text(payload, subject, "head_repository", "full_name")
    foreign = bool(home) and home != repository(payload)
    return bool(branch) and branch == text(payload, "repository", "default_branch") and not foreign


def _of_this_repository(payload: Payload, pull: Payload) -> bool:
    """The list also names pull requests that other repositories of the network opened from this head."""
    base, here = at(pull, "base", "repo", "id"), at(payload, "repository", "id")
    return base is None or here is None or base == here
