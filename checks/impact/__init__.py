"""Causal impact: what a deployment did to the metrics that matter, against what would have happened without it.

`estimate` answers for one metric (docs/impact.md). It needs scipy, which takes a tenth of a second to import, so it is
loaded where it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checks.impact.estimating import estimate

__all__ = ["estimate"]


def __getattr__(name: str) -> Any:
    if name != "estimate":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from checks.impact.estimating import estimate

    return estimate
