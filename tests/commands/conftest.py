import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import main

VARIABLES = ("MAESTRO_APP_ID", "MAESTRO_PRIVATE_KEY", "MAESTRO_WEBHOOK_SECRET")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Maestro = Callable[..., Ended]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that says nothing but where data goes."""
    for name in (*VARIABLES, "MAESTRO_GITHUB_API", "MAESTRO_URL", "MAESTRO_HOST", "PORT", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return monkeypatch


@pytest.fixture
def maestro(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Maestro:
    """Runs the console script in this process, to its exit code."""

    def run(*words: str) -> Ended:
        environment.setattr(sys, "argv", ["maestro", *words])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return Ended(int(code) if isinstance(code, int) else 0, out, err)

    return run
