"""`maestro_wake`: measurements, or a bill of materials, were stored."""

import pytest

from app.model import MAESTRO, Kind, Surface
from tests.handlers.shapes import HEAD, REPOSITORY, understood, wake


def test_the_pull_requests_at_the_measured_commit_are_looked_up() -> None:
    (trigger,) = understood("maestro_wake", wake())
    assert (trigger.kind, trigger.repository, trigger.head_sha) == (Kind.LOCATE, REPOSITORY, HEAD)
    assert (trigger.who, trigger.surface) == (MAESTRO, Surface.API)


def test_without_a_commit_there_are_none() -> None:
    assert understood("maestro_wake", wake() | {"sha": "main"}) == ()


@pytest.mark.parametrize(
    ("about", "reason"), [("sbom", "sbom"), ("measurements", "measurements"), ("x" * 300, "measurements")]
)
def test_the_reason_tells_what_was_sent(about: str, reason: str) -> None:
    (trigger,) = understood("maestro_wake", wake() | {"about": about})
    assert trigger.reason == reason


def test_an_experiment_is_looked_at_on_a_lane_of_its_own() -> None:
    (trigger,) = understood("maestro_wake", wake() | {"about": "experiment", "experiment": 12})
    assert (trigger.kind, trigger.experiment, trigger.surface) == (Kind.EXPERIMENT, 12, Surface.API)
    assert trigger.lane == f"{REPOSITORY.lower()} experiment 12"


@pytest.mark.parametrize("experiment", [None, 0, -1, "12", True, 2**70])
def test_an_experiment_without_an_id_is_none(experiment: object) -> None:
    assert understood("maestro_wake", wake() | {"about": "experiment", "experiment": experiment}) == ()


def test_a_watched_module_is_looked_at_on_a_lane_of_its_own() -> None:
    (trigger,) = understood("maestro_wake", wake() | {"about": "drift", "module": "ranking"})
    assert (trigger.kind, trigger.module, trigger.surface) == (Kind.DRIFT, "ranking", Surface.API)
    assert trigger.lane == f"{REPOSITORY.lower()} drift ranking"


def test_a_module_without_a_name_is_none() -> None:
    assert understood("maestro_wake", wake() | {"about": "drift"}) == ()
