"""Check runs, comments, roles and workflow artifacts: what we send, and what we keep of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from app.github.errors import NotFound
from app.github.records import Comment
from app.github.repository import Repository
from app.model import Annotation, Button, CheckRunText

from .hub import Hub, Reply

R = "/repos/o/r"
SHA = "a" * 40


def app_json(number: int, slug: str) -> dict[str, Any]:
    return {"id": number, "slug": slug, "name": slug.title()}


# --- checks ---


async def test_check_runs_and_suites_know_their_app(repository: Repository, hub: Hub) -> None:
    run = {
        "id": 1,
        "name": "test",
        "status": "completed",
        "conclusion": "success",
        "external_id": "",
        "html_url": "u",
        "app": app_json(15368, "github-actions"),
    }
    queued = {"id": 2, "name": "lint", "status": "queued", "conclusion": None, "app": None}
    hub.on("GET", f"{R}/commits/{SHA}/check-runs", Reply(data={"total_count": 2, "check_runs": [run, queued]}))
    suite = {"id": 3, "status": "queued", "conclusion": None, "app": app_json(9, "other"), "latest_check_runs_count": 0}
    hub.on("GET", f"{R}/commits/{SHA}/check-suites", Reply(data={"total_count": 1, "check_suites": [suite]}))
    first, second = await repository.check_runs(SHA)
    assert (first.app_id, first.app_slug, first.conclusion, first.url) == (15368, "github-actions", "success", "u")
    assert (second.app_id, second.status, second.conclusion) == (None, "queued", "")
    [only] = await repository.check_suites(SHA)
    assert (only.app_slug, only.runs, only.status) == ("other", 0, "queued")


async def test_a_check_run_in_progress_says_only_what_it_knows(repository: Repository, hub: Hub) -> None:
    hub.on("POST", R + "/check-runs", Reply(201, {"id": 77}))
    assert (
        await repository.create_check_run(
            name="maestro / decision", head_sha=SHA, status="in_progress", conclusion=None
        )
        == 77
    )
    assert hub.seen[-1].data == {"name": "maestro / decision", "head_sha": SHA, "status": "in_progress"}


async def test_a_conclusion_completes_the_run_and_brings_its_buttons(repository: Repository, hub: Hub) -> None:
    words = CheckRunText(
        "Held",
        "why",
        annotations=(Annotation("a.py", 3, "failure", "no", "T"),),
        buttons=(Button("Retry", "Judge again", "retry"),),
    )
    hub.on("PATCH", R + "/check-runs/77", Reply(data={"id": 77}))
    await repository.update_check_run(77, conclusion="failure", output=words, external_id="e")
    assert hub.seen[-1].data == {
        "status": "completed",
        "conclusion": "failure",
        "external_id": "e",
        "actions": [{"label": "Retry", "description": "Judge again", "identifier": "retry"}],
        "output": {
            "title": "Held",
            "summary": "why",
            "annotations": [
                {
                    "path": "a.py",
                    "start_line": 3,
                    "end_line": 3,
                    "annotation_level": "failure",
                    "message": "no",
                    "title": "T",
                }
            ],
        },
    }


async def test_a_completed_run_without_a_conclusion_is_refused_before_any_call(
    repository: Repository, hub: Hub
) -> None:
    with pytest.raises(ValueError, match="conclusion"):
        await repository.create_check_run(name="n", head_sha=SHA, status="completed")
    with pytest.raises(ValueError, match="conclusion"):
        await repository.update_check_run(7, status="completed")
    assert hub.seen == []


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
async def test_annotations_go_fifty_at_a_time_and_none_twice(
    repository: Repository, hub: Hub, count: int, sizes: list[int]
) -> None:
    words = CheckRunText("T", "S", "text", tuple(Annotation("a.py", line + 1, "notice", "m") for line in range(count)))
    hub.on("POST", R + "/check-runs", Reply(201, {"id": 77}))
    hub.on("PATCH", R + "/check-runs/77", Reply(data={"id": 77}))
    await repository.create_check_run(name="n", head_sha=SHA, conclusion="failure", output=words)
    outputs = [seen.data["output"] for seen in hub.seen if seen.path.startswith(R)]
    assert [len(output.get("annotations", [])) for output in outputs] == sizes
    lines = [remark["start_line"] for output in outputs for remark in output.get("annotations", [])]
    assert lines == list(range(1, count + 1))
    assert {(output["title"], output["summary"], output["text"]) for output in outputs} == {("T", "S", "text")}


# --- comments and people ---


async def test_comments_tell_which_app_wrote_them(repository: Repository, hub: Hub) -> None:
    ours = {
        "id": 1,
        "body": "card",
        "user": {"login": "maestro[bot]", "type": "Bot"},
        "performed_via_github_app": app_json(7, "maestro"),
    }
    theirs = {"id": 2, "body": None, "user": None, "performed_via_github_app": None}
    hub.on("GET", R + "/issues/5/comments", Reply(data=[ours, theirs]))
    assert await repository.comments(5) == (
        Comment(1, "card", 7, bot=True),
        Comment(2, "", None, bot=False),
    )


async def test_comments_are_written_changed_answered_and_deleted(repository: Repository, hub: Hub) -> None:
    hub.on("POST", R + "/issues/5/comments", Reply(201, {"id": 11}))
    hub.on("PATCH", R + "/issues/comments/11", Reply(data={"id": 11}))
    hub.on("POST", R + "/issues/comments/11/reactions", Reply(200, {"id": 1}))
    hub.on("DELETE", R + "/issues/comments/11", Reply(204, raw=b""), Reply(404, {"message": "Not Found"}))
    assert await repository.create_comment(5, "hello") == 11
    await repository.update_comment(11, "changed")
    await repository.react(11, "eyes")
    await repository.delete_comment(11)
    await repository.delete_comment(11)
    bodies = [seen.data for seen in hub.seen if seen.path.startswith(R) and seen.method != "DELETE"]
    assert bodies == [{"body": "hello"}, {"body": "changed"}, {"content": "eyes"}]
    assert len(hub.asked("DELETE", R + "/issues/comments/11")) == 2


async def test_updating_a_comment_that_was_deleted_says_so(repository: Repository, hub: Hub) -> None:
    hub.on("PATCH", R + "/issues/comments/11", Reply(404, {"message": "Not Found"}))
    with pytest.raises(NotFound):
        await repository.update_comment(11, "x")


@pytest.mark.parametrize(
    ("reply", "role"),
    [
        (Reply(data={"permission": "write", "role_name": "maintain"}), "maintain"),
        (Reply(data={"permission": "read"}), "read"),
        (Reply(404, {"message": "Not Found"}), "none"),
    ],
)
async def test_a_role_is_githubs_role_name_and_strangers_have_none(
    repository: Repository, hub: Hub, reply: Reply, role: str
) -> None:
    hub.on("GET", R + "/collaborators/dependabot%5Bbot%5D/permission", reply)
    assert await repository.role("dependabot[bot]") == role


async def test_a_role_is_asked_anew_each_time(repository: Repository, hub: Hub) -> None:
    path = R + "/collaborators/ann/permission"
    admin = Reply(data={"permission": "admin", "role_name": "admin"}, headers={"ETag": '"1"'})
    hub.on("GET", path, admin, Reply(data={"permission": "none", "role_name": "none"}))
    assert [await repository.role("ann"), await repository.role("ann")] == ["admin", "none"]


# --- GitHub Actions ---


async def test_workflow_runs_and_their_artifacts(repository: Repository, hub: Hub) -> None:
    run = {
        "id": 1,
        "name": "ci",
        "event": "pull_request",
        "status": "completed",
        "conclusion": "success",
        "head_sha": SHA,
        "head_repository": {"full_name": "fork/r"},
        "html_url": "u",
    }
    hub.on("GET", R + "/actions/runs", Reply(data={"total_count": 1, "workflow_runs": [run]}))
    artifact = {"id": 9, "name": "maestro-metrics", "size_in_bytes": 321, "expired": False, "digest": "sha256:ab"}
    hub.on("GET", R + "/actions/runs/1/artifacts", Reply(data={"total_count": 1, "artifacts": [artifact]}))
    [only] = await repository.workflow_runs(SHA)
    assert (only.head_repository, only.url) == ("fork/r", "u")
    [found] = await repository.artifacts(only.id, "maestro-metrics")
    assert (found.id, found.expired) == (9, False)
    assert hub.seen[-1].path.endswith("?name=maestro-metrics&per_page=100")
