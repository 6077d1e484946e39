"""DBOS's table of workflows, as far as we look into it: the only code that knows its columns and statuses (3.4.0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    and_,
    case,
    func,
    inspect,
    or_,
    select,
    update,
)

from app.store.address import SQLITE

LANES = "lanes"
SCHEMA = "dbos"  # where the tables are on PostgreSQL; SQLite knows no schemas
WAITING = "ENQUEUED"
RESTING = "DELAYED"
RUNNING = "PENDING"
ENDED_BADLY = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
WITHDRAWN = "CANCELLED"
SUSPECT = 2  # times that a job was begun: its process died, or could have


def _table(schema: str | None) -> Table:
    names = ("workflow_uuid", "status", "executor_id", "queue_name", "queue_partition_key")
    times = ("created_at", "started_at_epoch_ms", "completed_at", "delay_until_epoch_ms")  # in epoch milliseconds
    numbers = (*times, "recovery_attempts")
    texts, moments = (Column(name, String) for name in names), (Column(name, BigInteger) for name in numbers)
    return Table("workflow_status", MetaData(schema=schema), *texts, *moments)


_PLAIN, _IN_SCHEMA = _table(None), _table(SCHEMA)


@dataclass(frozen=True, slots=True)
class Lane:
    """What has not begun on a lane: names of jobs that wait for their turn, and of those that rest after a failure."""

    waiting: tuple[str, ...]
    resting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is on all lanes together (moments in epoch seconds; None: there is no such job).

    `oldest`: since when the oldest job waits for its turn. `begun`: when the last of those that run was begun.
    """

    waiting: int
    resting: int
    running: int
    oldest: float | None
    begun: float | None


def workflows(connection: Connection) -> Table:
    """The table, where this database has it."""
    return _PLAIN if connection.dialect.name == SQLITE else _IN_SCHEMA


def known(connection: Connection, name: str) -> bool:
    """Was a job handed over under this name before?"""
    table = workflows(connection)
    query = select(table.c.workflow_uuid).where(table.c.workflow_uuid == name)
    return connection.execute(query).first() is not None


def not_begun(connection: Connection, lane: str) -> Lane:
    """The jobs of `lane` that a newer one may join, or take the place of."""
    table = workflows(connection)
    query = select(table.c.workflow_uuid, table.c.status).where(
        table.c.queue_name == LANES,
        table.c.queue_partition_key == lane,
        table.c.status.in_((WAITING, RESTING)),
    )
    rows = connection.execute(query).all()
    return Lane(
        tuple(row.workflow_uuid for row in rows if row.status == WAITING),
        tuple(row.workflow_uuid for row in rows if row.status == RESTING),
    )


def withdraw(connection: Connection, names: Sequence[str]) -> None:
    """What rests under `names` is answered by a newer job, and never runs."""
    table = workflows(connection)
    mine = and_(table.c.workflow_uuid.in_(names), table.c.status == RESTING)
    connection.execute(update(table).where(mine).values(status=WITHDRAWN))


def unfinished(connection: Connection) -> int:
    """Jobs that wait, rest or run."""
    table = workflows(connection)
    states = table.c.status.in_((WAITING, RESTING, RUNNING))
    return connection.execute(select(func.count()).where(table.c.queue_name == LANES, states)).scalar_one()


def busy(connection: Connection) -> set[tuple[str, str]]:
    """The name of each job that waits, rests or runs, with its lane."""
    table = workflows(connection)
    among = (table.c.queue_name == LANES, table.c.status.in_((WAITING, RESTING, RUNNING)))
    rows = connection.execute(select(table.c.workflow_uuid, table.c.queue_partition_key).where(*among))
    return {(row.workflow_uuid, row.queue_partition_key) for row in rows}


def backlog(connection: Connection) -> Backlog:
    """What is on all lanes; nothing, where no worker has ever been started on this database."""
    table = workflows(connection)
    if not inspect(connection).has_table(table.name, schema=table.schema):
        return Backlog(0, 0, 0, None, None)
    oldest = func.min(case((table.c.status == WAITING, _waits_since(table))))
    begun = func.max(case((table.c.status == RUNNING, table.c.started_at_epoch_ms)))
    counts = [func.count(case((table.c.status == status, 1))) for status in (WAITING, RESTING, RUNNING)]
    among = table.c.status.in_((WAITING, RESTING, RUNNING))
    row = connection.execute(select(*counts, oldest, begun).where(table.c.queue_name == LANES, among)).one()
    return Backlog(row[0], row[1], row[2], _seconds(row[3]), _seconds(row[4]))


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1e3


def _waits_since(table: Table) -> ColumnElement[int]:
    """When a job began to wait: one that was put aside, at the end of its rest."""
    rested = func.coalesce(table.c.delay_until_epoch_ms, 0)
    return case((rested > table.c.created_at, rested), else_=table.c.created_at)


def claimed_by(connection: Connection, executor: str) -> set[str]:
    """Jobs that count as running in `executor`."""
    table = workflows(connection)
    mine = (table.c.queue_name == LANES, table.c.status == RUNNING, table.c.executor_id == executor)
    return set(connection.execute(select(table.c.workflow_uuid).where(*mine)).scalars())


def release(connection: Connection, executor: str) -> None:
    """What `executor` had begun and will not end waits for its turn again, with its place in its lane.

    It ended in order: only jobs that take their process down are suspects, and run out of tries.
    """
    table = workflows(connection)
    mine = and_(table.c.queue_name == LANES, table.c.status == RUNNING, table.c.executor_id == executor)
    connection.execute(update(table).where(mine).values(status=WAITING, recovery_attempts=0))


def claims(connection: Connection, name: str) -> int:
    """How often the job was begun; from SUSPECT on it may be what killed its process."""
    table = workflows(connection)
    query = select(table.c.recovery_attempts).where(table.c.workflow_uuid == name)
    return connection.execute(query).scalar_one_or_none() or 0


def clear_all_but(connection: Connection, name: str, executor: str) -> None:
    """Should `executor` die now, only the job of this `name` was inside: waiting counts for nobody.

    What merely waits counts as not begun; a suspect among it stays one, and comes no nearer to its last try.
    """
    table = workflows(connection)
    mine = and_(table.c.queue_name == LANES, table.c.status == RUNNING, table.c.executor_id == executor)
    waiting = and_(mine, table.c.workflow_uuid != name)
    suspected = table.c.recovery_attempts >= SUSPECT
    change = update(table).where(waiting).values(recovery_attempts=case((suspected, SUSPECT), else_=0))
    connection.execute(change.where(table.c.recovery_attempts.not_in((0, SUSPECT))))


def executors(connection: Connection) -> set[str]:
    """Who counts as running anything."""
    table = workflows(connection)
    query = select(table.c.executor_id).where(table.c.status == RUNNING, table.c.executor_id.is_not(None)).distinct()
    return set(connection.execute(query).scalars())


def ended_badly(connection: Connection) -> list[str]:
    """Jobs that took their process down with them, again and again."""
    table = workflows(connection)
    return list(connection.execute(select(table.c.workflow_uuid).where(table.c.status == ENDED_BADLY)).scalars())


def ended_before(connection: Connection, moment_ms: int, limit: int) -> list[str]:
    """Jobs that ended before `moment_ms` (epoch milliseconds), withdrawn ones included."""
    table = workflows(connection)
    withdrawn = and_(table.c.status == WITHDRAWN, table.c.created_at < moment_ms)
    query = select(table.c.workflow_uuid).where(or_(table.c.completed_at < moment_ms, withdrawn)).limit(limit)
    return list(connection.execute(query).scalars())
