"""Deployments of ours and what is said of them: a deployment is known by its payload, a status by its words."""

from __future__ import annotations

from dataclasses import dataclass

from app.github.deployments import DeploymentStatus
from app.github.limits import DEPLOYMENT_STATUS_DESCRIPTION
from app.github.repository import Repository
from app.model import NewDeployment, Outcome, Performed, SetDeploymentStatus, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class DeploymentWriter:
    """Writes deployments of one repository."""

    repository: Repository
    effects: Effects
    own_app: int
    fence: Fence
    told: Told = untold

    async def set_status(self, action: SetDeploymentStatus) -> Outcome:
        """Say it, unless it was said before or is what the deployment says now; the outcome names the deployment."""
        deployment = await self._deployment(action)
        if deployment is None:
            return Stopped(action, Stop.HEAD_MOVED)
        said = f"{self.repository.full_name}/deployment-status/{deployment}/"
        key = said + mark(repr((_fields(action), action.occasion)))
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return Performed(action, deployment)
        status = await self._shown(deployment, action, said if effect is not None else "")
        if status is None:
            if not await self.fence.wanted(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            status = await self.repository.create_deployment_status(deployment, _fields(action))
        await self.effects.record(key, Effect(status, ""), self.told(action))
        return Performed(action, deployment)

    async def _shown(self, deployment: int, action: SetDeploymentStatus, begun: str) -> int | None:
        """The status that says this: the newest; or, if it was begun, any that belongs to no other of our effects."""
        statuses = sorted(await self.repository.deployment_statuses(deployment), key=lambda one: one.id, reverse=True)
        alike = [one.id for one in statuses if _says(one, action)]
        if alike and alike[0] == statuses[0].id:
            return alike[0]
        if not begun:
            return None
        taken = {effect.remote_id for effect in (await self.effects.below(begun)).values()}
        return next((one for one in alike if one not in taken), None)

    async def _deployment(self, action: SetDeploymentStatus) -> int | None:
        """The id of the deployment, which is made if need be; None when the head has moved before it was."""
        wanted = action.deployment
        if isinstance(wanted, int):
            return wanted
        own = mark(wanted.key)
        key = f"{self.repository.full_name}/deployment/{own}"
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return effect.remote_id
        deployment = await self._find(wanted, own)
        if deployment is None:
            if not await self.fence.wanted(action.head_sha):
                return None
            await self.effects.begin(key)
            deployment = await self.repository.create_deployment(
                ref=wanted.ref, environment=wanted.environment, description=wanted.description, mark=own
            )
        await self.effects.record(key, Effect(deployment, ""))
        return deployment

    async def _find(self, wanted: NewDeployment, own: str) -> int | None:
        every = await self.repository.deployments(wanted.ref, wanted.environment)
        return next((one.id for one in every if one.mark == own and one.app_id in {self.own_app, None}), None)


def _fields(action: SetDeploymentStatus) -> dict[str, str]:
    """The action in GitHub's words and within its limits."""
    fields = {
        "state": action.state,
        "description": action.description[:DEPLOYMENT_STATUS_DESCRIPTION],
        "log_url": action.log_url,
        "environment_url": action.environment_url,
    }
    return {name: value for name, value in fields.items() if value}


def _says(status: DeploymentStatus, action: SetDeploymentStatus) -> bool:
    """Whether `status` says what `action` wants said; where a deployment can be seen is no part of it."""
    wanted = _fields(action)
    return all(getattr(status, name) == wanted.get(name, "") for name in ("state", "description", "log_url"))
