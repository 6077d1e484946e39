"""What happens when commits are made and refs move: push events, moving pull requests, requested check suites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.github.sandbox import checking, pull_shapes, pulling, shapes
from app.github.sandbox.diff import changed_files
from app.github.sandbox.events import announce
from app.github.sandbox.git import EMPTY_TREE, FILE, Commit, Entry, MergeConflictError
from app.github.sandbox.refusals import Refused, conflict, forbidden, unprocessable
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Account, Pull, Repository
from app.github.sandbox.world import World

NO_SHA = "0" * 40
LISTED_COMMITS = 2048  # a push event names at most this many


def write_files(
    world: World,
    repo: Repository,
    files: Mapping[str, bytes | None],
    author: Account,
    message: str,
    parent: str | None = None,
) -> str:
    """Make a commit on top of `parent` (None: a first commit); None as content removes the path."""
    tree = repo.objects.commit(parent).tree if parent else EMPTY_TREE
    entries = {
        path: None if content is None else Entry(FILE, repo.objects.add_blob(content))
        for path, content in files.items()
    }
    after = repo.objects.with_files(tree, entries)
    return repo.objects.add_commit(after, [parent] if parent else [], message, world.signature(author))


def set_ref(world: World, repo: Repository, ref: str, sha: str, sender: Account) -> None:
    """Create or move `heads/...` or `tags/...` and tell everybody whom it concerns."""
    before = repo.refs.get(ref, NO_SHA)
    if before == sha:
        return
    repo.refs[ref] = sha
    _announce_push(world, repo, ref, before, sha, sender)
    if not ref.startswith("heads/"):
        return
    branch = ref.removeprefix("heads/")
    if world.installation_for(repo) is not None:
        checking.request_suite(world, repo, sha, world.app, sender, before).head_branch = branch
    pulling.head_moved(world, repo, branch, before, sender)


def delete_ref(world: World, repo: Repository, ref: str, sender: Account) -> None:
    """Delete a ref; the pull requests that a branch headed are closed."""
    before = repo.refs.pop(ref)
    _announce_push(world, repo, ref, before, NO_SHA, sender)
    if ref.startswith("heads/"):
        pulling.head_deleted(world, repo, ref.removeprefix("heads/"), sender)


def merge(world: World, repo: Repository, pull: Pull, sender: Account, sha: str | None = None) -> str:
    """Merge with a merge commit; `sha` is what the caller believes the head to be. The new tip is returned."""
    if sha is not None and sha != pull.head_sha:
        raise conflict("Head branch was modified. Review and try the merge again.")
    if pull.state != "open" or pull.draft:
        raise Refused(405, "Pull Request is not mergeable")
    base = repo.branch(pull.base_ref)
    message = f"Merge pull request #{pull.number} from {pull.head.owner.login}/{pull.head_ref}\n\n{pull.title}"
    commit = merge_commit(world, repo, base, pull.head_sha, sender, message)
    set_ref(world, repo, f"heads/{pull.base_ref}", commit, sender)
    pulling.merged(world, repo, pull, sender, base, commit)
    return commit


def squash(world: World, repo: Repository, pull: Pull, sender: Account) -> str:
    """Merge as one commit on top of the base, whose title names the pull request; the new tip is returned."""
    base = repo.branch(pull.base_ref)
    whole = repo.objects.commit(merge_commit(world, repo, base, pull.head_sha, sender, pull.title))
    message = f"{pull.title} (#{pull.number})"
    commit = repo.objects.add_commit(whole.tree, [base], message, world.signature(sender))
    set_ref(world, repo, f"heads/{pull.base_ref}", commit, sender)
    pulling.merged(world, repo, pull, sender, base, commit)
    return commit


def rebase(world: World, repo: Repository, pull: Pull, sender: Account) -> str:
    """Merge by putting each commit anew on top of the base; the new tip is returned."""
    base = tip = repo.branch(pull.base_ref)
    mine = world.signature(sender)
    committer = replace(mine, at=mine.at + 1)  # later than any commit of its own, so that each gets another sha
    rebased = list[str]()
    for commit in pull_shapes.commits(repo, pull):
        tree = repo.objects.merged_tree(commit.parents[0], tip, commit.sha)
        tip = repo.objects.add_commit(tree, [tip], commit.message, commit.author, committer)
        rebased.append(tip)
    pull.rebased = tuple(rebased)
    set_ref(world, repo, f"heads/{pull.base_ref}", tip, sender)
    pulling.merged(world, repo, pull, sender, base, tip)
    return tip


def update_branch(world: World, repo: Repository, pull: Pull, sender: Account, expected: str | None = None) -> None:
    """Merge the base into the head branch; refuses what GitHub refuses."""
    if expected is not None and expected != pull.head_sha:
        raise unprocessable("expected head sha didn't match current head ref.")
    if pull.state != "open":
        raise unprocessable("Pull request is closed.")
    if pull.head is not repo:
        raise forbidden("Resource not accessible by integration")
    base = repo.branch(pull.base_ref)
    if repo.objects.is_ancestor(base, pull.head_sha):
        raise unprocessable("There are no new commits on the base branch.")
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
    try:
        commit = merge_commit(world, repo, pull.head_sha, base, sender, message)
    except Refused:
        raise unprocessable("merge conflict between base and head") from None
    set_ref(world, repo, f"heads/{pull.head_ref}", commit, sender)


def merge_commit(world: World, repo: Repository, base: str, head: str, author: Account, message: str) -> str:
    """A commit with the two parents `base` and `head`; moves nothing."""
    start = repo.objects.merge_base(base, head)
    if start is None:
        raise unprocessable("There are no common ancestors.")
    try:
        tree = repo.objects.merged_tree(start, base, head)
    except MergeConflictError:
        raise Refused(405, "Pull Request is not mergeable") from None
    return repo.objects.add_commit(tree, [base, head], message, world.signature(author))


def _announce_push(world: World, repo: Repository, ref: str, before: str, after: str, sender: Account) -> None:
    created, deleted = before == NO_SHA, after == NO_SHA
    objects = repo.objects
    start = repo.refs.get(f"heads/{repo.default_branch}", after) if created else before
    new = [] if deleted else objects.missing_from(start, after)
    commits = [_pushed(world, repo, commit) for commit in new[-LISTED_COMMITS:]]
    head = None if deleted else _pushed(world, repo, objects.commit(after))
    compare = f"{shapes.page_url(world, repo)}/compare/{before[:12]}...{after[:12]}"
    announce(
        world,
        "push",
        repo,
        sender,
        ref=f"refs/{ref}",
        before=before,
        after=after,
        base_ref=None,
        created=created,
        deleted=deleted,
        forced=not created and not deleted and not objects.is_ancestor(before, after),
        compare=compare,
        commits=commits,
        head_commit=head,
        pusher={"name": sender.login, "email": f"{sender.login}@users.noreply.github.com"},
    )


def _pushed(world: World, repo: Repository, commit: Commit) -> Json:
    parent = shapes.parent_tree(repo.objects, commit)
    diffs = changed_files(repo.objects, parent, commit.tree)
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": shapes.time_text(commit.author.at),
        "url": f"{shapes.page_url(world, repo)}/commit/{commit.sha}",
        "author": {"name": commit.author.name, "email": commit.author.email, "username": commit.author.name},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
        "added": [diff.path for diff in diffs if diff.status in {"added", "renamed"}],
        "removed": [diff.previous or diff.path for diff in diffs if diff.status in {"removed", "renamed"}],
        "modified": [diff.path for diff in diffs if diff.status == "modified"],
    }
