"""Two hundred ways to tamper with a stored log, by SQL and past its triggers, on each database: all are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.chain import sealed
from app.store.provenance import Provenance
from tests.store.logs import entry, replaced, unguarded

pytestmark = pytest.mark.slow

ROWS, TAMPERINGS = 30, 200
FORGED = '{"what":"ship"}'

Steps = list[tuple[str, dict[str, object]]]


@dataclass(frozen=True)
class Hand:
    """Whoever tampers, with the row they have chosen and another."""

    seq: int
    other: int
    hashes: dict[int, str]

    def edit(self) -> Steps:
        return [("UPDATE provenance SET entry = :e WHERE seq = :s", {"e": FORGED, "s": self.seq})]

    def edit_one_word(self) -> Steps:
        edit = "UPDATE provenance SET entry = replace(entry, '\"hold\"', '\"ship\"') WHERE seq = :s"
        return [(edit, {"s": self.seq})]

    def edit_hash(self) -> Steps:
        return [("UPDATE provenance SET hash = :h WHERE seq = :s", {"h": "f" * 64, "s": self.seq})]

    def rewrite(self) -> Steps:
        """The entry, and the hash of this row made to fit."""
        fitting = {"e": FORGED, "h": sealed(self.hashes[self.seq - 1], FORGED), "s": self.seq}
        return [("UPDATE provenance SET entry = :e, hash = :h WHERE seq = :s", fitting)]

    def delete(self) -> Steps:
        return [("DELETE FROM provenance WHERE seq = :s", {"s": self.seq})]

    def delete_and_close_the_gap(self) -> Steps:
        return [*self.delete(), *self._shift(self.seq + 1, -1)]

    def swap(self) -> Steps:
        move = "UPDATE provenance SET seq = :to WHERE seq = :s"
        moves = ((self.seq, 0), (self.other, self.seq), (0, self.other))
        return [(move, {"s": at, "to": to}) for at, to in moves]

    def insert(self) -> Steps:
        fitting = {"e": FORGED, "h": sealed(self.hashes[self.seq - 1], FORGED), "s": self.seq}
        add = "INSERT INTO provenance (seq, entry, hash) VALUES (:s, :e, :h)"
        return [*self._shift(self.seq, 1), (add, fitting)]

    def repeat(self) -> Steps:
        copy = "INSERT INTO provenance (seq, entry, hash) SELECT :to, entry, hash FROM provenance WHERE seq = :s"
        return [*self._shift(self.seq + 1, 1), (copy, {"s": self.seq, "to": self.seq + 1})]

    def truncate(self) -> Steps:
        return [("DELETE FROM provenance WHERE seq >= :s", {"s": self.seq})]

    def _shift(self, since: int, by: int) -> Steps:
        """By way of negative numbers, for no number may be there twice at any moment."""
        away = "UPDATE provenance SET seq = -(seq + :by) WHERE seq >= :s"
        return [(away, {"s": since, "by": by}), ("UPDATE provenance SET seq = -seq WHERE seq < 0", {})]


WAYS: tuple[Callable[[Hand], Steps], ...] = (
    Hand.edit,
    Hand.edit_one_word,
    Hand.edit_hash,
    Hand.rewrite,
    Hand.delete,
    Hand.delete_and_close_the_gap,
    Hand.swap,
    Hand.insert,
    Hand.repeat,
    Hand.truncate,
)


async def carried_out(connection: AsyncConnection, steps: Steps) -> None:
    for statement, values in steps:
        await connection.execute(text(statement), values)


async def test_two_hundred_tamperings_with_a_stored_log_are_all_found(database: AsyncEngine) -> None:
    log, draw, found = Provenance(database), Random(20), Counter[str]()
    seals = await log.append([entry(number, "hold") for number in range(1, ROWS + 1)])
    sound = [row async for batch in log.rows() for row in batch]
    await unguarded(database)
    hashes = {0: "0" * 64, **{one.seq: one.hash for one in seals}}
    for number in range(TAMPERINGS):
        way = WAYS[number % len(WAYS)]
        seq, other = draw.sample(range(1, ROWS + 1), 2)
        hand = Hand(seq, other, hashes)
        async with database.begin() as connection:
            await carried_out(connection, way(hand))
        flaws = (await log.verify(seals[-1:])).flaws
        named = {flaw.row for flaw in flaws}
        assert named & {hand.seq, hand.seq + 1}, (way.__name__, hand.seq, hand.other, flaws)
        found[way.__name__] += 1
        await replaced(database, sound)
    assert found == {way.__name__: TAMPERINGS // len(WAYS) for way in WAYS}
    assert (await log.verify(seals)).flaws == ()
