"""What was done after an answer, as it is kept: `workflow back.yml: done; deployment status failure: refused ...`."""

from __future__ import annotations

NOTHING = "nothing was asked for"
UNDER_WAY = "under way"
"""Somebody's rollback by hand is carrying it out, and nobody else does meanwhile."""

DONE = "done"
NOT_NEEDED = "not needed"
REVERT = "revert pull request"

_SETTLED = (f": {DONE}", f": {NOT_NEEDED}")


def done(acted: str) -> tuple[str, ...]:
    """What was done, each by its name: `workflow back.yml`."""
    return tuple(part.removesuffix(_SETTLED[0]) for part in _parts(acted) if part.endswith(_SETTLED[0]))


def left(acted: str) -> tuple[str, ...]:
    """What was to be done and was not, each with its reason."""
    return tuple(part for part in _parts(acted) if not any(settled in part for settled in _SETTLED))


def next_step(acted: str) -> str:
    """What people have to do once a canary is to be taken back."""
    if not acted or acted == UNDER_WAY:
        return "Nothing to do yet: the canary is being taken back."
    if acted == NOTHING:
        return (
            "Take the canary back if it still serves: `experiment.rollback` names no workflow. Then correct the change."
        )
    owed = "; ".join(left(acted))
    if owed:
        return f"See to what was not done ({owed}), then correct the change."
    revert = next((one for one in done(acted) if one.startswith(REVERT)), "")
    if revert:
        return f"Review and merge the {revert}: until then the base branch has the change."
    return "Correct the change and push: a new commit is a new canary."


def _parts(acted: str) -> list[str]:
    return [part for part in acted.split("; ") if part and part not in {NOTHING, UNDER_WAY}]
