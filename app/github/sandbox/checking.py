"""What happens to check suites and check runs, whoever does it: state changes, and the events they cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.github import limits
from app.github.sandbox import check_shapes
from app.github.sandbox.events import announce
from app.github.sandbox.refusals import forbidden, unprocessable, validation_failed
from app.github.sandbox.state import Account, App, Repository, Run, Suite
from app.github.sandbox.world import World

CONCLUSIONS = (  # worst first: what a suite concludes from its runs
    "failure",
    "startup_failure",
    "timed_out",
    "action_required",
    "cancelled",
    "stale",
    "success",
    "neutral",
    "skipped",
)
FOR_ACTIONS_ONLY = ("waiting", "requested", "pending")


def ensure_suite(world: World, repo: Repository, sha: str, app: App) -> Suite:
    """The suite of an App on a head; GitHub makes it with the first run if no push did."""
    return world.suite_of(repo, sha, app) or open_suite(world, repo, sha, app)


def open_suite(world: World, repo: Repository, sha: str, app: App) -> Suite:
    """One more suite of an App on a head: GitHub Actions has one for each workflow run."""
    branch = next((ref[6:] for ref, tip in repo.refs.items() if tip == sha and ref.startswith("heads/")), None)
    suite = Suite(world.new_id(), app, sha, branch, world.now(), world.now())
    repo.suites[suite.id] = suite
    return suite


def request_suite(world: World, repo: Repository, sha: str, app: App, sender: Account, before: str | None) -> Suite:
    """A push asks an App for its checks; only our App is told."""
    suite = ensure_suite(world, repo, sha, app)
    suite.before = before
    if app is world.app:
        _announce_suite(world, repo, suite, sender, "requested")
    return suite


def create_run(world: World, repo: Repository, app: App, sender: Account, fields: Mapping[str, Any]) -> Run:
    """A new check run; `fields` as in the API. Refuses what GitHub refuses."""
    _refuse_excess(fields, app)
    sha = world.resolve(repo, fields["head_sha"]).sha
    run = Run(world.new_id(), ensure_suite(world, repo, sha, app), fields["name"], "queued", None, world.now())
    _apply(world, run, fields)
    repo.runs[run.id] = run
    _after_change(world, repo, run, sender, "created")
    return run


def update_run(world: World, repo: Repository, run: Run, app: App, sender: Account, fields: Mapping[str, Any]) -> None:
    """Change a check run; only the App that made it may."""
    if run.suite.app is not app:
        owner = run.suite.app.id
        raise forbidden(f"Invalid app_id `{owner}` - check run can only be modified by the GitHub App that created it.")
    _refuse_excess(fields, app)
    was_completed = run.status == "completed"
    _apply(world, run, fields)
    _after_change(world, repo, run, sender, "" if was_completed else "updated")


def rerequest_run(world: World, repo: Repository, run: Run, sender: Account) -> None:
    """Somebody asks for one run again: the suite is open again, the owning App is told, the run stays as it is."""
    run.suite.status, run.suite.conclusion, run.suite.updated_at = "queued", None, world.now()
    if run.suite.app is world.app:
        _announce_run(world, repo, run, sender, "rerequested")


def rerequest_suite(world: World, repo: Repository, suite: Suite, sender: Account) -> None:
    """Somebody asks for all of an App's checks again."""
    suite.status, suite.conclusion, suite.updated_at = "queued", None, world.now()
    if suite.app is world.app:
        _announce_suite(world, repo, suite, sender, "rerequested")


def press_button(world: World, repo: Repository, run: Run, identifier: str, sender: Account) -> None:
    """Somebody presses a button of a completed run; only the owning App is told."""
    if run.suite.app is world.app:
        _announce_run(world, repo, run, sender, "requested_action", requested_action={"identifier": identifier})


def complete_suite(world: World, repo: Repository, suite: Suite, sender: Account, conclusion: str) -> None:
    """A suite is done: `check_suite.completed`."""
    suite.status, suite.conclusion, suite.updated_at = "completed", conclusion, world.now()
    _announce_suite(world, repo, suite, sender, "completed")


