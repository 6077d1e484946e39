"""When a call is made again, when it is not, and how long everybody keeps silent after a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from app.github.client import Client, GitHub
from app.github.errors import Denied, Invalid, Malformed, RateLimited, TooLarge, Unavailable
from app.github.exchange import Answer
from app.github.records import read_id
from app.github.retry import Fault, Kind, backoff, diagnose, silence

from .conftest import MakeGitHub
from .hub import Hub, Reply, Time

NOW = 1_800_000_000.0
THING = "/thing"
OK = Reply(data=1)
LIMIT_WORDS = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}


def same(data: Any) -> Any:
    return data


def answer(status: int, headers: Mapping[str, str] | None = None, message: str = "") -> Answer:
    return Answer(status, CIMultiDict(headers or {}), b'{"message": "%s"}' % message.encode())


# --- the policy, pure ---


def test_a_success_and_a_plain_refusal_are_no_faults() -> None:
    assert [diagnose(answer(status), NOW) for status in (200, 201, 304, 400, 401, 404, 409, 422)] == [None] * 8
    assert diagnose(answer(403, {"x-ratelimit-remaining": "12"}, "Resource not accessible"), NOW) is None


def test_trap_6_429_is_a_limit_with_its_retry_after() -> None:
    fault = diagnose(answer(429, {"Retry-After": "17"}), NOW)
    assert fault is not None
    assert (fault.kind, fault.asked) == (Kind.SECONDARY, 17.0)


def test_trap_6_a_secondary_403_is_known_by_its_words_although_requests_remain() -> None:
    fault = diagnose(answer(403, {"x-ratelimit-remaining": "4000"}, LIMIT_WORDS["message"]), NOW)
    assert fault is not None
    assert (fault.kind, fault.asked, silence(fault, 1)) == (Kind.SECONDARY, None, 60.0)


def test_trap_6_a_403_with_nothing_remaining_waits_for_the_reset() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 120)}
    fault = diagnose(answer(403, headers, "API rate limit exceeded"), NOW)
    assert fault is not None
    assert (fault.kind, fault.asked) == (Kind.PRIMARY, 121.0)


def test_a_reset_is_read_by_githubs_clock_not_by_ours() -> None:
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(NOW) + 120),
        "date": formatdate(NOW, usegmt=True),
    }
    fault = diagnose(answer(429, headers), now=NOW - 5_000)
    assert fault is not None
    assert (fault.kind, fault.asked) == (Kind.PRIMARY, 121.0)


def test_a_retry_after_goes_before_the_reset() -> None:
    headers = {"retry-after": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 900)}
    fault = diagnose(answer(403, headers), NOW)
    assert fault is not None
    assert fault.asked == 5.0


@pytest.mark.parametrize("value", ["", "soon", "-3", "nan", "1e9", "٣"])
def test_an_unreadable_retry_after_leaves_the_minute_that_github_asks_for(value: str) -> None:
    fault = diagnose(answer(429, {"retry-after": value}), NOW)
    assert fault is not None
    assert (fault.asked, silence(fault, 1)) == (None, 60.0)


def test_a_retry_after_may_be_a_date() -> None:
    fault = diagnose(answer(503, {"retry-after": formatdate(NOW + 30, usegmt=True)}), NOW)
    assert fault is not None
    assert (fault.kind, fault.asked) == (Kind.SERVER, 30.0)


def test_silence_without_a_figure_doubles_up_to_an_hour() -> None:
    fault = Fault(Kind.SECONDARY, "", 403)
    assert [silence(fault, strikes) for strikes in (1, 2, 3, 7, 50)] == [60.0, 120.0, 240.0, 3_600.0, 3_600.0]


@given(st.integers(1, 30), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 100)))
def test_backoff_is_bounded_and_never_shorter_than_asked(attempt: int, draw: float, asked: float | None) -> None:
    wait = backoff(Fault(Kind.SERVER, "", 503, asked), attempt, draw)
    assert max(asked or 0.0, 0.25) <= wait <= max(asked or 0.0, 8.0)


@given(
    st.sampled_from([403, 429]),
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "date"]), st.text(max_size=12)
    ),
    st.binary(max_size=30),
)
def test_no_answer_confuses_the_diagnosis(status: int, headers: dict[str, str], body: bytes) -> None:
    fault = diagnose(Answer(status, CIMultiDict(headers), body), NOW)
    if fault is not None and fault.asked is not None:
        assert 0.0 <= fault.asked < float("inf")
    assert fault is not None or status == 403


# --- over HTTP ---


async def test_a_short_retry_after_is_slept_and_the_call_made_again(client: Client, hub: Hub, time: Time) -> None:
    hub.on("GET", THING, Reply(429, {"message": "slow down"}, {"Retry-After": "7"}), OK)
    assert await client.get(THING, {}, same) == 1
    assert sum(time.slept) >= 7


async def test_a_limited_write_was_refused_and_so_may_be_made_again(client: Client, hub: Hub) -> None:
    hub.on("POST", THING, Reply(403, LIMIT_WORDS, {"Retry-After": "2"}), Reply(201, {"id": 9}))
    assert await client.post(THING, {}, {"a": 1}, same) == {"id": 9}
    assert len(hub.asked("POST", THING)) == 2


async def test_a_long_retry_after_is_the_engines_to_wait_for(client: Client, hub: Hub, time: Time) -> None:
    hub.on("GET", THING, Reply(429, {"message": "slow down"}, {"Retry-After": "300"}))
    with pytest.raises(RateLimited) as caught:
        await client.get(THING, {}, same)
    assert (caught.value.retry_after, caught.value.status) == (300.0, 429)
    assert time.slept == []


async def test_after_a_limit_no_call_of_the_installation_leaves_before_its_time(
    github: GitHub, hub: Hub, time: Time
) -> None:
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "300"}), OK)
    hub.on("GET", "/other", OK)
    with pytest.raises(RateLimited):
        await github.installation(42).get(THING, {}, same)
    time.now += 200
    for client in (github.installation(42), github.installation(42, permissions={"checks": "write"})):
        with pytest.raises(RateLimited) as caught:
            await client.get("/other", {}, same)
        assert caught.value.retry_after == 100.0
        assert caught.value.status == 0
    assert hub.asked("GET", "/other") == []
    assert await github.installation(43).get("/other", {}, same) == 1, "another installation is free to go"
    time.now += 80
    assert await github.installation(42).get("/other", {}, same) == 1
    assert time.slept == [20.0]


async def test_calls_that_queue_for_a_slot_see_the_silence_that_began_meanwhile(
    make_github: MakeGitHub, hub: Hub
) -> None:
    client = make_github(concurrency=1).installation(42)
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "300"}, delay=0.05))
    calls = (client.get(THING, {}, same) for _ in range(20))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {RateLimited}
    assert len(hub.asked("GET", THING)) == 1


async def test_a_secondary_limit_without_a_header_waits_a_minute_then_two(client: Client, hub: Hub, time: Time) -> None:
    hub.on("GET", THING, Reply(403, LIMIT_WORDS, {"x-ratelimit-remaining": "4000"}))
    waits = []
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            await client.get(THING, {}, same)
        waits.append(caught.value.retry_after)
        time.now += caught.value.retry_after
    assert waits == [60.0, 120.0, 240.0]
    hub.on("GET", THING, OK)
    await client.get(THING, {}, same)
    hub.on("GET", THING, Reply(403, LIMIT_WORDS))
    with pytest.raises(RateLimited) as caught:
        await client.get(THING, {}, same)
    assert caught.value.retry_after == 60.0, "an answer in between forgives"


async def test_calls_limited_together_count_as_one_strike(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(403, LIMIT_WORDS, delay=0.05))
    outcomes = await asyncio.gather(*(client.get(THING, {}, same) for _ in range(10)), return_exceptions=True)
    assert {getattr(outcome, "retry_after", None) for outcome in outcomes} == {60.0}


async def test_the_primary_limit_lasts_until_the_reset(client: Client, hub: Hub, time: Time) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.now) + 900)}
    hub.on("GET", THING, Reply(403, {"message": "API rate limit exceeded"}, headers))
    with pytest.raises(RateLimited) as caught:
        await client.get(THING, {}, same)
    assert caught.value.retry_after == 901.0


async def test_a_limit_that_never_ends_is_not_asked_for_ever(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "0"}))
    with pytest.raises(RateLimited):
        await client.get(THING, {}, same)
    assert len(hub.asked("GET", THING)) == 4


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
async def test_a_read_survives_a_failing_server(client: Client, hub: Hub, status: int) -> None:
    hub.on("GET", THING, Reply(status, raw=b"<html>bad gateway"), OK)
    assert await client.get(THING, {}, same) == 1


async def test_a_server_that_keeps_failing_is_unavailable(client: Client, hub: Hub, time: Time) -> None:
    hub.on("GET", THING, Reply(503, {"message": "Unicorn"}))
    with pytest.raises(Unavailable, match="Unicorn") as caught:
        await client.get(THING, {}, same)
    assert (caught.value.status, caught.value.outcome_unknown) == (503, False)
    assert len(hub.asked("GET", THING)) == 4
    assert time.slept == [0.5, 1.0, 2.0]


async def test_a_server_that_asks_for_more_than_our_patience_is_unavailable_at_once(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(503, {"message": "maintenance"}, {"Retry-After": "600"}))
    with pytest.raises(Unavailable):
        await client.get(THING, {}, same)
    assert len(hub.asked("GET", THING)) == 1


async def test_trap_7_a_read_survives_a_cut_line(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(cut=True), OK)
    assert await client.get(THING, {}, same) == 1


async def test_trap_7_a_read_survives_a_time_out(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github(total_timeout=0.2).installation(42)
    hub.on("GET", THING, Reply(data=0, delay=0.5), OK)
    assert await client.get(THING, {}, same) == 1


@pytest.mark.parametrize("method", ["post", "patch"])
@pytest.mark.parametrize("failure", [Reply(cut=True), Reply(502, {"message": "Bad gateway"}), Reply(delay=0.5)])
async def test_a_write_whose_outcome_is_unknown_is_never_repeated(
    make_github: MakeGitHub, hub: Hub, method: str, failure: Reply
) -> None:
    client = make_github(total_timeout=0.2).installation(42)
    hub.on(method.upper(), THING, failure)
    with pytest.raises(Unavailable) as caught:
        await getattr(client, method)(THING, {}, {"a": 1}, same)
    assert caught.value.outcome_unknown
    assert caught.value.call == f"{method.upper()} {THING}"
    assert len(hub.asked(method.upper(), THING)) == 1


async def test_a_write_that_never_left_is_repeated_and_its_outcome_is_known(
    make_github: MakeGitHub, hub: Hub, time: Time
) -> None:
    client = make_github(api_url="http://127.0.0.1:1").with_token("t")
    with pytest.raises(Unavailable) as caught:
        await client.post(THING, {}, {"a": 1}, same)
    assert not caught.value.outcome_unknown
    assert len(time.slept) == 3


async def test_a_delete_is_repeated_since_twice_is_once(client: Client, hub: Hub) -> None:
    hub.on("DELETE", THING, Reply(cut=True), Reply(204, raw=b""))
    await client.delete(THING, {})
    assert len(hub.asked("DELETE", THING)) == 2


async def test_a_refusal_keeps_githubs_reasons(client: Client, hub: Hub) -> None:
    errors = [
        {"resource": "CheckRun", "field": "status", "code": "invalid"},
        "plain words",
        {"message": "Body is too long"},
    ]
    hub.on("POST", THING, Reply(422, {"message": "Validation Failed", "errors": errors}))
    with pytest.raises(Invalid) as caught:
        await client.post(THING, {}, {}, same)
    assert caught.value.errors == ("CheckRun.status: invalid", "plain words", "Body is too long")
    assert str(caught.value).startswith("POST /thing: 422: Validation Failed; CheckRun.status: invalid")


async def test_a_plain_403_is_a_denial_not_a_limit(client: Client, hub: Hub) -> None:
    hub.on(
        "GET", THING, Reply(403, {"message": "Resource not accessible by integration"}, {"x-ratelimit-remaining": "9"})
    )
    with pytest.raises(Denied, match="not accessible"):
        await client.get(THING, {}, same)
    assert len(hub.asked("GET", THING)) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b"\xff\xfe"])
async def test_an_answer_that_is_not_json_is_malformed(client: Client, hub: Hub, body: bytes) -> None:
    hub.on("GET", THING, Reply(raw=body))
    with pytest.raises(Malformed):
        await client.get(THING, {}, same)


async def test_an_answer_without_the_field_we_need_names_it(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(data={"node_id": "x"}))
    with pytest.raises(Malformed, match="lacks 'id'"):
        await client.get(THING, {}, lambda data: data["id"])


@pytest.mark.parametrize("field", ["1e999", "{}", "null", '"x"', "-1", "9" * 30])
async def test_an_id_that_names_nothing_is_malformed(client: Client, hub: Hub, field: str) -> None:
    hub.on("GET", THING, Reply(raw=b'{"id": %s}' % field.encode()))
    with pytest.raises(Malformed, match="not of the shape we know"):
        await client.get(THING, {}, read_id)


async def test_half_a_surrogate_pair_never_leaves_the_client(client: Client, hub: Hub) -> None:
    body = b'{"message": "a\\ud800b \\ud83d\\ude00", "\\udfff": ["\\udfff"]}'
    hub.on("GET", THING, Reply(raw=body), Reply(403, raw=body))
    assert await client.get(THING, {}, same) == {"message": "a?b \U0001f600", "?": ["?"]}
    with pytest.raises(Denied) as caught:
        await client.get(THING, {}, same)
    assert caught.value.message == "a?b \U0001f600"


async def test_an_endless_answer_is_cut_off(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github(max_bytes=1_000).installation(42)
    hub.on("GET", THING, Reply(raw=b"[" + b"1," * 1_000_000))
    with pytest.raises(TooLarge, match="1,000 bytes"):
        await client.get(THING, {}, same)
