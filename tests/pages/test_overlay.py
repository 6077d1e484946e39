"""What the overlay is made of: a zip and a userscript for one deployment, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from app.pages.overlay import Overlay
from app.render.assets import ROOT
from app.render.icon import icon
from app.render.overlay import Deployment, extension, manifest, userscript

HERE = Deployment("https://maestro.example", "https://github.com", "1.5.0")
SCRIPTS = sorted((*(ROOT / "overlay").glob("*.js"), *(ROOT / "center").glob("*.js")))
SINKS = re.compile(
    r"\.html\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|parseHTML|DOMParser"
    r"|createContextualFragment|setHTMLUnsafe|\.load\(|getScript"
)


def inside(zipped: bytes) -> Mapping[str, bytes]:
    with ZipFile(io.BytesIO(zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def ours(zipped: bytes) -> str:
    """All of our own text in it."""
    return "\n".join(
        text.decode()
        for name, text in inside(zipped).items()
        if name.endswith((".js", ".json")) and name != "jquery.js"
    )


# --- the extension ---------------------------------------------------------------------------------------------


def test_the_same_deployment_has_the_same_bytes_and_another_has_others() -> None:
    assert extension(HERE) == extension(Deployment(HERE.root, HERE.github, HERE.version))
    assert extension(HERE) != extension(Deployment("https://maestro.other", HERE.github, HERE.version))


def test_the_zip_holds_what_its_manifest_names_and_nothing_else() -> None:
    held = inside(extension(HERE))
    told = json.loads(held["manifest.json"])
    named = {*told["icons"].values(), *told["content_scripts"][0]["js"], told["background"]["service_worker"]}
    assert held.keys() == {"manifest.json", *named}
    assert told == manifest(HERE)


def test_the_extension_may_speak_with_our_host_alone_and_runs_on_github_alone() -> None:
    told = manifest(HERE)
    assert told["manifest_version"] == 3
    assert told["host_permissions"] == ["https://maestro.example/*"]
    assert told["permissions"] == ["storage"]
    assert [one["matches"] for one in told["content_scripts"]] == [["https://github.com/*"]]
    assert told["content_scripts"][0]["run_at"] == "document_idle"
    policy = told["content_security_policy"]["extension_pages"]
    assert policy == "default-src 'none'; script-src 'self'; connect-src https://maestro.example"
    assert not told.keys() & {"web_accessible_resources", "externally_connectable", "optional_host_permissions"}


def test_both_kinds_of_browsers_find_their_background_script_and_firefox_its_id() -> None:
    told = manifest(HERE)
    assert told["background"] == {"service_worker": "worker.js", "scripts": ["worker.js"]}
    assert told["browser_specific_settings"]["gecko"]["id"] == "decision-center@maestro-conductor"


@pytest.mark.parametrize(
    ("root", "pattern"),
    [
        ("https://maestro.example", "https://maestro.example/*"),
        ("https://maestro.example:8443/below", "https://maestro.example/*"),
        ("http://[::1]:8080", "http://[::1]/*"),
    ],
)
def test_a_pattern_names_no_port_which_firefox_would_not_take(root: str, pattern: str) -> None:
    assert manifest(Deployment(root, "https://ghe.example", "1.5.0"))["host_permissions"] == [pattern]
    assert manifest(Deployment(root, "https://ghe.example", "1.5.0"))["content_scripts"][0]["matches"] == [
        "https://ghe.example/*"
    ]


@pytest.mark.parametrize(("version", "said"), [("1.5.0", "1.5.0"), ("2.0.0rc1", "2.0.0"), ("dev", "0")])
def test_a_manifest_says_a_version_of_numbers_only(version: str, said: str) -> None:
    assert manifest(Deployment(HERE.root, HERE.github, version))["version"] == said


def test_no_address_is_in_it_but_ours_and_githubs() -> None:
    for text in (ours(extension(HERE)), userscript(HERE).partition("// overlay/")[2]):
        assert set(re.findall(r"https?://([\w.-]+)", text)) <= {"maestro.example", "github.com"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_none_of_our_scripts_writes_text_as_markup_or_runs_it(path: Path) -> None:
    assert SINKS.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("size", [16, 128])
def test_the_icon_is_our_mark_on_its_ground(size: int) -> None:
    png = icon(size)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (size, size)
    assert png == icon(size)


# --- the userscript --------------------------------------------------------------------------------------------


def test_the_userscript_asks_for_no_more_than_it_needs() -> None:
    head = re.findall(r"^// @([\w-]+) ?(.*)$", userscript(HERE).partition("// ==/UserScript==")[0], re.MULTILINE)
    assert [value for key, value in head if key == "match"] == ["https://github.com/*"]
    assert [value for key, value in head if key == "connect"] == ["maestro.example"]
    granted = [value for key, value in head if key == "grant"]
    assert granted == ["GM_xmlhttpRequest", "GM_getValue", "GM_setValue"]
    assert not {key for key, _ in head} & {"require", "resource", "updateURL", "downloadURL"}


# --- where they are --------------------------------------------------------------------------------------------


async def fetched(deployment: Deployment, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    application = web.Application()
    application.add_routes(Overlay(deployment).routes())
    async with TestServer(application) as server, ClientSession() as session:
        answer = await session.get(server.make_url(path), headers=headers)
        return answer.status, answer.headers, await answer.read()


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("/static/maestro-overlay.zip", "application/zip", extension(HERE)),
        ("/static/decision-center.user.js", "text/javascript; charset=utf-8", userscript(HERE).encode()),
    ],
)
async def test_each_is_served_and_not_again_to_who_has_it(path: str, media_type: str, content: bytes) -> None:
    status, headers, body = await fetched(HERE, path)
    assert (status, headers["Content-Type"], body) == (200, media_type, content)
    assert (await fetched(HERE, path, **{"If-None-Match": headers["ETag"]}))[0] == 304


@pytest.mark.parametrize("path", ["/static/maestro-overlay.zip", "/static/decision-center.user.js"])
async def test_without_an_address_of_our_own_there_is_none_and_the_reason_is_said(path: str) -> None:
    status, _, body = await fetched(Deployment("", "https://github.com", "1.5.0"), path)
    told: Any = json.loads(body)
    assert status == 404
    assert "MAESTRO_URL" in told["error"]
