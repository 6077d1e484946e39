"""The sandbox: a local GitHub for one App, over real HTTP on a free port of 127.0.0.1.

```
async with Sandbox(Sandbox.generate_app(), webhook_url=bot.url, webhook_secret="...") as sandbox:
    repo = sandbox.repository("octo/shop", {"README.md": "hello"}, collaborators={"alice": "write"})
    repo.commit("feature", {"README.md": "hello, world"}, author="alice")
    number = repo.open_pull("Greet everybody", head="feature", author="alice")
    await sandbox.settle()
```
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.github.sandbox import events, page
from app.github.sandbox.budget import Budgets
from app.github.sandbox.contract import Contract
from app.github.sandbox.door import Door, Request
from app.github.sandbox.faults import DeliveryFaults, Faults
from app.github.sandbox.hooks import Courier
from app.github.sandbox.people import Repo
from app.github.sandbox.routes.actions import STORAGE
from app.github.sandbox.signing_in import SignIn
from app.github.sandbox.state import Account, App, Delivery, Installation, Permissions
from app.github.sandbox.world import World

KEY_BITS = 2048
MAX_REQUEST = 110 * 1024 * 1024  # bytes: a blob of 100 MB in Base64 is refused by GitHub, not by us

PERMISSIONS: Permissions = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "merge_queues": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}


@dataclass(frozen=True, slots=True)
class SandboxApp:
    """The App under test as GitHub knows it. `private_key` is PEM; no `events` means all of them."""

    app_id: int
    private_key: str
    slug: str = "maestro"
    owner: str = "octo"
    client_id: str = "Iv23liSandbox"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    permissions: Mapping[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    events: tuple[str, ...] = ()


class Sandbox:
    """A local GitHub: start it with `async with`, tell its story with `repository` and `Repo`, ask what happened.

    `requests` are all API requests in order, `writes` those that changed content, `violations` what GitHub would not
    have understood. `contract` None switches that check off, to see GitHub's own refusals.
    """

    def __init__(
        self,
        app: SandboxApp,
        webhook_url: str | None = None,
        webhook_secret: str = "sandbox-secret",  # noqa: S107 - of a double
        *,
        contract: Contract | None = Contract.load(),  # noqa: B008 - immutable, and cached anyway
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app = app
        self.faults = Faults()
        self.courier = Courier(app.app_id, webhook_secret, webhook_url, self._new_id, self._now)
        self.world = _world(app, self.courier, clock)
        self.door = Door(self.world, Budgets(), contract)
        self.sign_in = SignIn(self.world)
        self._runner: web.AppRunner | None = None

    @staticmethod
    def generate_app(app_id: int = 4242, slug: str = "maestro") -> SandboxApp:
        """An App with a fresh RSA key, in GitHub's own PEM form (PKCS#1)."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        return SandboxApp(app_id, pem.decode(), slug)

    async def __aenter__(self) -> Self:
        application = web.Application(middlewares=[self.faults.middleware], client_max_size=MAX_REQUEST)
        application.add_routes([*page.routes(self.world), *self.sign_in.routes()])
        application.router.add_get(f"{STORAGE}/{{ticket}}", self.door.artifact)
        application.router.add_route("*", "/{path:.*}", self.door.serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.world.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        await self.courier.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.courier.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- what it is and what happened ----------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the API and the pages are; known once it runs."""
        return self.world.url

    @property
    def requests(self) -> list[Request]:
        """All API requests, in order."""
        return self.door.requests

    @property
    def writes(self) -> list[Request]:
        """The requests that changed content: refused ones and tokens are not among them."""
        return [request for request in self.door.requests if request.wrote]

    @property
    def violations(self) -> list[str]:
        """What GitHub would not have understood; a test asserts that it is empty."""
        return self.door.violations

    @property
    def deliveries(self) -> list[Delivery]:
        """All webhooks, in the order in which they happened."""
        return self.courier.log

    @property
    def webhook_url(self) -> str | None:
        """Where webhooks go; None: nowhere, they are only logged."""
        return self.courier.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.courier.url = url

    @property
    def delivery_faults(self) -> DeliveryFaults:
        """How unkind the way to the webhook is."""
        return self.courier.faults

    @delivery_faults.setter
    def delivery_faults(self, faults: DeliveryFaults) -> None:
        self.courier.faults = faults

    async def settle(self) -> None:
        """Wait until all webhooks so far were delivered (or lost)."""
        await self.courier.settle()

    def advance(self, seconds: float) -> None:
        """Let time pass: tokens expire, budgets renew."""
        self.world.skipped += seconds

    def limit_requests(self, per_hour: int) -> None:
        """Give every token this hourly budget from now on."""
        self.door.budgets = Budgets(per_hour)

    # --- the story -----------------------------------------------------------------------------------------

    def repository(
        self,
        full_name: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        private: bool = False,
        collaborators: Mapping[str, str] | None = None,
    ) -> Repo:
        """A repository with one commit on `main`; the App is installed on its owner. Sends nothing.

        An owner nobody has named yet becomes an organisation. `collaborators`: login -> one of `state.ROLES`.
        """
        owner, _, name = full_name.partition("/")
        account = self.world.account(owner, "Organization")
        repo = self.world.add_repository(account, name)
        repo.private, repo.collaborators = private, dict(collaborators or {})
        for login in repo.collaborators:
            self.world.account(login)
        if self.world.installation_for(repo) is None:
            self.world.install(account)
        story = Repo(self.world, repo)
        story.begin(files or {"README.md": f"# {name}\n"})
        return story

    def installation(self, account: str) -> Installation:
        """The App's installation on an account; LookupError if there is none."""
        for installation in self.world.installations.values():
            if installation.account.login == account:
                return installation
        raise LookupError(account)

    def install(self, account: str, by: str = "admin", permissions: Permissions | None = None) -> Installation:
        """Somebody installs the App: `installation.created`."""
        installation = self.world.install(self.world.account(account, "Organization"), permissions)
        events.announce_installation(self.world, "created", installation, self._person(by))
        return installation

    def uninstall(self, account: str, by: str = "admin") -> None:
        """Somebody uninstalls the App: its tokens die, `installation.deleted`."""
        installation = self.installation(account)
        del self.world.installations[installation.id]
        events.announce_installation(self.world, "deleted", installation, self._person(by))

    def suspend(self, account: str, by: str = "admin") -> None:
        """Somebody suspends the installation: every call is a 403, `installation.suspend`."""
        installation = self.installation(account)
        installation.suspended_at = self.world.now()
        events.announce_installation(self.world, "suspend", installation, self._person(by))

    def unsuspend(self, account: str, by: str = "admin") -> None:
        """And back again: `installation.unsuspend`."""
        installation = self.installation(account)
        installation.suspended_at = None
        events.announce_installation(self.world, "unsuspend", installation, self._person(by))

    def select(self, account: str, *repositories: str, by: str = "admin") -> None:
        """Somebody limits the installation to these repositories: `installation_repositories` added, removed."""
        installation = self.installation(account)
        before = self.world.covered(installation)
        after = [self.world.repository(name) for name in repositories]
        installation.repositories = {repo.id for repo in after}
        added, removed = [r for r in after if r not in before], [r for r in before if r not in after]
        for some, none in ((added, []), ([], removed)):
            if some or none:
                events.announce_selection(self.world, installation, self._person(by), some, none)

    def rename(self, old: str, new: str) -> None:
        """Somebody renames a repository (`owner/name` both): the old name answers 301 from now on."""
        repo = self.world.repository(old)
        before = repo.name
        self.world.rename(repo, new)
        changes = {"repository": {"name": {"from": before}}}
        events.announce(self.world, "repository", repo, repo.owner, action="renamed", changes=changes)

    def call(self, old: str, new: str) -> None:
        """Somebody takes another login; the former one is free for whoever comes. Sends nothing."""
        self.world.call(old, new)

    def revoke(self, login: str) -> None:
        """Somebody takes back what they allowed our App: their tokens die, `github_app_authorization.revoked`."""
        account = self._person(login)
        self.sign_in.forget(account)
        events.announce_revoked(self.world, account)

    def ping(self) -> None:
        """GitHub asks whether the webhook works: `ping`."""
        events.announce_ping(self.world, self.courier.url or "")

    def token(self, login: str) -> str:
        """A person's own token for the API."""
        return self.door.person_token(login)

    def _person(self, login: str) -> Account:
        return self.world.account(login)

    def _new_id(self) -> int:
        return self.world.new_id()

    def _now(self) -> float:
        return self.world.now()


def _world(app: SandboxApp, courier: Courier, clock: Callable[[], float]) -> World:
    owner = Account(1, app.owner, "Organization")
    bot = Account(2, f"{app.slug}[bot]", "Bot")
    ours = App(app.app_id, app.slug, owner, bot, dict(app.permissions), app.events, _public(app.private_key), clock())
    ours.client_id, ours.client_secret = app.client_id, app.client_secret
    world = World(ours, courier, clock=clock)
    world.accounts |= {owner.login.lower(): owner, bot.login.lower(): bot}
    world.apps[app.slug] = ours
    return world


@lru_cache
def _public(private_key: str) -> str:
    """The public half, PEM. Reading a private key takes a sixth of a second, for it is validated."""
    key: Any = serialization.load_pem_private_key(private_key.encode(), password=None)
    pem: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()
