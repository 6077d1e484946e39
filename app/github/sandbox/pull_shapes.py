"""GitHub's JSON for pull requests, the issue behind each, and its comments."""

from __future__ import annotations

from app.github.sandbox import shapes
from app.github.sandbox.diff import FileDiff, changed_files
from app.github.sandbox.git import Commit, MergeConflictError
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Account, Comment, Pull, Repository
from app.github.sandbox.world import World


def base_tip(repo: Repository, pull: Pull) -> str:
    """The base branch's tip now; where it was last seen, if the branch is gone or the change has been merged."""
    if pull.merged_at is not None:
        return pull.base_sha
    return repo.refs.get(f"heads/{pull.base_ref}", pull.base_sha)


def fork_point(repo: Repository, pull: Pull) -> str:
    """Where the head left the base: what GitHub diffs a pull request against."""
    return repo.objects.merge_base(base_tip(repo, pull), pull.head_sha) or pull.base_sha


def files(repo: Repository, pull: Pull) -> tuple[FileDiff, ...]:
    """The changed files; of a merged pull request as they were when it was merged."""
    start = repo.objects.commit(fork_point(repo, pull))
    return changed_files(repo.objects, start.tree, repo.objects.commit(pull.head_sha).tree)


def commits(repo: Repository, pull: Pull) -> list[Commit]:
    """The commits a pull request would bring, oldest first."""
    return repo.objects.missing_from(base_tip(repo, pull), pull.head_sha)


def mergeable(repo: Repository, pull: Pull) -> bool:
    """Whether base and head merge without a conflict (judged by whole files: assumed)."""
    try:
        repo.objects.merged_tree(fork_point(repo, pull), base_tip(repo, pull), pull.head_sha)
    except MergeConflictError:
        return False
    return True


def association(world: World, repo: Repository, account: Account) -> str:
    """`author_association`: never a permission, only a courtesy."""
    if account is repo.owner:
        return "OWNER"
    return "COLLABORATOR" if account.login in repo.collaborators else "NONE"


def item(world: World, repo: Repository, pull: Pull) -> Json:
    """A pull request in a list."""
    api, html = pull_url(world, repo, pull.number), page_url(world, repo, pull.number)
    issue = issue_url(world, repo, pull.number)
    return {
        "url": api,
        "id": pull.id,
        "node_id": shapes.node_id("PR", pull.id),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue,
        "commits_url": f"{api}/commits",
        "comments_url": f"{issue}/comments",
        "review_comments_url": f"{api}/comments",
        "review_comment_url": f"{shapes.repository_url(world, repo)}/pulls/comments{{/number}}",
        "statuses_url": f"{shapes.repository_url(world, repo)}/statuses/{pull.head_sha}",
        **_what_people_wrote(world, repo, pull),
        "merge_commit_sha": pull.merge_commit_sha,
        "draft": pull.draft,
        "head": _end(world, pull.head, pull.head_ref, pull.head_sha),
        "base": _end(world, repo, pull.base_ref, pull.base_sha),
        "requested_reviewers": [shapes.user(world, one) for one in pull.reviewers],
        "requested_teams": [],
        "auto_merge": None,
        "_links": {
            "self": {"href": api},
            "html": {"href": html},
            "issue": {"href": issue},
            "comments": {"href": f"{issue}/comments"},
            "review_comments": {"href": f"{api}/comments"},
            "review_comment": {"href": f"{shapes.repository_url(world, repo)}/pulls/comments{{/number}}"},
            "commits": {"href": f"{api}/commits"},
            "statuses": {"href": f"{shapes.repository_url(world, repo)}/statuses/{pull.head_sha}"},
        },
    }


