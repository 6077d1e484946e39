"""The repository keeps its own rules: shape, one fact in one place, and documents that tell the truth."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from app import __version__
from app.cli import COMMANDS
from app.metrics import known_event
from app.metrics_file import measurements_in
from app.model import ASKED, WAKE
from app.pages.signing_in import BACK
from app.render.actions import DECISION
from app.settings import Settings
from checks.registry import CHECKS
from handlers.understand import HANDLERS
from tools import bench, docs

ROOT = Path(__file__).parents[1]
ROOMS = ("app", "handlers", "checks", "program", "speclive", "tools", "benchmarks", "campaign", "tests")
# GitHub sends these without a subscription
ALWAYS_SENT = {"github_app_authorization", "installation", "installation_repositories"}
TARGETS = {
    "bench", "clean", "demo", "docs", "drill", "faults", "format", "help", "lint", "lock", "nightly", "pictures",
    "serve", "speclive", "test", "test-fast"
}  # fmt: skip
REGISTRIES = tuple(
    f"{name}.{end}"
    for name, end in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("npmmirror", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy.golang", "org"),
        ("anaconda", "org"),
    )
)


def files(*suffixes: str) -> list[Path]:
    """The files that are, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return sorted(path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes))


def code() -> list[Path]:
    """Our Python files."""
    return [path for path in files(".py") if path.relative_to(ROOT).parts[0] in ROOMS]


