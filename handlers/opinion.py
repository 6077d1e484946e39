"""The buttons `Agree` and `Disagree` of a check run: each names the study that it stands beside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import Done, Opinion, Place, Trigger
from handlers.commands.allowed import Allowed
from handlers.commands.asked import Declined
from handlers.commands.opinion import AGREE, DISAGREE
from handlers.study import shown
from handlers.study_ports import Kept, Opinions


@dataclass(frozen=True, slots=True)
class Pressed:
    """The body of `Kind.OPINION`. Who may not is not answered: a button has nowhere to say why."""

    studies: Kept
    opinions: Opinions
    allowed: Allowed

    async def __call__(self, trigger: Trigger) -> Done:
        """Keep what whoever pressed it says of the study, and show the new count."""
        verb = AGREE if trigger.text == AGREE.name else DISAGREE
        study = None if trigger.study is None else await self.studies.get(trigger.study, trigger.repository)
        role = await self.allowed.role(verb, Place(trigger.repository, trigger.installation), trigger.who)
        if study is None or not study.told or isinstance(role, Declined):
            return Done()
        cause = replace(trigger.cause, role=role, head_sha=study.intervention.sha)
        await self.opinions.hold(study, Opinion(trigger.who, verb is AGREE), cause)
        return Done(shown(study, cause))
