"""Who sends to the API: the bearer of a token of ours, or a job of GitHub Actions with its id-token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from app.gather.commits import Commits, NotInstalled, Unbound
from app.github.errors import Denied, GitHubError, RateLimited
from app.github.id_token import BadIdToken, IdTokens, Job, looks_like_one
from app.pages.answers import bearer, refuse
from app.store.tokens import Grant, Tokens

T = TypeVar("T")
_PATIENCE = 30  # seconds after which a sender may try again, where GitHub does not say


@dataclass(frozen=True, slots=True)
class Senders:
    """`id_tokens`: None where the operator has not said whom they must be meant for."""

    tokens: Tokens
    commits: Commits
    id_tokens: IdTokens | None = None

    async def grant(self, request: web.Request) -> Grant:
        """What the sender may speak for. 401 for nobody we know, 403 for a job that speaks for no commit of a
        repository of ours, 503 where GitHub cannot be asked.
        """
        token = bearer(request)
        if looks_like_one(token):
            return await self._of_job(token)
        known = await self.tokens.grant(token)
        if known is None:
            refuse(401, "this token is unknown, revoked or expired")
        return known

    async def repository(self, request: web.Request) -> str:
        """The repository that the sender may speak for as a whole: with a token of all of it, or as a job of its
        default branch, which runs what was merged. 403 for who speaks for one commit, else as `grant`.
        """
        token = bearer(request)
        if looks_like_one(token):
            job = await self._job(token)
            if not await self._is_of_default_branch(job):
                refuse(403, "an id-token speaks for the whole repository where its job runs on the default branch")
            return job.repository
        grant = await self.grant(request)
        if grant.sha or grant.path:
            refuse(403, "this takes a token of the whole repository: a commit does not judge itself")
        return grant.repository

    async def widened(self, request: web.Request, said: Grant) -> Grant:
        """What the sender may speak for at most: a job of the default branch for the whole repository, for an agent
        that was sent from there works on the commits of others; anybody else for what is `said`.
        """
        token = bearer(request)
        if not looks_like_one(token) or not await self._is_of_default_branch(await self._job(token)):
            return said
        return Grant(said.repository)

    async def must_exist(self, repository: str, sha: str) -> None:
        """422 for a commit that GitHub does not show there, 503 where GitHub cannot be asked."""
        if not await _asked(repository, lambda: self.commits.exists(repository, sha)):
            refuse(422, f"{repository} has no commit {sha}")

    async def must_be_absent(self, grant: Grant, sha: str, path: str) -> None:
        """403 for a path that the commit itself holds, where `grant` is of a whole repository: only who is bound to the
        commit may say that its own file is not the word.
        """
        repository = grant.repository
        if not grant.sha and await _asked(repository, lambda: self.commits.holds(repository, sha, path)):
            refuse(403, f"the commit itself holds {path}: only a token of this commit may send another")

    async def _of_job(self, token: str) -> Grant:
        job = await self._job(token)
        return Grant(job.repository, await _asked(job.repository, lambda: self.commits.built_by(job)))

    async def _is_of_default_branch(self, job: Job) -> bool:
        return await _asked(job.repository, lambda: self.commits.is_of_default_branch(job))

    async def _job(self, token: str) -> Job:
        if self.id_tokens is None:
            refuse(401, "id-tokens are not accepted here: the operator has not set MAESTRO_URL")
        try:
            return await self.id_tokens.job(token)
        except BadIdToken as error:
            refuse(401, f"this id-token is not accepted: {error}")
        except GitHubError:
            refuse(503, "the keys of GitHub's id-tokens cannot be had; please send it again", _PATIENCE)


def confine(grant: Grant, repository: str, sha: str, path: str = "") -> None:
    """403 for what `grant` does not cover. `path`: of a bill; "" for what has none."""
    if repository.lower() != grant.repository.lower():
        refuse(403, f"this token speaks for {grant.repository} only")
    if grant.sha not in {"", sha}:
        refuse(403, f"this token speaks for the commit {grant.sha} only")
    if grant.path not in {"", path}:
        refuse(403, f"this token speaks for the bill {grant.path} only")


async def _asked(repository: str, question: Callable[[], Awaitable[T]]) -> T:
    """GitHub's answer, or ours to the sender where there is none."""
    try:
        return await question()
    except (Denied, NotInstalled):
        refuse(403, f"Maestro is not installed on {repository}, or may not read it")
    except Unbound as error:
        refuse(403, f"this id-token binds no commit: {error}")
    except GitHubError as error:
        wait = error.retry_after if isinstance(error, RateLimited) else _PATIENCE
        refuse(503, "GitHub cannot be asked about the commit; please send it again", wait)
