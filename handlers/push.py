"""`push`: the base branch got new rules, or what a fix waits for. New heads of pull requests come as
`pull_request.synchronize`, not here.
"""

from __future__ import annotations

from dataclasses import replace

from app.model import Kind, Trigger
from handlers.payload import Payload, at, installation, items, repository, text, texts

_RULES = (".github/maestro.yml", ".maestro/contracts/")
_BRANCH = "refs/heads/"


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Judge the open pull requests again whose base got new rules; see whether the default branch is mended."""
    ref = text(payload, "ref")
    if not ref.startswith(_BRANCH) or at(payload, "deleted") is True:
        return ()
    by_default = ref == _BRANCH + text(payload, "repository", "default_branch")
    about = Trigger(Kind.SWEEP, repository(payload), installation(payload), reason="push")
    news = _touches_rules(payload) or (by_default and _is_rewritten(payload))
    sweep = (replace(about, base_ref=ref.removeprefix(_BRANCH)),) if news else ()
    return (*sweep, replace(about, kind=Kind.REPAIR, hearsay=True)) if by_default else sweep


def _is_rewritten(payload: Payload) -> bool:
    """A forced push lists what it brings, not what it takes away: the rules may be among that."""
    return at(payload, "forced") is True


def _touches_rules(payload: Payload) -> bool:
    paths = (
        path
        for commit in items(payload, "commits")
        for kind in ("added", "modified", "removed")
        for path in texts(commit, kind)
    )
    return any(path.startswith(_RULES) for path in paths)
