"""Acting by the API: what is taken in, once; and each way in which it is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from app.github.sandbox.faults import ServerError
from app.model import WAKE, Cause, Progress, Surface
from app.pages.asking import MAX_BYTES
from app.pages.pace import MOST, WINDOW, Pace
from tests.pages.asked import VERBS, Asked, asked, deliveries

ALIASES = ("/api/decision/alt", "/api/decision/tests", "/api/release/rollback")
POSTS = ("/api/commands", *ALIASES)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Asked]:
    async with asked(tmp_path) as opened:
        yield opened


async def nothing_happened(here: Asked) -> bool:
    kept = await here.stores.commands.of_pull("octo/shop", here.number)
    return not kept and not await deliveries(here)


async def test_what_is_asked_for_is_kept_and_rides_the_road(here: Asked) -> None:
    answer = await here.post(here.wanted("retry", "careful"))
    assert answer.status == 202
    said = await answer.json()
    assert said == {"action": said["action"], "state": "pending", "follow": f"/api/commands/{said['action']}"}
    (kept,) = await here.stores.commands.of_pull("octo/shop", here.number)
    assert (kept.id, kept.verb, kept.arguments, kept.head_sha) == (said["action"], "retry", "careful", here.head)
    assert (kept.who, kept.surface, kept.state) == ("alice", Surface.CENTER, Progress.PENDING)
    (delivery,) = await deliveries(here)
    assert delivery.guid == kept.id
    assert json.loads(delivery.body) == {
        "repository": {"full_name": "octo/shop"},
        "number": here.number,
        "head_sha": here.head,
        "command": kept.id,
        "verb": "retry",
        "arguments": "careful",
        "sender": {"login": "alice", "type": "User"},
    }
    assert len(here.wakes) == 1


async def test_whoever_may_read_the_repository_can_follow_it(here: Asked) -> None:
    said = await (await here.post(here.wanted("retry"))).json()
    (kept,) = await here.stores.commands.of_pull("octo/shop", here.number)
    ended = replace(kept, state=Progress.DONE, said="`ci` runs again", before="run 1", after="run 2")
    await here.stores.commands.end(ended, Cause("asked", "alice", "write", Surface.CENTER, here.head))
    answer = await here.get(said["follow"], "carol")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    told = await answer.json()
    assert told.pop("ended") > 0
    assert told == {
        "action": kept.id,
        "verb": "retry",
        "arguments": "",
        "state": "done",
        "said": "`ci` runs again",
        "before": "run 1",
        "after": "run 2",
        "who": "alice",
        "asked": here.clock.at,
    }


async def test_nobody_else_can_and_they_do_not_learn_that_it_exists(here: Asked) -> None:
    said = await (await here.post(here.wanted("retry"))).json()
    stranger, unknown = await here.get(said["follow"], "eve"), await here.get(f"/api/commands/{'0' * 32}", "alice")
    assert (stranger.status, unknown.status) == (404, 404)
    assert await stranger.text() == await unknown.text()
    assert (await here.get(said["follow"], "nobody")).status == 401
    assert (await here.get("/api/commands/1", "alice")).status == 404


@pytest.mark.parametrize(
    ("path", "who", "more", "verb", "arguments"),
    [
        ("/api/decision/alt", "alice", {}, "retry", ""),
        ("/api/decision/alt", "alice", {"arm": "impl@small"}, "retry", "impl@small"),
        ("/api/decision/tests", "alice", {}, "escalate", "tests"),
        ("/api/release/rollback", "mona", {}, "rollback", "HEAD"),
    ],
)
async def test_the_first_addresses_are_verbs(
    here: Asked, path: str, who: str, more: dict[str, str], verb: str, arguments: str
) -> None:
    answer = await here.post(here.on_head(**more), who, path)
    assert answer.status == 202
    (kept,) = await here.stores.commands.of_pull("octo/shop", here.number)
    assert (kept.verb, kept.arguments) == (verb, arguments.replace("HEAD", here.head[:7]))


async def test_a_verb_of_two_words_is_known_however_they_are_sent(here: Asked) -> None:
    for verb, arguments in (
        ("override", "withdraw risk"),
        ("override withdraw", "risk"),
        ("Override", "Withdraw risk"),
    ):
        assert (await here.post(here.wanted(verb, arguments), "root")).status == 202
    kept = await here.stores.commands.of_pull("octo/shop", here.number)
    assert {(one.verb, one.arguments) for one in kept} == {("override withdraw", "risk")}


@pytest.mark.parametrize("path", POSTS)
async def test_who_is_not_signed_in_does_nothing(here: Asked, path: str) -> None:
    assert (await here.post(here.on_head(), "nobody", path)).status == 401
    assert await nothing_happened(here)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [{"X-CSRF": ""}, {"X-CSRF": "csrf of mona"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
    ids=str,
)
async def test_what_our_page_did_not_send_does_nothing(here: Asked, path: str, headers: dict[str, str]) -> None:
    assert (await here.post(here.on_head(), "root", path, **headers)).status == 403
    assert await nothing_happened(here)


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_a_form_can_send_is_415(here: Asked, media: str) -> None:
    answer = await here.post(json.dumps(here.wanted()).encode(), **{"Content-Type": media})
    assert answer.status == 415
    assert await nothing_happened(here)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("who", ["carol", "trish", "alice", "mona", "root", "eve"])
async def test_a_role_is_asked_of_github_for_each_verb(here: Asked, verb: str, who: str) -> None:
    ranks = ("read", "triage", "write", "maintain", "admin")
    have = {"carol": "read", "trish": "triage", "alice": "write", "mona": "maintain", "root": "admin"}
    answer = await here.post(here.wanted(verb), who)
    if who == "eve":
        assert answer.status == 404, "what cannot be read is not there"
    elif ranks.index(have[who]) >= ranks.index(VERBS[verb].role):
        assert answer.status == 202
    else:
        assert answer.status == 403
        assert f"`{VERBS[verb].role}`" in (await answer.json())["error"]
    assert await nothing_happened(here) is (answer.status != 202)


async def test_a_role_that_was_taken_away_a_moment_ago_is_none(here: Asked) -> None:
    assert (await here.post(here.wanted("retry"))).status == 202
    here.repo.state.collaborators["alice"] = "read"
    answer = await here.post(here.wanted("escalate"))
    assert answer.status == 403
    assert "you have `read`" in (await answer.json())["error"]


async def test_where_github_does_not_say_the_role_there_is_none(here: Asked) -> None:
    here.github.faults.add(ServerError(), path="*/permission", times=9)
    answer = await here.post(here.wanted("retry"))
    assert answer.status == 403
    assert await nothing_happened(here)


async def test_a_head_that_moved_is_409_with_the_head_of_now_and_the_new_one_is_judged(here: Asked) -> None:
    moved = here.repo.commit("fix", {"a.py": "x = 3\n"}, message="More")
    for _ in range(2):
        answer = await here.post(here.wanted("retry"))
        assert answer.status == 409
        assert (await answer.json())["head_sha"] == moved
    assert await nothing_happened(here)
    (reminder,) = await deliveries(here, WAKE)
    assert json.loads(reminder.body) == {"repository": {"full_name": "octo/shop"}, "sha": moved, "about": "moved"}


async def test_a_head_of_which_there_is_no_decision_yet_is_409_too(here: Asked) -> None:
    moved = here.repo.commit("fix", {"a.py": "x = 3\n"}, message="More")
    assert (await here.post(here.wanted("retry", head_sha=moved))).status == 409
    await here.decide(moved)
    assert (await here.post(here.wanted("retry"))).status == 409
    assert (await here.post(here.wanted("retry", head_sha=moved))).status == 202


async def test_what_was_merged_is_still_at_its_head(here: Asked) -> None:
    here.repo.merge(here.number)
    await here.stores.decisions.void("octo/shop", here.number, Cause("pull_request.merged"))
    assert (await here.post(here.wanted("rollback", here.head[:7]), "mona")).status == 202


@pytest.mark.parametrize("more", [{"number": 999}, {"repository": "octo/other"}, {"repository": "nobody/nothing"}])
async def test_what_there_is_not_is_404(here: Asked, more: dict[str, Any]) -> None:
    assert (await here.post(here.wanted(**more), "root")).status == 404
    assert await nothing_happened(here)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'{"a":' * 3_000,
        {},
        {"verb": "unheard"},
        {"verb": ""},
        {"verb": "retry\nrollback"},
        {"verb": "x" * 41},
        {"verb": None},
        {"arguments": "a\nb"},
        {"arguments": "a\0b"},
        {"arguments": "a" * 1_001},
        {"arguments": ["a"]},
        {"number": 0},
        {"number": "7"},
        {"number": 7.0},
        {"number": True},
        {"number": 2**31},
        {"head_sha": "a" * 39},
        {"head_sha": "A" * 40},
        {"head_sha": "a" * 40 + "\n"},
        {"head_sha": "main"},
        {"repository": "octo"},
        {"repository": "../shop"},
        {"repository": "octo/shop/x"},
        {"repository": "o" * 200 + "/x"},
        {"key": "short"},
        {"key": "k" * 101},
        {"key": "with a space"},
        {"key": "with\ttab"},
        {"extra": 1},
        {"role": "admin"},
    ],
    ids=lambda body: str(body)[:40],
)
async def test_what_is_no_command_is_400_and_is_not_quoted(here: Asked, body: Any) -> None:
    wanted = {} if body == {} else {**here.wanted(), **body} if isinstance(body, dict) else body
    answer = await here.post(wanted)
    assert answer.status == 400
    assert "error" in await answer.json()
    assert await nothing_happened(here)


async def test_half_a_letter_is_400(here: Asked) -> None:
    wanted = json.dumps(here.wanted(arguments="MARK")).replace("MARK", "\\ud800").encode()
    assert (await here.post(wanted)).status == 400


@pytest.mark.parametrize("path", ALIASES)
async def test_the_first_addresses_take_no_other_words(here: Asked, path: str) -> None:
    for more in ({"verb": "override"}, {"arguments": "x"}, {"arm": "a b"}, {"arm": "x" * 101}):
        assert (await here.post(here.on_head(**more), "root", path)).status == 400
    assert await nothing_happened(here)


async def test_a_long_body_is_413(here: Asked) -> None:
    assert (await here.post(b" " * (MAX_BYTES + 1))).status == 413


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_a_post_asks(here: Asked, path: str, method: str) -> None:
    answer = await here.session.request(method, here.url + path, headers={"Cookie": "who=root"})
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_whoever_asks_too_often_waits(tmp_path: Path) -> None:
    seconds = [0.0]
    async with asked(tmp_path, Pace(now=lambda: seconds[0])) as here:
        for _ in range(MOST):
            assert (await here.post(here.wanted("retry", number=999))).status == 404
        answer = await here.post(here.wanted())
        assert (answer.status, answer.headers["Retry-After"]) == (429, str(int(WINDOW)))
        assert (await here.post(here.wanted(), "mona")).status == 202, "others do not"
        seconds[0] += WINDOW
        assert (await here.post(here.wanted())).status == 202


async def test_without_its_database_it_is_503_and_tells_nothing(here: Asked) -> None:
    async with here.stores.main.begin() as connection:
        await connection.execute(text("ALTER TABLE commands RENAME TO gone"))
    with capture_logs():
        answer = await here.post(here.wanted())
    assert answer.status == 503
    assert "commands" not in await answer.text()


async def test_without_github_it_is_503(here: Asked) -> None:
    here.github.faults.add(ServerError(), path="*/pulls/*", times=9)
    answer = await here.post(here.wanted())
    assert answer.status == 503
    assert await nothing_happened(here)


BODIES = st.binary(max_size=60) | st.dictionaries(
    st.sampled_from(["repository", "number", "head_sha", "verb", "arguments", "key", "x"]),
    st.none() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["octo/shop", "retry", "a" * 40]),
).map(lambda body: json.dumps(body).encode())


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
def test_no_body_ever_gets_a_500(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    """In one loop of its own a body, as Hypothesis has it."""

    async def posted() -> int:
        async with asked(tmp_path_factory.mktemp("asked")) as here, ClientSession():
            return (await here.post(body)).status

    assert asyncio.run(posted()) == 400
