"""Where a measured value comes from: the tests, the risk model, another check, or what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from checks.contract.config import Config
from checks.contract.predicate import RISK, TESTS
from checks.contract.reading import Known, Reading, Unknown, unavailable
from checks.contract.runs import names, read_tests
from checks.model import Measure, Measured, Measurement, Missing, Snapshot, State, TestFacts

_UNDECIDED = frozenset({State.WAIT, State.UNMEASURED, State.ERROR})


def reader(snapshot: Snapshot, config: Config, measured: Measured) -> Callable[[str], Reading]:
    """The reading of each name. What a check measured stands: nobody can send a number of the same name."""
    tests = read_tests(snapshot, config.tests)
    sent = _sent(snapshot.measurements)

    def read(name: str) -> Reading:
        if name == TESTS:
            return tests
        if name == RISK or name in measured:
            return _in_unit(_measured(name, measured.get(name), snapshot), config.units.get(name))
        if not isinstance(sent, Mapping):
            return unavailable(name, sent)
        return _in_unit(sent.get(name) or _not_sent(name, snapshot), config.units.get(name))

    return read


def _sent(measurements: tuple[Measurement, ...] | Missing | None) -> Mapping[str, Known] | Missing | None:
    """By name, the last one sent; what is trusted stands against all that is not."""
    if measurements is None or isinstance(measurements, Missing):
        return measurements
    by_trust = sorted(measurements, key=lambda measurement: measurement.trusted)
    return {measurement.name: _known(measurement) for measurement in by_trust}


def _known(sent: Measurement) -> Known:
    return Known(sent.value, sent.unit, sent.interval, sent.n, sent.url or sent.source, sent.trusted)


def _measured(name: str, measure: Measure | None, snapshot: Snapshot) -> Reading:
    if measure is None:
        change = snapshot.change
        missing = change if isinstance(change, Missing) else Missing("the change could not be scored")
        return unavailable(name, missing)
    if measure.value is None or measure.state in _UNDECIDED:
        state = measure.state if measure.state in _UNDECIDED else State.UNMEASURED
        return Unknown(state, f"{name}: no value yet, see its own check", evidence=measure.evidence)
    return Known(measure.value, measure.unit, measure.interval, measure.n, measure.evidence)


def _not_sent(name: str, snapshot: Snapshot) -> Unknown:
    """A number that a check still running may bring is waited for; after the last one it is missing."""
    reason = f"{name} has not been measured on {snapshot.pull.head_sha[:7]}"
    tests = snapshot.tests
    running = [run for run in tests.runs if run.status != "completed"] if isinstance(tests, TestFacts) else []
    if running:
        return Unknown(State.WAIT, f"{reason} yet; still running: {names(running)}")
    remedy = f"Send {name} with POST /api/measurements, or in a maestro-metrics.json artifact of a workflow run."
    return Unknown(State.UNMEASURED, reason, remedy)


def _in_unit(reading: Reading, unit: str | None) -> Reading:
    return replace(reading, unit=unit) if unit and isinstance(reading, Known) else reading
