"""What we keep of deployments and of what was said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.github.fields import identifier, moment, text, within

DEPLOYMENT_MARK = "maestro"  # where the payload of our deployments says whose they are


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of commit `sha`; `environment` is where it was asked for.

    `mark`: what our payload says of whose it is; `app_id`: None where GitHub names no App. `at`: when it was asked for,
    epoch seconds.
    """

    id: int
    sha: str
    environment: str
    mark: str
    app_id: int | None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """What was said of a deployment, and when (`at`, epoch seconds); a larger `id` came later."""

    id: int
    state: str
    description: str
    log_url: str
    environment_url: str
    environment: str  # where it is by now; "": where it was asked for
    at: float = 0.0


def read_deployment(data: Any) -> Deployment:
    """Read one deployment."""
    app = within(data, "performed_via_github_app")
    sha, environment = text(data, "sha"), text(data, "environment")
    mark = text(within(data, "payload"), DEPLOYMENT_MARK)
    return Deployment(identifier(data, "id"), sha, environment, mark, app.get("id"), moment(data, "created_at"))


def read_deployment_status(data: Any) -> DeploymentStatus:
    """Read one status of a deployment."""
    return DeploymentStatus(
        identifier(data, "id"),
        text(data, "state"),
        text(data, "description"),
        text(data, "log_url"),
        text(data, "environment_url"),
        text(data, "environment"),
        moment(data, "created_at"),
    )
