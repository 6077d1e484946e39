"""What happens to pull requests, whoever does it: opened, edited, moved, closed, merged, and the events of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from app.github.sandbox import pull_shapes, shapes
from app.github.sandbox.events import announce
from app.github.sandbox.refusals import Refused, validation_failed
from app.github.sandbox.state import Account, Pull, Repository
from app.github.sandbox.world import World

MAX_BODY = 65_536  # characters: renovatebot/renovate#2032
MAX_TITLE = 256  # characters: assumed


def open_pull(
    world: World,
    repo: Repository,
    author: Account,
    *,
    title: str,
    head: str,
    base: str,
    body: str | None = None,
    draft: bool = False,
    labels: Iterable[str] = (),
) -> Pull:
    """Open a pull request of `branch` or `owner:branch`; refuses what GitHub refuses."""
    head_repo, head_ref = head_of(world, repo, head)
    _refuse_opening(repo, head_repo, head_ref, base, title, body)
    pull = Pull(
        id=world.new_id(),
        number=repo.new_number,
        title=title,
        body=body,
        user=author,
        base_ref=base,
        base_sha=repo.branch(base),
        head=head_repo,
        head_ref=head_ref,
        head_sha=head_repo.branch(head_ref),
        created_at=world.now(),
        updated_at=world.now(),
        draft=draft,
        labels=[world.label(repo, name) for name in labels],
    )
    repo.pulls[pull.number] = pull
    repo.refs[f"pull/{pull.number}/head"] = pull.head_sha
    tell(world, repo, pull, author, "opened")
    return pull


def head_of(world: World, repo: Repository, head: str) -> tuple[Repository, str]:
    """The repository and branch that `branch` or `owner:branch` means, seen from `repo`."""
    owner, colon, branch = head.rpartition(":")
    if not colon or owner.lower() == repo.owner.login.lower():
        return repo, branch
    for other in world.repositories.values():
        if other.owner.login.lower() == owner.lower() and other.objects is repo.objects:
            return other, branch
    raise validation_failed("PullRequest", "head", "invalid")


def _refuse_opening(
    repo: Repository, head_repo: Repository, head_ref: str, base: str, title: str, body: str | None
) -> None:
    for name, holder, field in ((head_ref, head_repo, "head"), (base, repo, "base")):
        if f"heads/{name}" not in holder.refs:
            raise validation_failed("PullRequest", field, "invalid")
    refuse_texts(title, body)
    head_name = f"{head_repo.owner.login}:{head_ref}"
    if any(_same(pull, head_repo, head_ref, base) for pull in repo.pulls.values()):
        raise _custom(f"A pull request already exists for {head_name}.")
    if not repo.objects.missing_from(repo.branch(base), head_repo.branch(head_ref)):
        raise _custom(f"No commits between {base} and {head_ref}")


def refuse_texts(title: str | None, body: str | None) -> None:
    """Titles and bodies have limits."""
    if title is not None and not title.strip():
        raise validation_failed("PullRequest", "title", "missing_field")
    if len(title or "") > MAX_TITLE:
        raise validation_failed("Issue", "title", "custom", f"title is too long (maximum is {MAX_TITLE} characters)")
    if len(body or "") > MAX_BODY:
        raise validation_failed("Issue", "body", "custom", f"body is too long (maximum is {MAX_BODY} characters)")


def _same(pull: Pull, head: Repository, ref: str, base: str) -> bool:
    return pull.state == "open" and (pull.head, pull.head_ref, pull.base_ref) == (head, ref, base)


def _custom(message: str) -> Refused:
    return Refused(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])


def head_moved(world: World, repo: Repository, branch: str, before: str, sender: Account) -> None:
    """A branch moved: every open pull request that it heads follows, and says `synchronize`."""
    for base_repo in list(world.repositories.values()):
        for pull in base_repo.pulls.values():
            if (pull.head, pull.head_ref, pull.state) == (repo, branch, "open"):
                _follow(world, base_repo, pull, before, sender)


def _follow(world: World, repo: Repository, pull: Pull, before: str, sender: Account) -> None:
    pull.head_sha = pull.head.branch(pull.head_ref)
    pull.base_sha = pull_shapes.base_tip(repo, pull)
    pull.updated_at = world.now()
    repo.refs[f"pull/{pull.number}/head"] = pull.head_sha
    tell(world, repo, pull, sender, "synchronize", before=before, after=pull.head_sha)


def head_deleted(world: World, repo: Repository, branch: str, sender: Account) -> None:
    """A branch is gone: the pull requests that it headed are closed."""
    for base_repo in list(world.repositories.values()):
        for pull in base_repo.pulls.values():
            if (pull.head, pull.head_ref, pull.state) == (repo, branch, "open"):
                set_state(world, base_repo, pull, sender, "closed")


def edit(
    world: World,
    repo: Repository,
    pull: Pull,
    sender: Account,
    *,
    title: str | None = None,
    body: str | None = None,
    base: str | None = None,
) -> None:
    """Change title, body or base (None: leave it); one `edited` event tells what it was before."""
    refuse_texts(title, body)
    if base is not None and f"heads/{base}" not in repo.refs:
        raise validation_failed("PullRequest", "base", "invalid")
    changes: dict[str, Any] = {}
    if title is not None and title != pull.title:
        changes["title"], pull.title = {"from": pull.title}, title
    if body is not None and body != pull.body:
        changes["body"], pull.body = {"from": pull.body or ""}, body
    if base is not None and base != pull.base_ref:
        changes["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
        pull.base_ref, pull.base_sha = base, repo.branch(base)
    if changes:
        pull.updated_at = world.now()
        tell(world, repo, pull, sender, "edited", changes=changes)


def set_state(world: World, repo: Repository, pull: Pull, sender: Account, state: Literal["open", "closed"]) -> None:
    """Close or reopen."""
    if pull.state == state:
        return
    pull.state, pull.updated_at = state, world.now()
    pull.closed_at = world.now() if state == "closed" else None
    tell(world, repo, pull, sender, "closed" if state == "closed" else "reopened")


def set_draft(world: World, repo: Repository, pull: Pull, sender: Account, *, draft: bool) -> None:
    """Make it a draft, or ready for review."""
    if pull.draft != draft:
        pull.draft, pull.updated_at = draft, world.now()
        tell(world, repo, pull, sender, "converted_to_draft" if draft else "ready_for_review")


def add_labels(world: World, repo: Repository, pull: Pull, sender: Account, names: Iterable[str]) -> None:
    """Put labels on; each new one is an event."""
    for name in names:
        label = world.label(repo, name)
        if label not in pull.labels:
            pull.labels.append(label)
            pull.updated_at = world.now()
            tell(world, repo, pull, sender, "labeled", label=shapes.label(world, repo, label))


def remove_label(world: World, repo: Repository, pull: Pull, sender: Account, name: str) -> None:
    """Take a label off; KeyError-free: an absent one changes nothing."""
    label = repo.labels.get(name)
    if label in pull.labels and label is not None:
        pull.labels.remove(label)
        pull.updated_at = world.now()
        tell(world, repo, pull, sender, "unlabeled", label=shapes.label(world, repo, label))


def merged(world: World, repo: Repository, pull: Pull, sender: Account, base: str, commit: str) -> None:
    """Note that a pull request went into `base` (the tip before) as `commit`."""
    pull.base_sha, pull.merge_commit_sha = base, commit
    pull.merged_at, pull.merged_by = world.now(), sender
    set_state(world, repo, pull, sender, "closed")


def tell(world: World, repo: Repository, pull: Pull, sender: Account, action: str, **more: Any) -> None:
    """Announce a `pull_request` event."""
    shape = pull_shapes.full(world, repo, pull)
    announce(world, "pull_request", repo, sender, action=action, number=pull.number, pull_request=shape, **more)
