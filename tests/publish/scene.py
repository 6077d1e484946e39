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
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox, SandboxApp, checking
from app.model import (
    CARD_MARKER,
    CLOSING_MARKER,
    FIX_BRANCH,
    ISSUE_MARKER,
    REPLY_MARKER,
    TOLD_MARKER,
    Action,
    Cause,
    CheckRunText,
    CloseIssue,
    ClosePullRequest,
    DispatchWorkflow,
    EditIssue,
    EditPullRequest,
    MoveBranch,
    NewDeployment,
    OpenIssue,
    OpenPullRequest,
    Outcome,
    Place,
    React,
    Removed,
    Reply,
    RerequestCheck,
    RerunFailed,
    Restored,
    SetDeploymentStatus,
    Signature,
    Tell,
    WriteBranch,
    WriteCard,
    WriteCheckRun,
    Written,
)
from app.publish.fence import mark
from app.publish.publisher import Publisher
from app.store.chain import ProvenanceEntry
from app.store.database import connect
from app.store.effects import Effect, Effects
from app.store.provenance import Provenance
from app.store.tables import effects as effects_table
from tests.storage import laid

MARKED = 'name: Canary\nrun-name: "Canary ${{ inputs.maestro_id }}"\non: workflow_dispatch\n'
UNMARKED = "name: Plain\non: workflow_dispatch\n"
FILES = {
    "README.md": "# shop\n",
    "src/pay.py": "paid = False\n",
    "old.txt": "old\n",
    ".github/workflows/canary.yml": MARKED,
    ".github/workflows/plain.yml": UNMARKED,
}
FIX = f"{FIX_BRANCH}main/npm-qs-6.5.3"
OURS = 2  # the number that the first further pull request, or issue, has
ABOUT = "drift of ranking"
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
        publisher = Publisher(connect_to, effects or Effects(self.engine), own_app, journal, own_login=Myself(github))
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


# --- one action of every kind -----------------------------------------------------------------------------------


def card(scene: Scene) -> WriteCard:
    return WriteCard(scene.number, scene.head, f"{CARD_MARKER}v1 pr={scene.number} -->\nSHIP", "digest")


def check_run(scene: Scene) -> WriteCheckRun:
    return WriteCheckRun("maestro / decision", scene.head, "success", CheckRunText("SHIP", "All is well."))


def reaction(scene: Scene) -> React:
    return React(scene.comment, "rocket")


def reply(scene: Scene) -> Reply:
    return Reply(scene.number, scene.comment, "The rollback is on its way.")


def word(scene: Scene) -> Tell:
    return Tell(scene.number, "experiment 12", "It was taken back.")


def branch(scene: Scene) -> WriteBranch:
    objects = scene.repo.state.objects
    before = objects.find(objects.commit(scene.repo.tip()).tree, "src/pay.py")
    assert before is not None
    edits = (
        Written("NOTES.md", b"rolled back\n"),
        Written("logo.bin", b"\xff\x00\xfe", "100755"),
        Restored("src/pay.py", before.sha),
        Removed("old.txt"),
    )
    return WriteBranch("maestro/rollback-1", scene.head, edits, "Roll back #1", MAESTRO, scene.head)


def move(scene: Scene) -> MoveBranch:
    tip = scene.repo.tip("release")
    return MoveBranch("release", tip, scene.repo.draft_commit({"release.txt": "2\n"}, parent=tip), scene.head)


def pull_request(scene: Scene) -> OpenPullRequest:
    if "heads/rollback" not in scene.repo.state.refs:
        scene.repo.commit("rollback", {"src/pay.py": "paid = None\n"})
    return OpenPullRequest("rollback", "main", "Roll back #1", "It slowed us down.", scene.head)


def ours(scene: Scene, author: str = "maestro[bot]") -> int:
    """A pull request that we opened, once; its number."""
    if OURS not in scene.repo.state.pulls:
        scene.repo.commit(FIX, {"package.json": "{}\n"}, author=author)
        assert scene.repo.open_pull("Raise qs to 6.5.3", FIX, author=author, body="Because.") == OURS
    return OURS


def edited(scene: Scene) -> EditPullRequest:
    return EditPullRequest(ours(scene), FIX, "main", "Raise qs to 6.5.3", "Because of two.", scene.head)


def closed(scene: Scene) -> ClosePullRequest:
    return ClosePullRequest(ours(scene), FIX, "main", "Superseded by #3.", scene.head)


def issue(_scene: Scene) -> OpenIssue:
    return OpenIssue("drift of fraud", "episode 1", "The inputs of fraud have moved", "Since Tuesday.")


def our_issue(scene: Scene, author: str = "maestro[bot]") -> int:
    """An issue that we opened, once; its number."""
    if not scene.issues():
        assert scene.repo.open_issue("The inputs of ranking have moved", "Since Monday.", author=author) == OURS
    return OURS


def edited_issue(scene: Scene) -> EditIssue:
    return EditIssue(our_issue(scene), ABOUT, "The inputs of ranking have moved", "Since Monday, and more.")


def closed_issue(scene: Scene) -> CloseIssue:
    return CloseIssue(our_issue(scene), ABOUT, "episode 1", "It is over.")


def reopened_issue(scene: Scene) -> OpenIssue:
    if not scene.issues():
        scene.repo.close_issue(our_issue(scene))
    return OpenIssue(ABOUT, "episode 2", "The inputs of ranking have moved", "Since Friday.")


