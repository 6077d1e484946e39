import time
from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.github.sandbox.faults import (
    AppliedThenCut,
    DeliveryFaults,
    Fault,
    Faults,
    Moved,
    PrimaryExhausted,
    SecondaryLimit,
    ServerError,
    Slow,
    TokenExpired,
    TooManyRequests,
    Unreachable,
)

Client = TestClient[web.Request, web.Application]
Start = Callable[[web.Application], Awaitable[Client]]

RUNS = "/repos/acme/shop/check-runs"


class Counting:
    """A server whose one effect is to be counted, behind a script of faults."""

    def __init__(self, client: Client, faults: Faults, applied: list[str]) -> None:
        self.client, self.faults, self.applied = client, faults, applied

    async def post(self, path: str = RUNS) -> aiohttp.ClientResponse:
        return await self.client.post(path, json={"n": 1}, allow_redirects=False)


@pytest.fixture
async def server(aiohttp_client: Start) -> Counting:
    faults, applied = Faults(), list[str]()

    async def apply(request: web.Request) -> web.Response:
        applied.append(f"{request.method} {request.path}")
        if request.path == "/refused":
            raise web.HTTPUnprocessableEntity
        return web.json_response({"applied": len(applied)}, status=201)

    app = web.Application(middlewares=[faults.middleware])
    app.router.add_route("*", "/{path:.*}", apply)
    return Counting(await aiohttp_client(app), faults, applied)


REFUSALS: list[tuple[Fault, int, str, dict[str, str]]] = [
    (TooManyRequests(7), 429, "secondary rate limit", {"retry-after": "7", "x-ratelimit-remaining": "4000"}),
    (SecondaryLimit(3), 403, "secondary rate limit", {"retry-after": "3", "x-ratelimit-remaining": "4000"}),
    (
        PrimaryExhausted(),
        403,
        "API rate limit exceeded",
        {"x-ratelimit-remaining": "0", "x-ratelimit-used": "5000"},
    ),
    (ServerError(500), 500, "Server Error", {}),
    (ServerError(), 502, "Server Error", {}),
    (ServerError(503), 503, "Server Error", {}),
    (TokenExpired(), 401, "Bad credentials", {}),
]


@pytest.mark.parametrize(("fault", "status", "message", "headers"), REFUSALS)
async def test_a_refusal_looks_like_githubs_and_changes_nothing(
    server: Counting, fault: Fault, status: int, message: str, headers: dict[str, str]
) -> None:
    server.faults.add(fault)
    answer = await server.post()
    assert answer.status == status
    assert message in (await answer.json())["message"]
    assert {name: answer.headers[name] for name in headers} == headers
    assert server.applied == []


async def test_a_secondary_limit_may_keep_silent_about_how_long(server: Counting) -> None:
    server.faults.add(SecondaryLimit())
    answer = await server.post()
    assert answer.status == 403
    assert "retry-after" not in answer.headers


async def test_the_primary_limit_says_when_it_ends(server: Counting) -> None:
    server.faults.add(PrimaryExhausted(reset_in=90))
    answer = await server.post()
    assert "retry-after" not in answer.headers
    assert 85 <= int(answer.headers["x-ratelimit-reset"]) - time.time() <= 91


async def test_a_read_of_a_renamed_repository_is_moved_for_good_and_lands_there(server: Counting) -> None:
    server.faults.add(Moved("/repositories/1000"))
    answer = await server.client.get("/repos/acme/shop/git/ref/heads%2Fmain?per_page=2")
    assert [one.status for one in answer.history] == [301]
    assert answer.url.raw_path_qs == "/repositories/1000/git/ref/heads%2Fmain?per_page=2"
    assert server.applied == ["GET /repositories/1000/git/ref/heads/main"]


async def test_a_renamed_repository_itself_is_moved_too(server: Counting) -> None:
    server.faults.add(Moved("/repos/acme/store"))
    answer = await server.client.get("/repos/acme/shop", allow_redirects=False)
    assert answer.headers["location"] == str(server.client.make_url("/repos/acme/store"))
    assert (await answer.json())["url"] == answer.headers["location"]


async def test_a_write_to_a_renamed_repository_must_be_repeated_as_it_was(server: Counting) -> None:
    server.faults.add(Moved("/repositories/1000"))
    answer = await server.client.post(RUNS, json={"n": 1})
    assert [one.status for one in answer.history] == [307]
    assert server.applied == ["POST /repositories/1000/check-runs"]


async def test_an_unreachable_server_answers_nothing_and_does_nothing(server: Counting) -> None:
    server.faults.add(Unreachable())
    with pytest.raises(aiohttp.ClientConnectionError):
        await server.post()
    assert server.applied == []


@pytest.mark.parametrize("path", [RUNS, "/refused"])
async def test_a_cut_after_the_deed_leaves_the_deed_done_and_the_client_ignorant(server: Counting, path: str) -> None:
    server.faults.add(AppliedThenCut())
    with pytest.raises(aiohttp.ClientConnectionError):
        await server.post(path)
    assert server.applied == [f"POST {path}"]


