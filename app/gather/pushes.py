"""What was pushed to a pull request, what ran on its head before, and how one workflow run stands: asked of GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import NotFound
from app.github.records import Commit
from app.model import Place, Pushed, RunOf

_BOT = "[bot]"


@dataclass(frozen=True, slots=True)
class Pushes:
    """Reads GitHub through `connect`."""

    connect: Connect

    async def of(self, place: Place, number: int) -> Sequence[Pushed]:
        """The commits of pull request `number`, the oldest first; GitHub ends the list at 250."""
        return tuple(map(_pushed, await (await self.connect(place)).pull_commits(number)))

    async def passed(self, place: Place, sha: str) -> frozenset[str]:
        """The names of checks that passed on commit `sha` at any time, whatever they said later."""
        every = await (await self.connect(place)).reruns.every_check_run(sha)
        return frozenset(run.name for run in every if run.conclusion == "success")

    async def run(self, place: Place, run: int) -> RunOf | None:
        """How a workflow run stands; None where it is gone."""
        try:
            found = await (await self.connect(place)).reruns.workflow_run(run)
        except NotFound:
            return None
        ended = found.status == "completed"
        return RunOf(found.id, found.attempt, ended, found.conclusion, found.started, found.updated)


def _pushed(commit: Commit) -> Pushed:
    who = commit.login or commit.written[0]
    return Pushed(commit.sha, commit.parents, commit.message, who, commit.bot or who.endswith(_BOT))
