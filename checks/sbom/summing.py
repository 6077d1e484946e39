"""All bills of a change in one answer: each finding once, whatever number of bills it is found in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from checks.model import Advisories, CheckResult, Measure, Missing, Snapshot, State
from checks.sbom import report
from checks.sbom.drift.change import SUMMARY
from checks.sbom.evidence import Evidence
from checks.sbom.judging import loose, renewing
from checks.sbom.judging.comparing import age_in_days, counted, worst
from checks.sbom.judging.outcome import Judged, Outcome, Suppressed, merged, merged_excuses
from checks.sbom.rules.policy import Config

NAME = "sbom"
SHOWN = 200  # findings, and changes a file, in `detail`: more than anyone reads
NAMED = 10  # components of a file that nobody can be asked about, for each reason


def together(outcomes: Sequence[Outcome], snapshot: Snapshot, config: Config, evidence: Evidence) -> CheckResult:
    """The whole answer of the check. Advisories that could not be had keep it from passing, and hide nothing else."""
    of_bills = [each for outcome in outcomes for each in outcome.judged]
    judged = merged([*of_bills, *renewing.judged(snapshot, config), *loose.judged(outcomes, config, evidence)])
    suppressed = merged_excuses([each for outcome in outcomes for each in outcome.suppressed])
    absent = snapshot.advisories if isinstance(snapshot.advisories, Missing) else None
    states = [*(outcome.state for outcome in outcomes), *(each.state for each in judged)]
    state = worst([*states, absent.state] if absent else states)
    return CheckResult(
        NAME,
        state,
        _title(state, judged, outcomes, absent),
        reasons=_reasons(judged, outcomes, snapshot),
        measures=_measures(judged, outcomes, config, evidence.day),
        findings=tuple(each.finding for each in judged),
        next_step=_next_step(state, judged, outcomes),
        detail=_detail(outcomes, judged, suppressed, snapshot.advisories),
    )


# --- words -------------------------------------------------------------------------------------------------


def _title(state: State, judged: Sequence[Judged], outcomes: Sequence[Outcome], absent: Missing | None) -> str:
    if state is State.PASS:
        total = _total(outcomes)
        return counted(total) if any(total.values()) else outcomes[0].title
    leading = next((outcome for outcome in outcomes if outcome.state is state and not outcome.measured), None)
    if leading:
        return leading.title if len(outcomes) == 1 else f"{leading.path}: {leading.title}"
    if absent and absent.state is state:
        return f"Advisories not read: {absent.reason}"
    telling = [each.finding.message for each in judged if each.state is state]
    return telling[0] + (f", and {len(telling) - 1} more" if len(telling) > 1 else "")


def _reasons(judged: Sequence[Judged], outcomes: Sequence[Outcome], snapshot: Snapshot) -> tuple[str, ...]:
    lost = {"Advisories": snapshot.advisories, "VEX documents": snapshot.vex}
    return (
        *(each.finding.message for each in judged if each.state is not State.PASS),
        *(f"{outcome.path}: {outcome.title}" for outcome in outcomes if not outcome.measured),
        *(f"{name} not read: {facts.reason}" for name, facts in lost.items() if isinstance(facts, Missing)),
    )


_STEPS = {
    ("licence", "denied"): "Replace the package, or accept its licence in `sbom.licenses` on the base branch.",
    ("licence", "unknown"): "Look at the licence; name it in `sbom.licenses` if it is one you know.",
    ("licence", "changed"): "See that the new licence suits you.",
    ("vulnerability", ""): "Move to a version that the advisory does not name.",
    ("downgrade", "into_vulnerable"): "Stay at the version that the base has.",
    ("downgrade", "plain"): "See that the step back is meant.",
    ("hash_changed", ""): "Find out who published the same version twice before anything is installed.",
    ("scope_changed", ""): "See that the package is meant to be shipped.",
    ("typosquat", ""): "See that it is the package you mean; name it in `sbom.packages.known` if it is.",
    ("denied_package", ""): "Replace the package.",
    ("incomparable_versions", ""): "See that the change of version is meant.",
    ("component_unreadable", ""): "Generate the file again: parts of it could not be read.",
    ("bill_not_renewed", ""): "Generate the SBOM again and commit it with the change, or let CI send it.",
    ("exception_expired", ""): "Mend the finding, or renew the exception on the base branch.",
    ("exception_too_long", ""): "Let the exception end within 90 days.",
    ("vex_unmatched", ""): "Correct the statement: it speaks of nothing in the bills.",
    ("unasked", ""): "Look those packages up by hand.",
    ("unidentified", ""): "Look the package up by hand, or let the bill's generator name it whole.",
    ("advisory_unread", ""): "Look the advisory up by hand; a rule of the policy may settle it.",
}


def _next_step(state: State, judged: Sequence[Judged], outcomes: Sequence[Outcome]) -> str:
    leading = next((each.concern for each in judged if each.state is state), None)
    if leading is None or state is State.PASS:
        return next((outcome.next_step for outcome in outcomes if outcome.state is state), "")
    if leading.unread:
        return _STEPS["advisory_unread", ""]
    steps = (leading.fix, _STEPS.get((leading.rule, leading.kind)), _STEPS.get((leading.rule, "")))
    return next((f"{step.rstrip('.')}." for step in steps if step), "")


# --- figures -----------------------------------------------------------------------------------------------


def _total(outcomes: Sequence[Outcome]) -> dict[str, int]:
    summaries = [outcome.diff.summary() for outcome in outcomes]
    return {kind.value: sum(summary[kind.value] for summary in summaries) for kind in SUMMARY}


def _measures(judged: Sequence[Judged], outcomes: Sequence[Outcome], config: Config, day: str) -> tuple[Measure, ...]:
    """Counts over all files that could be compared; none when none could."""
    compared = [outcome.path for outcome in outcomes if outcome.measured]
    if not compared:
        return ()
    evidence = ", ".join(compared)
    denied = [each for each in judged if (each.concern.rule, each.concern.kind) == ("licence", "denied")]
    introduced = [each for each in judged if (each.concern.rule, each.concern.kind) == ("vulnerability", "introduced")]
    risky = [each for each in introduced if each.state is State.BLOCK]
    return (
        *(Measure(name, count, evidence=evidence) for name, count in _total(outcomes).items()),
        Measure("licence_denied", len(denied), limit="0", evidence=evidence, state=_broken(denied)),
        Measure(
            "vulnerabilities_introduced",
            len(risky),
            limit=f"0 of severity {config.severity} or worse",
            evidence=evidence,
            state=_broken(risky),
        ),
        *_baselines(outcomes, config, day),
    )


def _baselines(outcomes: Sequence[Outcome], config: Config, day: str) -> Iterator[Measure]:
    """What the bills were held against, and how old the oldest of those is."""
    held = {outcome.baseline.sha: outcome.baseline for outcome in outcomes if outcome.baseline and outcome.measured}
    if held:
        yield Measure("baseline", ", ".join(sha[:7] for sha in sorted(held)))
    ages = [age for baseline in held.values() if (age := age_in_days(baseline, day)) is not None]
    if ages:
        yield Measure("baseline_age", max(ages), unit="days", limit=f"<= {config.baseline.max_age_days}")


def _broken(judged: Sequence[Judged]) -> State:
    return worst(each.state for each in judged)


# --- what the templates show -------------------------------------------------------------------------------


def _detail(
    outcomes: Sequence[Outcome],
    judged: Sequence[Judged],
    suppressed: Sequence[Suppressed],
    advisories: Advisories | Missing | None,
) -> dict[str, Any]:
    return {
        "files": [_file(outcome) for outcome in outcomes],
        "findings": [report.finding(each) for each in judged[:SHOWN]],
        "more_findings": max(0, len(judged) - SHOWN),
        "suppressed": [report.excused(each) for each in suppressed[:SHOWN]],
        "advisories": advisories.source if isinstance(advisories, Advisories) else "",
    }


def _file(outcome: Outcome) -> dict[str, Any]:
    base, head = outcome.components or (None, None)
    shown = outcome.diff.changes[:SHOWN]
    return {
        "path": outcome.path,
        "title": outcome.title,
        "comparison": outcome.standing.value if outcome.standing else None,
        "baseline": outcome.baseline.sha if outcome.baseline else None,
        "base_components": base,
        "head_components": head,
        "graph": outcome.diff.graph,
        "unidentified": report.unidentified(outcome, NAMED),
        "changes": [report.change(change) for change in shown],
        "more": len(outcome.diff.changes) - len(shown),
    }
