"""Pull requests: list, open, read, change, their files and commits."""

from __future__ import annotations

from app.github import limits
from app.github.sandbox import pull_shapes, pulling, pushing, shapes
from app.github.sandbox.call import Answer, Call, Route, paged
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.state import Pull


def listed(call: Call) -> Answer:
    """`GET .../pulls`, newest first unless asked otherwise."""
    wanted = [pull for pull in call.repo.pulls.values() if _wanted(call, pull)]
    sort = call.query.get("sort", "created")
    wanted.sort(key=lambda pull: (pull.updated_at if sort == "updated" else pull.created_at, pull.number))
    if call.query.get("direction", "desc" if sort == "created" else "asc") == "desc":
        wanted.reverse()
    return paged(call, wanted, lambda pull: pull_shapes.item(call.world, call.repo, pull))


def _wanted(call: Call, pull: Pull) -> bool:
    state, head, base = (call.query.get(name) for name in ("state", "head", "base"))
    label = f"{pull.head.owner.login}:{pull.head_ref}"
    return (
        (state or "open") in {"all", pull.state}
        and (not head or ":" not in head or head == label)
        and base in {None, "", pull.base_ref}
    )


def opened(call: Call) -> Answer:
    """`POST .../pulls`."""
    body = call.body
    pull = pulling.open_pull(
        call.world,
        call.repo,
        call.actor,
        title=body["title"],
        head=body["head"],
        base=body["base"],
        body=body.get("body"),
        draft=body.get("draft", False),
    )
    return Answer(201, pull_shapes.full(call.world, call.repo, pull))


def read(call: Call) -> Answer:
    """`GET .../pulls/{pull_number}`. Whether it merges GitHub finds out once somebody asks: first it says null."""
    pull = call.pull("pull_number")
    shape, ends = pull_shapes.full(call.world, call.repo, pull), (pull_shapes.base_tip(call.repo, pull), pull.head_sha)
    unknown = {} if pull.tried == ends else {"mergeable": None, "rebaseable": None, "mergeable_state": "unknown"}
    pull.tried = ends
    return Answer(200, {**shape, **unknown})


def changed(call: Call) -> Answer:
    """`PATCH .../pulls/{pull_number}`: title, body, base, state."""
    pull, body = call.pull("pull_number"), call.body
    texts = {name: body.get(name) for name in ("title", "body", "base")}
    pulling.edit(call.world, call.repo, pull, call.actor, **texts)
    if body.get("state") in {"open", "closed"}:
        pulling.set_state(call.world, call.repo, pull, call.actor, body["state"])
    return Answer(200, pull_shapes.full(call.world, call.repo, pull))


def updated(call: Call) -> Answer:
    """`PUT .../pulls/{pull_number}/update-branch`: here at once, on GitHub some moments later."""
    pull = call.pull("pull_number")
    pushing.update_branch(call.world, call.repo, pull, call.actor, call.body.get("expected_head_sha"))
    url = f"{shapes.page_url(call.world, call.repo)}/pull/{pull.number}"
    return Answer(202, {"message": "Updating pull request branch.", "url": url})


def files(call: Call) -> Answer:
    """`GET .../pulls/{pull_number}/files`: no more than GitHub lists."""
    pull = call.pull("pull_number")
    diffs = pull_shapes.files(call.repo, pull)[: limits.PULL_FILES]
    return paged(call, diffs, lambda diff: shapes.file_diff(call.world, call.repo, pull.head_sha, diff))


def commits(call: Call) -> Answer:
    """`GET .../pulls/{pull_number}/commits`: no more than GitHub lists."""
    listed = pull_shapes.commits(call.repo, call.pull("pull_number"))[: limits.PULL_COMMITS]
    return paged(call, listed, lambda commit: shapes.commit_item(call.world, call.repo, commit))


PULL = f"{REPO}/pulls/{{pull_number}}"

ROUTES = (
    Route("GET", f"{REPO}/pulls", listed, ("pull_requests:read",)),
    Route("POST", f"{REPO}/pulls", opened, ("pull_requests:write",)),
    Route("GET", PULL, read, ("pull_requests:read",)),
    Route("PATCH", PULL, changed, ("pull_requests:write",)),
    Route("PUT", f"{PULL}/update-branch", updated, ("pull_requests:write",)),
    Route("GET", f"{PULL}/files", files, ("pull_requests:read",)),
    Route("GET", f"{PULL}/commits", commits, ("pull_requests:read",)),
)