def full(world: World, repo: Repository, pull: Pull) -> Json:
    """A single pull request: the list's fields and the counts."""
    diffs, clean = files(repo, pull), mergeable(repo, pull)
    unmerged = pull.merged_at is None
    return {
        **item(world, repo, pull),
        "merged": not unmerged,
        "mergeable": clean if unmerged and pull.state == "open" else None,
        "rebaseable": clean if unmerged and pull.state == "open" else None,
        "mergeable_state": "draft" if pull.draft else "clean" if clean else "dirty",
        "merged_by": shapes.user(world, pull.merged_by) if pull.merged_by else None,
        "comments": len(repo.comments_of(pull.number)),
        "review_comments": 0,
        "maintainer_can_modify": pull.head is not repo,
        "commits": len(commits(repo, pull)),
        "additions": sum(diff.additions for diff in diffs),
        "deletions": sum(diff.deletions for diff in diffs),
        "changed_files": len(diffs),
    }


def issue(world: World, repo: Repository, pull: Pull) -> Json:
    """The issue that every pull request also is; its `pull_request` tells a bot so."""
    api, html = issue_url(world, repo, pull.number), page_url(world, repo, pull.number)
    return {
        "url": api,
        "repository_url": shapes.repository_url(world, repo),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "timeline_url": f"{api}/timeline",
        "html_url": html,
        "id": pull.id,
        "node_id": shapes.node_id("PR", pull.id),
        **_what_people_wrote(world, repo, pull),
        "comments": len(repo.comments_of(pull.number)),
        "draft": pull.draft,
        "reactions": shapes.reaction_counts(api, pull.reactions),
        "state_reason": None,
        "performed_via_github_app": None,
        "pull_request": {
            "url": pull_url(world, repo, pull.number),
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": shapes.time_text(pull.merged_at),
        },
    }


def comment(world: World, repo: Repository, one: Comment) -> Json:
    """A comment; `performed_via_github_app` names the App that wrote it, if one did."""
    url = f"{shapes.repository_url(world, repo)}/issues/comments/{one.id}"
    return {
        "url": url,
        "html_url": f"{_conversation(world, repo, one.number)}#issuecomment-{one.id}",
        "issue_url": issue_url(world, repo, one.number),
        "id": one.id,
        "node_id": shapes.node_id("IC", one.id),
        "user": shapes.user(world, one.user),
        "created_at": shapes.time_text(one.created_at),
        "updated_at": shapes.time_text(one.updated_at),
        "author_association": association(world, repo, one.user),
        "body": one.body,
        "reactions": shapes.reaction_counts(url, one.reactions),
        "performed_via_github_app": shapes.app(world, one.app) if one.app else None,
    }


def pull_url(world: World, repo: Repository, number: int) -> str:
    """Where the API keeps a pull request."""
    return f"{shapes.repository_url(world, repo)}/pulls/{number}"


def issue_url(world: World, repo: Repository, number: int) -> str:
    """Where the API keeps the issue of a pull request."""
    return f"{shapes.repository_url(world, repo)}/issues/{number}"


def page_url(world: World, repo: Repository, number: int) -> str:
    """Where people read a pull request."""
    return f"{shapes.page_url(world, repo)}/pull/{number}"


def _conversation(world: World, repo: Repository, number: int) -> str:
    """Where people read an issue or a pull request."""
    if number in repo.pulls:
        return page_url(world, repo, number)
    return f"{shapes.page_url(world, repo)}/issues/{number}"


def _what_people_wrote(world: World, repo: Repository, pull: Pull) -> Json:
    return {
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "active_lock_reason": None,
        "title": pull.title,
        "body": pull.body,
        "user": shapes.user(world, pull.user),
        "author_association": association(world, repo, pull.user),
        "labels": [shapes.label(world, repo, one) for one in pull.labels],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "created_at": shapes.time_text(pull.created_at),
        "updated_at": shapes.time_text(pull.updated_at),
        "closed_at": shapes.time_text(pull.closed_at),
        "merged_at": shapes.time_text(pull.merged_at),
    }


def _end(world: World, repo: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repo.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": shapes.user(world, repo.owner),
        "repo": shapes.repository(world, repo),
    }
