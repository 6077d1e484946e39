"""Who may have a command carried out, and on which commit: one rule for all verbs and for wherever it was asked.

It is asked at the moment they act: no answer is a no, and none is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor

from app.model import Kind, Opened, Place, Surface, Trigger, Verb
from handlers.commands.asked import Asked, Declined
from handlers.commands.roles import suffices
from handlers.ports import Roles, Seen


@dataclass(frozen=True, slots=True)
class Allowed:
    """Asks GitHub for the role of people; a bot has the one that the base branch's configuration gives it."""

    roles: Roles
    seen: Seen

    async def __call__(self, verb: Verb, asked: Asked) -> Asked | Declined:
        """The same, with the role of whoever asks, if they may, and if they can have seen what it acts on."""
        role = _enough(verb, await self.held(asked))
        if isinstance(role, Declined):
            return role
        asked = replace(asked, cause=replace(asked.cause, role=role, head_sha=asked.head_sha))
        outcome = await self._of_the_head(verb, asked)
        return replace(outcome, role=role) if isinstance(outcome, Declined) else outcome

    async def role(self, verb: Verb, place: Place, who: str) -> str | Declined:
        """The role of `who`, if it is enough for `verb`."""
        return _enough(verb, await self.roles.of(place, who))

    async def held(self, asked: Asked) -> str:
        """The role of whoever asks, whatever it suffices for; "" where GitHub does not say."""
        who = asked.trigger.who
        if asked.trigger.bot:
            return asked.opened.bots.get(who.lower(), "")
        return await self.roles.of(asked.opened.place, who)

    async def _of_the_head(self, verb: Verb, asked: Asked) -> Asked | Declined:
        if verb.about not in {"head", "change"}:
            return asked
        if verb.about == "head" and not asked.opened.pull.open:
            return Declined("the pull request is merged, and its head is no longer judged")
        if asked.trigger.surface is not Surface.COMMENT:
            return _of_the_head_pressed(verb, asked)
        return await self._of_the_head_seen(verb, asked)

    async def _of_the_head_seen(self, verb: Verb, asked: Asked) -> Asked | Declined:
        """A comment acts on the sha that it names, else on the one that the card showed when it was written."""
        head, shas = asked.head_sha[:7], asked.shas_among(verb.named)
        if shas:
            return await self._of_a_head_named(verb, asked, shas)
        if verb.destructive:
            return Declined(f"name the commit that it is to act on: `{head}` is the head")
        shown = await self.seen.first_at(asked.trigger.repository, asked.head_sha)
        if shown is None or asked.trigger.at < floor(shown):  # GitHub tells whole seconds
            why = f"the head has moved to `{head}`, and the card may have shown another one"
            return Declined(f"{why}: look again, or name the commit", (look_again(asked.trigger, asked.opened),))
        return asked

    async def _of_a_head_named(self, verb: Verb, asked: Asked, shas: Sequence[str]) -> Asked | Declined:
        """What takes a change back takes any of its heads: an older one goes on serving when another one is pushed."""
        outcome, pull = _of_the_head_named(asked, shas), asked.opened.pull
        if isinstance(outcome, Asked) or verb.about != "change" or pull.number is None:
            return outcome
        heads = await self.seen.heads(pull.repository, pull.number)
        older = [head for head in heads if all(head.startswith(sha) for sha in shas)]
        if len(older) != 1:
            return outcome
        return replace(asked, older=older[0], cause=replace(asked.cause, head_sha=older[0]))


def look_again(trigger: Trigger, opened: Opened, reason: str = "command.head_moved") -> Trigger:
    """What has the card show how the pull request stands: an evaluation, or the word after its merge."""
    kind = Kind.EVALUATE if opened.pull.open else Kind.AFTER
    return Trigger(
        kind,
        trigger.repository,
        trigger.installation,
        number=trigger.number,
        reason=reason,
        hearsay=True,
        who=trigger.who,
        surface=trigger.surface,
    )


def _enough(verb: Verb, role: str) -> str | Declined:
    if suffices(role, verb.role):
        return role
    has = f"you have `{role}`" if role else "GitHub does not say which you have"
    return Declined(f"it takes the role `{verb.role}` or more in this repository, and {has}")


def _of_the_head_named(asked: Asked, shas: Sequence[str]) -> Asked | Declined:
    if all(any(one.startswith(sha) for one in asked.commits) for sha in shas):
        return asked
    why = f"the head is `{asked.head_sha[:7]}`, not `{shas[0][:7]}`"
    return Declined(f"{why}: look at the card again", (look_again(asked.trigger, asked.opened),))


def _of_the_head_pressed(verb: Verb, asked: Asked) -> Asked | Declined:
    """A button and a page say which commit they stood beside; what they name besides must be the same, but where a
    person's own words follow: those may begin with a number, as of a ticket.
    """
    shown = asked.trigger.head_sha
    if shown != asked.head_sha:
        why = f"the head has moved to `{asked.head_sha[:7]}` since `{shown[:7]}` was shown"
        return Declined(f"{why}: look again", (look_again(asked.trigger, asked.opened),))
    return asked if verb.named else _of_the_head_named(asked, asked.shas)
