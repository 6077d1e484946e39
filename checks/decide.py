"""From facts and policy to one Decision: run each configured check, weigh its answer by its mode, let the worst win."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from checks import contract, risk
from checks.assessed import Risk
from checks.model import (
    ChangeFacts,
    Check,
    CheckConfig,
    CheckResult,
    Decision,
    Measure,
    Mode,
    Row,
    Snapshot,
    State,
    Verdict,
)
from checks.overridden import Overridden
from checks.registry import CHECKS

IN_PROGRESS = None
_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}

# What a state means in mode `block`: the verdict, and the conclusion GitHub is told. Never `neutral` nor `skipped`:
# GitHub counts both as passed for a required check.
OUTCOMES: Mapping[State, tuple[Verdict, str | None]] = {
    State.PASS: (Verdict.SHIP, "success"),
    State.WARN: (Verdict.SHIP, "success"),
    State.WAIT: (Verdict.HOLD, IN_PROGRESS),
    State.UNMEASURED: (Verdict.HOLD, "action_required"),
    State.BLOCK: (Verdict.BLOCK, "failure"),
    State.ERROR: (Verdict.HOLD, "action_required"),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What the repository asked for, of this pull request.

    `agent`: why its author counts as an agent, "" for people. `reserved`: checks that an older version was asked for
    and lacked, as its records tell.
    """

    checks: Mapping[str, CheckConfig]
    reserved: Mapping[str, Mode] = field(default_factory=dict)
    agent: str = ""
    digest: str = ""
    notes: tuple[str, ...] = ()


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of `verdicts`; SHIP where there is none, for what is not configured is absent."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.SHIP)


def weigh(result: CheckResult, mode: Mode, attempts_left: int = 0) -> Row:
    """The weight of one answer. In mode `warn` nothing stops the change; our own failure waits while we retry."""
    if mode is Mode.WARN:
        return Row(result, mode, Verdict.SHIP, "success")
    verdict, conclusion = OUTCOMES[result.state]
    if result.state is State.ERROR and attempts_left:
        conclusion = IN_PROGRESS
    if result.state is State.BLOCK and result.rollback:
        verdict = Verdict.ROLLBACK
    return Row(result, mode, verdict, conclusion)


def overruled(row: Row, said: Overridden | None) -> Row:
    """The same row, which keeps its state and stops nothing, where a person `said` so and it would."""
    if said is None or row.verdict is Verdict.SHIP:
        return row
    return replace(row, verdict=Verdict.SHIP, conclusion="success", overridden=said)


def decide(snapshot: Snapshot, policy: Policy, version: str) -> Decision:
    """Judge the whole change. Pure: the same snapshot, policy and version give the same Decision."""
    snapshot = replace(snapshot, agent=policy.agent)
    assessed = assess(snapshot, policy)
    said = {one.check: one for one in snapshot.overrides}
    weighed = (*_judged(snapshot, policy, assessed), *_unavailable(policy))
    rows = [overruled(row, said.get(row.result.name)) for row in weighed]
    return Decision(
        verdict=worst(row.verdict for row in rows),
        rows=tuple(rows),
        pull=snapshot.pull,
        risk=assessed,
        agent=snapshot.agent,
        config_digest=policy.digest,
        version=version,
        notes=(*policy.notes, *_absences(snapshot, policy)),
    )


def with_row(decision: Decision, row: Row) -> Decision:
    """The same decision with one more answer in it."""
    rows = (*decision.rows, row)
    return replace(decision, rows=rows, verdict=worst(r.verdict for r in rows))


def sharing_a_head(decisions: Sequence[Decision]) -> Decision:
    """What check runs say of a head that several open pull requests share: the worst of all of them, check by check.

    GitHub keeps check runs by commit, so what would let one of them through lets all of them through. The answer is
    the same whichever of them asks. Beside pull requests of the repository itself, those of forks do not count:
    anybody can open one on somebody else's commit. But of a check that was overridden for one, they do: nobody said of
    the others that it does not count.
    """
    known = sorted(decisions, key=lambda decision: decision.pull.number or 0)
    own = [decision for decision in known if not decision.pull.from_fork] or known
    overridden = {row.result.name for decision in own for row in decision.rows if row.overridden}
    strangers = (_only(decision, overridden) for decision in known if decision not in own)
    counted = [*own, *(decision for decision in strangers if decision.rows)]
    if len(counted) == 1:
        return counted[0]
    rows: dict[str, Row] = {}
    for row in (row for decision in counted for row in decision.rows):
        held = rows.get(row.result.name)
        if held is None or _weight(row) > _weight(held):
            rows[row.result.name] = row
    told = ", ".join(f"#{decision.pull.number} onto `{decision.pull.base_ref}`" for decision in counted)
    note = f"{told} share this head: the worst of them counts for all"
    verdict = worst(row.verdict for row in rows.values())
    return replace(counted[0], rows=tuple(rows.values()), verdict=verdict, notes=(*counted[0].notes, note))


def _only(decision: Decision, names: set[str]) -> Decision:
    return replace(decision, rows=tuple(row for row in decision.rows if row.result.name in names))


def _weight(row: Row) -> tuple[int, bool]:
    """Of two rows that hold, the one that asks for a person weighs more than the one that waits."""
    return _SEVERITY[row.verdict], row.conclusion is not None


def assess(snapshot: Snapshot, policy: Policy) -> Risk | None:
    """The change's risk under the repository's own risk settings; None where its size is not known."""
    if not isinstance(snapshot.change, ChangeFacts):
        return None
    asked_for = policy.checks.get(risk.CHECK.name)
    config = asked_for if isinstance(asked_for, risk.Config) else risk.Config()
    try:
        return risk.assess(snapshot.change, config)
    except risk.ChangeError:  # the risk check, where it is configured, says what is wrong with the numbers
        return None


def _judged(snapshot: Snapshot, policy: Policy, assessed: Risk | None) -> Iterable[Row]:
    measured: dict[str, Measure] = {}
    if assessed is not None:
        measured["risk"] = Measure(
            "risk", assessed.score, evidence=f"{snapshot.pull.url}/files" if snapshot.pull.url else ""
        )
    for check, config in asked(policy):
        if check.absent(snapshot, config):
            continue
        result = check.evaluate(snapshot, config, measured)
        measured |= {f"{check.name}.{measure.name}": measure for measure in result.measures}
        yield weigh(result, config.mode, snapshot.attempts_left)


def _absences(snapshot: Snapshot, policy: Policy) -> Iterable[str]:
    for check, config in asked(policy):
        if reason := check.absent(snapshot, config):
            yield f"`{check.name}` is absent: {reason}"


def asked(policy: Policy) -> Iterable[tuple[Check, CheckConfig]]:
    """The checks that `policy` asks for, with their settings, in the order they run."""
    configs = dict(policy.checks)
    if policy.agent:
        configs.setdefault(contract.CHECK.name, contract.Config())  # an agent proves what it did, asked or not
    for check in CHECKS:
        config = configs.get(check.name)
        if config is not None and config.mode is not Mode.OFF:
            yield check, config


def _unavailable(policy: Policy) -> Iterable[Row]:
    for name, mode in sorted(policy.reserved.items()):
        if mode is not Mode.OFF:
            result = CheckResult(
                name,
                State.UNMEASURED,
                f"`{name}` is not available in this version",
                next_step=f"Remove the `{name}` block, or set `mode: warn` until it is.",
            )
            yield weigh(result, mode)
