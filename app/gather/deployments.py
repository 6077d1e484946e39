"""Deployments of a commit to an environment, as GitHub has them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.deployments import Deployment, DeploymentStatus
from app.github.errors import Denied, Invalid, NotFound
from app.model import Place, Refusal, Serving

_SERVES, _OVER = "success", "inactive"


@dataclass(frozen=True, slots=True)
class Deployments:
    """Reads GitHub through `connect`, and raises what that raises."""

    connect: Connect

    async def serving(self, place: Place, sha: str, environment: str) -> int | None:
        """The id of the newest deployment of `sha` to `environment` whose last word is `success`; None: none serves.

        GitHub is asked for all of the commit, for it tells `Canary` from `canary` where it filters.
        """
        there = await self.connect(place)
        every = await there.commit_deployments(sha)
        for one in sorted(every, key=lambda one: one.id, reverse=True):
            said = _last(await there.deployment_statuses(one.id))
            if said is not None and said.state == _SERVES and _is(environment, _environment(one, said)):
                return one.id
        return None

    async def of(self, place: Place, shas: Sequence[str]) -> Sequence[Serving] | Refusal:
        """The newest deployment of any of `shas` to each environment, by its name, but for those that are over: GitHub
        says `inactive` of what another one stands in for. A Refusal where it does not show them.
        """
        try:
            there = await self.connect(place)
            every = [one for sha in shas for one in await there.commit_deployments(sha)]
            said = [(one, _last(await there.deployment_statuses(one.id))) for one in every]
        except (Denied, Invalid, NotFound) as error:
            return Refusal(f"GitHub does not show the deployments ({error.status})")
        newest: dict[str, Serving] = {}
        for one, last in sorted(said, key=lambda pair: pair[0].id):
            where = _environment(one, last)
            newest[where.casefold()] = Serving(one.id, one.sha, where, last.state if last else "")
        return [newest[name] for name in sorted(newest) if newest[name].state != _OVER]

    async def foreign(self, place: Place, deployment: int, sha: str, environment: str) -> Refusal | None:
        """Why `deployment` is none of `sha` to `environment`; None where it is one."""
        there = await self.connect(place)
        try:
            one = await there.deployment(deployment)
            where = _environment(one, _last(await there.deployment_statuses(deployment)))
        except (NotFound, Invalid):
            return Refusal(f"{place.repository} has no deployment {deployment} that Maestro may see")
        if one.sha == sha and _is(environment, where):
            return None
        wanted = f"{sha[:7]} to `{environment}`"
        return Refusal(f"deployment {deployment} is of {one.sha[:7]} to `{where}`, and not of {wanted}")


def _last(statuses: Sequence[DeploymentStatus]) -> DeploymentStatus | None:
    return max(statuses, key=lambda one: one.id, default=None)


def _environment(one: Deployment, said: DeploymentStatus | None) -> str:
    """Where it is: a status may name another environment than the deployment was asked for."""
    return said.environment if said is not None and said.environment else one.environment


def _is(environment: str, other: str) -> bool:
    return environment.casefold() == other.casefold()
