"""Whose list of closed pull requests is read, how far, and what comes of a list that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.model import Unread
from handlers.timing import PAGES, REPOSITORIES, Timing
from program.kpi.rows import Closed

ONE = Closed(1, 100.0, 200.0, True)


@dataclass
class World:
    """Lists by repository, and what was kept of them."""

    lists: dict[str, tuple[Sequence[Closed], float] | Unread]
    owed: list[tuple[str, float]]
    asked: list[tuple[str, float, int]] = field(default_factory=list)
    kept: list[tuple[str, Sequence[Closed], float]] = field(default_factory=list)

    async def changed(self, repository: str, since: float, pages: int) -> tuple[Sequence[Closed], float] | Unread:
        self.asked.append((repository, since, pages))
        return self.lists[repository]

    async def due(self, most: int) -> Sequence[tuple[str, float]]:
        return self.owed[:most]

    async def keep(self, repository: str, found: Sequence[Closed], known_to: float) -> None:
        self.kept.append((repository, found, known_to))


async def test_what_is_due_is_read_from_where_it_is_known_and_kept() -> None:
    world = World({"o/a": ([ONE], 300.0), "o/b": ([], 50.0)}, [("o/a", 0.0), ("o/b", 50.0)])
    assert await Timing(world, world)() == ()
    assert world.asked == [("o/a", 0.0, PAGES), ("o/b", 50.0, PAGES)]
    assert world.kept == [("o/a", [ONE], 300.0), ("o/b", [], 50.0)]


async def test_where_nothing_is_due_github_is_asked_nothing() -> None:
    world = World({}, [])
    await Timing(world, world)()
    assert world.asked == []


async def test_a_list_that_cannot_be_read_waits_for_the_next_day_and_costs_no_other_its_turn() -> None:
    world = World({"o/gone": Unread("404"), "o/b": ([ONE], 300.0)}, [("o/gone", 7.0), ("o/b", 0.0)])
    await Timing(world, world)()
    assert world.kept == [("o/gone", (), 7.0), ("o/b", [ONE], 300.0)]


async def test_where_github_asks_for_silence_the_rest_waits() -> None:
    world = World({"o/a": Unread("429", limited=True)}, [("o/a", 0.0), ("o/b", 0.0)])
    await Timing(world, world)()
    assert [name for name, *_ in world.asked] == ["o/a"]
    assert world.kept == []


async def test_one_run_reads_no_more_than_so_many_lists() -> None:
    names = [f"o/{number}" for number in range(REPOSITORIES + 5)]
    world = World(dict.fromkeys(names, ([], 0.0)), [(name, 0.0) for name in names])
    await Timing(world, world)()
    assert len(world.asked) == REPOSITORIES
