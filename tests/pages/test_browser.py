"""What browsers are served, with what, and for how long it may be kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer

from app.pages import browser
from app.render.assets import ROOT, address, assets, bundle
from app.server import Web

OURS = sorted(path for path in ROOT.rglob("*.js"))


class _Nothing:
    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        raise AssertionError("nothing is stored here")


@pytest.fixture
async def server() -> AsyncIterator[BaseTestServer]:
    app = Web([b"secret"], _Nothing(), lambda: None, browser.routes()).app()
    async with TestServer(app) as opened:
        yield opened


async def test_each_file_is_kept_for_ever_under_its_own_address(server: BaseTestServer) -> None:
    async with ClientSession() as session:
        for name in (*assets(), *bundle()):
            async with session.get(server.make_url(address(name))) as answer:
                assert answer.status == 200, name
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Content-Encoding"] in {"deflate", "gzip"}
                assert answer.content_type == ("text/javascript" if name.endswith(".js") else answer.content_type)


async def test_modules_find_one_another_and_an_older_page_finds_them_too(server: BaseTestServer) -> None:
    (digest,) = {one.digest for one in bundle().values()}
    async with ClientSession() as session:
        for name, one in bundle().items():
            for imported in re.findall(rb'from "\./([a-z]+\.js)"', one.content):
                assert f"center/{imported.decode()}" in bundle(), name
        async with session.get(server.make_url("/static/000000000000/center/page.js")) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        for absent in (
            f"/static/{digest}/center/none.js",
            f"/static/{digest}/center/../live.js",
            f"/static/{digest}/x",
        ):
            async with session.get(server.make_url(absent)) as answer:
                assert answer.status == 404, absent


def test_jquery_is_that_of_the_package() -> None:
    assert b"jQuery v3.7.1" in bundle()["jquery.js"].content[:100]
    assert address("jquery.js") == f"/static/{bundle()['jquery.js'].digest}/jquery.js"


def test_a_page_that_acts_has_one_policy_more_and_nothing_else() -> None:
    strict, acting = (set(said.split("; ")) for said in (browser.POLICY, browser.ACTING["Content-Security-Policy"]))
    assert strict - acting == {"form-action 'none'", "trusted-types 'none'"}
    assert acting - strict == {"form-action 'self'", "trusted-types default"}
    assert "default-src 'none'" in acting
    assert "script-src 'self'" in acting
    assert "require-trusted-types-for 'script'" in acting
    assert not any("unsafe" in word for word in acting)


@pytest.mark.parametrize("script", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_script_of_ours_writes_text_as_markup_or_runs_it(script: Path) -> None:
    forbidden = re.compile(
        r"\.html\s*\(|\.parseHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\s*\(|new Function"
        r"|\bFunction\s*\(|setTimeout\s*\(\s*[\"'`]|setInterval\s*\(\s*[\"'`]|\.(?:before|after|append|prepend)\s*\(\s*[`\"']<"
        r"|javascript:|srcdoc|DOMParser|createContextualFragment|\bon(?:error|load|click)\s*=\s*[\"'`]"
    )
    assert forbidden.findall(script.read_text()) == []
