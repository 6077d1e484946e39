"""A pull request on the local GitHub, a worker that can be killed, and one action of every kind with its count."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.errors import GitHubError
from app.github.issues import Issue
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.main.guarded import carried
from app.model import (
    CLOSING_MARKER,
    FIX_BRANCH,
    Action,
    Cause,
    Outcome,
    Place,
    Signature,
)
from app.publish.assign import Question
from app.publish.fence import mark
from app.publish.publisher import Publisher
from app.store.chain import ProvenanceEntry
from app.store.database import connect
from app.store.effects import Effect, Effects
from app.store.provenance import Provenance
from app.store.tables import effects as effects_table
from tests.storage import laid

MARKED = 'name: Canary\nrun-name: "Canary ${{ inputs.maestro_id }}"\non: workflow_dispatch\n'
LISTENING = """name: Agent
run-name: Try ${{ inputs.maestro_id || github.event.client_payload.maestro_id }}
on: {repository_dispatch: {types: [maestro.agent]}, workflow_dispatch: {}}
"""
UNMARKED = "name: Plain\non: workflow_dispatch\n"
FILES = {
    "README.md": "# shop\n",
    "src/pay.py": "paid = False\n",
    "old.txt": "old\n",
    ".github/workflows/canary.yml": MARKED,
    ".github/workflows/plain.yml": UNMARKED,
    ".github/workflows/agent.yml": LISTENING,
}
FIX = f"{FIX_BRANCH}main/npm-qs-6.5.3"
OURS = 2  # the number that the first further pull request, or issue, has
ABOUT = "drift of ranking"
CODER = "copilot-swe-agent[bot]"
MAESTRO = Signature("Maestro", "maestro@example.org", 1_800_000_000)


class Crash(BaseException):
    """The process ends here: no handler of ours may catch it."""


@dataclass(frozen=True, slots=True)
class Dying(Effects):
    """Effects of a worker that is killed: right after the `begin`th thing was begun, or before the `record`th is kept.

    0: never. The call to GitHub lies between the two.
    """

    begin_left: list[int] = field(default_factory=lambda: [0])
    record_left: list[int] = field(default_factory=lambda: [0])

    async def begin(self, key: str, digest: str = "") -> bool:
        fresh = await super(Dying, self).begin(key, digest)
        _strike(self.begin_left)
        return fresh

    async def record(self, key: str, effect: Effect, entry: ProvenanceEntry | None = None) -> None:
        _strike(self.record_left)
        await super(Dying, self).record(key, effect, entry)


@dataclass(frozen=True, slots=True)
class Meddled(Effects):
    """Effects of a worker during whose work something happens: `when` a key's first part is begun or kept."""

    when: str = ""
    what: Callable[[], object] = lambda: None

    async def begin(self, key: str, digest: str = "") -> bool:
        fresh = await super(Meddled, self).begin(key, digest)
        if self.when == "begun":
            self.what()
        return fresh

    async def record(self, key: str, effect: Effect, entry: ProvenanceEntry | None = None) -> None:
        await super(Meddled, self).record(key, effect, entry)
        if self.when == "kept":
            self.what()


def _strike(left: list[int]) -> None:
    left[0] -= 1
    if left[0] == 0:
        raise Crash


@dataclass
class Scene:
    """`number` is the pull request, `head` its head when the actions were decided."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    engine: AsyncEngine
    repo: Repo
    number: int
    head: str
    comment: int
    deployment: int

    async def perform(self, *actions: Action, effects: Effects | None = None) -> Sequence[Outcome]:
        """A new worker over the same database carries out `actions`; nobody told it to be silent."""
        app = self.sandbox.app
        identity, tuning = Identity(app.app_id, app.private_key), Tuning(patience=2.0)
        github = GitHub(identity, self.session, api_url=self.sandbox.url, tuning=tuning)
        client = github.installation(self.sandbox.installation("octo").id)

        async def connect_to(place: Place) -> Repository:
            return Repository(client, place.repository)

        own_app, journal = self.sandbox.app.app_id, Provenance(self.engine)

        async def as_person(login: str, repository: str, question: Question) -> Issue | GitHubError | str | None:
            try:
                return await question(Repository(github.with_token(self.sandbox.token(login)), repository))
            except GitHubError as error:
                return error

        publisher = Publisher(
            connect_to,
            effects or Effects(self.engine),
            own_app,
            journal,
            own_login=Myself(github),
            in_name_of=as_person,
            carried=carried,
        )
        return await publisher.perform(Place("octo/shop", number=self.number), actions, Cause("test"))

    async def forget(self) -> None:
        """The database is lost."""
        async with self.engine.begin() as connection:
            await connection.execute(effects_table.delete())

    def own_comments(self, marker: str) -> list[Any]:
        return [one for one in self.repo.comments(self.number) if one.body.startswith(marker)]

    def told_of(self, action: str) -> list[Any]:
        """How often our pull request was edited, closed ..."""
        told = (one.payload for one in self.sandbox.deliveries if one.event == "pull_request")
        return [one for one in told if one["action"] == action and one["number"] == OURS]

    def last_words(self) -> list[Any]:
        return [one for one in self.repo.comments(OURS) if one.body.startswith(CLOSING_MARKER)]

    def issues(self) -> list[Any]:
        """All that ever were opened."""
        return list((self.repo.state.issues or {}).values())

    def told_of_issue(self, action: str) -> list[Any]:
        """How often our issue was edited, closed, reopened."""
        told = (one.payload for one in self.sandbox.deliveries if one.event == "issues")
        return [one for one in told if one["action"] == action]

    def pushes(self, branch: str) -> list[Any]:
        """How often a branch was made or moved."""
        told = (one.payload for one in self.sandbox.deliveries if one.event == "push")
        return [one for one in told if one["ref"] == f"refs/heads/{branch}"]


@asynccontextmanager
async def scene(directory: Path) -> AsyncIterator[Scene]:
    """Open a scene; it must be left without one violation of GitHub's contract."""
    engine = connect(laid(directory).main)
    async with Sandbox(_app()) as sandbox, aiohttp.ClientSession() as session:
        repo = sandbox.repository("octo/shop", FILES, collaborators={"alice": "admin"})
        head = repo.commit("feature", {"src/pay.py": "paid = True\n"})
        number = repo.open_pull("Pay", "feature")
        repo.commit("release", {"release.txt": "1\n"}, parent=repo.tip())
        comment = repo.comment(number, "alice", "/maestro rollback")
        await Effects(engine).record(f"octo/shop/pull/{mark(f'{FIX} main')}", Effect(OURS, "maestro[bot]"))
        await Effects(engine).record(f"octo/shop/issue/{mark(ABOUT)}", Effect(OURS, mark("episode 1")))
        yield Scene(sandbox, session, engine, repo, number, head, comment, repo.deploy("main", "canary").id)
        assert sandbox.violations == []
    await engine.dispose()


@cache
def _app() -> SandboxApp:
    return Sandbox.generate_app()
