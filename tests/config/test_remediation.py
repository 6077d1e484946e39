import pytest

from app.config import Config, ConfigErrors, parse
from checks.registry import CHECKS
from program.bounds import Bounds, Fallback
from program.remediation import Step


def read(block: str) -> Config:
    config = parse(f"version: 1\nremediation: {block}\n", checks=CHECKS)
    assert isinstance(config, Config)
    return config


def bounds(block: str) -> Bounds | None:
    config = read(block)
    assert config.remediation is not None
    return config.remediation.as_bounds()


def test_without_the_block_nothing_is_tried() -> None:
    config = parse("version: 1\n", checks=CHECKS)
    assert isinstance(config, Config)
    assert config.remediation is None


def test_an_empty_block_is_three_attempts_a_day_of_agents_changes() -> None:
    assert bounds("{}") == Bounds(3, 86_400.0, 3_600.0, frozenset(Step), fallback=Fallback.DRAFT, label="needs-human")


def test_everything_may_be_said() -> None:
    said = "{mode: ask, for: all, attempts: 1, hours: 2, patience: 5, agent: false, fallback: rollback, label: help me}"
    few = frozenset({Step.RERUN, Step.UPDATE, Step.FIX})
    assert bounds(said) == Bounds(1, 7_200, 300, few, True, True, Fallback.ROLLBACK, "help me")


def test_switched_off_it_has_no_bounds() -> None:
    assert bounds('{mode: "off"}') is None


@pytest.mark.parametrize(
    "block", ["{attempts: 4}", "{attempts: 0}", "{hours: 25}", "{fallback: pray}", "{label: ''}", "{for: people}"]
)
def test_what_goes_beyond_the_bounds_is_refused(block: str) -> None:
    assert isinstance(parse(f"version: 1\nremediation: {block}\n", checks=CHECKS), ConfigErrors)


def test_it_is_said_again_as_it_was_read() -> None:
    again = read("{for: all, hours: 3}").as_json()["remediation"]
    assert (again["for"], again["hours"], again["fallback"]) == ("all", 3.0, "draft")
    assert "no effect" not in " ".join(map(str, read("{}").notices))
