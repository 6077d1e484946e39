"""The pictures of the documentation: drawn where they can be, and never silently missing."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tools import pictures

WRITTEN = [pictures.IMAGES / f"card-{name}-{scheme}.png" for name in pictures.CARDS for scheme in pictures.SCHEMES]


@pytest.mark.parametrize(("required", "code"), [("", 0), ("1", 1)])
def test_without_a_browser_that_is_said(
    required: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MAESTRO_REQUIRE_ALL", required)
    assert pictures.main() == code
    assert "there is no Chromium here" in capsys.readouterr().err


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_each_picture_is_there_and_light_enough_for_a_readme(path: Path) -> None:
    png = path.read_bytes()
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(png) <= pictures.BYTES
    assert pictures.WIDTH < width <= pictures.WIDTH * pictures.SCALE
    assert 300 < height < width


@pytest.mark.parametrize("scheme", pictures.SCHEMES)
@pytest.mark.parametrize("name", pictures.PAGES)
def test_pages_are_pictured_too(name: str, scheme: str) -> None:
    png = (pictures.IMAGES / f"page-{name}-{scheme}.png").read_bytes()
    width, height = struct.unpack(">II", png[16:24])
    assert len(png) <= pictures.BYTES
    assert 0.95 * pictures.WIDTH < width / pictures.PAGE_SCALE <= pictures.WIDTH
    assert height > 800


@pytest.mark.parametrize("name", pictures.PHONES)
def test_one_is_pictured_as_a_phone_shows_it(name: str) -> None:
    png = (pictures.IMAGES / f"page-{name}-phone.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == (720, 1560)
    assert len(png) <= pictures.BYTES


@pytest.mark.slow
async def test_the_demo_tells_where_each_pull_request_is() -> None:
    async with pictures.demo() as pages:
        assert set(pictures.CARDS.values()) <= pages.keys()
