import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app import __version__, cli
from tests.commands.conftest import Maestro

HEAVY = ("aiohttp", "scipy", "numpy", "sqlalchemy", "pydantic", "jinja2", "gidgethub", "rich", "structlog", "yaml")


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_what_only_tells_about_itself_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys, json, app.cli\n"
        f"sys.argv = ['maestro', *{words!r}]\n"
        "app.cli.main()\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == []


def test_the_version_is_said(maestro: Maestro) -> None:
    ended = maestro("--version")
    assert (ended.code, ended.out) == (0, f"maestro, version {__version__}\n")


def test_help_lists_every_command(maestro: Maestro) -> None:
    ended = maestro("--help")
    assert ended.code == 0
    assert all(name in ended.out for name in cli.COMMANDS)


@pytest.mark.parametrize("words", [["nosuch"], ["--nosuch"], ["config", "nosuch"], ["token", "issue"], []])
def test_usage_errors_exit_with_2_not_with_a_verdict(maestro: Maestro, words: list[str]) -> None:
    ended = maestro(*words)
    assert ended.code == 2
    assert "Usage: maestro" in ended.err


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_listed_command_exists_and_explains_itself(maestro: Maestro, name: str) -> None:
    module = cli.COMMANDS[name][0].partition(":")[0]
    if importlib.util.find_spec(module) is None:
        pytest.fail(f"`maestro {name}` is listed and {module} does not exist")
    ended = maestro(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: maestro {name}")


def _failing(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.ClickException("no"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (OSError("no space left on device"), 4),
        (RuntimeError("a bug"), 4),
        (SystemExit(3), 3),
    ],
)
def test_no_failure_is_mistaken_for_a_verdict(
    maestro: Maestro, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    monkeypatch.setattr(cli, "cli", _failing(error))
    assert maestro().code == code


def test_it_runs_from_any_directory(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise RuntimeError('not this app')\n")
    script = Path(sys.executable).with_name("maestro")
    ran = subprocess.run([script, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, f"maestro, version {__version__}\n")
