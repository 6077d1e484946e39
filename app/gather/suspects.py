"""What was deployed around the day on which a module went wrong: who is asked first."""

from __future__ import annotations

from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import Denied, Invalid, NotFound
from app.github.repository import Repository
from app.model import Place, Suspect

MOST = 20  # deployments that are looked at, each by two calls
_SERVES = "success"


@dataclass(frozen=True, slots=True)
class Suspects:
    """Reads GitHub through `connect`, and raises what that raises."""

    connect: Connect

    async def between(self, place: Place, environment: str, start: float, end: float) -> tuple[Suspect, ...]:
        """The deployments to `environment` that began to serve from `start` to `end` (epoch seconds), the oldest first;
        none where GitHub does not show them.
        """
        there = await self.connect(place)
        try:
            every = [one for one in await there.newest_deployments(environment) if one.at <= end]
            found = [await _served(there, one.id, one.sha) for one in every[:MOST]]
        except (Denied, NotFound):
            return ()
        inside = [one for one in found if one is not None and start <= one.at <= end]
        return tuple([await _brought(there, one) for one in sorted(inside, key=lambda one: one.at)])


async def _served(there: Repository, deployment: int, sha: str) -> Suspect | None:
    """Since when it serves; None where it never did."""
    said = [status.at for status in await there.deployment_statuses(deployment) if status.state == _SERVES]
    return Suspect(deployment, sha, min(said)) if said else None


async def _brought(there: Repository, one: Suspect) -> Suspect:
    """With the pull requests that brought its commit."""
    try:
        pulls = await there.commit_pulls(one.sha)
    except (Invalid, NotFound):
        return one
    return Suspect(one.deployment, one.sha, one.at, tuple(sorted(pull.number for pull in pulls if pull.merged)))
