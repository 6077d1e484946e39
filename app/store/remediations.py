"""What is done about failing pull requests: kept from the first failure to its end, each attempt with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Cause
from app.store.chain import Kind, ProvenanceEntry, told
from app.store.database import insert_into, now_us
from app.store.provenance import append
from app.store.remedial_tables import attempts, remediations, usage
from program.remediation import Attempted, Course, Failure, Remediation, Result, Step

MOST = 500  # attempts of one repository that tell how its arms do, the newest


@dataclass(frozen=True, slots=True)
class Remediations:
    """The tables of remediations and of their attempts. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def begin(self, begun: Remediation, cause: Cause | None = None) -> Remediation:
        """Keep a new one, whose id is not looked at, and log it; one of the same pull request that goes on comes back
        as it is.
        """
        bounds = {"most": begun.most, "seconds": round(begun.seconds), "repository_id": begun.repository_id}
        row = {**_row(begun), **bounds, "began_at": round(begun.began * 1e6), "changed_at": self.now()}
        async with self.engine.begin() as connection:
            made = await connection.execute(insert_into(remediations, connection).values(row).on_conflict_do_nothing())
            here = (*_of(begun.repository, begun.number), remediations.c.ended_at.is_(None))
            (found,) = await _read(connection, *here)
            if made.rowcount:
                await append(connection, _news(None, found, cause))
            return found

    async def keep(self, changed: Remediation, cause: Cause | None = None) -> Remediation:
        """Keep how it stands now, with each of its attempts, and log what is new: a new attempt is added, a known one
        brought up to date.

        One that is over stays as it is: whoever comes too late changes nothing, and it comes back as it stands.
        """
        async with self.engine.begin() as connection:
            here = (remediations.c.id == changed.id, remediations.c.ended_at.is_(None))
            row = {**_row(changed), "changed_at": self.now()}
            (before,) = await _read(connection, remediations.c.id == changed.id)
            done = await connection.execute(update(remediations).where(*here).values(row))
            for one in changed.attempts if done.rowcount else ():
                await _keep_attempt(connection, changed, one)
            (found,) = await _read(connection, remediations.c.id == changed.id)
            await append(connection, _news(before, found, cause))
            return found

    async def moved(self, repository: str, repository_id: int, number: int) -> bool:
        """Take over what is kept of a pull request under a name that its repository had before; was there anything?

        Where one goes on under either name, that of the name of now is the one that does.
        """
        then = (
            remediations.c.repository_id == repository_id,
            remediations.c.number == number,
            remediations.c.repository != repository,
        )
        if not repository_id:
            return False
        async with self.engine.begin() as connection:
            ids = (await connection.execute(select(remediations.c.id).where(*then))).scalars().all()
            if not ids:
                return False
            here = (*_of(repository, number), remediations.c.ended_at.is_(None))
            if await _read(connection, *here):
                over = {
                    "ended_at": self.now(),
                    "course": Course.LEFT,
                    "why": "it goes on under the repository's new name",
                }
                going = (remediations.c.id.in_(ids), remediations.c.ended_at.is_(None))
                await connection.execute(update(remediations).where(*going).values(over))
            await connection.execute(
                update(remediations).where(remediations.c.id.in_(ids)).values(repository=repository)
            )
            theirs = attempts.c.remediation.in_(ids)
            await connection.execute(update(attempts).where(theirs).values(repository=repository))
        return True

    async def open(self, repository: str, number: int) -> Remediation | None:
        """The one of the pull request that goes on."""
        found = await self._found(*_of(repository, number), remediations.c.ended_at.is_(None))
        return found[0] if found else None

    async def of_pull(self, repository: str, number: int) -> Sequence[Remediation]:
        """All of a pull request, the oldest first."""
        return await self._found(*_of(repository, number))

    async def going_on(self) -> Sequence[Remediation]:
        """All that are not over, wherever, the oldest first."""
        return await self._found(remediations.c.ended_at.is_(None))

    async def by_trace(self, trace: str) -> tuple[Remediation, Attempted] | None:
        """The attempt of that name, and what it belongs to."""
        async with self.engine.connect() as connection:
            owner = select(attempts.c.remediation).where(attempts.c.trace == trace)
            found = await _read(connection, remediations.c.id.in_(owner))
        return next(((one, made) for one in found for made in one.attempts if made.trace == trace), None)

    async def ended_attempts(self, repository: str, most: int = MOST) -> Sequence[Attempted]:
        """The newest that have an outcome, of any pull request of the repository, the oldest of them first."""
        here = (attempts.c.repository == repository, attempts.c.ended_at.is_not(None))
        newest = _attempts().where(*here).order_by(attempts.c.ended_at.desc(), attempts.c.id.desc()).limit(most)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(newest)).mappings().all()
        return [_attempted(row) for row in reversed(rows)]

    async def _found(self, *conditions: ColumnElement[bool]) -> Sequence[Remediation]:
        async with self.engine.connect() as connection:
            return await _read(connection, *conditions)


