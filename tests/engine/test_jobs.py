"""Which jobs answer one another."""

from __future__ import annotations

import pytest

from app.engine.jobs import Job
from app.model import Kind, Trigger


def job(kind: Kind, hearsay: bool = False) -> Job:
    return Job("1", Trigger(kind, "octo/shop", hearsay=hearsay))


@pytest.mark.parametrize("kind", [Kind.EVALUATE, Kind.LOCATE, Kind.REPAIR, Kind.EXPERIMENT])
def test_what_is_asked_in_earnest_answers_hearsay_and_not_the_other_way_round(kind: Kind) -> None:
    earnest, hearsay = job(kind), job(kind, hearsay=True)
    assert hearsay.covered_by([earnest.name])
    assert not earnest.covered_by([hearsay.name])
    assert earnest.covered_by([earnest.name])


@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.SWEEP, Kind.SCHEDULED])
def test_each_of_these_runs_for_itself(kind: Kind) -> None:
    assert not job(kind).covered_by([job(kind).name])


def test_repairs_and_evaluations_do_not_answer_each_other() -> None:
    assert not job(Kind.REPAIR).covered_by([job(Kind.EVALUATE).name])
    assert not job(Kind.EVALUATE).covered_by([job(Kind.REPAIR).name])
