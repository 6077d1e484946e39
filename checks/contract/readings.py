"""Where a measured value comes from: the tests, the risk model, another check, or what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from checks.contract.config import Config
from checks.contract.escalation import as_run, counted
from checks.contract.older import older
from checks.contract.predicate import RISK, TESTS
from checks.contract.reading import Known, Reading, Unknown, measure_trusted, unavailable
from checks.contract.runs import names, read_tests
from checks.model import Baseline, Before, Measure, Measured, Measurement, Missing, Snapshot, State, TestFacts, TestRun

_REMEDIES = {
    "artifact": "Correct what the workflow writes to maestro-metrics.json, then run it again.",
    "file": "Bring {} with --measurements FILE.",
}
_OWN_LIMIT = "State a limit of its own for {}."
_BROUGHT_REMEDY = "Bring what {} was where the change left its base, with --baseline FILE."
_BASELINE_REMEDY = (
    "Measure {} where the change left its base, in a run that this repository trusts: run the workflow there, or send "
    "it with POST /api/measurements."
)
_UNDECIDED = frozenset({State.WAIT, State.UNMEASURED, State.ERROR})


def reader(snapshot: Snapshot, config: Config, measured: Measured) -> Callable[[str], Reading]:
    """The reading of each name. What a check measured stands: nobody can send a number of the same name."""
    tests = read_tests(snapshot, config.tests)
    sent = _sent(snapshot.measurements)
    stated = _labelled if older(snapshot) else _in_unit

    def read(name: str) -> Reading:
        if name == TESTS:
            return tests
        if name == RISK or name in measured:
            return stated(name, _measured(name, measured.get(name), snapshot), config.units.get(name))
        if not isinstance(sent, Mapping):
            return unavailable(name, sent)
        return stated(name, _told(name, sent.get(name), snapshot), config.units.get(name))

    return read


def baselines(snapshot: Snapshot, config: Config, measured: Measured) -> Callable[[str], Reading]:
    """What each name measured on the base. What a check measures is of a change, and has no baseline."""
    before, now = snapshot.before, _sent(snapshot.measurements)
    heads = now if isinstance(now, Mapping) else {}

    def read(name: str) -> Reading:
        if name == RISK or name in measured:
            return Unknown(State.UNMEASURED, f"{name} is of a change and has no baseline", _OWN_LIMIT.format(name))
        if before is None or isinstance(before, Missing):
            return unavailable(f"the baseline of {name}", before)
        found = next((one for one in before if one.measurement.name == name), None)
        return _baseline(name, found, heads.get(name), config)

    return read


def _baseline(name: str, found: Before | None, head: Measurement | None, config: Config) -> Reading:
    """The baseline, where it is of something, and in the unit of the head's own figure."""
    one = found.measurement if found else None
    if found is None or one is None or one.value is None or found.baseline is None:
        why = one.missing.reason if one and one.missing else "nothing trusted was measured on the base"
        remedy = _BROUGHT_REMEDY if one and one.source == "file" else _BASELINE_REMEDY
        return Unknown(State.UNMEASURED, f"{name} has no baseline: {why}", remedy.format(name))
    where = _where(found.baseline)
    if one.n == 0:
        why = f"the baseline of {name} rests on nothing: n 0 {where}"
        return Unknown(State.UNMEASURED, why, _BASELINE_REMEDY.format(name))
    units = [measurement.unit or config.units.get(name, "") for measurement in (head, one) if measurement]
    if len(set(units)) > 1:
        said = " and ".join(f"`{unit}`" if unit else "no unit" for unit in units)
        return Unknown(
            State.UNMEASURED,
            f"{name} has {said}: head and baseline ({where}) cannot be compared",
            f"Send {name} in one unit, on the base as on the head.",
        )
    return Known(one.value, config.units.get(name, one.unit), one.interval, one.n, one.url or one.source, words=where)


def _where(baseline: Baseline) -> str:
    commits = "1 commit" if baseline.behind == 1 else f"{baseline.behind} commits"
    behind = f", {commits} before the change left its base" if baseline.behind else ", where the change left its base"
    return f"at {baseline.sha[:7]}{behind}"


def _sent(measurements: tuple[Measurement, ...] | Missing | None) -> Mapping[str, Measurement] | Missing | None:
    """By name, the last one sent; what is trusted stands against all that is not, any value against none."""
    if measurements is None or isinstance(measurements, Missing):
        return measurements
    ranked = sorted(measurements, key=lambda measurement: (measurement.value is not None, measurement.trusted))
    return {measurement.name: measurement for measurement in ranked}


def _told(name: str, sent: Measurement | None, snapshot: Snapshot) -> Reading:
    if sent is None or sent.value is None:
        return _absent(name, sent, snapshot)
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


def _absent(name: str, sent: Measurement | None, snapshot: Snapshot) -> Unknown:
    """A number that a check still running may bring is waited for; after the last one it is missing."""
    reason = f"{name} has not been measured on {snapshot.pull.head_sha[:7]}"
    missing = (sent and sent.missing) or Missing("")
    aside = f"; {missing.reason}" if missing.reason else ""
    evidence = sent.url if sent else ""
    running = [run for run in _reported(snapshot) if run.status != "completed"]
    if running:
        return Unknown(State.WAIT, f"{reason} yet; still running: {names(running)}{aside}", evidence=evidence)
    return Unknown(missing.state, f"{reason}{aside}", _remedy(name, sent), evidence)


def _reported(snapshot: Snapshot) -> Sequence[TestRun]:
    """All that others run on the head; the heavier tests may bring a number too."""
    tests, heavier = snapshot.tests, counted(snapshot)
    also = () if heavier is None else (as_run(heavier),)
    return (*tests.runs, *also) if isinstance(tests, TestFacts) else ()


def _remedy(name: str, sent: Measurement | None) -> str:
    """What to do for `name`, by where it was looked for and not found."""
    if sent is None:
        return f"Send {name} with POST /api/measurements, or in a maestro-metrics.json artifact of a workflow run."
    if not sent.trusted:
        return measure_trusted(name)
    return _REMEDIES.get(sent.source, "").format(name)


def _in_unit(name: str, reading: Reading, unit: str | None) -> Reading:
    """A figure without a unit is one in the configured unit; one in another cannot be held against the limit."""
    if not unit or not isinstance(reading, Known) or reading.unit in {"", unit}:
        return _labelled(name, reading, unit)
    return Unknown(
        State.UNMEASURED,
        f"{name} was measured in `{reading.unit}`, and `contract.units` has `{unit}`: the limit cannot be applied",
        f"Send {name} in `{unit}`, or correct `contract.units` on the base branch.",
        reading.evidence,
    )


def _labelled(_name: str, reading: Reading, unit: str | None) -> Reading:
    return replace(reading, unit=unit) if unit and isinstance(reading, Known) else reading
