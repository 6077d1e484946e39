"""The whole of the local GitHub: who and what exists, and how a login, a name or a ref is looked up.

`World` knows no HTTP. Time comes from `clock` and can be moved forward, so that tokens age in a test.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.github.sandbox.git import Commit, Objects, Signature
from app.github.sandbox.refusals import no_commit, not_found
from app.github.sandbox.state import (
    ROLES,
    Account,
    AccountType,
    App,
    Delivery,
    Installation,
    Label,
    Permissions,
    Renewal,
    Repository,
    Suite,
    Token,
)

FULL_SHA = 40
SHORT_SHA = 7
TO_LEGACY_ROLE = {"maintain": "write", "triage": "read"}  # the `permission` field knows three roles only


class Outbox(Protocol):
    """Where webhooks leave. `log` keeps every delivery, oldest first."""

    log: list[Delivery]

    def post(self, event: str, payload: dict[str, Any]) -> None:
        """Send an event to our App's webhook."""

    def again(self, delivery: Delivery) -> None:
        """Send a delivery once more, under the same GUID."""


@dataclass(slots=True)
class World:
    """Everything that exists. `app` is the App under test; `apps` are all, by slug."""

    app: App
    outbox: Outbox
    url: str = ""
    clock: Callable[[], float] = time.time
    skipped: float = 0.0  # seconds by which the sandbox's time runs ahead of `clock`
    accounts: dict[str, Account] = field(default_factory=dict)  # by lower-case login
    apps: dict[str, App] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)  # by lower-case full name
    moved: dict[str, Repository] = field(default_factory=dict)  # former lower-case full names
    installations: dict[int, Installation] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    renewals: dict[str, Renewal] = field(default_factory=dict)  # by refresh token
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    # --- time and names ------------------------------------------------------------------------------------

    def now(self) -> float:
        """Epoch seconds in the sandbox."""
        return self.clock() + self.skipped

    def new_id(self) -> int:
        """An id that nothing else has."""
        return next(self.ids)

    def account(self, login: str, kind: AccountType = "User") -> Account:
        """The account of this login; it comes into being when it is first named."""
        key = login.lower()
        if key not in self.accounts:
            self.accounts[key] = Account(self.new_id(), login, kind)
        return self.accounts[key]

    def call(self, old: str, new: str) -> None:
        """Somebody takes another login; the former one is free for whoever comes."""
        account = self.accounts.pop(old.lower())
        account.login = new
        self.accounts[new.lower()] = account
        for repo in self.repositories.values():
            repo.collaborators = {new if name == old else name: role for name, role in repo.collaborators.items()}

    def other_app(self, slug: str) -> App:
        """An App that is not ours, such as `github-actions`; it comes into being when it is first named."""
        if slug not in self.apps:
            bot = self.account(f"{slug}[bot]", "Bot")
            self.apps[slug] = App(self.new_id(), slug, self.account("github", "Organization"), bot, {})
        return self.apps[slug]

    def signature(self, account: Account) -> Signature:
        """Who commits, now."""
        return Signature(account.login, f"{account.login}@users.noreply.github.com", int(self.now()))

    # --- repositories --------------------------------------------------------------------------------------

    def repository(self, full_name: str) -> Repository:
        """The repository of this name, whatever its case; 404 if there is none."""
        found = self.repositories.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def add_repository(self, owner: Account, name: str, objects: Objects | None = None) -> Repository:
        """A new repository without commits."""
        repo = Repository(self.new_id(), owner, name, objects or Objects(), self.now())
        self.repositories[repo.full_name.lower()] = repo
        return repo

    def rename(self, repo: Repository, full_name: str) -> None:
        """Give a repository another name (and owner); the former one leads to it from now on."""
        del self.repositories[repo.full_name.lower()]
        self.moved[repo.full_name.lower()] = repo
        owner, _, repo.name = full_name.partition("/")
        repo.owner = self.account(owner)
        self.repositories[repo.full_name.lower()] = repo

    def resolve(self, repo: Repository, ref: str) -> Commit:
        """The commit of a sha (also short), branch, tag or full ref; 422 if there is none."""
        name = ref.removeprefix("refs/")
        for candidate in (name, f"heads/{name}", f"tags/{name}"):
            if candidate in repo.refs:
                return repo.objects.commit(repo.refs[candidate])
        if len(name) == FULL_SHA and name in repo.objects.commits:
            return repo.objects.commit(name)
        if SHORT_SHA <= len(name) < FULL_SHA:
            for sha, commit in repo.objects.commits.items():
                if sha.startswith(name):
                    return commit
        raise no_commit(ref)

    def label(self, repo: Repository, name: str) -> Label:
        """The label of this name; it comes into being when it is first used."""
        return repo.labels.setdefault(name, Label(self.new_id(), name))

    def suite_of(self, repo: Repository, sha: str, app: App) -> Suite | None:
        """The suite of one App on one head."""
        mine = (suite for suite in repo.suites.values() if suite.app is app and suite.head_sha == sha)
        return next(mine, None)

    # --- who may what --------------------------------------------------------------------------------------

    def role(self, repo: Repository, login: str) -> str | None:
        """The role of a person: what was granted, `admin` for the owner, `read` for all on public ones."""
        return self.given(repo, login) or (None if repo.private else "read")

    def given(self, repo: Repository, login: str) -> str | None:
        """The role that a person was given, or has as the owner."""
        if repo.owner.type == "User" and repo.owner.login.lower() == login.lower():
            return "admin"
        granted = {name.lower(): role for name, role in repo.collaborators.items()}
        return granted.get(login.lower())

    def may(self, repo: Repository, login: str, role: str) -> bool:
        """Whether a person has at least this role."""
        has = self.role(repo, login)
        return has is not None and ROLES.index(has) >= ROLES.index(role)

    # --- our App -------------------------------------------------------------------------------------------

    def installation_for(self, repo: Repository) -> Installation | None:
        """Our App's installation that covers a repository, suspended or not."""
        for installation in self.installations.values():
            if installation.account is repo.owner and covers(installation.repositories, repo):
                return installation
        return None

    def install(self, account: Account, permissions: Permissions | None = None) -> Installation:
        """Install our App on an account, for all its repositories."""
        granted = dict(self.app.permissions if permissions is None else permissions)
        installation = Installation(self.new_id(), account, granted, created_at=self.now())
        self.installations[installation.id] = installation
        return installation

    def covered(self, installation: Installation) -> list[Repository]:
        """The repositories that an installation gives access to, by name."""
        mine = (repo for repo in self.repositories.values() if repo.owner is installation.account)
        return sorted((r for r in mine if covers(installation.repositories, r)), key=lambda r: r.full_name)


def covers(repositories: set[int] | None, repo: Repository) -> bool:
    """Whether a selection (None: all) holds a repository."""
    return repositories is None or repo.id in repositories
