"""The one road of what people ask for, by a comment, a button or the Decision Center: kept and acknowledged, allowed or
declined, carried out once, answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.model import ANSWERING, Cause, Done, KeptCommand, Opened, Place, Progress, React, Reply, Surface, Trigger, Verb
from handlers.command_ports import Heads, KeptCommands
from handlers.commands import VERBS
from handlers.commands import help as help_verb
from handlers.commands.allowed import Allowed, look_again
from handlers.commands.asked import Act, Answer, Asked, Declined
from handlers.commands.choose import chosen, meant
from handlers.commands.keeping import LONGEST, bears_out, identified, to_keep
from handlers.commands.parse import parse
from handlers.commands.roles import suffices
from handlers.ports import Renderer, Writer
from handlers.study_ports import CommandReader

_NOTHING_HERE = "the pull request is closed, or its base branch has no rules"
_CLOSED = "the pull request is closed: until it is reopened, only what takes it back is carried out, and `help` answers"
_SAY = "triage"  # the least role of whoever has a say here: others are answered sparingly
_ANSWERS = 3  # that others have in an hour on one pull request
_HOUR = 3_600.0
_LONGEST_SAID = 4_000  # characters of an answer that page and API show


@dataclass(frozen=True, slots=True)
class Commands:
    """Answers whoever asks, where the repository is configured; comments where it has not switched commands off.

    `acts`: what each verb does. `own_login`: under which login GitHub shows what we write.
    """

    reader: CommandReader
    writer: Writer
    renderer: Renderer
    allowed: Allowed
    kept: KeptCommands
    heads: Heads
    own_login: Callable[[], Awaitable[str]]
    acts: Mapping[Verb, Act]

    async def __call__(self, trigger: Trigger) -> Done:
        """Acknowledge, act, reply if there is something to say, and end: a comment with a rocket or confusion."""
        if trigger.number is None:
            return Done(await self._at_its_pull(trigger))
        opened = await self._opened(trigger)
        if trigger.surface is Surface.CENTER and not await self._asked_for(trigger, opened):
            return Done()
        if opened is None or not await self._heard(trigger, opened):
            return Done()
        return await self._heeded(Asked(trigger, opened, (), replace(trigger.cause, head_sha=opened.pull.head_sha)))

    async def _heeded(self, asked: Asked) -> Done:
        trigger, opened = asked.trigger, asked.opened
        command = parse(trigger.text if trigger.surface is Surface.COMMENT else f"/maestro {trigger.text}")
        found = chosen(command, VERBS) if command else None
        if opened.closed and not await self._heard_of_closed(asked, found):
            return Done()
        if found is None:
            return await self._not_understood(asked, *(meant(command, VERBS) if command else ("", ())))
        verb, arguments = found
        kept = await self.kept.ask(to_keep(trigger, opened, verb, arguments))
        asked = replace(asked, trigger=replace(trigger, command=kept.id), arguments=arguments)
        if kept.state.ended:
            return await self._ended(verb, asked, kept)
        return await self._answered(verb, asked, kept)

    async def failed(self, trigger: Trigger, why: str) -> None:
        """Every attempt has failed: whoever asked is told so."""
        kept = await self.kept.get(identified(trigger))
        if kept is None or kept.state.ended:
            return
        await self.kept.end(replace(kept, state=Progress.FAILED, said=why), trigger.cause)
        place = Place(trigger.repository, trigger.installation, trigger.number)
        await self._react(place, trigger, "confused", trigger.cause)

    # --- whether it is for us ------------------------------------------------------------------------------------

    async def _opened(self, trigger: Trigger) -> Opened | None:
        opened = await self.reader.open(trigger) or await self.reader.merged(trigger)
        return opened or await self.reader.closed(trigger)

    async def _heard(self, trigger: Trigger, opened: Opened) -> bool:
        """Buttons and the page are heard; a comment where commands are on; a bot's where it is named, never our own."""
        if trigger.surface is not Surface.COMMENT:
            return True
        if trigger.comment_id is None or not opened.commands:
            return False
        named = trigger.who.lower() in opened.bots
        return not trigger.bot or (named and trigger.who.lower() != (await self.own_login()).lower())

    async def _heard_of_closed(self, asked: Asked, found: tuple[Verb, tuple[str, ...]] | None) -> bool:
        """Whoever has a say here is told that it is closed; help answers everybody, and a button's row is ended."""
        if asked.trigger.surface is not Surface.COMMENT:
            return True
        return (found is not None and found[0] is help_verb.VERB) or suffices(await self.allowed.held(asked), _SAY)

    async def _asked_for(self, trigger: Trigger, opened: Opened | None) -> bool:
        """Does the row say the same? Where there is nothing to act on any more, it ends so."""
        kept = await self.kept.get(trigger.command)
        if kept is None or not bears_out(kept, trigger):
            return False
        if opened is None:
            await self.kept.end(replace(kept, state=Progress.REFUSED, said=_NOTHING_HERE), trigger.cause)
        return True

    async def _at_its_pull(self, trigger: Trigger) -> tuple[Trigger, ...]:
        """The same, of the pull request at that head: of several the lowest number, an open one before a merged one
        before a closed one, and one that has moved on last.
        """
        found: list[tuple[bool, bool, bool, int]] = []
        for number in await self.heads.pulls_at(trigger.repository, trigger.head_sha):
            opened = await self._opened(replace(trigger, number=number))
            if opened is not None:
                moved = opened.pull.head_sha != trigger.head_sha
                found.append((moved, opened.closed, not opened.pull.open, number))
        return (replace(trigger, number=min(found)[-1]),) if found else ()

    # --- what comes of it ----------------------------------------------------------------------------------------

    async def _answered(self, verb: Verb, asked: Asked, kept: KeptCommand) -> Done:
        await self._react(asked.opened.place, asked.trigger, "eyes", asked.cause)
        await self.kept.take_up(kept.id)
        allowed = await self._may(verb, asked)
        outcome: Answer | Declined
        if isinstance(allowed, Asked):
            asked, outcome = allowed, _too_long(allowed) or _of_older(allowed, await self.acts[verb](allowed))
        else:
            asked, outcome = replace(asked, cause=replace(asked.cause, role=allowed.role)), allowed
        await self._say(asked, await self._reply(verb, outcome, kept, asked.cause.role))
        ended = await self.kept.end(_with(outcome, kept, asked), asked.cause)
        await self._close(asked, ended.state)
        return Done((*outcome.then, *_shown(verb, asked, ended)))

    async def _may(self, verb: Verb, asked: Asked) -> Asked | Declined:
        """A canary goes on serving when its pull request is closed: whatever takes it back is carried out then, too."""
        if asked.opened.closed and verb is not help_verb.VERB and verb.about != "change":
            return Declined(_CLOSED, role=await self.allowed.held(asked))
        return await self.allowed(verb, asked)

    async def _ended(self, verb: Verb, asked: Asked, kept: KeptCommand) -> Done:
        """It was carried out by a run that was killed on its way out: what is left is the last word."""
        await self._close(asked, kept.state)
        return Done(_shown(verb, asked, kept))

    async def _not_understood(self, asked: Asked, said: str, nearest: Sequence[str]) -> Done:
        """It is kept as what it is answered like, a call for help, and counts as one."""
        await self._react(asked.opened.place, asked.trigger, "eyes", asked.cause)
        kept = await self.kept.ask(to_keep(asked.trigger, asked.opened, help_verb.VERB, ()))
        role = await self.allowed.held(asked)
        if not kept.state.ended and await self._answers(kept, role):
            await self._say(asked, self.renderer.unknown_command(said, nearest))
        refused = replace(kept, state=Progress.REFUSED, said="there is no such command")
        await self.kept.end(refused, replace(asked.cause, role=role))
        await self._close(asked, Progress.REFUSED)
        return Done()

    async def _reply(self, verb: Verb, outcome: Answer | Declined, kept: KeptCommand, role: str) -> str:
        """Who lacks the role is told so once a pull request; who has no say here has a few answers an hour."""
        if verb.name in ANSWERING and not await self._answers(kept, role):
            return ""
        if isinstance(outcome, Declined):
            told = not role and await self.kept.refused_before(kept)
            return "" if told else self.renderer.declined(verb, outcome.reason)
        if outcome.reply or not outcome.notes:
            return outcome.reply
        tell = self.renderer.noted if outcome.whole else self.renderer.fell_short
        return tell(verb, outcome.notes)

    async def _answers(self, kept: KeptCommand, role: str) -> bool:
        return suffices(role, _SAY) or await self.kept.answered(kept, kept.asked - _HOUR) < _ANSWERS

    # --- what a comment is told; a button and the page read the row ----------------------------------------------

    async def _say(self, asked: Asked, reply: str) -> None:
        number, comment = asked.trigger.number, asked.trigger.comment_id
        if reply and number is not None and comment is not None:
            await self.writer.perform(asked.opened.place, (Reply(number, comment, reply),), asked.cause)

    async def _close(self, asked: Asked, state: Progress) -> None:
        end = "rocket" if state is Progress.DONE else "confused"
        await self._react(asked.opened.place, asked.trigger, end, asked.cause)

    async def _react(self, place: Place, trigger: Trigger, content: str, cause: Cause) -> None:
        if trigger.comment_id is not None:
            await self.writer.perform(place, (React(trigger.comment_id, content),), cause)


