import asyncio
import json
from pathlib import Path

import pytest

from app.storage import stores
from tests.commands.conftest import Maestro
from tests.deliveries import fail, new, take


@pytest.fixture
def url(tmp_path: Path, environment: pytest.MonkeyPatch) -> str:
    """Storage that holds one delivery of each standing; the dead one's error tries to fool a terminal."""
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    environment.setenv("DATABASE_URL", url)

    async def filled() -> None:
        async with stores(url) as kept:
            for guid in ("taken", "dead", "new"):
                await kept.inbox.keep(guid, "pull_request", b"{}")
            first, second, _ = await new(kept.inbox.engine)
            await take(kept.inbox.engine, first.id, second.id)
            await fail(kept.inbox.engine, second.id, "GET /x: 502: [bold]bad[/bold] \x1b[2J")

    asyncio.run(filled())
    return url


def test_they_are_listed_the_newest_first(maestro: Maestro, url: str) -> None:
    ended = maestro("deliveries", "--json")
    listed = [json.loads(line) for line in ended.out.splitlines()]
    assert [(one["guid"], one["standing"]) for one in listed] == [
        ("new", "new"),
        ("dead", "failed"),
        ("taken", "taken"),
    ]
    assert ended.code == 0


def test_the_dead_are_listed_with_why_and_without_tricks(maestro: Maestro, url: str) -> None:
    ended = maestro("deliveries", "--dead")
    assert "dead" in ended.out
    assert "taken" not in ended.out
    assert "[bold]" in ended.out
    assert "\x1b" not in ended.out


def test_an_empty_list_says_so(maestro: Maestro, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    assert maestro("migrate").code == 0
    assert maestro("deliveries").out.strip() == "no deliveries"


@pytest.mark.parametrize("words", [[], ["replay", "--all"]])
def test_a_database_that_is_not_there_is_not_made(
    maestro: Maestro, environment: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'mistyped.db'}")
    ended = maestro("deliveries", *words)
    assert ended.code == 4
    assert "there is no database at" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_dead_one_runs_again_and_then_is_dead_no_more(maestro: Maestro, url: str) -> None:
    assert maestro("deliveries", "replay", "dead").out.strip() == "1 will run again"
    assert maestro("deliveries", "--dead").out.strip() == "no deliveries"
    assert maestro("deliveries", "replay", "--all").out.strip() == "0 will run again"


def test_what_is_not_dead_cannot_be_replayed(maestro: Maestro, url: str) -> None:
    ended = maestro("deliveries", "replay", "taken", "nobody")
    assert ended.code == 2
    assert "2 of them are not dead" in ended.err


@pytest.mark.parametrize("words", [["replay"], ["replay", "--all", "dead"]])
def test_what_to_replay_must_be_said_once(maestro: Maestro, url: str, words: list[str]) -> None:
    assert maestro("deliveries", *words).code == 2
