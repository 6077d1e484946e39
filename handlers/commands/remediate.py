"""`/maestro remediate`: the fixes of what the change brings in are proposed now, even where the rules propose none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.model import Kind, Trigger, Verb
from checks.known_fix import KnownFix
from checks.model import Missing, Pull, Snapshot
from checks.sbom import repair
from checks.sbom.check import CHECK, willing
from checks.sbom.rules.policy import Config
from handlers.commands.allowed import look_again
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.dispatching import unknown
from handlers.naming import plain
from handlers.ports import Cases
from handlers.repair import COMMANDED, looked
from handlers.repair import asked as rules_of

VERB = Verb(
    name="remediate",
    usage="/maestro remediate [sha]",
    example="/maestro remediate",
    effect="Opens pull requests onto the head branch that mend what the SBOM check found, where a fix is known; where "
    "the rules have `remediation`, that begins or goes on, on a fork by the word of who may `maintain`.",
    role="write",
    label="Propose fixes",
)


@dataclass(frozen=True, slots=True)
class RemediateCommand:
    """Foresees from the newest decision, and from what was proposed since, what a run of repairs will do; and has one
    follow.
    """

    cases: Cases
    known: Callable[[Pull], Awaitable[tuple[KnownFix, ...] | None]]  # the fixes of a head's branch, as they stand now

    async def __call__(self, asked: Asked) -> Answer | Declined:
        """What will be proposed, and onto what; or why nothing can be."""
        refused = unknown(asked, VERB.name)
        if refused is not None:
            return refused
        pull = asked.opened.pull
        case = await self.cases.newest(pull.repository, pull.number or 0)
        if case is None or case.snapshot.pull.head_sha != asked.head_sha:
            again = (look_again(asked.trigger, asked.opened, "command.remediate"),)
            return Declined(f"`{asked.head_sha[:7]}` was not judged yet: ask again when its card is there", again)
        config = rules_of(case)
        if config is None:
            return Declined(f"the configuration on `{plain(pull.base_ref)}` asks for no bills, in `sbom`")
        records = foreseen(replace(case.snapshot, fixes=await self.known(pull)), willing(config))
        if isinstance(records, str):
            return Declined(records)
        coming = list(repair.mendable(records))
        if not coming:
            return Declined(_why(records))
        trigger = asked.trigger
        run = Trigger(Kind.REPAIR, pull.repository, trigger.installation, pull.number, reason=COMMANDED, reset=True)
        onto = f"onto `{plain(pull.head_ref)}`"
        after = ", ".join(f"`{plain(one['package'])}` to {plain(one['version'])}" for one in coming)
        notes = tuple(_left(one) for one in records if one not in coming)
        return Answer(
            notes, (run,), f"proposed now, {onto}: {after}", "no fix is open for these", f"fixes {onto}: {after}"
        )


def foreseen(snapshot: Snapshot, config: Config) -> Sequence[Mapping[str, Any]] | str:
    """What would be proposed, package by package; or why nobody can tell."""
    never = repair.why_never(snapshot)
    if never:
        return never
    found = CHECK.evaluate(snapshot, config, {})
    if not looked(found) or isinstance(snapshot.advisories, Missing):
        return f"the bills could not all be compared: {plain(found.title)}"
    return list(found.detail.get("repairs", ()))


def _why(records: Iterable[Mapping[str, Any]]) -> str:
    said = "; ".join(_left(one) for one in records)
    return said or "nothing that stops this change can be mended by moving a package"


def _left(one: Mapping[str, Any]) -> str:
    """Why a package is left alone."""
    name = f"`{plain(one['package'])}`"
    if one["pull_request"] is not None:
        return f"{name}: its fix is #{one['pull_request']}, which is {plain(one['standing'])}"
    return f"{name}: {one['reason']}"
