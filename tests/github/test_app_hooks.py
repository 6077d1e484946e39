"""The App's webhook log and its installations: what we ask, as whom, and what we make of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from app.github.app_hooks import AppHooks
from app.github.client import GitHub
from app.github.errors import GitHubError, Malformed, NotFound, RateLimited
from app.github.installations import Covered, Installed, installations, repositories
from app.model import Attempt

from .hub import TOKENS, Hub, Reply

LOG, AGAIN = "/app/hook/deliveries", "/app/hook/deliveries/9/attempts"


def item(number: int, **over: Any) -> dict[str, Any]:
    return {
        "id": number,
        "guid": f"guid-{number}",
        "delivered_at": "2026-11-22T10:00:00Z",
        "redelivery": False,
        "status": "failed to connect to host",
        "status_code": 502,
        "event": "push",
    } | over


async def read(github: GitHub) -> list[Attempt]:
    return [attempt async for page in AppHooks(github.app).failed() for attempt in page]


async def test_failures_are_asked_for_in_the_app_s_own_name(github: GitHub, hub: Hub) -> None:
    hub.on("GET", LOG, Reply(data=[item(9), item(8, delivered_at="2026-11-22T10:00:00.250Z")]))
    at = 1_795_341_600.0
    assert await read(github) == [Attempt(9, "guid-9", at), Attempt(8, "guid-8", at + 0.25)]
    (seen,) = hub.asked("GET", LOG)
    assert seen.path == LOG + "?status=failure&per_page=100"
    assert seen.headers["Authorization"].startswith("Bearer eyJ")
    assert hub.minted == []


async def test_pages_follow_github_s_cursor_and_whoever_stops_reading_asks_no_more(github: GitHub, hub: Hub) -> None:
    link = {"Link": f'<{hub.url(LOG)}?status=failure&per_page=100&cursor=v1_8>; rel="next"'}
    hub.on("GET", LOG, Reply(data=[item(9)], headers=link), Reply(data=[item(7)]))
    assert [attempt.id for attempt in await read(github)] == [9, 7]
    assert [seen.path.partition("?")[2] for seen in hub.asked("GET", LOG)] == [
        "status=failure&per_page=100",
        "status=failure&per_page=100&cursor=v1_8",
    ]
    hub.on("GET", LOG, Reply(data=[item(6)], headers=link))
    pages = AppHooks(github.app).failed()
    assert [attempt.id for attempt in await anext(pages)] == [6]
    await pages.aclose()
    assert len(hub.asked("GET", LOG)) == 3


async def test_a_server_that_ignores_the_filter_is_seen_through(github: GitHub, hub: Hub) -> None:
    hub.on("GET", LOG, Reply(data=[item(9, status_code=202), item(8, status_code=404), item(7, status_code=0)]))
    assert [attempt.arrived for attempt in await read(github)] == [True, False, False]


@pytest.mark.parametrize("broken", [{"id": None}, {"guid": ...}, {"delivered_at": "today"}, {"status_code": None}])
async def test_a_log_of_another_shape_is_malformed(github: GitHub, hub: Hub, broken: dict[str, Any]) -> None:
    entry = {key: value for key, value in (item(9) | broken).items() if value is not ...}
    hub.on("GET", LOG, Reply(data=[entry]))
    with pytest.raises(Malformed):
        await read(github)


async def test_a_page_on_another_host_is_not_followed(github: GitHub, hub: Hub, elsewhere: Hub) -> None:
    hub.on("GET", LOG, Reply(data=[item(9)], headers={"Link": f'<{elsewhere.url(LOG)}>; rel="next"'}))
    with pytest.raises(Malformed, match="another host"):
        await read(github)
    assert elsewhere.seen == []


async def test_a_delivery_is_asked_for_again_even_when_the_line_is_cut(github: GitHub, hub: Hub) -> None:
    hub.on("POST", AGAIN, Reply(cut=True), Reply(202, {}))
    await AppHooks(github.app).again(9)
    assert [seen.data for seen in hub.asked("POST", AGAIN)] == [{}, {}]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, {"message": "Not Found"}), NotFound),
        (Reply(429, {"message": "Slow down"}, {"Retry-After": "600"}), RateLimited),
    ],
)
async def test_a_redelivery_that_github_refuses_is_an_error(
    github: GitHub, hub: Hub, reply: Reply, error: type[GitHubError]
) -> None:
    hub.on("POST", AGAIN, reply)
    with pytest.raises(error):
        await AppHooks(github.app).again(9)


async def test_installations_tell_which_of_them_are_suspended(github: GitHub, hub: Hub) -> None:
    moment = "2026-11-22T10:00:00Z"
    hub.on(
        "GET",
        "/app/installations",
        Reply(data=[{"id": 1, "suspended_at": None}, {"id": 2, "suspended_at": moment}, {"id": 3}]),
    )
    found = await installations(github.app)
    assert found == (Installed(1, suspended=False), Installed(2, suspended=True), Installed(3, suspended=False))


async def test_repositories_tell_which_of_them_take_no_check_run(github: GitHub, hub: Hub) -> None:
    listed = [
        {"full_name": "o/a", "archived": False, "disabled": False},
        {"full_name": "o/b", "archived": True},
        {"full_name": "o/c", "disabled": True},
        {"full_name": "o/d"},
    ]
    hub.on("GET", "/installation/repositories", Reply(data={"total_count": 4, "repositories": listed}))
    found = await repositories(github.installation(42, permissions={"contents": "read"}))
    assert found == (Covered("o/a", False), Covered("o/b", True), Covered("o/c", True), Covered("o/d", False))
    (asked,) = hub.asked("POST", TOKENS.format(42))
    assert asked.data == {"permissions": {"contents": "read"}}
