"""Where cookies go, which requests are ours, and where nobody is sent."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import example, given
from hypothesis import strategies as st

from app.pages.cookies import Home, local, of_no_page

PUBLIC, LOCAL = Home("https://maestro.example"), Home("http://127.0.0.1:8080")


def test_over_https_the_browser_gives_a_cookie_to_this_host_alone_and_never_in_the_clear() -> None:
    answer = web.Response()
    PUBLIC.put(answer, "maestro", "mss_x", 60)
    (cookie,) = answer.cookies.values()
    assert set(cookie.OutputString().split("; ")) == {
        "__Host-maestro=mss_x",
        "HttpOnly",
        "Max-Age=60",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    }


def test_a_cookie_is_taken_back_under_the_same_rules_or_the_browser_would_keep_it() -> None:
    answer = web.Response()
    PUBLIC.take(answer, "maestro")
    said = answer.cookies["__Host-maestro"].OutputString()
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(said.split("; "))


def test_a_cookie_without_the_prefix_is_none_over_https() -> None:
    request = make_mocked_request("GET", "/", {"Cookie": "maestro=planted; __Host-maestro=ours"})
    assert PUBLIC.shown(request, "maestro") == "ours"
    assert LOCAL.shown(request, "maestro") == "planted"


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("https://maestro.example", True),
        ("http://maestro.example", False),
        ("https://maestro.example:8443", False),
        ("https://maestro.example.evil.example", False),
        ("https://sub.maestro.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_our_own_origin_is_ours_to_the_letter(origin: str, ours: bool) -> None:
    assert PUBLIC.own(make_mocked_request("POST", "/", {"Origin": origin})) is ours
    assert not PUBLIC.own(make_mocked_request("POST", "/", {}))


def test_an_extension_is_no_page_and_what_names_nobody_is_none_either() -> None:
    assert of_no_page(make_mocked_request("POST", "/", {}))
    for origin in ("chrome-extension://a", "moz-extension://a", "safari-web-extension://a"):
        assert of_no_page(make_mocked_request("POST", "/", {"Origin": origin}))
    for origin in ("https://github.com", "null", "", "chrome-extension.evil.example", "http://localhost"):
        assert not of_no_page(make_mocked_request("POST", "/", {"Origin": origin}))


@pytest.mark.parametrize("address", ["/", "/pr/octo/shop/7", "/a?b=//c", "/%2F/evil.example", "/?next=https://x"])
def test_a_path_of_ours_is_gone_to(address: str) -> None:
    assert local(address) == address


def as_browsers_read(address: str) -> str:
    """The host that a browser goes to: it leaves tabs and line breaks out, and takes a backslash for a slash."""
    read = "".join(letter for letter in address if letter not in "\t\r\n").strip().replace("\\", "/")
    return urlsplit(urljoin("https://maestro.example/login/callback", read)).netloc


@given(st.text("/\\\t\r\n .:@?#abEvil%0f\u2028\x00é", max_size=12))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:evil.example")
@example("javascript:alert(1)")
@example("/" + "a" * 3_000)
def test_nobody_is_ever_sent_to_another_host(address: str) -> None:
    went = local(address)
    assert as_browsers_read(went) == "maestro.example"
    assert went in {address, "/"}
    assert went.isascii()
    assert went.isprintable()
