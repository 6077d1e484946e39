"""Cards in a test run: `pytest --speclive[=CARDS]`. Nothing of it is imported until it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SPEC = "spec(*ids): the Spec Cards that this test is about"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a run may be asked for."""
    group = parser.getgroup("speclive", "Spec Cards")
    group.addoption(
        "--speclive",
        nargs="?",
        const="",
        metavar="CARDS",
        help="guard what the cards are bound to: those of the ini option speclive_cards, or of --speclive=CARDS",
    )
    group.addoption("--speclive-observe", action="store_true", help="tell violations at the end, and fail no test")
    group.addoption("--speclive-report", metavar="FILE", help="write what was seen as reports, one to a line")
    parser.addini("speclive_cards", "feature files, or folders of them", type="args", default=["specs"])
    parser.addini("speclive_critical", "globs of the targets that are critical", type="args", default=[])
    parser.addini("speclive_targets", "module:attribute of the application whose targets are told", default="")


def pytest_load_initial_conftests(args: list[str]) -> None:
    """A bare `--speclive` takes no cards: the word after it is what is to be tested."""
    args[:] = ["--speclive=" if argument == "--speclive" else argument for argument in args]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known; and where the run asks for it, everything else."""
    config.addinivalue_line("markers", SPEC)
    if config.getoption("--speclive") is None and config.getoption("--speclive-report") is None:
        return
    from speclive.testing import begun

    config.pluginmanager.register(begun(config), "speclive-run")
