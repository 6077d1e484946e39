"""`/maestro override ...`: a check that does not count for one commit; and `override withdraw`: it counts again."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from app.model import SHORTEST_REASON, Verb
from checks.configuration import NAME as CONFIGURATION
from checks.judge import judge
from checks.model import Decision, Row, Verdict
from checks.overridden import Overridden
from handlers.commands.allowed import look_again
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.parse import bare
from handlers.override_ports import Overrides
from handlers.ports import Cases

OVERRIDE = Verb(
    name="override",
    usage="/maestro override <check> <sha> <reason>",
    example="/maestro override contract 1a2b3c4 the load generator was broken, see OPS-12",
    effect="Says that a check does not count for this commit: it keeps its state, and stops nothing.",
    role="admin",
    destructive=True,
    label="Override",
    named=2,
)
WITHDRAW = Verb(
    name="override withdraw",
    usage="/maestro override withdraw <check> <sha>",
    example="/maestro override withdraw contract 1a2b3c4",
    effect="Takes an override back: the check counts again.",
    role="admin",
    destructive=True,
    label="Withdraw override",
)


@dataclass(frozen=True, slots=True)
class OverrideCommands:
    """Both act on the newest decision of the head. Run once more after a kill, each finds what it did."""

    cases: Cases
    overrides: Overrides

    async def override(self, asked: Asked) -> Answer | Declined:
        """Whatever stops the change, or holds it, can be overridden, but for the configuration."""
        check, reason = _named(asked)
        row = await self._row(asked, check)
        if isinstance(row, Declined):
            return row
        name, who, pull = row.result.name, asked.trigger.who, asked.opened.pull
        if len(reason) < SHORTEST_REASON:
            return Declined(
                f"say why after the commit, in {SHORTEST_REASON} characters or more: everybody will read it"
            )
        kept = _of(await self.overrides.of(pull), name)
        if kept is None and row.verdict is Verdict.SHIP:
            return Declined(f"`{name}` does not stand in the way: it says `{row.result.state}`")
        command = asked.trigger.command
        if kept is not None and not await self.overrides.had(pull, name, command):
            return Declined(f"withdraw first what stands: `{name}` is overridden by `{kept.who}` already")
        await self.overrides.keep(pull, name, who, reason, command)
        said = f"`{name}` does not count for `{asked.head_sha[:7]}` onto `{pull.base_ref}`"
        return Answer(said=said, before=f"`{name}`: {row.result.state}", after=f"`{name}`: overridden")

    async def withdraw(self, asked: Asked) -> Answer | Declined:
        """What stands is taken back, whoever said it."""
        check, _ = _named(asked)
        pull, who, command = asked.opened.pull, asked.trigger.who, asked.trigger.command
        stands = await self.overrides.of(pull)
        name = check.lower()
        if _of(stands, name) is None and not await self.overrides.had(pull, name, command):
            here = _listed(one.check for one in stands)
            return Declined(f"of `{asked.head_sha[:7]}` no such check is overridden{f', only {here}' if here else ''}")
        await self.overrides.withdraw(pull, name, who, command)
        row = await self._row(asked, name)
        state = row.result.state.value if isinstance(row, Row) else "judged anew"
        said = f"`{name}` counts again for `{asked.head_sha[:7]}`"
        return Answer(said=said, before=f"`{name}`: overridden", after=f"`{name}`: {state}")

    async def _row(self, asked: Asked, check: str) -> Row | Declined:
        """What the newest decision of the head says of `check`."""
        decision = await self._decision(asked)
        if decision is None:
            why = f"`{asked.head_sha[:7]}` onto `{asked.opened.pull.base_ref}` is not judged yet: look at the card then"
            return Declined(why, (look_again(asked.trigger, asked.opened),))
        if check.lower() == CONFIGURATION:
            return Declined("the configuration is corrected, and not overridden")
        rows = {row.result.name: row for row in decision.rows if row.result.name != CONFIGURATION}
        if check.lower() in rows:
            return rows[check.lower()]
        if not rows:
            return Declined("no check is configured here")
        nearest = difflib.get_close_matches(check.lower(), rows, n=1, cutoff=0.5)
        named = f"did you mean `{nearest[0]}`?" if nearest else f"there are {_listed(rows)}"
        return Declined(f"name the check first, then the commit and why: {named}")

    async def _decision(self, asked: Asked) -> Decision | None:
        """None where it is of another head, or was made for another base."""
        pull = asked.opened.pull
        case = None if pull.number is None else await self.cases.newest(pull.repository, pull.number)
        decided = None if case is None else case.snapshot.pull
        if case is None or decided is None or (decided.head_sha, decided.base_ref) != (pull.head_sha, pull.base_ref):
            return None
        return judge(case)


def _named(asked: Asked) -> tuple[str, str]:
    """The check, and what is said beside it and the commit: a button needs no commit, and carries it."""
    words, shas = list(asked.arguments), asked.shas_among(2)
    heads = {sha for sha in shas if asked.head_sha.startswith(sha)}
    place = next((place for place, word in enumerate(words[:2]) if bare(word).lower() in heads), None)
    if place is not None:
        del words[place]
    return (bare(words[0]) if words else ""), " ".join(words[1:])


def _of(overrides: Iterable[Overridden], check: str) -> Overridden | None:
    return next((one for one in overrides if one.check == check), None)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
