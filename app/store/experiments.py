"""Guarded experiments: where each stands, and all that it was made of, so that it can be made again to the bit.

A state is moved in one transaction with the row that tells of the step (`experiment_looks`): at which moment, with
which ticks, under which rules. Whoever moves or feeds an experiment holds its row, so that no tick slips in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Canary, Cause, Figures, KeptExperiment, Mirrored
from app.store.chain import Kind, told
from app.store.database import insert_into, now_us
from app.store.fed import Fed, Full, digest_of, told_apart
from app.store.looks import Came, Step, TickLogs, gate_of
from app.store.points import keep, point_of
from app.store.provenance import append
from app.store.shadows import Shadows, behind, ruled
from app.store.tables import experiment_looks as looks
from app.store.tables import experiment_shadows as shadows
from app.store.tables import experiment_ticks as ticks
from app.store.tables import experiments as table
from checks import shadow
from checks.answer import stance
from checks.experiment import Config, GateState, Reason, Status, begin, dump, load
from checks.experiment.aftermath import UNDER_WAY
from checks.held import BY_HAND, Feed

STEP = 500  # ticks that one look takes at most: some 50 us each a metric
MOST_TICKS = 200_000  # of one experiment: ten weeks of one each half minute
_OWED = 86_400 * 1_000_000  # microseconds: where GitHub will have nothing of ours for a day, it is given up
_FINAL = tuple(status.value for status in Status if status.final)
_RUNS = table.c.status.not_in(_FINAL)
_MIRRORED = (shadows.c.rules.label("shadow"), shadows.c.told, behind().label("behind"))
_ALL = select(table, *_MIRRORED).outerjoin(shadows, shadows.c.experiment == table.c.id)


class Ended(Exception):
    """The experiment has its answer, and nothing is taken down any more."""


@dataclass(frozen=True, slots=True)
class SentTick:
    """A tick as it was sent, and the time `t` that it names (epoch seconds)."""

    t: float
    sent: object

    @property
    def body(self) -> str:
        """The one way to write it: two that differ in blanks or in the order of keys are one."""
        return json.dumps(self.sent, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Experiments:
    """The tables of experiments, but for what was mirrored, which `app.store.triples` keeps. `now`: microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    # --- which there are -----------------------------------------------------------------------------------------

    async def get(self, key: int, repository: str = "") -> KeptExperiment | None:
        """The experiment of this id; None where there is none, or it is another repository's than is asked for."""
        same = (table.c.id == key, *((table.c.repository == repository,) if repository else ()))
        found = await self._found(*same)
        return found[0] if found else None

    async def of(self, repository: str, sha: str) -> list[KeptExperiment]:
        """All of a commit, the oldest first."""
        return await self._found(table.c.repository == repository, table.c.sha == sha)

    async def running(self, repository: str, base_ref: str = "") -> list[KeptExperiment]:
        """Those without an answer, of one repository; where `base_ref` is given, under the rules of that branch."""
        same = (table.c.base_ref == base_ref,) if base_ref else ()
        return await self._found(table.c.repository == repository, _RUNS, *same)

    async def open(self) -> list[KeptExperiment]:
        """Those of all repositories that run, or whose consequences are owed since a day at most."""
        owed = and_(table.c.acted == "", table.c.changed_at > self.now() - _OWED)
        return await self._found(or_(_RUNS, owed))

    # --- what happens to one -------------------------------------------------------------------------------------

    async def begin(
        self, canary: Canary, rules: Config, cause: Cause, mirrored: shadow.Config | None = None
    ) -> tuple[KeptExperiment, bool]:
        """Begin it, unless there is one of this commit and environment: that one comes back then, and False.

        `mirrored`: how mirrored answers are compared; None: they are not.
        """
        moment, state = self.now(), begin(rules.judged_by)
        values = {
            "repository": canary.repository,
            "sha": canary.sha,
            "environment": canary.environment,
            "base_ref": canary.base_ref,
            "number": canary.number,
            "installation": canary.installation,
            "deployment": canary.deployment,
            "rules": rules.model_dump_json(),
            "state": dump(state),
            "status": state.status.value,
            "reason": state.reason.value,
            "acted": "",
            "taken": 0,
            "started_at": moment,
            "changed_at": moment,
        }
        async with self.engine.begin() as connection:
            made = insert_into(table, connection).values(**values).on_conflict_do_nothing().returning(table.c.id)
            key = (await connection.execute(made)).scalar_one_or_none()
            same = [table.c[name] == values[name] for name in ("repository", "sha", "environment")]
            row = (await connection.execute(_ALL.where(*same))).one()
            if key is None:
                return await self._completed(connection, row, canary), False
            await self._log(connection, row, "begun", cause)
            await ruled(connection, row, mirrored)
            return _kept((await connection.execute(_row(row.id))).one()), True

    async def feed(self, key: int, sent: Sequence[SentTick]) -> Fed:
        """Keep `sent`. What was sent before changes nothing. Raises Ended and Full, and then nothing is kept."""
        async with self.engine.begin() as connection:
            await self._held(connection, key)
            count = await connection.scalar(select(func.count()).where(ticks.c.experiment == key))
            if (count or 0) + len(sent) > MOST_TICKS:
                raise Full
            fresh, fed = await _sorted(connection, key, sent)
            if fresh:
                common = {"experiment": key, "received_at": self.now()}
                rows = [{"t": tick.t, "digest": digest_of(tick.body), "body": tick.body} | common for tick in fresh]
                await connection.execute(insert(ticks), rows)
        return fed

    async def heard(self, key: int, figures: Figures) -> None:
        """Keep what was read of a source as if it had been sent, and how the source is."""
        with suppress(Ended):
            await self.feed(key, [SentTick(tick["t"], tick) for tick in figures.ticks])
        async with self.engine.begin() as connection:
            feed = json.dumps(asdict(figures.feed))
            await connection.execute(update(table).where(table.c.id == key).values(feed=feed))

    async def look(self, key: int, cause: Cause) -> KeptExperiment:
        """Move it on to now, with all ticks that came since the last look, STEP of them a transaction, and with
        mirrored answers. A critical field that is flagged ends it. Where a metric is proven bad, no answer is waited
        for.
        """
        more = True
        while more:
            kept, more = await self._move(key, cause)
        if kept.status == Status.ROLLBACK and not kept.acted:
            return kept
        if await Shadows(self.engine).fold(key):
            (kept,) = await self._found(table.c.id == key)
        if not kept.ended and _stance(kept) is shadow.Stance.CRITICAL:
            kept, _ = await self._move(key, cause, reason=Reason.SHADOW)
        return kept

    async def stop(self, key: int, reason: Reason, cause: Cause) -> KeptExperiment:
        """End it without an answer, unless what it was told so far gives one."""
        await self.look(key, cause)
        return (await self._move(key, cause, reason=reason))[0]

    async def take_back(self, key: int, cause: Cause) -> KeptExperiment:
        """Somebody rolls it back: from here on nothing is promoted, whatever its gate says or has said. What follows is
        theirs to carry out.
        """
        async with self.engine.begin() as connection:
            row = (await connection.execute(_row(key).with_for_update(of=table))).one()
            if row.course != BY_HAND:
                owed = update(table).where(table.c.id == key).values(course=BY_HAND, acted=UNDER_WAY)
                await connection.execute(owed)
                await self._log(connection, row, "rolled back by hand", cause)
        return await self.stop(key, Reason.BY_HAND, cause)

    async def hand_over(self, key: int, deployment: int, cause: Cause) -> None:
        """What it comes to is said of `deployment` from now on; one that has ended keeps its own."""
        with suppress(Ended):
            async with self.engine.begin() as connection:
                row = await self._held(connection, key)
                await connection.execute(update(table).where(table.c.id == key).values(deployment=deployment))
                await self._log(connection, row, f"handed over to deployment {deployment}", cause)

    async def rule(
        self, key: int, rules: Config, cause: Cause, mirrored: shadow.Config | None = None
    ) -> KeptExperiment:
        """Go on under other rules; where they bear on the evidence, it begins anew. One that has ended keeps its."""
        await self.look(key, cause)
        with suppress(Ended):
            async with self.engine.begin() as connection:
                await ruled(connection, await self._held(connection, key), mirrored)
        return (await self._move(key, cause, rules=rules.model_dump_json()))[0]

    async def acted(self, key: int, outcome: str, course: str = "") -> None:
        """The consequences of `course` are had, or are given up: `outcome` says which. Those of a rollback by hand are
        the last word, for a promotion may have been under way meanwhile.
        """
        here = (table.c.id == key, *(() if course == BY_HAND else (table.c.course != BY_HAND,)))
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(*here).values(acted=outcome, course=course))

    # --- made again ----------------------------------------------------------------------------------------------

    async def replayed(self, key: int) -> str:
        """The state that all looks come to, from the ticks alone. Raises ValueError at the first that differs."""
        log = await TickLogs(self.engine).of(key)
        state = begin(gate_of(log.first_rules))
        for _, after, _ in log.passed():
            state = after
        return dump(state)

    # --- inside a transaction ------------------------------------------------------------------------------------

    async def _held(self, connection: AsyncConnection, key: int) -> Row[Any]:
        """The row of one that runs, held until the transaction ends. Raises Ended."""
        row: Row[Any] = (await connection.execute(_row(key).with_for_update(of=table))).one()
        if Status(row.status).final:
            raise Ended
        return row

    async def _move(
        self, key: int, cause: Cause, reason: Reason = Reason.NONE, rules: str = ""
    ) -> tuple[KeptExperiment, bool]:
        """One step; and are there ticks that it left to the next?"""
        async with self.engine.begin() as connection:
            try:
                row = await self._held(connection, key)
            except Ended:
                return _kept((await connection.execute(_row(key))).one()), False
            fresh = [] if reason else await self._untaken(connection, row)
            came, behind = fresh[:STEP], len(fresh) > STEP
            at = came[-1].received_at if behind else self.now()  # silence is known once all that came is known
            step = Step(rules or row.rules, at, reason.value)
            state = step(load(row.state, gate_of(row.rules)), [_came(one) for one in came])
            now = await self._moved(connection, row, step, state, came[-1].id if came else row.taken)
            if state.status.final:
                await self._log(connection, now, f"{now.status} {now.reason}".strip(), cause)
            return _kept(now), behind and not state.status.final

    async def _untaken(self, connection: AsyncConnection, row: Row[Any]) -> list[Any]:
        query = select(ticks).where(ticks.c.experiment == row.id, ticks.c.id > row.taken)
        return list((await connection.execute(query.order_by(ticks.c.id).limit(STEP + 1))).all())

    async def _moved(
        self, connection: AsyncConnection, row: Row[Any], step: Step, state: GateState, taken: int
    ) -> Row[Any]:
        written, status = dump(state), state.status.value
        after = {"state": written, "rules": step.rules, "taken": taken}
        if all(getattr(row, name) == value for name, value in after.items()):
            return row
        after |= {"status": status, "reason": state.reason.value}
        after |= {} if row.status == status else {"changed_at": step.at}
        await connection.execute(update(table).where(table.c.id == row.id, _RUNS).values(**after))
        await keep(connection, row.id, point_of(state, gate_of(step.rules)))
        await self._note(connection, row, step, taken, written)
        now: Row[Any] = (await connection.execute(_row(row.id))).one()
        return now

    async def _note(self, connection: AsyncConnection, row: Row[Any], step: Step, taken: int, state: str) -> None:
        """Rules are written down with the first look and whenever they change."""
        before = select(looks.c.id).where(looks.c.experiment == row.id).limit(1)
        news = step.rules != row.rules or (await connection.execute(before)).first() is None
        values = {"at": step.at, "taken": taken, "stopped": step.stopped, "digest": digest_of(state)}
        rules = step.rules if news else ""
        await connection.execute(insert(looks).values(experiment=row.id, rules=rules, **values))

    async def _completed(self, connection: AsyncConnection, row: Row[Any], canary: Canary) -> KeptExperiment:
        """What was begun before, with the deployment that nobody could name then."""
        if row.deployment is None and canary.deployment is not None:
            change = update(table).where(table.c.id == row.id).values(deployment=canary.deployment)
            await connection.execute(change)
            row = (await connection.execute(_row(row.id))).one()
        return _kept(row)

    async def _log(self, connection: AsyncConnection, row: Row[Any], what: str, cause: Cause) -> None:
        """The entry binds the state by its digest: who edits it gives themselves away."""
        where = (row.repository, row.number, row.sha)
        digest = digest_of(row.state)
        entry = told(Kind.EXPERIMENT, where, f"experiment {row.id}: {what}", cause, record_digest=digest)
        await append(connection, [entry])

    async def _found(self, *conditions: ColumnElement[bool]) -> list[KeptExperiment]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(_ALL.where(*conditions).order_by(table.c.id))
            return [_kept(row) for row in rows]


