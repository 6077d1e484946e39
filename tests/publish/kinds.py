"""One action of every kind on a scene, with what GitHub has of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.github.sandbox import checking
from app.model import (
    CARD_MARKER,
    ISSUE_MARKER,
    REPLY_MARKER,
    TOLD_MARKER,
    Action,
    AddLabel,
    AssignIssue,
    CheckRunText,
    CloseIssue,
    ClosePullRequest,
    DispatchRepository,
    DispatchWorkflow,
    EditIssue,
    EditPullRequest,
    MakeDraft,
    Mention,
    MoveBranch,
    NewDeployment,
    OpenIssue,
    OpenPullRequest,
    React,
    Removed,
    Reply,
    RerequestCheck,
    RerunFailed,
    Restored,
    SetDeploymentStatus,
    Tell,
    UpdateBranch,
    WriteBranch,
    WriteCard,
    WriteCheckRun,
    Written,
)
from tests.publish.scene import ABOUT, CODER, FIX, MAESTRO, OURS, Scene


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


def assigned(scene: Scene) -> AssignIssue:
    scene.sandbox.world.account(CODER, "Bot")
    return AssignIssue("try 1", "Mend pull request #1", "Please.", CODER, "alice", scene.head)


def assignments(scene: Scene) -> list[Any]:
    """The issues that the agent has."""
    return [one for one in scene.issues() if CODER in [account.login for account in one.assignees]]


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


def event(scene: Scene) -> DispatchRepository:
    return DispatchRepository("maestro.agent", (("arm", "impl@small"),), "try 1 of #1", scene.head)


def behind(scene: Scene) -> UpdateBranch:
    """The base has gone on, once."""
    if "CHANGES.md" not in scene.repo.state.objects.files(scene.repo.state.objects.commit(scene.repo.tip()).tree):
        scene.repo.commit("main", {"CHANGES.md": "1\n"})
    return UpdateBranch(scene.number, scene.head)


def label(scene: Scene) -> AddLabel:
    return AddLabel(scene.number, "needs-human", "remediation 1", scene.head)


def draft(scene: Scene) -> MakeDraft:
    return MakeDraft(scene.number, "remediation 1", scene.head)


def drafted(scene: Scene) -> list[Any]:
    """How often the pull request was taken back to a draft."""
    told = (one.payload for one in scene.sandbox.deliveries if one.event == "pull_request")
    return [one for one in told if one["action"] == "converted_to_draft"]


def mention(scene: Scene) -> Mention:
    return Mention(scene.number, "try 1", "@claude please mend it", scene.head)


def label_anew(scene: Scene) -> AddLabel:
    """It is on already, from before, once."""
    if not labelled(scene):
        scene.repo.label(scene.number, "fix-me")
    return AddLabel(scene.number, "fix-me", "attempt 2", scene.head, anew=True)


def labelled(scene: Scene) -> list[Any]:
    """How often a label was put on."""
    told = (one.payload for one in scene.sandbox.deliveries if one.event == "pull_request")
    return [one for one in told if one["action"] == "labeled"]


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
    "assigned issue": Kind(assigned, "*/issues", assignments),
    "edited issue": Kind(edited_issue, "*/issues/2", lambda scene: scene.told_of_issue("edited"), method="PATCH"),
    "closed issue": Kind(closed_issue, "*/issues/2", lambda scene: scene.told_of_issue("closed"), method="PATCH"),
    "last word on an issue": Kind(
        closed_issue,
        "*/issues/2/comments",
        lambda scene: [one for one in scene.repo.comments(OURS) if one.body.startswith(ISSUE_MARKER)],
    ),
    "reopened issue": Kind(reopened_issue, "*/issues/2", lambda scene: scene.told_of_issue("reopened"), method="PATCH"),
    "workflow dispatch": Kind(dispatch, "*/dispatches", lambda scene: [*scene.repo.state.workflow_runs.values()]),
    "event": Kind(event, "*/shop/dispatches", lambda scene: [*scene.repo.state.workflow_runs.values()]),
    "updated branch": Kind(behind, "*/update-branch", lambda scene: scene.pushes("feature")[1:], method="PUT"),
    "label": Kind(label, "*/labels", labelled),
    "draft": Kind(draft, "/graphql", drafted),
    "mention": Kind(
        mention,
        "*/issues/1/comments",
        lambda scene: [one for one in scene.repo.comments(scene.number) if one.body.startswith("@claude")],
    ),
    "label put on anew": Kind(label_anew, "*/labels", lambda scene: labelled(scene)[1:], begun=2),
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
