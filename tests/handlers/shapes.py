"""Webhooks cut down to the fields that are read, and what may become of them on the way."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from app.model import Delivery, Trigger
from handlers.understand import Understanding

OWN_APP, OTHER_APP = 4242, 15368
REPOSITORY = "acme/shop"
HEAD, OLD_HEAD, BASE = "1a" * 20, "2b" * 20, "3c" * 20

Shape = dict[str, Any]
Path = tuple[str | int, ...]


def understood(event: str, payload: object, own_app: int = OWN_APP) -> tuple[Trigger, ...]:
    """What `event` means, by way of the bytes that it arrives in."""
    return Understanding(own_app)(Delivery(1, "guid", event, json.dumps(payload).encode(), 0.0))


def common(**more: Any) -> Shape:
    """What every event of an installed App says."""
    return {
        "repository": {"id": 7, "full_name": REPOSITORY, "default_branch": "main"},
        "sender": {"login": "alice", "type": "User"},
        "installation": {"id": 99},
        **more,
    }


def pull_request(action: str = "opened", **more: Any) -> Shape:
    """`pull_request` of #5, whose head is HEAD."""
    pull = {"number": 5, "head": {"sha": HEAD, "ref": "fix"}, "base": {"sha": BASE, "ref": "main"}, "draft": False}
    return common(action=action, number=5, pull_request=pull, **more)


def listed(number: int = 5, repository: int = 7) -> Shape:
    """A pull request as check events list it."""
    return {"number": number, "head": {"sha": HEAD}, "base": {"ref": "main", "repo": {"id": repository}}}


def check_run(action: str = "completed", app: int | None = OTHER_APP, branch: str | None = "fix", **more: Any) -> Shape:
    """`check_run` on HEAD; `app` None: GitHub names none; `branch` None: the head is a fork's."""
    run: Shape = {
        "head_sha": HEAD,
        "external_id": "",
        "app": None if app is None else {"id": app},
        "check_suite": {"head_branch": branch},
        "pull_requests": [listed()] if branch not in {None, "main"} else [],
    }
    return common(action=action, check_run=run | more)


def check_suite(action: str = "completed", app: int | None = OTHER_APP, branch: str | None = "fix") -> Shape:
    """`check_suite` on HEAD."""
    suite = {
        "head_sha": HEAD,
        "head_branch": branch,
        "app": None if app is None else {"id": app},
        "pull_requests": [listed()] if branch not in {None, "main"} else [],
    }
    return common(action=action, check_suite=suite)


def workflow_run(action: str = "completed", branch: str = "fix", home: str = REPOSITORY) -> Shape:
    """`workflow_run` on HEAD; `home` is the repository that the head lies in."""
    run = {
        "head_sha": HEAD,
        "head_branch": branch,
        "head_repository": {"full_name": home},
        "pull_requests": [listed()] if home == REPOSITORY and branch != "main" else [],
    }
    return common(action=action, workflow_run=run)


def issue_comment(body: str = "/maestro help", action: str = "created") -> Shape:
    """`issue_comment` by alice on pull request #5."""
    return common(
        action=action,
        issue={"number": 5, "pull_request": {"url": "https://api.github.com/repos/acme/shop/pulls/5"}},
        comment={"id": 31, "body": body, "user": {"login": "alice", "type": "User"}},
    )


def push(*paths: str, ref: str = "refs/heads/main", kind: str = "modified") -> Shape:
    """`push` of one commit that touches `paths`."""
    return common(ref=ref, deleted=False, commits=[{"added": [], "modified": [], "removed": [], kind: list(paths)}])


def merge_group(action: str = "checks_requested") -> Shape:
    """`merge_group` of a combination whose head is HEAD."""
    head_ref = f"refs/heads/gh-readonly-queue/main/pr-5-{BASE}"
    group = {"head_sha": HEAD, "head_ref": head_ref, "base_sha": BASE, "base_ref": "refs/heads/main"}
    return common(action=action, merge_group=group)


def installation(*names: str) -> Shape:
    """`installation.created` for repositories."""
    repositories = [{"id": n, "full_name": name} for n, name in enumerate(names, 1)]
    return {"action": "created", "installation": {"id": 99}, "repositories": repositories}


