"""What somebody says that work on a head used."""

from __future__ import annotations

from dataclasses import dataclass

MOST_USD = 100_000.0
"""The most that one report may say that something cost."""


@dataclass(frozen=True, slots=True)
class Used:
    """One report of it, as its sender made it: nobody has verified the figures. None: it does not say.

    `report` is the sender's own name for it: of one name and head the newest counts. `number`: of the pull request;
    `trace`: of the attempt that the work was, "" for none. `usd`: of models. `ci_minutes`: of runners that GitHub does
    not show. `cached_tokens`: those of the `tokens` that came from a cache. `trusted`: False where the change comes
    from a fork.
    """

    sha: str
    report: str
    number: int | None = None
    trace: str = ""
    usd: float | None = None
    ci_minutes: float | None = None
    tokens: int | None = None
    cached_tokens: int | None = None
    model: str = ""
    trusted: bool = True
