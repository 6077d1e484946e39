"""The daily look: which repositories it asks for, and where it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.model import Kind, Surface, Unread
from checks.model import Pull
from handlers.advisories import DailyLook


@dataclass
class World:
    """Installations with their repositories."""

    of: dict[int, list[str] | Unread] | Unread

    async def installations(self) -> Sequence[int] | Unread:
        return self.of if isinstance(self.of, Unread) else list(self.of)

    async def repositories(self, installation: int) -> Sequence[str] | Unread:
        assert isinstance(self.of, dict)
        return self.of[installation]

    async def open_pulls(self, installation: int, repository: str) -> Sequence[Pull] | Unread:
        raise AssertionError("nobody asks for pull requests")

    async def ruled(self, installation: int, pull: Pull) -> bool | Unread:
        raise AssertionError("each look asks for itself")


async def names(look: DailyLook) -> list[str]:
    return [trigger.repository for trigger in await look()]


async def test_every_repository_gets_a_look_of_its_own() -> None:
    triggers = await DailyLook(World({1: ["o/b", "o/a"], 2: ["p/c"]}))()
    assert [(one.repository, one.installation) for one in triggers] == [("o/a", 1), ("o/b", 1), ("p/c", 2)]
    assert {(one.kind, one.number, one.reason, one.surface, one.hearsay) for one in triggers} == {
        (Kind.REPAIR, None, "advisories", Surface.SCHEDULE, False)
    }
    assert len({one.lane for one in triggers}) == 3


async def test_a_large_installation_goes_on_where_the_last_run_stopped() -> None:
    look = DailyLook(World({1: ["o/a", "o/b", "o/c"]}), repositories=2)
    assert await names(look) == ["o/a", "o/b"]
    assert await names(look) == ["o/c", "o/a"]
    assert await names(look) == ["o/b", "o/c"]


async def test_a_repository_that_is_gone_is_no_place_to_stop_at() -> None:
    world = World({1: ["o/a", "o/b", "o/c"]})
    look = DailyLook(world, repositories=1)
    assert await names(look) == ["o/a"]
    world.of = {1: ["o/a", "o/c"]}
    assert await names(look) == ["o/c"]


async def test_what_github_does_not_tell_is_looked_at_another_day() -> None:
    away = Unread("GitHub is away")
    assert await names(DailyLook(World(away))) == []
    assert await names(DailyLook(World({1: away, 2: ["p/c"]}))) == ["p/c"]
