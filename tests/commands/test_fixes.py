import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.commands.fixes import criticals
from app.model import Fix, FixState
from app.storage import stores
from tests.commands.conftest import Maestro

pytestmark = pytest.mark.slow

DAY = 86_400.0
PUBLISHED = 1_800_000_000.0  # 2027-01-15T08:00:00Z
OPEN = Fix(
    repository="octo/shop",
    target="main",
    purl="pkg:npm/qs",
    version="6.5.3",
    branch="maestro/fix/main/npm-qs-6-5-3-1a2b3c4d",
    source=None,
    parent="1a" * 20,
    opened_at=PUBLISHED + 3_600,
    advisories=("GHSA-hrpp-h998-j3pp",),
    severity="critical",
    published=PUBLISHED,
    number=7,
)


def green(version: str, after: float) -> Fix:
    return replace(OPEN, version=version, state=FixState.MERGED, green_at=PUBLISHED + after)


KEPT = (
    OPEN,
    green("1.0.1", DAY / 2),
    green("1.0.2", DAY),
    green("1.0.3", 3 * DAY),
    replace(green("1.0.4", 9 * DAY), severity="high"),
    replace(green("1.0.5", DAY), published=None),
    replace(OPEN, repository="octo/other", number=None, refusal="403: [bold]no[/bold] \x1b[2J"),
)


@pytest.fixture
def url(tmp_path: Path, environment: pytest.MonkeyPatch) -> str:
    """Storage that holds fixes of every fate; one that GitHub refused, in words that try to fool a terminal."""
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    environment.setenv("DATABASE_URL", url)

    async def filled() -> None:
        async with stores(url) as kept:
            for fix in KEPT:
                await kept.fixes.keep(fix)

    asyncio.run(filled())
    return url


def test_they_are_listed_with_what_became_of_them(maestro: Maestro, url: str) -> None:
    ended = maestro("sbom", "fixes", "--json")
    told = json.loads(ended.out)
    assert ended.code == 0
    assert [one["version"] for one in told["fixes"]][:3] == ["6.5.3", "1.0.5", "1.0.4"]
    first = told["fixes"][-1]
    assert (first["state"], first["pull_request"], first["seconds_to_open"], first["green"]) == ("open", 7, 3_600, None)
    assert told["fixes"][-2]["seconds_to_green"] == DAY / 2


def test_the_summary_counts_what_is_critical_and_whose_publication_is_known() -> None:
    assert criticals(KEPT) == {
        "fixes": 6,
        "awaited": 2,
        "green": 3,
        "within_a_day": 2,
        "median_seconds": DAY,
        "longest_seconds": 3 * DAY,
    }
    assert criticals(()) == {
        "fixes": 0,
        "awaited": 0,
        "green": 0,
        "within_a_day": 0,
        "median_seconds": None,
        "longest_seconds": None,
    }


def test_a_person_reads_a_table_without_tricks_and_one_line_of_summary(maestro: Maestro, url: str) -> None:
    ended = maestro("sbom", "fixes")
    assert "npm/qs" in ended.out
    assert "+12 h" in ended.out
    assert "[bold]" in ended.out
    assert "\x1b" not in ended.out
    assert ended.out.splitlines()[-1] == (
        "critical: 6 proposed, 2 awaited, 3 from publication to green: median 1 d, longest 3 d, 2 within a day"
    )


def test_one_repository_and_the_newest_of_it(maestro: Maestro, url: str) -> None:
    told = json.loads(maestro("sbom", "fixes", "--repository", "Octo/Shop", "--limit", "2", "--json").out)
    assert [one["version"] for one in told["fixes"]] == ["1.0.5", "1.0.4"]
    assert maestro("sbom", "fixes", "--repository", "octo/none").out == "no fixes\n"


def test_a_database_that_is_not_there_is_not_made(
    maestro: Maestro, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'mistyped.db'}")
    assert maestro("sbom", "fixes").code == 4
    assert not (tmp_path / "mistyped.db").exists()


def test_words_that_it_does_not_know_are_told(maestro: Maestro, url: str) -> None:
    assert maestro("sbom", "fixes", "--owner", "octo").code == 2
