"""Is there news of what a page shows? A word that changes with whatever there is on it, for many in one query."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.tables import drift_modules as modules
from app.store.tables import experiment_looks as looks
from app.store.tables import experiment_shadows as shadows
from app.store.tables import experiments as table
from app.store.tables import studies, study_opinions
from checks.experiment import Status


@dataclass(frozen=True, slots=True)
class Edition:
    """How an experiment stands, as a `word` that never comes again once it has changed; `last`: it stays so."""

    word: str
    last: bool


@dataclass(frozen=True, slots=True)
class News:
    """Reads what every step of an experiment leaves behind: its look, the last answer that was compared, and what
    became of its consequences.
    """

    engine: AsyncEngine

    async def of(self, keys: Collection[int]) -> dict[int, Edition]:
        """The edition of each; what there is not is left out."""
        newest = select(func.max(looks.c.id)).where(looks.c.experiment == table.c.id).scalar_subquery()
        answers = select(shadows.c.taken).where(shadows.c.experiment == table.c.id).scalar_subquery()
        steps = (func.coalesce(newest, 0), func.coalesce(answers, 0))
        query = select(table.c.id, table.c.status, table.c.acted, *steps).where(table.c.id.in_(keys))
        async with self.engine.connect() as connection:
            return {key: _edition(*told) for key, *told in await connection.execute(query)}


@dataclass(frozen=True, slots=True)
class StudyNews:
    """Reads what every look at a study leaves behind, and whether anybody said anything: of this study, or of another
    of the repository, for the page tells of all.
    """

    engine: AsyncEngine

    async def of(self, keys: Collection[int]) -> dict[int, Edition]:
        """The edition of each; what there is not is left out."""
        beside = studies.alias()
        theirs = study_opinions.join(beside, beside.c.id == study_opinions.c.study)
        said = select(func.max(study_opinions.c.at)).select_from(theirs)
        newest = said.where(beside.c.repository == studies.c.repository).scalar_subquery()
        columns = (studies.c.id, studies.c.look_at, studies.c.done, func.coalesce(newest, 0))
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(*columns).where(studies.c.id.in_(keys)))
            return {key: Edition(f"{look}-{int(done)}-{opinion}", done) for key, look, done, opinion in rows}


@dataclass(frozen=True, slots=True)
class DriftNews:
    """Reads what every look at a module leaves behind."""

    engine: AsyncEngine

    async def of(self, keys: Collection[int]) -> dict[int, Edition]:
        """The edition of each; what there is not is left out. None is the last: a module is watched for ever."""
        columns = (modules.c.id, modules.c.version, modules.c.closed, modules.c.revision, modules.c.course)
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(*columns, modules.c.rules).where(modules.c.id.in_(keys)))
            return {
                key: Edition("-".join(map(str, (*steps, _short(said), _short(rules)))), False)
                for key, *steps, said, rules in rows
            }


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _edition(status: str, acted: str, look: int, answer: int) -> Edition:
    return Edition(f"{look}-{answer}-{int(bool(acted))}", Status(status).final and bool(acted))
