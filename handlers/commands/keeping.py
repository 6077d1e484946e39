"""A command as it is kept: under which name, and with which words. Pure."""

from __future__ import annotations

import hashlib

from app.model import KeptCommand, Opened, Surface, Trigger, Verb

LONGEST = 500  # characters of what follows a verb, as of a comment


def named(*parts: object) -> str:
    """The id that a command is kept under, the same whenever it is made of the same."""
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:32]


def identified(trigger: Trigger) -> str:
    """The id of the command that `trigger` brings. A comment has one, however often its job is run."""
    return trigger.command or named(Surface.COMMENT, trigger.repository.lower(), trigger.comment_id)


def to_keep(trigger: Trigger, opened: Opened, verb: Verb, arguments: tuple[str, ...]) -> KeptCommand:
    """What `trigger` asks for, as it is kept before anything is done about it."""
    key = identified(trigger)
    return KeptCommand(
        id=key,
        key=f"{trigger.surface} {key}",
        repository=opened.pull.repository,
        number=opened.pull.number,
        head_sha=trigger.head_sha,
        verb=verb.name,
        arguments=" ".join(arguments)[:LONGEST],
        who=trigger.who,
        surface=trigger.surface,
        asked=trigger.at,
    )


def bears_out(kept: KeptCommand, trigger: Trigger) -> bool:
    """Does the row say what the word of ours says that brings it here?"""
    same = (kept.number, kept.who.lower(), kept.head_sha) == (trigger.number, trigger.who.lower(), trigger.head_sha)
    return same and f"{kept.verb} {kept.arguments}".split() == trigger.text.split()
