"""Every aggregate over one storage, opened and closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.engine import rows
from app.engine.jobs import kind_of
from app.model import Kind
from app.store.address import Address, address
from app.store.advisories import Advisories
from app.store.besides import Besides
from app.store.bills import Bills
from app.store.commands import Commands
from app.store.database import connect, migrate, reading
from app.store.decisions import Decisions
from app.store.deliveries import Deliveries, brought_over
from app.store.dispatches import Dispatches
from app.store.drift import Drifts
from app.store.effects import Effects
from app.store.experiments import Experiments
from app.store.fixes import Fixes
from app.store.inbox import Inbox
from app.store.kpi import Kpis
from app.store.measurements import Measurements
from app.store.news import News
from app.store.opinions import Opinions
from app.store.overrides import Overrides
from app.store.people import People
from app.store.points import Points
from app.store.provenance import Provenance
from app.store.pull_news import PullNews
from app.store.pull_times import PullTimes
from app.store.pulse import Pulse, pulse
from app.store.remediations import Remediations
from app.store.series import SentSeries
from app.store.sessions import Sessions
from app.store.speclive import SpecLive
from app.store.spending import Spending
from app.store.studies import Studies
from app.store.tokens import Tokens
from app.store.triples import Triples
from app.store.usage import Usage

LINE_END = "\n"


@dataclass(frozen=True, slots=True)
class Stores:
    """Every aggregate, and where it is kept."""

    address: Address
    main: AsyncEngine
    reader: AsyncEngine
    inbox: Inbox
    pulse: Pulse

    @property
    def reading(self) -> Stores:
        """The same for whoever only reads: on SQLite it never waits for a writer, and no writer for it."""
        return replace(self, main=self.reader)

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.inbox.engine)

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.main)

    @property
    def effects(self) -> Effects:
        return Effects(self.main)

    @property
    def measurements(self) -> Measurements:
        return Measurements(self.main)

    @property
    def bills(self) -> Bills:
        return Bills(self.main)

    @property
    def advisories(self) -> Advisories:
        return Advisories(self.main)

    @property
    def fixes(self) -> Fixes:
        return Fixes(self.main)

    @property
    def experiments(self) -> Experiments:
        return Experiments(self.main)

    @property
    def triples(self) -> Triples:
        return Triples(self.main)

    @property
    def points(self) -> Points:
        return Points(self.main)

    @property
    def series(self) -> SentSeries:
        return SentSeries(self.main)

    @property
    def news(self) -> News:
        return News(self.main)

    @property
    def pull_news(self) -> PullNews:
        return PullNews(self.main)

    @property
    def drifts(self) -> Drifts:
        return Drifts(self.main)

    @property
    def studies(self) -> Studies:
        return Studies(self.main)

    @property
    def opinions(self) -> Opinions:
        return Opinions(self.main)

    @property
    def commands(self) -> Commands:
        return Commands(self.main)

    @property
    def overrides(self) -> Overrides:
        return Overrides(self.main)

    @property
    def dispatches(self) -> Dispatches:
        return Dispatches(self.main)

    @property
    def remediations(self) -> Remediations:
        return Remediations(self.main)

    @property
    def besides(self) -> Besides:
        return Besides(self.commands, self.remediations, self.spending)

    @property
    def usage(self) -> Usage:
        return Usage(self.main)

    @property
    def spending(self) -> Spending:
        return Spending(self.usage, self.measurements, self.decisions)

    @property
    def kpis(self) -> Kpis:
        return Kpis(self.main)

    @property
    def pull_times(self) -> PullTimes:
        return PullTimes(self.main)

    @property
    def speclive(self) -> SpecLive:
        return SpecLive(self.main)

    @property
    def provenance(self) -> Provenance:
        return Provenance(self.main)

    @property
    def people(self) -> People:
        return People(self.main, reader=self.reader)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.main, reader=self.reader)

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.main)

    async def lanes_of_commands(self) -> frozenset[str]:
        """The lanes on which a command waits, rests or runs."""
        async with self.main.connect() as connection:
            jobs = await connection.run_sync(rows.busy)
        return frozenset(lane for name, lane in jobs if kind_of(name) == Kind.COMMAND)

    async def backlog(self) -> rows.Backlog:
        """What is on the engine's lanes, for whoever runs no engine."""
        async with self.main.connect() as connection:
            return await connection.run_sync(rows.backlog)


@asynccontextmanager
async def stores(database_url: str) -> AsyncIterator[Stores]:
    """The storage, brought to this version. Raises OSError where it cannot be opened or written."""
    where = address(database_url)
    main = connect(where.main)
    intake, reader = (main, main) if where.shared else (connect(where.intake), reading(where.main))
    inbox, beat = Inbox(intake), pulse(where, main)
    try:
        try:
            for engine in {main, intake}:
                await migrate(engine)
            if not where.shared:
                await brought_over(main, intake)
        except DatabaseError as error:
            raise OSError(f"the database cannot be used: {str(error.orig).partition(LINE_END)[0]}") from None
        yield Stores(where, main, reader, inbox, beat)
    finally:
        await inbox.close()
        beat.close()
        for engine in {main, intake, reader}:
            await engine.dispose()