def installation_repositories(*names: str) -> Shape:
    """`installation_repositories.added`."""
    repositories = [{"id": n, "full_name": name} for n, name in enumerate(names, 1)]
    return {"action": "added", "installation": {"id": 99}, "repositories_added": repositories}


def deployment_status(state: str = "success", environment: str = "canary") -> Shape:
    """`deployment_status` of a deployment of HEAD."""
    status = {"id": 41, "state": state, "environment": environment, "created_at": "2027-01-15T08:00:00Z"}
    return common(
        action="created", deployment={"id": 31, "sha": HEAD, "environment": "canary"}, deployment_status=status
    )


def wake() -> Shape:
    """Our own reminder."""
    return {"repository": {"full_name": REPOSITORY}, "sha": HEAD}


def asked() -> Shape:
    """Our own word that alice asked for something on the page of #5."""
    head = {"number": 5, "head_sha": HEAD, "command": "0a" * 16}
    return {**common(), **head, "verb": "canary stop", "arguments": "canary"}


WHOLE: dict[str, tuple[Shape, ...]] = {
    "pull_request": (pull_request(), pull_request("edited", changes={"body": {"from": ""}})),
    "check_run": (
        check_run(),
        check_run(branch=None),
        check_run("rerequested", OWN_APP),
        check_run("requested_action", OWN_APP) | {"requested_action": {"identifier": "canary stop"}},
        check_run(branch=f"gh-readonly-queue/main/pr-5-{BASE}"),
    ),
    "check_suite": (check_suite(), check_suite("rerequested", OWN_APP)),
    "workflow_run": (workflow_run(), workflow_run(home="mallory/shop")),
    "deployment_status": (deployment_status(), deployment_status("inactive")),
    "issue_comment": (issue_comment(),),
    "push": (push(".github/maestro.yml"),),
    "merge_group": (merge_group(),),
    "installation": (installation(REPOSITORY),),
    "installation_repositories": (installation_repositories(REPOSITORY),),
    "github_app_authorization": ({"action": "revoked", "sender": {"login": "alice", "id": 12}},),
    "maestro_wake": (wake(),),
    "maestro_asked": (asked(),),
}
"""Of each event that we hear, payloads that mean something."""

_TRICKS = ("", ".", "..", "../..", "a/..", "./x", "a/./b", "acme/shop/..", "a.b/c", "\x00", "\ud800", "x" * 300)
JSON: SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(_TRICKS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: DrawFn, whole: Shape) -> Shape:
    """`whole` with up to four of its fields dropped or replaced by anything that JSON can hold."""
    payload = copy.deepcopy(whole)
    for path in draw(st.lists(st.sampled_from(sorted(_paths(whole), key=str)), min_size=1, max_size=4)):
        _damage(payload, path, draw(st.none() | st.tuples(JSON)))
    return payload


def _damage(payload: Any, path: Path, instead: tuple[Any] | None) -> None:
    *way, last = path
    try:
        for step in way:
            payload = payload[step]
        if instead is None:
            del payload[last]
        else:
            payload[last] = instead[0]
    except (KeyError, IndexError, TypeError):
        return  # an earlier blow has taken the place away


def _paths(value: Any) -> Iterator[Path]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (key,)
        yield from ((key, *path) for path in _paths(inner))


def is_sound(trigger: Trigger) -> bool:
    """May this trigger become parts of URLs, keys of a database and lines of a log?"""
    if trigger.person is not None:
        return not trigger.repository and 0 < trigger.person < 2**63
    owner, _, name = trigger.repository.partition("/")
    numbers = (trigger.installation, trigger.number, trigger.comment_id)
    trigger_texts = (trigger.base_ref, trigger.reason, trigger.text, trigger.command)
    return (
        re.fullmatch(r"[A-Za-z0-9_-]{1,100}", owner) is not None
        and re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name) is not None
        and name != "."
        and ".." not in trigger.repository
        and re.fullmatch(r"|[0-9a-f]{40}|[0-9a-f]{64}", trigger.head_sha) is not None
        and all(number is None or 0 < number < 2**63 for number in numbers)
        and all(text.encode() is not None for text in trigger_texts)
    )
