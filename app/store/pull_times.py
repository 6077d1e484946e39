"""How long pull requests were open, as GitHub's list of closed ones says; and how far that list is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import insert_into, now_us
from app.store.remedial_tables import pull_lists as lists
from app.store.remedial_tables import pull_times as table
from app.store.tables import decisions
from program.kpi.rows import Closed

DAY = 86_400  # seconds: a list is read once a day


@dataclass(frozen=True, slots=True)
class PullTimes:
    """The tables of closed pull requests. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def due(self, most: int) -> Sequence[tuple[str, float]]:
        """Repositories of which anything was decided, whose list was not read for a day: the longest unread first, and
        up to which moment each is known (epoch seconds; 0: nothing is).
        """
        decided = select(decisions.c.repository).where(decisions.c.number.is_not(None)).distinct().subquery()
        looked = func.coalesce(lists.c.looked_at, 0)
        query = (
            select(decided.c.repository, func.coalesce(lists.c.known_to, 0))
            .outerjoin(lists, lists.c.repository == decided.c.repository)
            .where(looked <= self.now() - DAY * 1_000_000)
            .order_by(looked, decided.c.repository)
            .limit(most)
        )
        async with self.engine.connect() as connection:
            return [(name, known / 1e6) for name, known in await connection.execute(query)]

    async def keep(self, repository: str, found: Sequence[Closed], known_to: float) -> None:
        """What the list said, and that whatever was changed up to `known_to` is known now. Of one that was closed again
        the last time counts.
        """
        row = {"repository": repository, "looked_at": self.now(), "known_to": round(known_to * 1e6)}
        async with self.engine.begin() as connection:
            for one in found:
                kept = insert_into(table, connection).values(_row(repository, one))
                same = {name: kept.excluded[name] for name in ("opened_at", "closed_at", "merged", "bot", "draft")}
                await connection.execute(kept.on_conflict_do_update(index_elements=["repository", "number"], set_=same))
            looked = insert_into(lists, connection).values(row)
            changed = {name: row[name] for name in ("looked_at", "known_to")}
            await connection.execute(looked.on_conflict_do_update(index_elements=["repository"], set_=changed))


def _row(repository: str, one: Closed) -> dict[str, object]:
    return {
        "repository": repository,
        "number": one.number,
        "opened_at": round(one.opened * 1e6),
        "closed_at": round(one.closed * 1e6),
        "merged": one.merged,
        "bot": one.bot,
        "draft": one.draft,
    }
