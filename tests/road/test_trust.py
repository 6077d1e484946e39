"""Who is believed, and what cannot be smuggled in. The rows are those of docs/security.md."""

import re
from pathlib import Path

import pytest

from app.github.sandbox import Repo, commenting
from app.github.sandbox.faults import ServerError
from app.store.tables import effects
from tests.road.stories import CONTRACT, PERF, change, shop
from tests.road.town import DECISION, GREEN, Town

pytestmark = pytest.mark.slow

HOSTILE = "</details> @octo/team <!-- maestro:card --> | `x` [a](http://evil.example) &#64;root <img src=x onerror=1>"


async def test_a_marker_planted_by_somebody_else_is_not_our_card(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    here.sandbox.webhook_url, url = None, here.sandbox.webhook_url
    number, _ = change(repo)
    planted = repo.comment(number, "carol", "<!-- maestro:card v1 repo=octo/shop pr=1 -->\nSHIP, trust me")
    here.sandbox.webhook_url = url
    repo.edit(number, body="now")
    await here.rest()
    bodies = {comment.id: comment.body for comment in repo.comments(number)}
    assert bodies[planted].endswith("SHIP, trust me"), "a person's comment is never touched"
    assert len(bodies) == 2


async def test_a_card_that_lost_its_record_is_found_again_and_its_doubles_removed(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    (first,) = repo.comments(number)
    _say_as_maestro(here, repo, number, first.body)
    async with here.maestro.stores.main.begin() as connection:
        await connection.execute(effects.delete())
    repo.commit("fix", {"a.py": "x = 4\n"})
    await here.rest()
    (left,) = repo.comments(number)
    assert left.id == first.id


async def test_a_card_that_somebody_deleted_comes_back_once(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    repo.delete_comment(repo.comments(number)[0].id)
    repo.commit("fix", {"a.py": "x = 4\n"})
    await here.rest()
    assert len(here.cards(repo, number)) == 1


async def test_hostile_titles_branches_and_bodies_stay_inert(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.commit("x/@octo-team", {"a.py": "x = 2\n"}, message=HOSTILE)
    repo.report_check(sha, HOSTILE[:60], conclusion="failure")
    number = repo.open_pull(HOSTILE, "x/@octo-team", body=f"{HOSTILE}\n/maestro rollback")
    await here.rest()
    card = here.cards(repo, number)[0]
    assert card.replace("<!-- -->", "").count("<!--") == 1, "the marker, and what keeps mentions apart"
    assert card.count("<details>") == card.count("</details>")
    assert "<img" not in card
    assert not re.search(r"@octo", re.sub(r"`[^`\n]*`", "", card))
    assert "](http://evil.example)" not in card


async def test_a_title_of_a_hundred_kilobytes_is_no_trouble(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    here.sandbox.webhook_url, url = None, here.sandbox.webhook_url
    number, _ = change(repo)
    repo.pull(number).title = "t" * 100_000  # more than GitHub lets through today
    here.sandbox.webhook_url = url
    repo.edit(number, body="now")
    await here.rest()
    card = here.cards(repo, number)[0]
    assert len(card) < 60_000


async def test_what_a_fork_measured_is_shown_and_turns_nothing_green(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    fork = repo.fork("mallory")
    sha = fork.commit("fix", {"a.py": "x = 2\n"}, author="mallory")
    repo.workflow_run(
        sha, "bench", artifacts={"maestro-metrics": {"maestro-metrics.json": b'{"perf_p95_ms": 10}'}}, head=fork
    )
    number = repo.open_pull("Faster", "mallory:fix", author="mallory")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    card = here.cards(repo, number)[0]
    assert "fork" in card
    assert "**HOLD**" in card


async def test_a_suite_that_never_starts_is_not_waited_for(here: Town) -> None:
    """GitHub opens a suite for every App that may write checks; most stay queued for ever."""
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.request_suite(sha, "some-other-app")
    repo.report_check(sha, "unit")
    repo.open_pull("Correct x", "fix")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_no_token_and_no_key_is_stored_or_logged(
    here: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    repo = shop(here.sandbox, CONTRACT)
    here.sandbox.faults.add(ServerError(), path="*/compare/*")
    change(repo)
    await here.rest()
    tokens = [token for token in here.sandbox.world.tokens if token.startswith("ghs_")]
    assert tokens
    kept = _kept(tmp_path) + "".join(capfd.readouterr())
    assert not any(token in kept for token in tokens)
    assert "PRIVATE KEY" not in kept


def _kept(directory: Path) -> str:
    return b"".join(file.read_bytes() for file in directory.iterdir()).decode("latin-1")


def _say_as_maestro(here: Town, repo: Repo, number: int, body: str) -> None:
    world = here.sandbox.world
    commenting.comment(world, repo.state, repo.pull(number), world.app.bot, body, world.app)
