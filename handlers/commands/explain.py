"""`/maestro explain` and `/maestro plan`: why the newest decision is what it is, and what is left to do."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.model import Verb
from checks.judge import judge
from checks.model import Decision
from handlers.command_ports import Explainer
from handlers.commands.asked import Answer, Asked, Declined
from handlers.study_ports import Verdicts

VERB = Verb(
    name="explain",
    usage="/maestro explain [check]",
    example="/maestro explain contract",
    effect="Answers with what each check that stands in the way has measured, against which limit, and what opens it.",
    role="read",
    about="nothing",
)
PLAN = Verb(
    name="plan",
    usage="/maestro plan",
    example="/maestro plan",
    effect="Answers with the steps until this change may ship: who or what opens each gate.",
    role="read",
    about="nothing",
)


@dataclass(frozen=True, slots=True)
class Explanations:
    """Both only answer, from the newest decision that is kept."""

    verdicts: Verdicts
    explainer: Explainer
    verbs: Sequence[Verb]

    async def explain(self, asked: Asked) -> Answer | Declined:
        """Of the check that is named, else of all that stand in the way."""
        decision = await self._decision(asked)
        if decision is None:
            return _unknown(asked)
        names = [row.result.name for row in decision.rows]
        wanted = [word.lower() for word in asked.words]
        strange = next((word for word in wanted if word not in names), None)
        if strange is not None:
            return Declined(_no_check(strange, names))
        return Answer(reply=self.explainer.explained(decision, wanted, asked.head_sha))

    async def plan(self, asked: Asked) -> Answer | Declined:
        """Of all that stand in the way."""
        decision = await self._decision(asked)
        return _unknown(asked) if decision is None else Answer(reply=self._planned(decision, asked))

    def _planned(self, decision: Decision, asked: Asked) -> str:
        return self.explainer.planned(decision, self.verbs, asked.head_sha)

    async def _decision(self, asked: Asked) -> Decision | None:
        pull = asked.opened.pull
        case = None if pull.number is None else await self.verdicts.judged(pull.repository, pull.number)
        decision = None if case is None else judge(case)
        return None if decision is None else replace(decision, merged=decision.merged or not pull.open)


def _unknown(asked: Asked) -> Declined:
    return Declined(f"`{asked.head_sha[:7]}` is not judged yet: look again in a moment")


def _no_check(name: str, names: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    here = ", ".join(f"`{one}`" for one in names) or "none"
    return f"no check has the name that you say{f'; did you mean `{nearest[0]}`?' if nearest else f', there is {here}'}"
