"""For a reader without a database: nobody sent anything before, and nothing was judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.model import Measurement, Pull


class NothingKept:
    """What a reader without a database knows from before: nothing was sent, nothing judged."""

    async def of(self, repository: str, sha: str) -> tuple[Measurement, ...]:
        return ()

    async def of_each(self, repository: str, shas: Sequence[str]) -> Mapping[str, tuple[Measurement, ...]]:
        return {}

    async def pulls_at(self, repository: str, head_sha: str) -> Sequence[int]:
        return ()

    async def first_at(self, repository: str, head_sha: str) -> float | None:
        return None

    async def group_at(self, repository: str, head_sha: str) -> Pull | None:
        return None

    async def verdict(self, repository: str, heads: Sequence[str], branch: str) -> str:
        return ""
