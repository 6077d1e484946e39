"""What was decided, and what it was made of: kept as records, and read again where heads are shared or known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from app import record
from app.model import Archived, Cause, Trigger
from app.store.decisions import Decisions
from checks.judge import Case, judge
from checks.model import Decision, Pull

log = structlog.get_logger(__name__)


@dataclass
class Archive:
    """The decisions table as the road and the reader see it."""

    decisions: Decisions

    async def keep(self, case: Case, decision: Decision, cause: Cause) -> Archived:
        """Keep what was decided and all that it was made of, and log it."""
        pull, verdict = decision.pull, decision.verdict.value
        cause = replace(cause, config_digest=decision.config_digest)
        written = record.write(case, decision)
        return await self.decisions.keep(pull.repository, pull.number, pull.head_sha, verdict, written, cause)

    async def newest(self, repository: str, number: int) -> Case | None:
        """What the newest decision of a pull request was made of; None where it was voided, or never made."""
        return _read(await self.decisions.latest(repository, number))

    async def judged(self, repository: str, number: int) -> Case | None:
        """What the newest decision of a pull request was made of, though it was voided since, as by its merge."""
        return _read(await self.decisions.decided(repository, number))

    async def void(self, trigger: Trigger) -> None:
        """Nothing is asked of the trigger's pull request any more, so what was decided of it no longer counts."""
        if trigger.number is not None and not trigger.hearsay:
            await self.decisions.void(trigger.repository, trigger.number, trigger.cause)

    async def others_at_head(self, pull: Pull) -> Sequence[Decision]:
        """The newest decision of each other pull request that was judged at the same head."""
        kept = (_decided(one) for one in await self.decisions.at_head(pull.repository, pull.head_sha))
        return [one for one in kept if one is not None and one.pull.number != pull.number]

    async def foreign(self, repository: str, number: int | None, head_sha: str) -> bool:
        """Does the pull request `number`, or any that was judged at `head_sha`, come from a fork? Where none is named,
        do all that were judged there: a commit that is the repository's own stays so, whoever forks it. What was
        never judged is not known to.
        """
        numbers = {*await self.pulls_at(repository, head_sha), *([] if number is None else [number])}
        known = [await self.judged(repository, one) for one in sorted(numbers)]
        forked = [case.snapshot.pull.from_fork for case in known if case is not None]
        return any(forked) if number is not None else bool(forked) and all(forked)

    async def pulls_at(self, repository: str, head_sha: str) -> Sequence[int]:
        """Pull requests that were judged at this head."""
        return await self.decisions.pulls_at(repository, head_sha)

    async def first_at(self, repository: str, head_sha: str) -> float | None:
        """When the head was first judged, in epoch seconds; None when it never was."""
        return await self.decisions.first_at(repository, head_sha)

    async def head(self, repository: str, number: int) -> str | None:
        """The head that a pull request was judged at last; None when it never was."""
        return await self.decisions.head(repository, number)

    async def heads(self, repository: str, number: int) -> Sequence[str]:
        """Every head that a pull request was judged at."""
        return await self.decisions.heads(repository, number)

    async def judged_since(self, repository: str, number: int, since: float) -> Sequence[tuple[str, float]]:
        """Its heads that were first judged after `since`, each with when that was, the newest first; epoch seconds."""
        return await self.decisions.judged_since(repository, number, since)

    async def verdict(self, repository: str, heads: Sequence[str], branch: str) -> str:
        """The newest verdict at any of `heads` on a change to `branch`; "" where nothing was decided."""
        async for verdict, kept in self.decisions.verdicts_at(repository, heads):
            if record.base_of(kept) == branch:
                return verdict
        return ""

    async def group_at(self, repository: str, head_sha: str) -> Pull | None:
        """The merge group that was judged at this head."""
        kept = await self.decisions.group_at(repository, head_sha)
        decision = None if kept is None else _decided(kept)
        return None if decision is None else decision.pull


def _decided(kept: bytes) -> Decision | None:
    """The decision of a record; None for one that cannot be read."""
    case = _read(kept)
    return None if case is None else judge(case)


def _read(kept: bytes | None) -> Case | None:
    """The case of a record; None, and a word in the log, for one that an other version wrote in its own way."""
    try:
        return record.read(kept) if kept else None
    except record.BadRecord as error:
        log.warning("archive.unreadable", error=str(error))
        return None
