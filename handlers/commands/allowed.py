"""Who may have a command carried out, and on which commit: one rule for all verbs, asked at the moment they act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor

from app.model import Kind, Place, Trigger, Verb
from handlers.commands.asked import Asked, Declined
from handlers.commands.roles import suffices
from handlers.ports import Roles, Seen


@dataclass(frozen=True, slots=True)
class Allowed:
    """Asks GitHub for the role each time: no answer is a no, and none is remembered."""

    roles: Roles
    seen: Seen

    async def __call__(self, verb: Verb, asked: Asked) -> Asked | Declined:
        """The same, with the role of whoever asks, if they may, and if they can have seen what it acts on."""
        if verb.about == "head" and not asked.opened.pull.open:
            return Declined("the pull request is merged, and its head is no longer judged")
        role = await self.role(verb, asked.opened.place, asked.trigger.who)
        if isinstance(role, Declined):
            return role
        asked = replace(asked, cause=replace(asked.cause, role=role, head_sha=asked.head_sha))
        return await self._of_the_head_seen(verb, asked) if verb.about == "head" else asked

    async def role(self, verb: Verb, place: Place, who: str) -> str | Declined:
        """The role of `who`, if it is enough for `verb`."""
        role = await self.roles.of(place, who)
        if suffices(role, verb.role):
            return role
        has = f"you have `{role}`" if role else "GitHub does not say which you have"
        return Declined(f"it takes the role `{verb.role}` or more in this repository, and {has}")

    async def _of_the_head_seen(self, verb: Verb, asked: Asked) -> Asked | Declined:
        """A command acts on the sha that it names, else on the one that the card showed when it was written."""
        head, shas = asked.head_sha[:7], asked.shas_among(verb.named)
        if shas:
            if all(asked.head_sha.startswith(sha) for sha in shas):
                return asked
            why = f"the head is `{head}`, not `{shas[0][:7]}`"
            return Declined(f"{why}: look at the card again", _anew(asked.trigger))
        if verb.destructive:
            return Declined(f"name the commit that it is to act on: `{head}` is the head")
        shown = await self.seen.first_at(asked.trigger.repository, asked.head_sha)
        if shown is None or asked.trigger.at < floor(shown):  # GitHub tells whole seconds
            why = f"the head has moved to `{head}`, and the card may have shown another one"
            return Declined(f"{why}: look again, or name the commit", _anew(asked.trigger))
        return asked


def _anew(trigger: Trigger) -> tuple[Trigger, ...]:
    """An evaluation, so that there is a card of the head to look at."""
    reason = "command.head_moved"
    return (replace(trigger, kind=Kind.EVALUATE, comment_id=None, text="", reason=reason, hearsay=True),)
