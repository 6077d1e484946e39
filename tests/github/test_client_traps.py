"""The traps of the library below us and of GitHub's HTTP, each closed: addresses, pages, caches, redirects, headers."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any

import pytest

import app.github
from app.github.address import Address, operation
from app.github.client import Client, GitHub
from app.github.errors import Conflict, GitHubError, Malformed, Moved, NotFound, TooLarge
from tests.waiting import until

from .conftest import MakeGitHub
from .hub import Hub, Reply

THING = "/thing"


def same(data: Any) -> Any:
    return data


def test_traps_1_to_5_13_and_17_are_not_stepped_into() -> None:
    """Events, routing, GraphQL and Actions helpers of gidgethub are not used at all: only its pure HTTP shaping."""
    used: set[str] = set()
    for path in Path(app.github.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gidgethub"):
                used |= {alias.name for alias in node.names}
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names if alias.name.startswith("gidgethub")}
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sansio":
                used.add(node.attr)
    assert used == {"sansio", "create_headers", "format_url", "decipher_response"}


# --- trap 8: lists ---


async def test_trap_8_all_pages_of_a_list_inside_an_object_are_read_a_hundred_at_a_time(
    client: Client, hub: Hub
) -> None:
    def page(number: int, size: int) -> dict[str, Any]:
        return {"total_count": 230, "check_runs": [{"id": number * 1_000 + i} for i in range(size)]}

    link = {"Link": f'<{hub.url("/list?per_page=100&page=2")}>; rel="next", <{hub.url("/list?page=3")}>; rel="last"'}
    more = {"Link": f'<{hub.url("/list?per_page=100&page=3")}>; rel="next"'}
    hub.on(
        "GET",
        "/list",
        Reply(data=page(1, 100), headers=link),
        Reply(data=page(2, 100), headers=more),
        Reply(data=page(3, 30)),
    )
    ids = await client.get_list("/list{?per_page}", {}, lambda item: item["id"], "check_runs")
    assert len(ids) == len(set(ids)) == 230
    assert [seen.path for seen in hub.asked("GET", "/list")] == [
        "/list?per_page=100",
        "/list?per_page=100&page=2",
        "/list?per_page=100&page=3",
    ]


async def test_trap_8_an_object_without_its_list_is_malformed_never_its_key_names(client: Client, hub: Hub) -> None:
    hub.on("GET", "/list", Reply(data={"total_count": 1, "check_runs": [{"id": 1}]}))
    for key in ("", "check_suites"):
        with pytest.raises(Malformed):
            await client.get_list("/list{?per_page}", {}, same, key)


async def test_trap_8_a_list_template_must_offer_per_page(client: Client) -> None:
    with pytest.raises(ValueError, match="per_page"):
        await client.get_list("/list", {}, same)


async def test_a_list_longer_than_the_cap_is_an_error_not_a_part(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github(pages=3).installation(42)
    hub.on("GET", "/list", Reply(data=[1] * 100, headers={"Link": f'<{hub.url("/list")}>; rel="next"'}))
    with pytest.raises(TooLarge, match="300 items"):
        await client.get_list("/list{?per_page}", {}, same)
    assert len(hub.asked("GET", "/list")) == 3


async def test_a_next_page_on_another_host_is_refused_and_gets_no_token(
    client: Client, hub: Hub, elsewhere: Hub
) -> None:
    hub.on("GET", "/list", Reply(data=[1], headers={"Link": f'<{elsewhere.url("/list")}>; rel="next"'}))
    with pytest.raises(Malformed, match="another host"):
        await client.get_list("/list{?per_page}", {}, same)
    assert elsewhere.seen == []


# --- trap 9: addresses ---


@pytest.mark.parametrize("parts", [{}, {"owner": "o"}, {"owner": "o", "repo": ""}, {"owner": "o", "repo": []}])
def test_trap_9_a_missing_part_is_an_error_not_an_empty_segment(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs"):
        Address("https://api.github.com").url("/repos/{owner}/{repo}", parts)


@pytest.mark.parametrize("template", ["https://evil.example/x", "//evil.example/x", "///evil.example/x", "x"])
def test_trap_9_whole_addresses_are_never_called(template: str) -> None:
    with pytest.raises(ValueError, match="must be a path"):
        Address("https://api.github.com").url(template, {})


@pytest.mark.parametrize("step", ["..", ".", ""])
def test_a_path_cannot_climb_out_of_its_place(step: str) -> None:
    with pytest.raises(ValueError):
        Address("https://api.github.com").url("/contents{/path*}", {"path": ["a", step, "b"]})


def test_parts_are_encoded_and_sent_exactly_so() -> None:
    url = Address("https://api.github.com").url(
        "/c{/path*}{?ref}", {"path": ["a b", "c#d?e%2e", "é"], "ref": "feat/x&y"}
    )
    assert str(url) == "https://api.github.com/c/a%20b/c%23d%3Fe%252e/%C3%A9?ref=feat%2Fx%26y"


async def test_an_encoded_dot_or_slash_arrives_as_it_was_written(client: Client, hub: Hub) -> None:
    hub.on("GET", "/git/ref/heads%2F%2E%2E", Reply(data=1))
    hub.on("GET", "/ref/feat%2Fx", Reply(data=1))
    assert await client.get("/ref/{ref}", {"ref": "feat/x"}, same) == 1


@pytest.mark.parametrize("api", ["ftp://x", "api.github.com", "https://user@ghe.example", "https://ghe.example/?a=1"])
def test_an_api_address_that_is_none_is_refused(api: str) -> None:
    with pytest.raises(ValueError):
        Address(api)


async def test_a_github_enterprise_address_keeps_its_path(make_github: MakeGitHub, hub: Hub) -> None:
    for api_url in (hub.url("/api/v3"), hub.url("/api/v3/")):
        client = make_github(api_url=api_url).installation(42)
        hub.on(
            "POST",
            "/api/v3/app/installations/42/access_tokens",
            Reply(201, {"token": "t", "expires_at": "2099-01-01T00:00:00Z"}),
        )
        hub.on("GET", "/api/v3/repos/o/r", Reply(data={"id": 5}))
        assert await client.get("/repos/{owner}/{repo}", {"owner": "o", "repo": "r"}, same) == {"id": 5}


def test_an_operation_is_named_as_githubs_description_names_it() -> None:
    assert operation("GET", "/repos/{owner}/contents{/path*}{?ref}") == "GET /repos/{owner}/contents/{path}"


# --- trap 12: headers ---


async def test_trap_12_every_request_names_itself_the_api_version_and_the_media_type(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(data=1))
    hub.on("POST", THING, Reply(201, {"id": 1}))
    await client.get(THING, {}, same)
    await client.post(THING, {}, {"a": "é"}, same)
    assert len(hub.seen) == 3
    for seen in hub.seen:
        assert seen.headers["User-Agent"] == "maestro-conductor"
        assert seen.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert seen.headers["Accept"] == "application/vnd.github+json"
    assert hub.seen[-1].data == {"a": "é"}


# --- trap 14: the ETag cache ---


async def test_trap_14_an_unchanged_answer_is_asked_for_by_its_etag_and_served_from_the_cache(
    client: Client, hub: Hub
) -> None:
    hub.on("GET", THING, Reply(data={"a": 1}, headers={"ETag": 'W/"1"'}), Reply(304, raw=b""), Reply(data={"a": 2}))
    assert [await client.get(THING, {}, same) for _ in range(3)] == [{"a": 1}, {"a": 1}, {"a": 2}]
    assert [seen.headers.get("If-None-Match") for seen in hub.asked("GET", THING)] == [None, 'W/"1"', 'W/"1"']


async def test_trap_14_media_types_of_one_address_do_not_mix(client: Client, hub: Hub) -> None:
    hub.on(
        "GET", THING, Reply(raw=b"bytes", headers={"ETag": '"raw"'}), Reply(data={"a": 1}, headers={"ETag": '"json"'})
    )
    raw = await client.get_raw(THING, {}, accept="application/vnd.github.raw+json", max_bytes=100)
    assert raw.body == b"bytes"
    assert await client.get(THING, {}, same) == {"a": 1}
    assert [seen.headers.get("If-None-Match") for seen in hub.asked("GET", THING)] == [None, None]


async def test_trap_14_what_one_installation_saw_another_is_not_shown(github: GitHub, hub: Hub) -> None:
    hub.on("GET", THING, Reply(data=1, headers={"ETag": '"1"'}), Reply(404, {"message": "Not Found"}))
    assert await github.installation(42).get(THING, {}, same) == 1
    with pytest.raises(NotFound):
        await github.installation(43).get(THING, {}, same)
    assert "If-None-Match" not in hub.asked("GET", THING)[1].headers


async def test_the_cache_forgets_the_oldest_answers_past_its_bytes(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github(cache_bytes=20_000).installation(42)
    for name in "abc":
        hub.on("GET", f"/{name}", Reply(data="x" * 8_000, headers={"ETag": '"1"'}))
        await client.get(f"/{name}", {}, same)
    hub.on("GET", "/big", Reply(data="x" * 50_000, headers={"ETag": '"1"'}))
    for name in ("a", "c", "big", "big"):
        await client.get(f"/{name}", {}, same)
    asked = {name: hub.asked("GET", f"/{name}")[1].headers.get("If-None-Match") for name in ("a", "c", "big")}
    assert asked == {"a": None, "c": '"1"', "big": None}


async def test_pages_too_are_revalidated(client: Client, hub: Hub) -> None:
    link = {"Link": f'<{hub.url("/list?per_page=100&page=2")}>; rel="next"', "ETag": '"1"'}
    hub.on("GET", "/list", Reply(data=[1], headers=link), Reply(data=[2], headers={"ETag": '"2"'}), Reply(304, raw=b""))
    for _ in range(2):
        assert await client.get_list("/list{?per_page}", {}, same) == (1, 2)
    assert [seen.headers.get("If-None-Match") for seen in hub.asked("GET", "/list")] == [None, None, '"1"', '"2"']


async def test_a_304_nobody_asked_for_is_an_error(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(304, raw=b""))
    with pytest.raises(GitHubError, match="304"):
        await client.get(THING, {}, same)


# --- trap 16: redirects ---


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_trap_16_a_renamed_repository_is_followed_on_the_same_host(client: Client, hub: Hub, status: int) -> None:
    hub.on("GET", "/repos/o/old", Reply(status, {"message": "Moved"}, {"Location": hub.url("/repositories/5")}))
    hub.on("GET", "/repositories/5", Reply(data={"full_name": "o/new"}))
    assert await client.get("/repos/o/old", {}, same) == {"full_name": "o/new"}
    assert hub.asked("GET", "/repositories/5")[0].headers["Authorization"].startswith("Bearer ghs_")


@pytest.mark.parametrize("where", ["{elsewhere}", "//{host}", "http://user@127.0.0.1/", "http://[bad", ""])
async def test_trap_16_a_redirect_to_another_host_is_not_followed_and_no_token_leaves(
    client: Client, hub: Hub, elsewhere: Hub, where: str
) -> None:
    location = where.format(elsewhere=elsewhere.url("/x"), host=elsewhere.url("/x").removeprefix("http://"))
    hub.on("GET", THING, Reply(302, None, {"Location": location}))
    elsewhere.on("GET", "/x", Reply(data="stolen"))
    with pytest.raises(Moved):
        await client.get(THING, {}, same)
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("location", "same_host"),
    [
        ("https://ghe.example/repositories/5", True),
        ("/repositories/5", True),
        ("https://GHE.example:443/repositories/5", True),
        ("https://user:word@ghe.example/repositories/5", False),
        ("http://ghe.example/repositories/5", False),
        ("https://ghe.example:8443/repositories/5", False),
        ("https://ghe.example.evil.example/repositories/5", False),
        ("https://ghe.example@evil.example/repositories/5", False),
        ("\\\\evil.example/x", True),
    ],
)
def test_trap_16_the_same_host_means_scheme_name_and_port(location: str, same_host: bool) -> None:
    address = Address("https://ghe.example/api/v3")
    url = address.same_origin(address.url("/x", {}), location)
    assert (url is not None) is same_host
    assert url is None or (url.host or "").lower() == "ghe.example"


async def test_trap_16_a_write_is_never_redirected(client: Client, hub: Hub) -> None:
    hub.on("POST", THING, Reply(307, {"message": "Moved"}, {"Location": hub.url("/other")}))
    with pytest.raises(Moved) as caught:
        await client.post(THING, {}, {}, same)
    assert caught.value.status == 307
    assert hub.asked("POST", "/other") == []


async def test_redirects_that_go_in_circles_end(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(301, None, {"Location": hub.url(THING)}))
    with pytest.raises(Moved):
        await client.get(THING, {}, same)
    assert len(hub.asked("GET", THING)) == 4


# --- trap 18: no more at once than we allow ---


async def test_trap_18_requests_in_flight_are_capped(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github(concurrency=5).installation(42)
    hub.on("GET", THING, Reply(data=1, delay=0.02))
    await asyncio.gather(*(client.get(THING, {}, same) for _ in range(30)))
    assert hub.most_in_flight == 5


async def test_a_cancelled_call_gives_its_slot_back(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github(concurrency=1).installation(42)
    hub.on("GET", "/slow", Reply(data=1, delay=5.0))
    hub.on("GET", THING, Reply(data=1))

    async def arrived() -> bool:
        return hub.in_flight == 1

    slow = asyncio.create_task(client.get("/slow", {}, same))
    await until(arrived)
    slow.cancel()
    assert await asyncio.wait_for(client.get(THING, {}, same), 2) == 1


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (410, NotFound), (409, Conflict), (418, GitHubError)])
async def test_each_refusal_has_its_error(client: Client, hub: Hub, status: int, error: type[GitHubError]) -> None:
    hub.on("GET", THING, Reply(status, {"message": "no"}))
    with pytest.raises(error) as caught:
        await client.get(THING, {}, same)
    assert (type(caught.value), caught.value.status, caught.value.call) == (error, status, "GET /thing")
