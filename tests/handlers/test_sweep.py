"""Which heads a sweep asks for, how much it asks at once, and where it goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from app.model import Kind, Standing, Trigger, Unread
from checks.model import Pull
from handlers.sweep import ASKED, FAILURES, PATIENCE, SILENT, Sweep, lacks_our_check

NOW = 1_800_000_000.0
LONG_AGO = NOW - 86_400.0
HEAD, OTHER = "1a" * 20, "2b" * 20
AWAY, LIMITED = Unread("GitHub is away"), Unread("GitHub said to wait", limited=True)


def pull(number: int = 1, repository: str = "o/a", head: str = HEAD, base: str = "main") -> Pull:
    return Pull(repository, number, "A title", "ann", head, "fix", "3c" * 20, base)


def pulls(repository: str, count: int) -> list[Pull]:
    return [pull(number, repository) for number in range(count, 0, -1)]


@dataclass
class World:
    """GitHub and our memory, as small as they go; `asked` are the questions that GitHub was asked."""

    opened: dict[str, list[Pull] | Unread]
    of: dict[int, list[str] | Unread] = field(default_factory=dict)
    without_rules: set[tuple[str, str]] = field(default_factory=set)
    standing: dict[tuple[str, int], Standing] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: float = NOW

    async def installations(self) -> Sequence[int] | Unread:
        return list(self.of) or [1]

    async def repositories(self, installation: int) -> Sequence[str] | Unread:
        return self.of.get(installation, list(self.opened))

    async def open_pulls(self, installation: int, repository: str) -> Sequence[Pull] | Unread:
        self.asked.append(f"list {repository}")
        return self.opened[repository]

    async def ruled(self, installation: int, pull: Pull) -> bool | Unread:
        self.asked.append(f"rules {pull.repository} {pull.base_ref}")
        return (pull.repository, pull.base_ref) not in self.without_rules

    def sweep(self, **limits: int) -> Sweep:
        return Sweep(self, _Memory(self), now=lambda: self.now, **limits)

    def judged(self, one: Pull, *, base: str = "main", completed: bool = True, touched: float = LONG_AGO) -> None:
        assert one.number is not None
        self.standing[one.repository, one.number] = Standing(base, completed, touched)


@dataclass
class _Memory:
    world: World

    async def of(self, repository: str, pulls: Sequence[Pull]) -> Mapping[int, Standing]:
        kept = {one.number: self.world.standing.get((repository, one.number or 0)) for one in pulls}
        return {number: one for number, one in kept.items() if number and one}


def places(triggers: Sequence[Trigger]) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = defaultdict(list)
    for trigger in triggers:
        found[trigger.repository].append(trigger.number)
    return dict(found)


# --- which heads -------------------------------------------------------------------------------------------------


async def test_a_head_without_our_check_is_evaluated() -> None:
    (trigger,) = await World({"o/a": [pull(7)]}).sweep()()
    assert trigger == Trigger(Kind.EVALUATE, "o/a", 1, number=7, head_sha=HEAD, reason="sweep")
    assert trigger.lane == "o/a#7"


@pytest.mark.parametrize(
    ("standing", "lacks"),
    [
        (None, True),
        (Standing("", completed=False, touched=0.0), True),  # never heard of
        (Standing("main", completed=True, touched=LONG_AGO), False),  # judged
        (Standing("release", completed=True, touched=LONG_AGO), True),  # judged for another base
        (Standing("", completed=True, touched=LONG_AGO), True),  # its word was taken back
        (Standing("main", completed=False, touched=LONG_AGO), True),  # judged, and never said
        (Standing("", completed=False, touched=LONG_AGO), True),  # begun, and left by a crash
        (Standing("", completed=False, touched=NOW - 60), False),  # begun a minute ago: somebody is at it
        (Standing("", completed=False, touched=NOW - PATIENCE), True),
        (Standing("", completed=False, touched=NOW + 60), False),  # by a clock that runs ahead
    ],
)
def test_what_stands_at_a_head_decides_whether_it_lacks_our_check(standing: Standing | None, lacks: bool) -> None:
    assert lacks_our_check(pull(), standing, NOW) is lacks


async def test_heads_that_are_judged_cost_one_list_and_no_question() -> None:
    world = World({"o/a": pulls("o/a", 3)})
    for one in pulls("o/a", 3):
        world.judged(one)
    assert await world.sweep()() == ()
    assert world.asked == ["list o/a"]


async def test_a_head_is_not_asked_for_again_within_the_hour_but_its_successor_is() -> None:
    world = World({"o/a": [pull(7)]})
    sweep = world.sweep()
    assert len(await sweep()) == 1
    world.now += ASKED - 1
    assert await sweep() == ()
    world.opened["o/a"] = [pull(7, head=OTHER)]
    assert [trigger.head_sha for trigger in await sweep()] == [OTHER]
    world.opened["o/a"] = [pull(7, head=OTHER, base="release")]
    assert len(await sweep()) == 1
    world.now += ASKED + 1
    assert len(await sweep()) == 1


# --- repositories without rules ----------------------------------------------------------------------------------


async def test_a_repository_without_rules_is_silent_and_left_alone_for_an_hour() -> None:
    world = World({"o/a": pulls("o/a", 250)}, without_rules={("o/a", "main")})
    sweep = world.sweep(evaluations=1_000)
    assert await sweep() == ()
    assert world.asked == ["list o/a", "rules o/a main"]
    world.now += SILENT - 1
    assert await sweep() == ()
    assert len(world.asked) == 2
    world.now += 2
    world.without_rules.clear()
    assert len(await sweep()) == 250


async def test_a_branch_without_rules_does_not_silence_its_repository() -> None:
    world = World({"o/a": [pull(1, base="old"), pull(2)]}, without_rules={("o/a", "old")})
    sweep = world.sweep()
    assert places(await sweep()) == {"o/a": [2]}
    world.opened["o/a"] = [pull(1, base="old"), pull(3)]
    world.asked.clear()
    assert places(await sweep()) == {"o/a": [3]}
    assert world.asked == ["list o/a", "rules o/a main"]


async def test_a_repository_without_pull_requests_is_looked_at_each_time() -> None:
    world = World({"o/a": []})
    sweep = world.sweep()
    assert await sweep() == ()
    world.opened["o/a"] = [pull(1)]
    assert len(await sweep()) == 1


# --- how much, and where it goes on ------------------------------------------------------------------------------


async def test_a_run_asks_for_its_share_and_the_next_goes_on_from_there() -> None:
    names = [f"o/{letter}" for letter in "abcd"]
    world = World({name: pulls(name, 3) for name in names})
    sweep = world.sweep(evaluations=5)
    assert places(await sweep()) == {"o/a": [3, 2, 1], "o/b": [3, 2]}
    assert places(await sweep()) == {"o/b": [1], "o/c": [3, 2, 1], "o/d": [3]}
    assert places(await sweep()) == {"o/d": [2, 1]}
    assert await sweep() == ()


async def test_a_run_lists_no_more_repositories_than_it_may() -> None:
    world = World({f"o/{number:03}": [] for number in range(25)})
    sweep = world.sweep(lists=10)
    seen = []
    for _ in range(3):
        world.asked.clear()
        await sweep()
        seen.append((world.asked[0], world.asked[-1], len(world.asked)))
    assert seen == [
        ("list o/000", "list o/009", 10),
        ("list o/010", "list o/019", 10),
        ("list o/020", "list o/004", 10),
    ]


async def test_when_github_says_wait_the_run_stops_and_the_next_begins_with_that_repository() -> None:
    world = World({"o/a": [pull(1, "o/a")], "o/b": LIMITED, "o/c": [pull(1, "o/c")]})
    sweep = world.sweep()
    assert places(await sweep()) == {"o/a": [1]}
    assert world.asked[-1] == "list o/b"
    world.asked.clear()
    world.opened["o/b"] = [pull(1, "o/b")]
    assert places(await sweep()) == {"o/b": [1], "o/c": [1]}
    assert world.asked[0] == "list o/b"


async def test_a_failing_repository_hides_no_other() -> None:
    world = World({"o/a": AWAY, "o/b": [pull(1, "o/b")], "o/c": AWAY, "o/d": [pull(1, "o/d")]})
    assert places(await world.sweep()()) == {"o/b": [1], "o/d": [1]}


async def test_while_github_is_away_a_run_gives_up_soon_and_the_next_goes_on_behind() -> None:
    names = [f"o/{letter}" for letter in "abcdef"]
    world = World(dict.fromkeys(names, AWAY))
    sweep = world.sweep()
    await sweep()
    assert world.asked == [f"list {name}" for name in names[:FAILURES]]
    world.opened["o/d"] = [pull(1, "o/d")]
    assert places(await sweep()) == {"o/d": [1]}


async def test_an_installation_that_cannot_be_read_hides_no_other_nor_takes_its_share() -> None:
    opened: dict[str, list[Pull] | Unread] = {"x/a": pulls("x/a", 9), "z/a": pulls("z/a", 9)}
    world = World(opened, of={1: ["x/a"], 2: AWAY, 3: ["z/a"]})
    found = await world.sweep(evaluations=4)()
    assert {name: len(numbers) for name, numbers in places(found).items()} == {"x/a": 4, "z/a": 4}
    assert {trigger.installation for trigger in found} == {1, 3}


async def test_without_a_list_of_installations_nothing_happens() -> None:
    class Nobody(World):
        async def installations(self) -> Sequence[int] | Unread:
            return AWAY

    assert await Nobody({"o/a": [pull()]}).sweep()() == ()
