"""What people asked for: kept when they ask, and logged with what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import ANSWERING, Cause, KeptCommand, Progress, Surface
from app.store.address import SQLITE
from app.store.asked_tables import commands as table
from app.store.chain import OK, Kind, told
from app.store.database import insert_into, now_us
from app.store.provenance import append

_OPEN = (Progress.PENDING, Progress.RUNNING)
_PRESSED = ("repository", "number", "head_sha", "verb", "arguments", "who", "surface")
_LOCK = 0x70726573  # any number that nobody else locks: "pres"


@dataclass(frozen=True, slots=True)
class Commands:
    """The table of commands. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def ask(self, command: KeptCommand) -> KeptCommand:
        """Keep it. One that is known by its key, or its id, comes back as it stands."""
        row = self._new(command)
        async with self.engine.begin() as connection:
            await connection.execute(insert_into(table, connection).values(row).on_conflict_do_nothing())
            known = select(table).where((table.c.key == command.key) | (table.c.id == command.id))
            return _kept((await connection.execute(known)).mappings().one())

    async def press(self, command: KeptCommand, within: float) -> KeptCommand:
        """As `ask`; but what the same person asked for already, word for word, is pressed once: it still goes on, or
        was done and asked for at most `within` seconds before; and nothing that may have changed anything came since.
        """
        same = [getattr(table.c, name) == getattr(command, name) for name in _PRESSED]
        lately = (table.c.state == Progress.DONE) & (table.c.asked_at >= round((command.asked - within) * 1e6))
        found = select(table).where(*same, table.c.state.in_(_OPEN) | lately, ~_followed())
        newest = found.order_by(*_NEWEST)
        async with self.engine.begin() as connection:
            if connection.dialect.name != SQLITE:  # whose transactions are one at a time
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            of_key = select(table).where(table.c.key == command.key)
            for known in (of_key, newest):
                row = (await connection.execute(known)).mappings().first()
                if row is not None:
                    return _kept(row)
            await connection.execute(insert(table).values(self._new(command)))
            return _kept((await connection.execute(of_key)).mappings().one())

    async def take_up(self, key: str) -> None:
        """The command of this id is acknowledged, unless it has ended."""
        async with self.engine.begin() as connection:
            here = (table.c.id == key, table.c.state == Progress.PENDING)
            await connection.execute(update(table).where(*here).values(state=Progress.RUNNING, changed_at=self.now()))

    async def end(self, command: KeptCommand, cause: Cause) -> KeptCommand:
        """It has its answer, which `command` holds: kept and logged together, once. The first answer stands."""
        assert command.state.ended, "a command ends with an answer"
        ended = replace(command, role=cause.role or command.role, ended=self.now() / 1e6)
        said = {name: value for name, value in _row(ended).items() if name in _ANSWERED}
        async with self.engine.begin() as connection:
            here = (table.c.id == command.id, table.c.state.in_(_OPEN))
            done = await connection.execute(update(table).where(*here).values(said | {"changed_at": self.now()}))
            if done.rowcount:
                await append(connection, [_entry(ended, cause)])
            return _kept((await connection.execute(select(table).where(table.c.id == command.id))).mappings().one())

    async def get(self, key: str) -> KeptCommand | None:
        """The command of this id."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(table).where(table.c.id == key))).mappings().one_or_none()
        return None if row is None else _kept(row)

    async def left(self, before: float, most: int = 500) -> Sequence[KeptCommand]:
        """What has no answer, and was not touched since `before` (epoch seconds): the oldest first."""
        here = (table.c.state.in_(_OPEN), table.c.changed_at < round(before * 1e6))
        oldest = select(table).where(*here).order_by(table.c.changed_at, table.c.id).limit(most)
        async with self.engine.connect() as connection:
            return [_kept(row) for row in (await connection.execute(oldest)).mappings()]

    async def of_pull(self, repository: str, number: int, most: int = 50) -> Sequence[KeptCommand]:
        """The newest of a pull request, the newest first."""
        here = select(table).where(table.c.repository == repository, table.c.number == number)
        async with self.engine.connect() as connection:
            rows = await connection.execute(here.order_by(*_NEWEST).limit(most))
            return [_kept(row) for row in rows.mappings()]

    async def ended(self, repository: str, number: int, most: int = 50) -> Sequence[KeptCommand]:
        """What people who may asked for on a pull request, and what came of it: the newest, the newest first. Neither
        what merely had an answer, nor what was asked by somebody who lacks the role, which anybody can do.
        """
        here = (table.c.repository == repository, table.c.number == number, table.c.ended_at.is_not(None))
        meant = (table.c.role != "", table.c.verb.not_in(ANSWERING))
        newest = select(table).where(*here, *meant).order_by(table.c.ended_at.desc(), *_NEWEST).limit(most)
        async with self.engine.connect() as connection:
            return [_kept(row) for row in (await connection.execute(newest)).mappings()]

    async def refused_before(self, command: KeptCommand) -> bool:
        """Did the same person lack the role for another one on the same pull request? They were told why then."""
        refused = (table.c.state == Progress.REFUSED, table.c.role == "", table.c.verb.not_in(ANSWERING))
        theirs = (table.c.who == command.who, *refused)
        here = (table.c.repository == command.repository, table.c.number == command.number, table.c.id != command.id)
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(select(func.count()).select_from(table).where(*theirs, *here)))

    async def answered(self, command: KeptCommand, since: float) -> int:
        """How many others of the same person merely had an answer on the same pull request since then."""
        theirs = (table.c.who == command.who, table.c.verb.in_(ANSWERING), table.c.asked_at >= round(since * 1e6))
        here = (table.c.repository == command.repository, table.c.number == command.number, table.c.id != command.id)
        async with self.engine.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(table).where(*theirs, *here)) or 0

    def _new(self, command: KeptCommand) -> dict[str, Any]:
        now = self.now()
        return _row(command) | {"kept_at": now, "changed_at": now}


_NEWEST = (table.c.asked_at.desc(), table.c.kept_at.desc(), table.c.id)


def _followed() -> ColumnElement[bool]:
    """Did a later command of the pull request come after this one? What was refused, or answers, changed nothing."""
    other = table.alias()
    here = (other.c.repository == table.c.repository, other.c.number == table.c.number, other.c.id != table.c.id)
    after = (other.c.kept_at > table.c.kept_at) | (other.c.asked_at > table.c.asked_at)
    return exists().where(*here, after, other.c.state != Progress.REFUSED, other.c.verb.not_in(ANSWERING))


_NAMING = frozenset({"retry", "escalate", "canary start", "canary stop", "rollback", "override", "override withdraw"})
_NAME = re.compile(r"[a-z0-9][\w.@/+-]{0,63}", re.IGNORECASE | re.ASCII)
_LONGEST = 500  # characters of what is logged beside a verb
_ANSWERED = frozenset({"head_sha", "role", "state", "said", "before", "after", "ended_at"})


def _entry(command: KeptCommand, cause: Cause) -> Any:
    result = OK if command.state is Progress.DONE else f"{command.state}: {command.said}"
    where = (command.repository, command.number, command.head_sha)
    entry = told(Kind.COMMAND, where, f"{command.verb} {_about(command)}".strip(), cause, result=result)
    told_so = command.said if result == OK and command.verb not in ANSWERING else ""
    return replace(entry, before=command.before, after=command.after or told_so)


def _about(command: KeptCommand) -> str:
    """Which check, arm, environment or commit it was about; and, of an override that was carried out, its reason.
    Whatever else people say is no matter of the log.
    """
    words = command.arguments.split()
    if command.verb == "override" and command.state is Progress.DONE:
        return " ".join(words)[:_LONGEST]
    named = words[:2] if command.verb in _NAMING else []
    return " ".join(takewhile(_NAME.fullmatch, named))


def _row(command: KeptCommand) -> dict[str, Any]:
    ended = None if command.ended is None else round(command.ended * 1e6)
    named = {name: getattr(command, name) for name in _COLUMNS}
    return named | {"asked_at": round(command.asked * 1e6), "ended_at": ended}


_COLUMNS = tuple(
    "id key repository number head_sha verb arguments who surface role state said before after".split()  # noqa: SIM905
)


def _kept(row: RowMapping) -> KeptCommand:
    return KeptCommand(
        **{name: row[name] for name in _COLUMNS if name not in {"surface", "state"}},
        surface=Surface(row["surface"]),
        state=Progress(row["state"]),
        asked=row["asked_at"] / 1e6,
        ended=None if row["ended_at"] is None else row["ended_at"] / 1e6,
    )
