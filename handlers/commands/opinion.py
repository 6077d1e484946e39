"""`/maestro agree` and `/maestro disagree`: what a reviewer thinks of what a deployment is said to have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.model import KeptStudy, Opinion, Verb
from checks.impact.block import Config
from handlers.commands.asked import Answer, Asked, Declined
from handlers.study import shown
from handlers.study_ports import Kept, Opinions

ROLE = "triage"
AGREE = Verb(
    name="agree",
    usage="/maestro agree [metric]",
    example="/maestro agree p95",
    effect="Says that you agree with what the newest deployment of this pull request is said to have done.",
    role=ROLE,
    about="study",
    label="Agree",
)
DISAGREE = Verb(
    name="disagree",
    usage="/maestro disagree [metric] [reason]",
    example="/maestro disagree p95 a load test ran from 14:00 on",
    effect="Says that you do not agree with it; your newest word counts.",
    role=ROLE,
    about="study",
    label="Disagree",
)
_MARKS = "`.,:;!"


@dataclass(frozen=True, slots=True)
class OpinionCommands:
    """Both act on the study that the card showed when they were written."""

    studies: Kept
    opinions: Opinions

    async def agree(self, asked: Asked) -> Answer | Declined:
        """With all of it, or with what it says of one metric."""
        return await self._held(asked, agree=True)

    async def disagree(self, asked: Asked) -> Answer | Declined:
        """What follows the metric is a reason."""
        return await self._held(asked, agree=False)

    async def _held(self, asked: Asked, agree: bool) -> Answer | Declined:
        study = _shown_then(await self._of(asked), asked.trigger.at)
        if study is None:
            return Declined("there was nothing to agree with yet: no study of a deployment had an answer")
        metrics = [metric.name for metric in Config.model_validate_json(study.rules).metrics]
        metric, reason = split_off(" ".join(asked.arguments), metrics)
        if agree and reason:
            return Declined(f"no metric of that name was studied, only {', '.join(f'`{name}`' for name in metrics)}")
        opinion = Opinion(asked.trigger.who, agree, metric, reason)
        before = await self.opinions.held(study, opinion.login)
        await self.opinions.hold(study, opinion, asked.cause)
        said = f"{'agreed' if agree else 'disagreed'} with study {study.id}{f' on `{metric}`' if metric else ''}"
        was, now = (f"study {study.id}: {_word(one)}" for one in (before, opinion))
        return Answer(then=shown(study, asked.cause), said=said, before=was, after=now)

    async def _of(self, asked: Asked) -> Sequence[KeptStudy]:
        number = asked.opened.pull.number
        return () if number is None else await self.studies.of_pull(asked.opened.pull.repository, number)


def _shown_then(studies: Sequence[KeptStudy], at: float) -> KeptStudy | None:
    """The newest that had an answer at `at`, epoch seconds."""
    answered = [kept for kept in studies if kept.answered is not None and kept.answered <= at + 1]  # whole seconds
    return answered[-1] if answered else None


def _word(opinion: Opinion | None) -> str:
    if opinion is None:
        return "no opinion"
    return f"{'agreed' if opinion.agree else 'disagreed'}{f' on `{opinion.metric}`' if opinion.metric else ''}"


def split_off(said: str, metrics: Sequence[str]) -> tuple[str, str]:
    """The metric that `said` begins with, "" where it does with none, and the rest."""
    bared = said.lstrip("`")
    spoken = bared.casefold()
    named = [name for name in metrics if spoken.startswith(name.casefold()) and _ends(spoken[len(name) :])]
    metric = max(named, key=len, default="")
    return metric, bared[len(metric) :].lstrip(_MARKS).strip() if metric else said.strip()


def _ends(rest: str) -> bool:
    """Does a name end here? People write `p95`, and p95: too; a name like p95.9 is another one."""
    return not rest.lstrip(_MARKS) or rest.lstrip(_MARKS)[0].isspace()
