"""Repositories, people, branches, commits and comparisons. Nothing here writes."""

from __future__ import annotations

from app.github import limits
from app.github.sandbox import check_shapes, pull_shapes, pulling, shapes
from app.github.sandbox.call import Answer, Call, Route, paged
from app.github.sandbox.diff import changed_files
from app.github.sandbox.git import Commit
from app.github.sandbox.refusals import Refused, forbidden, not_found
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import ROLES
from app.github.sandbox.world import TO_LEGACY_ROLE

REPO = "/repos/{owner}/{repo}"
LEVELS = ("pull", "triage", "push", "maintain", "admin")  # what the roles are called in `permissions`


def repository(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}`."""
    return Answer(200, shapes.full_repository(call.world, call.repo))


def myself(call: Call) -> Answer:
    """`GET /user`: for people; an installation is none."""
    if call.caller.app is not None:
        raise forbidden("Resource not accessible by integration")
    return Answer(200, shapes.full_user(call.world, call.actor))


def person(call: Call) -> Answer:
    """`GET /users/{username}`."""
    account = call.world.accounts.get(call.params["username"].lower())
    if account is None:
        raise not_found()
    return Answer(200, shapes.full_user(call.world, account))


def permission(call: Call) -> Answer:
    """What a person may do; `permission` folds maintain into write and triage into read, `role_name` does not."""
    asking = call.caller.account
    if call.caller.app is None and asking and not call.world.may(call.repo, asking.login, "write"):
        raise forbidden("Must have push access to view collaborator permission.")
    account = call.world.accounts.get(call.params["username"].lower())
    if account is None:
        raise Refused(404, f"{call.params['username']} is not a user")
    role = call.world.role(call.repo, account.login)
    if role is None:
        raise not_found()
    base = role if role in ROLES else "write"  # a custom role is built upon another, which `permission` tells
    rank = ROLES.index(base)
    powers = {level: place <= rank for place, level in enumerate(LEVELS)}
    user = {**shapes.user(call.world, account), "permissions": powers, "role_name": role}
    return Answer(200, {"permission": TO_LEGACY_ROLE.get(base, base), "user": user, "role_name": role})


def branches(call: Call) -> Answer:
    """`GET .../branches`."""
    names = sorted(ref[6:] for ref in call.repo.refs if ref.startswith("heads/"))
    return paged(call, names, lambda name: _branch(call, name))


def branch(call: Call) -> Answer:
    """`GET .../branches/{branch}`."""
    name = call.params["branch"]
    if f"heads/{name}" not in call.repo.refs:
        raise Refused(404, "Branch not found")
    commit = call.repo.objects.commit(call.repo.branch(name))
    api, html = shapes.repository_url(call.world, call.repo), shapes.page_url(call.world, call.repo)
    return Answer(
        200,
        {
            **_branch(call, name),
            "commit": shapes.commit_item(call.world, call.repo, commit),
            "_links": {"self": f"{api}/branches/{name}", "html": f"{html}/tree/{name}"},
            "protection": {"enabled": False},
            "protection_url": f"{api}/branches/{name}/protection",
        },
    )


def _branch(call: Call, name: str) -> Json:
    sha = call.repo.branch(name)
    url = f"{shapes.repository_url(call.world, call.repo)}/commits/{sha}"
    return {"name": name, "commit": {"sha": sha, "url": url}, "protected": False}


def commit(call: Call) -> Answer:
    """`GET .../commits/{ref}`: a commit with its files."""
    found = call.world.resolve(call.repo, call.params["ref"])
    return Answer(200, shapes.commit_full(call.world, call.repo, found))


def commits(call: Call) -> Answer:
    """`GET .../commits`: what `sha` (a commit or branch, else the default branch) holds, the newest first."""
    start = _end(call, call.query.get("sha") or call.repo.default_branch)
    found = call.repo.objects.history(start.sha)
    return paged(call, found, lambda one: shapes.commit_item(call.world, call.repo, one))


def pulls_of_commit(call: Call) -> Answer:
    """The pull requests that hold a commit: open ones, and merged ones that brought it."""
    sha = call.world.resolve(call.repo, call.params["ref"]).sha
    holding = [
        pull
        for pull in call.repo.pulls.values()
        if sha in {pull.merge_commit_sha, *pull.rebased}
        or any(one.sha == sha for one in pull_shapes.commits(call.repo, pull))
    ]
    return paged(call, holding, lambda pull: pull_shapes.item(call.world, call.repo, pull))


def combined_status(call: Call) -> Answer:
    """The commit statuses of a head, of each context the newest, and what they add up to."""
    sha = call.world.resolve(call.repo, call.params["ref"]).sha
    newest = {one.context: one for one in call.repo.statuses if one.sha == sha}
    states = {one.state for one in newest.values()}
    worst = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    return paged(
        call,
        newest.values(),
        lambda one: check_shapes.status(call.world, call.repo, one),
        wrap="statuses",
        state=worst,
        sha=sha,
        repository=shapes.repository(call.world, call.repo),
        commit_url=f"{shapes.repository_url(call.world, call.repo)}/commits/{sha}",
        url=call.url,
    )


def compare(call: Call) -> Answer:
    """`GET .../compare/{base}...{head}`, each end `ref` or `owner:ref`: the files since they parted."""
    base, head = _ends(call)
    objects = call.repo.objects
    start = objects.merge_base(base.sha, head.sha)
    if start is None:
        raise Refused(404, f"No common ancestor between {base.sha} and {head.sha}.")
    ahead, behind = objects.missing_from(base.sha, head.sha), objects.missing_from(head.sha, base.sha)
    parted = objects.commit(start)
    answer = paged(
        call, ahead[: limits.COMPARE_COMMITS], lambda one: shapes.commit_item(call.world, call.repo, one), "commits"
    )
    files = changed_files(objects, parted.tree, head.tree)[: limits.COMPARE_FILES]
    first_page = call.query.get("page", "1") == "1"
    about = _comparison(call, base, parted, len(ahead), len(behind))
    shown = [shapes.file_diff(call.world, call.repo, head.sha, one) for one in files] if first_page else []
    return Answer(200, {**about, "commits": answer.body["commits"], "files": shown}, answer.headers)


def _comparison(call: Call, base: Commit, parted: Commit, ahead: int, behind: int) -> Json:
    state = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind", (False, False): "identical"}
    html = f"{shapes.page_url(call.world, call.repo)}/compare/{call.params['basehead']}"
    return {
        "url": call.url,
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": shapes.commit_item(call.world, call.repo, base),
        "merge_base_commit": shapes.commit_item(call.world, call.repo, parted),
        "status": state[ahead > 0, behind > 0],
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
    }


def _ends(call: Call) -> tuple[Commit, Commit]:
    base, dots, head = call.params["basehead"].partition("...")
    if not dots:
        raise not_found()
    return _end(call, base), _end(call, head)


def _end(call: Call, name: str) -> Commit:
    try:
        repo, ref = pulling.head_of(call.world, call.repo, name)
        return call.world.resolve(repo, ref)
    except Refused:
        raise not_found() from None


ROUTES = (
    Route("GET", "/user", myself),
    Route("GET", "/users/{username}", person),
    Route("GET", REPO, repository, ("metadata:read",)),
    Route("GET", f"{REPO}/collaborators/{{username}}/permission", permission, ("metadata:read",)),
    Route("GET", f"{REPO}/branches", branches, ("contents:read",)),
    Route("GET", f"{REPO}/branches/{{branch}}", branch, ("contents:read",)),
    Route("GET", f"{REPO}/commits", commits, ("contents:read",)),
    Route("GET", f"{REPO}/commits/{{ref}}/pulls", pulls_of_commit, ("pull_requests:read", "contents:read")),
    Route("GET", f"{REPO}/commits/{{ref}}/status", combined_status, ("statuses:read",)),
    Route("GET", f"{REPO}/compare/{{basehead}}", compare, ("contents:read",)),
)

LAST = (Route("GET", f"{REPO}/commits/{{ref}}", commit, ("contents:read",)),)
"""`{ref}` may hold slashes: this one is asked after every longer path below `commits/`."""