def _news(before: Remediation | None, now: Remediation, cause: Cause | None) -> list[ProvenanceEntry]:
    """What the log tells of it: its beginning, its course, each attempt and what came of that."""
    known = {one.n: one.result for one in before.attempts} if before else {}
    said = [(f"remediation began: {now.failure}", now.why)] if before is None else []
    for one in now.attempts:
        if one.n not in known:
            said.append((f"attempt {one.n}: {one.step} {one.arm}".rstrip(), one.trace))
        if one.result is not known.get(one.n, Result.OPEN):
            said.append((f"attempt {one.n} ended: {one.result}", one.note))
    if before is not None and now.course is not before.course:
        said.append((f"remediation {'ended' if now.course.over else 'goes on'}: {now.course}", now.why))
    where = now.repository, now.number, now.head_sha
    because = cause or Cause("remediation", now.who)
    return [replace(told(Kind.REMEDIATION, where, what, because), after=after) for what, after in said]


def _attempts() -> Select[Any]:
    """Each with what trusted reports say by now that it cost, for a report may come after its end."""
    reported = select(func.sum(usage.c.usd)).where(usage.c.trace == attempts.c.trace, usage.c.trusted == 1)
    return select(attempts, reported.scalar_subquery().label("reported"))


def _of(repository: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return remediations.c.repository == repository, remediations.c.number == number


async def _keep_attempt(connection: AsyncConnection, owner: Remediation, one: Attempted) -> None:
    row = _attempt_row(owner, one)
    known = {name: row[name] for name in ("run", "result", "usd", "note", "ended_at")}
    kept = insert_into(attempts, connection).values(row)
    await connection.execute(kept.on_conflict_do_update(index_elements=["remediation", "n"], set_=known))


async def _read(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> Sequence[Remediation]:
    query = select(remediations).where(*conditions).order_by(remediations.c.id)
    rows = (await connection.execute(query)).mappings().all()
    of = {row["id"]: list[Attempted]() for row in rows}
    theirs = _attempts().where(attempts.c.remediation.in_(of)).order_by(attempts.c.n)
    for row in (await connection.execute(theirs)).mappings():
        of[row["remediation"]].append(_attempted(row))
    return [_remediation(row, tuple(of[row["id"]])) for row in rows]


def _row(one: Remediation) -> dict[str, Any]:
    return {
        "repository": one.repository,
        "number": one.number,
        "head_sha": one.head_sha,
        "failure": one.failure,
        "who": one.who,
        "course": one.course,
        "why": one.why,
        "word": one.word,
        "ended_at": None if one.ended is None else round(one.ended * 1e6),
    }


def _attempt_row(owner: Remediation, one: Attempted) -> dict[str, Any]:
    return {
        "remediation": owner.id,
        "n": one.n,
        "repository": owner.repository,
        "step": one.step,
        "failure": one.failure,
        "arm": one.arm,
        "task_class": one.task_class,
        "expected": one.expected,
        "head_sha": one.head_sha,
        "trace": one.trace,
        "run": one.run,
        "result": one.result,
        "usd": one.usd,
        "note": one.note,
        "began_at": round(one.began * 1e6),
        "ended_at": None if one.ended is None else round(one.ended * 1e6),
    }


def _remediation(row: RowMapping, made: tuple[Attempted, ...]) -> Remediation:
    names = ("id", "repository", "number", "head_sha", "who", "why", "word", "most", "repository_id")
    return Remediation(
        **{name: row[name] for name in names},
        began=row["began_at"] / 1e6,
        seconds=float(row["seconds"]),
        failure=Failure(row["failure"]),
        course=Course(row["course"]),
        ended=None if row["ended_at"] is None else row["ended_at"] / 1e6,
        attempts=made,
    )


def _attempted(row: RowMapping) -> Attempted:
    names = ("n", "head_sha", "trace", "arm", "task_class", "expected", "run", "note")
    return Attempted(
        **{name: row[name] for name in names},
        step=Step(row["step"]),
        failure=Failure(row["failure"]),
        began=row["began_at"] / 1e6,
        usd=row["usd"] if row["reported"] is None else float(row["reported"]),
        result=Result(row["result"]),
        ended=None if row["ended_at"] is None else row["ended_at"] / 1e6,
    )
