"""`push`: the base branch got new rules. New heads of pull requests come as `pull_request.synchronize`, not here."""

from __future__ import annotations

from app.model import Kind, Trigger
from handlers.payload import Payload, at, installation, items, repository, text, texts

_RULES = (".github/maestro.yml", ".maestro/contracts/")
_BRANCH = "refs/heads/"


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Judge the open pull requests again whose base got new rules."""
    ref = text(payload, "ref")
    if not ref.startswith(_BRANCH) or at(payload, "deleted") is True:
        return ()
    if not _touches_rules(payload) and not _rewrites_default_branch(payload, ref):
        return ()
    return (
        Trigger(
            Kind.SWEEP,
            repository(payload),
            installation(payload),
            base_ref=ref.removeprefix(_BRANCH),
            reason="push",
        ),
    )


def _rewrites_default_branch(payload: Payload, ref: str) -> bool:
    """A forced push lists what it brings, not what it takes away: the rules may be among that."""
    return at(payload, "forced") is True and ref == _BRANCH + text(payload, "repository", "default_branch")


def _touches_rules(payload: Payload) -> bool:
    paths = (
        path
        for commit in items(payload, "commits")
        for kind in ("added", "modified", "removed")
        for path in texts(commit, kind)
    )
    return any(path.startswith(_RULES) for path in paths)
