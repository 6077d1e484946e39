"""The wheel, as a stranger gets it: built offline, installed on its own, run where it is not at home."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from app import __version__

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `command` in `cwd`, without what this process adds to Python's path."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def built(project: Path, target: Path) -> Path:
    """The wheel of a project."""
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=project)
    assert done.returncode == 0, done.stderr
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return built(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def guards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the library that services install, and we as well."""
    return built(ROOT / "speclive", tmp_path_factory.mktemp("speclive"))


@pytest.fixture(scope="module")
def maestro(wheel: Path, guards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`maestro` of a fresh environment: our wheels, and below them the libraries of this one without our own source."""
    home = tmp_path_factory.mktemp("home") / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    installed = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, guards, cwd=ROOT
    )
    assert installed.returncode == 0, installed.stderr
    (packages,) = home.glob("lib/python*/site-packages")
    # A .pth adds directories and does not read the .pth files in them: our editable install stays out of sight.
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    return home / "bin" / "maestro"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A git repository with an `app`, a `checks` and a `templates` of its own, and one change on a branch."""
    for room in ("app", "checks", "handlers", "program", "speclive", "templates"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("raise ImportError('the wrong one')\n", encoding="utf-8")
    (tmp_path / "templates" / "card.md.j2").write_text("the wrong card", encoding="utf-8")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "maestro.yml").write_text(
        "version: 1\ncontract:\n  post: {speed: {lt: 5}}\n", encoding="utf-8"
    )
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path, "Begin")
    git(tmp_path, "switch", "--quiet", "--create", "change")
    (tmp_path / "app" / "shop.py").write_text("price = 1\n", encoding="utf-8")
    commit(tmp_path, "Sell")
    return tmp_path


def git(where: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    done = run("git", *identity, *arguments, cwd=where)
    assert done.returncode == 0, done.stderr


def commit(where: Path, message: str) -> None:
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--message", message)


def test_the_wheel_holds_what_the_product_needs_and_nothing_of_its_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {"app", "checks", "handlers", "program", "templates"} <= tops
    assert tops.isdisjoint({"tests", "benchmarks", "tools", "docs", "speclive"})
    needed = {"app/github/sandbox/operations.json", "checks/risk/model.json", "templates/card.md.j2", "static/page.css"}
    needed |= {"static/overlay/worker.js", "static/overlay/overlay.css", "static/center/actions.js"}
    assert needed <= set(names)
    assert {"app/py.typed", "checks/py.typed", "handlers/py.typed"} <= set(names)


def test_the_source_archive_holds_what_the_wheel_is_made_of_and_no_tests(wheel: Path, tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    installed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert installed <= names
    assert {name.split("/")[0] for name in names}.isdisjoint({"tests", "benchmarks", "tools", "docs"})


def test_it_tells_its_version_in_a_repository_that_has_an_app_of_its_own(maestro: Path, elsewhere: Path) -> None:
    told = run(maestro, "--version", cwd=elsewhere)
    assert (told.returncode, told.stderr) == (0, "")
    assert __version__ in told.stdout


def test_it_judges_a_repository_that_has_an_app_of_its_own(maestro: Path, elsewhere: Path) -> None:
    judged = run(maestro, "check", "--markdown", elsewhere / "card.md", cwd=elsewhere)
    assert (judged.returncode, judged.stderr) == (3, "")
    assert "HOLD" in judged.stdout
    assert "speed" in (elsewhere / "card.md").read_text(encoding="utf-8")


def test_what_was_measured_there_makes_it_ship(maestro: Path, elsewhere: Path) -> None:
    (elsewhere / "measured.json").write_text('{"speed": 4}', encoding="utf-8")
    judged = run(maestro, "check", "--measurements", "measured.json", cwd=elsewhere)
    assert (judged.returncode, judged.stderr) == (0, "")
    assert "SHIP" in judged.stdout
