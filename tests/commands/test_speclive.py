"""`maestro speclive`: the operator's switch of all guards of a repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands.conftest import Maestro


def test_guards_are_off_until_they_are_on_again_and_it_is_told_why(
    maestro: Maestro, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'maestro.db'}")
    assert "nobody ever switched them off" in maestro("speclive", "status", "acme/shop").out
    assert maestro("speclive", "off", "acme/shop", "--reason", "too slow").out == "guards of acme/shop are off\n"
    said = maestro("speclive", "status", "Acme/Shop").out
    assert re.fullmatch(r"guards of Acme/Shop are off since [0-9: -]{19} UTC, by \S+: too slow\n", said)
    assert "are off" not in maestro("speclive", "status", "acme/other").out
    assert maestro("speclive", "on", "acme/shop").code == 0
    assert "guards of acme/shop are on since" in maestro("speclive", "status", "acme/shop").out
    assert maestro("speclive", "off", "shop").code == 2
