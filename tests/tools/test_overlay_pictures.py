"""The pictures of the overlay: drawn where they can be, and never silently missing."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tools import overlay_pictures, pictures


@pytest.mark.parametrize(("required", "code"), [("", 0), ("1", 1)])
def test_without_a_browser_that_is_said(
    required: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MAESTRO_REQUIRE_ALL", required)
    assert overlay_pictures.main() == code
    assert "there is no Chromium here" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", pictures.SCHEMES)
@pytest.mark.parametrize("name", overlay_pictures.NAMES)
def test_each_picture_is_there_and_light_enough(name: str, scheme: str) -> None:
    png = (pictures.IMAGES / f"overlay-{name}-{scheme}.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == tuple(overlay_pictures.SIZE.values())
    assert len(png) <= pictures.BYTES


@pytest.mark.slow
async def test_the_story_gives_the_overlay_what_a_running_app_decided() -> None:
    async with overlay_pictures.story() as scene:
        assert '"word":"BLOCK"' in scene.model
        assert f'"login":"{overlay_pictures.WHO}"' in scene.model
        assert scene.page.startswith("http://127.0.0.1:")