def latest_runs(repo: Repository, sha: str) -> list[Run]:
    """Of each App and name the newest run on a head, oldest first."""
    newest = {(run.suite.id, run.name): run for run in repo.runs.values() if run.suite.head_sha == sha}
    return sorted(newest.values(), key=lambda run: run.id)


def _refuse_excess(fields: Mapping[str, Any], app: App) -> None:
    output = fields.get("output") or {}
    counted = (("annotations", output, limits.ANNOTATIONS_PER_REQUEST), ("actions", fields, limits.ACTIONS))
    for name, holder, limit in counted:
        supplied = len(holder.get(name) or ())
        if supplied > limit:
            raise unprocessable(
                f"Invalid request.\n\nNo more than {limit} items are allowed; {supplied} were supplied."
            )
    for name, limit in (("summary", limits.CHECK_SUMMARY), ("text", limits.CHECK_TEXT)):
        supplied = len(output.get(name) or "")
        if supplied > limit:
            raise unprocessable(f"Invalid request.\n\nOnly {limit} characters are allowed; {supplied} were supplied.")
    _refuse_status(fields, app)


def _refuse_status(fields: Mapping[str, Any], app: App) -> None:
    if fields.get("status") == "completed" and not fields.get("conclusion"):
        raise validation_failed("CheckRun", "conclusion", "missing_field")
    if fields.get("status") in FOR_ACTIONS_ONLY and app.slug != "github-actions":
        raise unprocessable(f"Invalid request.\n\n{fields['status']} is for GitHub Actions alone.")
    if fields.get("conclusion") == "stale":
        raise unprocessable("Invalid request.\n\nOnly GitHub can set the conclusion stale.")


def _apply(world: World, run: Run, fields: Mapping[str, Any]) -> None:
    for name in ("name", "details_url", "external_id"):
        if name in fields:
            setattr(run, name, fields[name])
    if fields.get("conclusion"):
        run.status, run.conclusion, run.completed_at = "completed", fields["conclusion"], world.now()
    elif "status" in fields and run.status != "completed":  # GitHub takes the words of such a call, not the state
        run.status, run.conclusion, run.completed_at = fields["status"], None, None
    if "actions" in fields:
        run.actions = list(fields["actions"])
    if "output" in fields:
        _apply_output(run, fields["output"])


def _apply_output(run: Run, output: Mapping[str, Any]) -> None:
    """Texts are replaced, annotations are appended."""
    for name in ("title", "summary", "text"):
        if name in output:
            setattr(run, name, output[name])
    run.annotations += output.get("annotations", ())


def _after_change(world: World, repo: Repository, run: Run, sender: Account, action: str) -> None:
    """`created` for a new run, `completed` once it is; then the suite may be complete as well."""
    if action == "created":
        _announce_run(world, repo, run, sender, "created")
    if run.status == "completed" and action:
        _announce_run(world, repo, run, sender, "completed")
    _conclude_suite(world, repo, run.suite, sender)


def _conclude_suite(world: World, repo: Repository, suite: Suite, sender: Account) -> None:
    runs = [run for run in latest_runs(repo, suite.head_sha) if run.suite is suite]
    if any(run.status != "completed" for run in runs):
        begun = any(run.status != "queued" for run in runs)
        suite.status, suite.conclusion, suite.updated_at = "in_progress" if begun else "queued", None, world.now()
        return
    conclusion = min((run.conclusion or "" for run in runs), key=CONCLUSIONS.index)
    if suite.status != "completed":
        complete_suite(world, repo, suite, sender, conclusion)
    suite.conclusion = conclusion


def _announce_run(world: World, repo: Repository, run: Run, sender: Account, action: str, **more: Any) -> None:
    shape = check_shapes.run_event(world, repo, run)
    announce(world, "check_run", repo, sender, action=action, check_run=shape, **more)


def _announce_suite(world: World, repo: Repository, suite: Suite, sender: Account, action: str) -> None:
    shape = check_shapes.suite_event(world, repo, suite)
    announce(world, "check_suite", repo, sender, action=action, check_suite=shape)