async def test_the_server_goes_on_after_a_cut(server: Counting) -> None:
    server.faults.add(Unreachable())
    with pytest.raises(aiohttp.ClientConnectionError):
        await server.post()
    assert (await server.post()).status == 201


async def test_a_slow_answer_is_the_true_one(server: Counting) -> None:
    server.faults.add(Slow(0.05))
    began = time.monotonic()
    answer = await server.post()
    assert time.monotonic() - began >= 0.05
    assert (answer.status, server.applied) == (201, [f"POST {RUNS}"])


async def test_a_slow_request_takes_effect_though_the_client_gave_up(server: Counting) -> None:
    server.faults.add(Slow(5))
    with pytest.raises(TimeoutError):
        await server.client.post(RUNS, timeout=aiohttp.ClientTimeout(total=0.1))
    assert server.applied == [f"POST {RUNS}"]


async def test_a_fault_strikes_only_its_method_and_path(server: Counting) -> None:
    server.faults.add(ServerError(), method="post", path="/repos/*/check-runs")
    assert (await server.client.get(RUNS)).status == 201
    assert (await server.post("/repos/acme/shop/issues/4/comments")).status == 201
    assert (await server.post(RUNS)).status == 502


async def test_a_fault_strikes_as_often_as_it_was_told_and_lets_the_first_ones_pass(server: Counting) -> None:
    server.faults.add(ServerError(), after=1, times=2)
    assert [(await server.post()).status for _ in range(4)] == [201, 502, 502, 201]


async def test_a_lasting_fault_ends_when_the_script_is_cleared(server: Counting) -> None:
    server.faults.add(ServerError(), times=None)
    assert [(await server.post()).status for _ in range(3)] == [502, 502, 502]
    server.faults.clear()
    assert (await server.post()).status == 201


async def test_faults_come_in_the_order_they_were_added_one_a_request(server: Counting) -> None:
    server.faults.add(TooManyRequests())
    server.faults.add(ServerError(503))
    assert [(await server.post()).status for _ in range(3)] == [429, 503, 201]


async def test_the_script_knows_what_struck_and_what_still_waits(server: Counting) -> None:
    server.faults.add(TokenExpired(), path="/app")
    server.faults.add(ServerError(), path=RUNS)
    await server.post()
    assert [(one.method, one.path, one.fault) for one in server.faults.struck] == [("POST", RUNS, ServerError())]
    assert [one.fault for one in server.faults.pending] == [TokenExpired()]


# --- webhooks on their way out ------------------------------------------------------------------------------

NAMES = st.lists(st.text(max_size=3), max_size=30)
CHANCE = st.floats(0, 1)
UNKIND = st.builds(
    DeliveryFaults,
    seed=st.integers(0, 999),
    drop=CHANCE,
    duplicate=CHANCE,
    delay=CHANCE,
    seconds=st.floats(0, 60),
    reorder=st.integers(0, 10),
)


@given(NAMES, st.integers())
def test_on_a_kind_way_everything_arrives_once_in_order_and_in_time(names: list[str], seed: int) -> None:
    schedule = DeliveryFaults(seed).schedule(names)
    assert [(one.delivery, one.late) for one in schedule.sent] == [(name, 0.0) for name in names]
    assert schedule.lost == ()


@given(UNKIND, NAMES)
def test_the_same_seed_gives_the_same_schedule(faults: DeliveryFaults, names: list[str]) -> None:
    assert faults.schedule(names) == faults.schedule(names)


@given(UNKIND, st.integers(0, 30))
def test_each_delivery_is_either_lost_or_sent_once_or_twice_and_never_too_late(
    faults: DeliveryFaults, count: int
) -> None:
    schedule = faults.schedule(range(count))
    sent = Counter(one.delivery for one in schedule.sent)
    assert sent.keys() | set(schedule.lost) == set(range(count))
    assert sent.keys().isdisjoint(schedule.lost)
    assert set(sent.values()) <= {1, 2}
    assert all(0 <= one.late <= faults.seconds for one in schedule.sent)


@given(st.integers(0, 999), st.integers(0, 10), st.integers(0, 30))
def test_a_delivery_falls_behind_by_no_more_than_was_allowed(seed: int, reorder: int, count: int) -> None:
    order = [one.delivery for one in DeliveryFaults(seed, reorder=reorder).schedule(range(count)).sent]
    assert all(abs(place - delivery) <= reorder for place, delivery in enumerate(order))


def test_certain_misfortunes_are_certain() -> None:
    names = ["a", "b", "c"]
    assert DeliveryFaults(drop=1).schedule(names).lost == ("a", "b", "c")
    assert [one.delivery for one in DeliveryFaults(duplicate=1).schedule(names).sent] == [
        "a",
        "a",
        "b",
        "b",
        "c",
        "c",
    ]
    assert len(DeliveryFaults(duplicate=1, copies=3).schedule(names).sent) == 9
    assert all(one.late > 0 for one in DeliveryFaults(delay=1).schedule(names).sent)
    assert [one.delivery for one in DeliveryFaults(seed=1, reorder=3).schedule(range(6)).sent] != list(range(6))