def pages() -> list[Path]:
    """Our documents; test data is somebody else's."""
    return [path for path in files(".md") if "data" not in path.relative_to(ROOT).parts]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text("app.yml"))
    return loaded


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below `heading`, its head left out."""
    below = page.partition(heading)[2].partition("\n|")[2]
    lines = ("|" + below).partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# --- shape -----------------------------------------------------------------------------------------------------


def test_no_file_of_code_is_longer_than_400_lines() -> None:
    long = {named(path): lines for path in code() if (lines := len(path.read_text("utf-8").splitlines())) > 400}
    assert long == {}


def test_nine_of_ten_functions_have_at_most_35_lines() -> None:
    lengths = sorted(length for path in code() if "tests" not in path.parts for length in lengths_of(path))
    assert len(lengths) > 100
    assert lengths[len(lengths) * 9 // 10] <= 35
    assert 3 <= lengths[len(lengths) // 2] <= 10


def lengths_of(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.end_lineno - node.lineno + 1


def test_no_module_is_a_drawer() -> None:
    drawers = {"util", "utils", "helper", "helpers", "common", "misc", "shared"}
    assert [named(path) for path in code() if path.stem in drawers or path.parent.name in drawers] == []


def test_no_package_registry_is_named() -> None:
    naming = {
        named(path): host
        for path in files()
        for host in REGISTRIES
        if host in path.read_bytes().decode("utf-8", "replace")
    }
    assert naming == {}


# --- the App ---------------------------------------------------------------------------------------------------


def test_the_app_hears_every_event_that_a_handler_understands_and_no_other() -> None:
    assert set(manifest()["default_events"]) == HANDLERS.keys() - ALWAYS_SENT - {ASKED, WAKE}


def test_every_event_has_its_own_label_in_the_metrics() -> None:
    assert [event for event in HANDLERS.keys() - {ASKED, WAKE} if known_event(event) != event] == []


def test_the_page_gives_the_reason_of_each_permission_and_event_of_the_manifest() -> None:
    page = text("docs/install.md")
    permissions = {cells[0].strip("`"): cells[1] for cells in table(page, "### Permissions")}
    assert permissions == manifest()["default_permissions"]
    assert [cells[0].strip("`") for cells in table(page, "### Events")] == manifest()["default_events"]
    reasons = [cells[-1] for heading in ("### Permissions", "### Events") for cells in table(page, heading)]
    assert min(map(len, reasons)) > 20


def test_people_who_sign_in_come_back_to_where_we_listen() -> None:
    assert manifest()["callback_urls"] == [manifest()["url"] + BACK]


def test_the_app_asks_for_no_power_over_workflows_people_or_settings() -> None:
    asked = manifest()["default_permissions"]
    assert asked.keys().isdisjoint({"administration", "members", "secrets", "workflows", "organization_hooks"})
    assert manifest()["public"] is False


def test_the_page_says_to_require_our_check_from_this_app_alone() -> None:
    advice = " ".join(text("docs/install.md").split())
    assert "require **`maestro / decision`** in the branch's ruleset and choose *this App* as its source" in advice
    assert DECISION == "maestro / decision"


def test_every_known_danger_has_a_test_that_names_it() -> None:
    rows = table(text("docs/security.md"), "# Security")
    assert [row[0] for row in rows] == [str(number) for number in range(1, 22)]
    assert [row[0] for row in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+`", row[-1])] == []


def test_the_page_names_every_variable_of_the_environment() -> None:
    page = table(text("docs/install.md"), "## 2. Run it")
    assert {cells[0].strip("`") for cells in page} == set(variables())


def variables() -> Iterator[str]:
    """The first name of each setting in the environment."""
    for field in Settings.model_fields.values():
        alias = field.validation_alias
        yield str(alias.choices[0] if isinstance(alias, AliasChoices) else alias)


def test_each_process_of_the_procfile_is_a_command() -> None:
    commands = [line.split(":", 1)[1].split()[:2] for line in text("Procfile").splitlines()]
    assert [words[0] for words in commands] == ["maestro"] * 3
    assert {words[1] for words in commands} <= COMMANDS.keys()


# --- one fact, one place -----------------------------------------------------------------------------------------


def test_one_version_everywhere() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    newest = re.findall(r"^## \[(\d[^\]]*)\]", text("CHANGELOG.md"), re.MULTILINE)[0]
    assert __version__ == project["version"] == newest


def test_every_template_is_used_and_every_used_template_is_there() -> None:
    there = {
        path.relative_to(ROOT / "templates").as_posix() for path in files(".j2") if named(path).startswith("templates/")
    }
    users = [path for path in [*files(".j2"), *code()] if named(path).split("/")[0] not in {"tests", "tools"}]
    mentioned = {name for path in users for name in re.findall(r'"([\w/]+\.\w+\.j2)"', path.read_text("utf-8"))}
    fragments = {f"checks/{check.name}.md.j2" for check in CHECKS}  # found by the check's name
    assert there == mentioned | fragments


def test_every_check_has_tests() -> None:
    tested = {path.stem for path in (ROOT / "tests" / "checks").rglob("test_*.py")}
    assert [c.name for c in CHECKS if not any(name.startswith(f"test_{c.name}") for name in tested)] == []


def test_the_tables_of_measurements_that_a_page_shows_are_read_as_it_says() -> None:
    examples = re.findall(r"^```json\n(.*?)^```", text("docs/measurements.md"), re.MULTILINE | re.DOTALL)
    read = [one for example in examples for one in measurements_in(example, "file", "a" * 40)]
    assert {one.name: (one.value, one.n) for one in read} == {
        "coverage": (0.93, 1204),
        "license_scan": ("clean", None),
        "perf_p95_ms": (212, None),
    }


def test_the_generated_pages_are_current() -> None:
    stale = [name for name, anew in docs.PAGES.items() if anew(page := text(f"docs/{name}")) != page]
    assert stale == [], "run `make docs`"


# --- the workshop ------------------------------------------------------------------------------------------------


def test_the_makefile_has_its_targets_each_with_a_word_of_help() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*## \S", text("Makefile"), re.MULTILINE))
    assert explained == TARGETS


def test_help_lists_every_target() -> None:
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[0] for line in printed.splitlines()} == TARGETS


@pytest.mark.parametrize("page", pages(), ids=named)
def test_no_document_names_a_make_target_that_does_not_exist(page: Path) -> None:
    assert set(re.findall(r"(?<=`make )[a-z-]+|(?<=\$ make )[a-z-]+", page.read_text("utf-8"))) <= TARGETS


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!\w+:|#)([^)\s#]+)", prose)
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [p for p in pages() if p.name != "CHANGELOG.md"], ids=named)
def test_every_file_that_a_document_names_is_there(page: Path) -> None:
    rooms = "|".join((*ROOMS, "templates", "docs"))
    mentioned = re.findall(rf"`((?:{rooms})/[\w./-]*)(?:::(\w+))?`", page.read_text("utf-8"))
    absent = [name for name, _ in mentioned if not (ROOT / name).exists()]
    assert absent == []
    untold = [test for name, test in mentioned if test and f"def {test}(" not in text(name)]
    assert untold == []


def test_ci_runs_the_script_that_a_developer_can_run() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    workflow = yaml.safe_load(text(".github/workflows/ci.yml"))
    assert workflow["permissions"] == {"contents": "read"}
    assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]


def test_ci_runs_every_python_that_the_package_names() -> None:
    classifiers = tomllib.loads(text("pyproject.toml"))["project"]["classifiers"]
    named_there = [name for each in classifiers if (name := each.rpartition(" :: ")[2]).startswith("3.")]
    workflow = yaml.safe_load(text(".github/workflows/ci.yml"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == named_there


def test_the_container_runs_without_privileges_and_tells_its_health() -> None:
    lines = text("Dockerfile").splitlines()
    assert "USER maestro" in lines[lines.index("FROM python:3.11-slim") :]
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert any("--require-hashes" in line for line in lines)


def test_every_benchmark_can_be_run_by_name() -> None:
    names = list(bench.benchmarks())
    assert "risk" in names
    assert [name for name in names if "def main(" not in text(f"benchmarks/{name}.py")] == []
