"""What GitHub announces: every webhook leaves through here, if our App may hear of it.

GitHub sends an event to an App that is installed on the repository, is not suspended, subscribes to the event and
holds the permission the event belongs to.
"""

from __future__ import annotations

from typing import Any

from app.github.sandbox import shapes
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Account, Installation, Repository
from app.github.sandbox.world import World

PERMISSIONS = {  # event -> any of these lets an App subscribe to it
    "check_run": ("checks",),
    "check_suite": ("checks",),
    "deployment": ("deployments",),
    "deployment_status": ("deployments",),
    "issue_comment": ("issues", "pull_requests"),
    "issues": ("issues",),
    "merge_group": ("merge_queues",),
    "pull_request": ("pull_requests",),
    "push": ("contents",),
    "repository": ("metadata",),
    "repository_dispatch": ("contents",),
    "workflow_run": ("actions",),
}


def announce(world: World, event: str, repo: Repository, sender: Account, **payload: Any) -> None:
    """Send one repository event to our App, unless it has no right to hear it."""
    installation = world.installation_for(repo)
    if installation is None or not hears(world, installation, event):
        return
    about: Json = {"repository": shapes.repository(world, repo)}
    if repo.owner.type == "Organization":
        about["organization"] = organization(world, repo.owner)
    about["sender"] = shapes.user(world, sender)
    about["installation"] = {"id": installation.id, "node_id": shapes.node_id("I", installation.id)}
    world.outbox.post(event, {**payload, **about})


def hears(world: World, installation: Installation, event: str) -> bool:
    """Whether an installation gets an event at all. An App without a list subscribes to everything."""
    subscribed = not world.app.events or event in world.app.events
    permitted = any(name in installation.permissions for name in PERMISSIONS[event])
    return subscribed and permitted and installation.suspended_at is None


def organization(world: World, account: Account) -> Json:
    """The organisation that owns the repository."""
    url = f"{world.url}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": shapes.node_id("O", account.id),
        "url": url,
        **{f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")},
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{world.url}/avatars/{account.id}",
        "description": "",
    }


def announce_installation(world: World, action: str, installation: Installation, sender: Account) -> None:
    """`installation.created`, `.deleted`, `.suspend` or `.unsuspend`: an App always hears of these."""
    payload = {
        "action": action,
        "installation": shapes.installation(world, installation),
        "repositories": [brief(repo) for repo in world.covered(installation)],
        "requester": None,
        "sender": shapes.user(world, sender),
    }
    world.outbox.post("installation", payload)


def announce_selection(
    world: World,
    installation: Installation,
    sender: Account,
    added: list[Repository],
    removed: list[Repository],
) -> None:
    """`installation_repositories.added` or `.removed`."""
    payload = {
        "action": "added" if added else "removed",
        "installation": shapes.installation(world, installation),
        "repository_selection": "all" if installation.repositories is None else "selected",
        "repositories_added": [brief(repo) for repo in added],
        "repositories_removed": [brief(repo) for repo in removed],
        "requester": None,
        "sender": shapes.user(world, sender),
    }
    world.outbox.post("installation_repositories", payload)


def announce_revoked(world: World, sender: Account) -> None:
    """`github_app_authorization.revoked`: an App always hears of it, and of no repository."""
    world.outbox.post("github_app_authorization", {"action": "revoked", "sender": shapes.user(world, sender)})


def announce_ping(world: World, webhook_url: str) -> None:
    """`ping`: GitHub asks whether the webhook works."""
    hook = {
        "type": "App",
        "id": world.app.id,
        "name": "web",
        "active": True,
        "events": list(world.app.events),
        "created_at": shapes.time_text(world.app.created_at),
        "updated_at": shapes.time_text(world.app.created_at),
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": webhook_url},
        "app_id": world.app.id,
        "deliveries_url": f"{world.url}/app/hook/deliveries",
    }
    world.outbox.post("ping", {"zen": "Design for failure.", "hook_id": world.app.id, "hook": hook})


def brief(repo: Repository) -> Json:
    """A repository in the short form of the installation events."""
    return {
        "id": repo.id,
        "node_id": shapes.node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }
