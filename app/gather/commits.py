"""Which commits there are, and which of them a workflow's job speaks for: asked of GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.gather.rules import Connect
from app.github.errors import Denied, NotFound, TooLarge
from app.github.id_token import Job
from app.github.repository import Repository
from app.model import Place

# Events whose GITHUB_SHA is the commit that a job checks out and builds (docs.github.com, "Events that trigger
# workflows"). Of `workflow_run`, `pull_request_target` and `issue_comment` it is the tip of another branch.
_BUILT = frozenset({"push", "merge_group", "schedule", "workflow_dispatch", "repository_dispatch"})
_MERGE = re.compile(r"refs/pull/([1-9][0-9]{0,8})/merge")
_STRANGERS_KEPT = 60.0  # seconds that a repository without our App is not asked for again: any of GitHub's may try

_GLANCE = 16 * 1024  # bytes: longer than any refusal of GitHub's, which must fit in


class Unbound(Exception):
    """The job speaks for no commit; the message says why, for people."""


class NotInstalled(Exception):
    """The App cannot read this repository."""


@dataclass(frozen=True, slots=True)
class Commits:
    """Asks through `connect`. Every call may raise NotInstalled and any error of `app.github.errors`."""

    connect: Connect
    strangers: TTLCache[str, bool] = field(default_factory=lambda: TTLCache(10_000, _STRANGERS_KEPT))

    async def exists(self, repository: str, sha: str) -> bool:
        """Is `sha` a commit that GitHub shows in `repository`?"""
        return await self._parents(await self._of(repository), sha) is not None

    async def holds(self, repository: str, sha: str, path: str) -> bool:
        """Is there a file at `path` in that commit? A large one is not fetched."""
        try:
            return await (await self._of(repository)).content(path, sha, max_bytes=_GLANCE) is not None
        except TooLarge:
            return True

    async def built_by(self, job: Job) -> str:
        """The commit that `job` speaks for: the one it runs at, or of a pull request the head. Raises Unbound."""
        repository = await self._of(job.repository)
        if job.event in _BUILT:
            return job.sha
        merge = _MERGE.fullmatch(job.ref) if job.event == "pull_request" else None
        if merge is None:
            raise Unbound(f"a job of the event {job.event[:100]} speaks for no commit")
        try:
            pull = await repository.pull(int(merge[1]))
        except NotFound:
            raise Unbound("its pull request is not there") from None
        if pull.from_fork:
            raise Unbound("the pull request comes from a fork, whose code decides what its jobs send")
        parents = await self._parents(repository, job.sha)
        if parents is None or len(parents) != 2:
            raise Unbound("GitHub no longer knows the merge that the job ran at; run it again")
        return parents[1]

    async def is_of_default_branch(self, job: Job) -> bool:
        """Does `job` run what was merged, for no pull request?"""
        repository = await self._of(job.repository)
        return job.event in _BUILT and job.ref == f"refs/heads/{await repository.default_branch()}"

    async def _of(self, repository: str) -> Repository:
        name = repository.lower()
        if name in self.strangers:
            raise NotInstalled
        try:
            return await self.connect(Place(repository))
        except (Denied, NotFound):
            self.strangers[name] = True
            raise NotInstalled from None

    async def _parents(self, repository: Repository, sha: str) -> tuple[str, ...] | None:
        try:
            return await repository.commit_parents(sha)
        except NotFound:
            return None