async def _sorted(connection: AsyncConnection, key: int, sent: Sequence[SentTick]) -> tuple[list[SentTick], Fed]:
    """Those of `sent` that are new, and what there is to say of all."""
    same = and_(ticks.c.experiment == key, ticks.c.t.in_({tick.t for tick in sent}))
    here = await connection.execute(select(ticks.c.t, ticks.c.digest).where(same))
    fed = told_apart([(t, digest) for t, digest in here], [(tick.t, digest_of(tick.body)) for tick in sent])
    return [sent[place] for place in fed.accepted], fed


def _row(key: int) -> Select[Any]:
    return _ALL.where(table.c.id == key)


def _came(row: Row[Any]) -> Came:
    return row.received_at, json.loads(row.body)


def _kept(row: Row[Any]) -> KeptExperiment:
    canary = Canary(
        row.repository, row.sha, row.environment, row.base_ref, row.number, row.installation, row.deployment
    )
    return KeptExperiment(
        row.id,
        canary,
        row.rules,
        row.state,
        row.status,
        row.reason,
        row.started_at / 1e6,
        row.changed_at / 1e6,
        row.acted,
        Feed(**json.loads(row.feed)) if row.feed else None,
        row.course,
        None if row.shadow is None else Mirrored(row.shadow, row.told, bool(row.behind)),
    )


def _stance(kept: KeptExperiment) -> shadow.Stance | None:
    return None if kept.mirrored is None else stance(kept.mirrored.rules, kept.mirrored.told)
