"""Why a change may not ship, as far as that tells what could mend it: of the newest decision, and of what ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks.model import CheckResult, Decision, Missing, Row, Snapshot, State, TestFacts, TestRun, Verdict
from program.remediation import Failure

CONTRACT, SBOM = "contract", "sbom"
TESTS = "tests"  # the postcondition on what others reported
IMPOSSIBLE = "contract.impossible"  # the rule of a finding: no change could ever fulfil this contract
UNREADABLE = "contract.unreadable"  # and of another: unmeasured, where a contract of the base cannot be read
COMES_LATE = 600.0  # seconds after the last check has ended in which a measurement may still be sent

_RUNNER = frozenset({"cancelled", "timed_out", "startup_failure", "stale"})  # GitHub's words: the run broke off
_FAILED = _RUNNER | {"failure"}
_STOPS = frozenset({State.BLOCK, State.UNMEASURED})


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that stands in the way. `what`: our own words, in which `code` may stand; `check`: the check's name."""

    failure: Failure
    what: str
    check: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """What is known of the runs on a head besides how each stands. `passed`: checks that passed before on this very
    commit, each by its App and its name; `merges`: does it merge with its base, None while GitHub does not know.
    """

    passed: frozenset[tuple[str, str]] = frozenset()
    merges: bool | None = None


def failed(snapshot: Snapshot) -> tuple[TestRun, ...]:
    """What others reported that did not pass."""
    tests = snapshot.tests
    runs = tests.runs if isinstance(tests, TestFacts) else ()
    return tuple(run for run in runs if run.status == "completed" and run.conclusion in _FAILED)


def pending(decision: Decision, snapshot: Snapshot) -> bool:
    """Is an answer still to come, so that what fails now is no failure yet? What runs for days is waited for only
    where nothing else stands in the way.
    """
    tests = snapshot.tests
    if isinstance(tests, Missing) and tests.coming:
        return True
    if isinstance(tests, TestFacts) and any(run.status != "completed" for run in tests.runs):
        return True
    stopping = _stopping(decision)
    if any(row.result.name in {CONTRACT, SBOM} and row.result.state is State.WAIT for row in stopping):
        return True
    if any(row.result.state is State.ERROR and row.conclusion is None for row in stopping):
        return True  # we are trying again
    return bool(stopping) and all(row.result.state is State.WAIT for row in stopping)


def awaited(decision: Decision, snapshot: Snapshot) -> bool:
    """Does nothing fail but that a measurement is missing, of the head or of the base? CI may send it once it is done,
    so it is waited for, `COMES_LATE` at most, before it is a failure.
    """
    row = next((row for row in _stopping(decision) if row.result.name == CONTRACT), None)
    if row is None or row.result.state is not State.UNMEASURED or _beyond(row.result, snapshot):
        return False
    return not failed(snapshot)


def troubles(decision: Decision, snapshot: Snapshot, ran: Ran) -> tuple[Trouble, ...]:
    """Everything that stands in the way, in the order of the decision; none where the change may ship and merges."""
    found = list(_of_rows(decision, snapshot, ran))
    if ran.merges is False:
        found.append(Trouble(Failure.CONFLICT, "it does not merge with its base any more"))
    return tuple(found)


def _stopping(decision: Decision) -> list[Row]:
    return [row for row in decision.rows if row.verdict is not Verdict.SHIP]


def _of_rows(decision: Decision, snapshot: Snapshot, ran: Ran) -> Iterator[Trouble]:
    for row in _stopping(decision):
        result = row.result
        if result.state is State.ERROR:
            yield Trouble(Failure.INFRA, f"we could not judge `{result.name}` ourselves", result.name)
        elif result.state in _STOPS and result.name == CONTRACT:
            yield from _of_contract(result, snapshot, ran)
        elif result.state in _STOPS and result.name == SBOM:
            yield Trouble(Failure.SBOM, "what the change brings in is not allowed, or its bill is missing", SBOM)
        elif result.state in _STOPS:
            yield Trouble(Failure.POLICY, f"`{result.name}` is a rule that only a person can weigh", result.name)


def _of_contract(result: CheckResult, snapshot: Snapshot, ran: Ran) -> Iterator[Trouble]:
    beyond = _beyond(result, snapshot)
    if beyond:
        yield Trouble(Failure.POLICY, beyond, CONTRACT)
    elif result.state is State.UNMEASURED and _uncounted(result, snapshot):
        yield Trouble(Failure.POLICY, UNCOUNTED, CONTRACT)
    else:
        yield _of_change(result, snapshot, ran)


UNCOUNTED = "what was measured has no baseline to be held against, or does not count, which no change can mend"


def _beyond(result: CheckResult, snapshot: Snapshot) -> str:
    """Why no change could ever lift it, whatever is measured; "" where one may."""
    if any(found.rule == IMPOSSIBLE for found in result.findings):
        return "no change could ever fulfil this contract"
    if any(found.rule == UNREADABLE and found.state is State.UNMEASURED for found in result.findings):
        return "a contract of the base branch cannot be read"
    if isinstance(snapshot.contracts, Missing):
        return "the contracts that apply could not be read"
    return ""


def _uncounted(result: CheckResult, snapshot: Snapshot) -> bool:
    """Is something unmeasured of which the head's own figure was sent? Then what is missing is its baseline, or its
    unit, its kind or its sender is not one that counts.
    """
    told = snapshot.measurements if isinstance(snapshot.measurements, tuple) else ()
    sent = {one.name for one in told if one.value is not None}
    return any(one.state is State.UNMEASURED and one.name in sent for one in result.measures)


def _of_change(result: CheckResult, snapshot: Snapshot, ran: Ran) -> Trouble:
    broken = failed(snapshot)
    outside = [one for one in result.measures if one.name != TESTS and one.state is State.BLOCK]
    if outside or not broken:
        also = f", and {_checks(broken)} failed or broke off" if broken else ""
        return Trouble(Failure.CONTRACT, _outside(len(outside), result.state) + also, CONTRACT)
    if all(run.conclusion in _RUNNER for run in broken):
        return Trouble(Failure.INFRA, f"{_checks(broken)} broke off, which says nothing of the change", CONTRACT)
    told = [run for run in broken if run.conclusion not in _RUNNER]
    if all((run.app, run.name) in ran.passed for run in told):
        return Trouble(Failure.FLAKY, f"{_checks(told)} failed that passed before on this very commit", CONTRACT)
    return Trouble(Failure.CONTRACT, f"{_checks(told)} failed", CONTRACT)


def _outside(count: int, state: State) -> str:
    if count:
        return f"{count} measurement{'s are' if count > 1 else ' is'} outside what the contract promises"
    if state is State.UNMEASURED:
        return "everything has run, and what the contract promises was not measured"
    return "the contract is not fulfilled"


def _checks(runs: Iterable[TestRun]) -> str:
    count = len(list(runs))
    return f"{count} check{'s' if count > 1 else ''}"