def dispatch(scene: Scene) -> DispatchWorkflow:
    return DispatchWorkflow("canary.yml", "main", (("share", "10"),), "canary of #1", scene.head)


def unmarked_dispatch(scene: Scene) -> DispatchWorkflow:
    return DispatchWorkflow("plain.yml", "main", (), "canary of #1", scene.head)


def failed_run(scene: Scene) -> RerunFailed:
    """A workflow failed on the head, once."""
    runs = scene.repo.state.workflow_runs
    run = next(iter(runs.values()), None) or scene.repo.workflow_run(scene.head, "ci", "failure")
    return RerunFailed(run.id, 1, scene.head)


def attempts(scene: Scene) -> list[int]:
    """How often it was run again."""
    return [n for run in scene.repo.state.workflow_runs.values() for n in range(1, run.attempt)]


def failed_check(scene: Scene) -> RerequestCheck:
    """A check failed on the head, once. It is one of our own: GitHub lets an App ask for no other."""
    runs = scene.repo.state.runs
    if not runs:
        owner = scene.sandbox.world.app
        fields = {"name": "lint", "head_sha": scene.head, "status": "completed", "conclusion": "failure"}
        checking.create_run(scene.sandbox.world, scene.repo.state, owner, owner.bot, fields)
    (run,) = runs.values()
    return RerequestCheck(run.id, run.suite.id, "retry 7", scene.head)


def rerequests(scene: Scene) -> list[Any]:
    """How often its App was asked for it."""
    told = (one.payload for one in scene.sandbox.deliveries if one.event == "check_run")
    return [one for one in told if one["action"] == "rerequested"]


def status(scene: Scene) -> SetDeploymentStatus:
    return SetDeploymentStatus(scene.deployment, "in_progress", "10 % of users", scene.head, "https://ci.example/1")


def deployment(scene: Scene) -> SetDeploymentStatus:
    new = NewDeployment("canary of #1", scene.head, "staging")
    return SetDeploymentStatus(new, "queued", "soon", scene.head)


@dataclass(frozen=True)
class Kind:
    """One kind of effect: an action, the path of the call that has it, and what GitHub has of it.

    `begun`: how many things it begins, one after the other; `method`: of the call.
    """

    action: Callable[[Scene], Action]
    path: str
    there: Callable[[Scene], Sequence[object]]
    begun: int = 1
    method: str = "POST"


def _of_environment(scene: Scene, name: str) -> list[Any]:
    return [one for one in scene.repo.state.deployments.values() if one.environment == name]


KINDS = {
    "card": Kind(card, "*/issues/1/comments", lambda scene: scene.own_comments(CARD_MARKER)),
    "check run": Kind(check_run, "*/check-runs", lambda scene: [*scene.repo.state.runs.values()]),
    "reaction": Kind(reaction, "*/reactions", lambda scene: scene.repo.state.comments[scene.comment].reactions),
    "reply": Kind(reply, "*/issues/1/comments", lambda scene: scene.own_comments(REPLY_MARKER)),
    "word": Kind(word, "*/issues/1/comments", lambda scene: scene.own_comments(TOLD_MARKER)),
    "ref": Kind(branch, "*/git/refs", lambda scene: scene.pushes("maestro/rollback-1")),
    "moved ref": Kind(move, "*/git/refs/heads/release", lambda scene: scene.pushes("release")[1:], method="PATCH"),
    "pull request": Kind(pull_request, "*/pulls", lambda scene: [*scene.repo.state.pulls.values()][1:]),
    "edited pull request": Kind(edited, "*/pulls/2", lambda scene: scene.told_of("edited"), method="PATCH"),
    "closed pull request": Kind(closed, "*/pulls/2", lambda scene: scene.told_of("closed"), method="PATCH"),
    "last word on a pull request": Kind(closed, "*/issues/2/comments", lambda scene: scene.last_words()),
    "issue": Kind(issue, "*/issues", lambda scene: scene.issues()),
    "edited issue": Kind(edited_issue, "*/issues/2", lambda scene: scene.told_of_issue("edited"), method="PATCH"),
    "closed issue": Kind(closed_issue, "*/issues/2", lambda scene: scene.told_of_issue("closed"), method="PATCH"),
    "last word on an issue": Kind(
        closed_issue,
        "*/issues/2/comments",
        lambda scene: [one for one in scene.repo.comments(OURS) if one.body.startswith(ISSUE_MARKER)],
    ),
    "reopened issue": Kind(reopened_issue, "*/issues/2", lambda scene: scene.told_of_issue("reopened"), method="PATCH"),
    "workflow dispatch": Kind(dispatch, "*/dispatches", lambda scene: [*scene.repo.state.workflow_runs.values()]),
    "failed run": Kind(failed_run, "*/rerun-failed-jobs", attempts),
    "failed check": Kind(failed_check, "*/rerequest", rerequests),
    "deployment status": Kind(
        status, "*/statuses", lambda scene: scene.repo.state.deployments[scene.deployment].statuses
    ),
    "deployment": Kind(deployment, "*/deployments", lambda scene: _of_environment(scene, "staging"), begun=2),
    "first status of a deployment": Kind(
        deployment,
        "*/statuses",
        lambda scene: [status for one in _of_environment(scene, "staging") for status in one.statuses],
        begun=2,
    ),
}
