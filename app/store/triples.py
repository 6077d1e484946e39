"""What was mirrored in an experiment: a request, and what the candidate and the version in service answered to it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.fed import Fed, Full, digest_of, told_apart
from app.store.tables import experiment_triples as table
from app.store.tables import experiments

MOST_TRIPLES = 100_000  # of one experiment


@dataclass(frozen=True, slots=True)
class SentTriple:
    """A triple by the id that it names, and as it was sent."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Triples:
    """The table of triples. Of one id the first counts; others are kept beside it, and told."""

    engine: AsyncEngine

    async def feed(self, experiment: int, sent: Sequence[SentTriple]) -> Fed:
        """Keep `sent`; what was sent before changes nothing. Raises Full, and then nothing is kept."""
        async with self.engine.begin() as connection:
            await connection.execute(select(experiments.c.id).where(experiments.c.id == experiment).with_for_update())
            count = await connection.scalar(select(func.count()).where(table.c.experiment == experiment))
            if (count or 0) + len(sent) > MOST_TRIPLES:
                raise Full
            same = and_(table.c.experiment == experiment, table.c.triple.in_({one.id for one in sent}))
            here = await connection.execute(select(table.c.triple, table.c.digest).where(same))
            fed = told_apart([(name, digest) for name, digest in here], [(one.id, digest_of(one.body)) for one in sent])
            if fed.accepted:
                fresh = [sent[place] for place in fed.accepted]
                common = {"experiment": experiment, "received_at": now_us()}
                rows = [
                    {"triple": one.id, "digest": digest_of(one.body), "body": zlib.compress(one.body)} | common
                    for one in fresh
                ]
                await connection.execute(insert(table), rows)
        return fed

    async def of(self, experiment: int) -> list[bytes]:
        """The first triple of each id, in the order they came."""
        first = select(func.min(table.c.id)).where(table.c.experiment == experiment).group_by(table.c.triple)
        query = select(table.c.body).where(table.c.id.in_(first)).order_by(table.c.id)
        async with self.engine.connect() as connection:
            return [zlib.decompress(body) for body in (await connection.execute(query)).scalars()]

    async def prune(self, before: float) -> int:
        """Forget what came before that moment (epoch seconds): answers may hold what people wrote. How many."""
        async with self.engine.begin() as connection:
            old = table.c.received_at < int(before * 1e6)
            return (await connection.execute(delete(table).where(old))).rowcount