def _too_long(asked: Asked) -> Declined | None:
    if len(" ".join(asked.arguments)) <= LONGEST:
        return None
    return Declined(f"it is too long: at most {LONGEST} characters may follow the verb")


def _of_older(asked: Asked, outcome: Answer | Declined) -> Answer | Declined:
    """The same, and which commit it was about, where that is not the head."""
    if not asked.older or isinstance(outcome, Declined):
        return outcome
    said = f"of `{asked.older[:7]}`, an older head"
    return replace(outcome, notes=(said, *outcome.notes), said=f"{said}: {outcome.said}")


def _with(outcome: Answer | Declined, kept: KeptCommand, asked: Asked) -> KeptCommand:
    """The command with its answer."""
    kept = replace(kept, head_sha=asked.head_sha)
    if isinstance(outcome, Declined):
        return replace(kept, state=Progress.REFUSED, said=outcome.reason)
    said = outcome.said or "; ".join(outcome.notes) or _shortened(outcome.reply, kept.surface)
    state = Progress.DONE if outcome.whole else Progress.FAILED
    return replace(kept, state=state, said=said, before=outcome.before, after=outcome.after)


def _shortened(reply: str, surface: Surface) -> str:
    """A comment has its answer below it; whoever asks the API has it in the row."""
    if surface is Surface.COMMENT:
        return ""
    return reply if len(reply) <= _LONGEST_SAID else f"{reply[: _LONGEST_SAID - 1]}…"


def _shown(verb: Verb, asked: Asked, kept: KeptCommand) -> tuple[Trigger, ...]:
    """Where something was changed, the card is to show it."""
    if verb.about == "nothing" or kept.state is Progress.REFUSED:
        return ()
    return (look_again(asked.trigger, asked.opened, f"command.{verb.name.replace(' ', '_')}"),)
