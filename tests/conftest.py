"""What every test run shares: how hard the properties search, what may be skipped, and the result as a measurement."""

from __future__ import annotations

import gc
import io
import json
import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

from app.store.address import Address, address
from tests import storage
from tests.logged import written
from tests.postgres import Postgres, running

# No deadline: how long an example takes says more of the machine than of the code. The examples of one tree are the
# same in each run, so that a red run is about the change; `make nightly` looks for new ones.
settings.register_profile("maestro", deadline=None, derandomize=True)
settings.register_profile("fast", deadline=None, derandomize=True, max_examples=20)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.register_profile("mutants", deadline=None, max_examples=30, derandomize=True, database=None)
settings.load_profile("maestro")

_SLOW_MODULE = re.compile(r"^pytestmark = \[?pytest\.mark\.slow\b", re.MULTILINE)

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The inner loop does not even import a module that is slow as a whole."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    return True if _SLOW_MODULE.search(collection_path.read_text(encoding="utf-8")) else None


def pytest_configure() -> None:
    """Nothing that is imported or collected is garbage: to look for some meanwhile takes a fifth of the collection."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on the collector looks at what the tests make, and not at all the tests each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this process."""
    with running() as server:
        yield server


@pytest.fixture(name="written")
def _written() -> Iterator[io.StringIO]:
    """The log of one test, as `app.logs` writes it."""
    with written() as stream:
        yield stream


@pytest.fixture(scope="session")
def tables(postgres: Postgres) -> str:
    """The name of a database of `postgres` that holds our tables and nothing else."""
    url = postgres.database()
    storage.make(Address(url, url))
    return str(url.database)


BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@pytest.fixture(params=BOTH)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    """The address of storage that holds its tables and nothing else, once on each database."""
    if request.param == "sqlite":
        yield storage.laid(tmp_path / "kept")
    else:
        yield from _database(request.getfixturevalue("postgres"), request.getfixturevalue("tables"))


@pytest.fixture(params=BOTH)
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    """The address of storage without a table, once on each database."""
    if request.param == "sqlite":
        yield address(f"sqlite:///{tmp_path / 'bare' / 'maestro.db'}")
    else:
        yield from _database(request.getfixturevalue("postgres"))


def _database(server: Postgres, template: str = "template1") -> Iterator[Address]:
    url = server.database(template)
    yield Address(url, url)
    server.drop(url)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With MAESTRO_REQUIRE_ALL set, a test that would be skipped fails: green then means that everything ran."""
    report = yield
    return report if hasattr(report, "wasxfail") else _required(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that would be skipped whole."""
    return _required((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """With MAESTRO_MEASUREMENTS=FILE set, write the result there as `maestro check --measurements` reads it."""
    path = os.environ.get("MAESTRO_MEASUREMENTS")
    if path:
        ran = sum(len(terminalreporter.getreports(outcome)) for outcome in ("passed", "failed", "error"))
        value = "pass" if exitstatus == pytest.ExitCode.OK and ran else "fail"
        Path(path).write_text(json.dumps({"tests": {"value": value, "n": ran}}) + "\n", encoding="utf-8")


def _required(report: Report) -> Report:
    if os.environ.get("MAESTRO_REQUIRE_ALL") and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"MAESTRO_REQUIRE_ALL is set, and this would not run: {reason}"
    return report
