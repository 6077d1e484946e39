"""The SBOM check: each bill of the change against the same bill at its base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from checks.model import (
    Check,
    CheckResult,
    Document,
    Finding,
    Measure,
    Measured,
    Missing,
    Need,
    SbomPair,
    Snapshot,
    State,
)
from checks.sbom import rules
from checks.sbom.bill import Bom, UnreadableError
from checks.sbom.change import SUMMARY, Diff
from checks.sbom.delta import diff, group
from checks.sbom.policy import Config
from checks.sbom.reader import read

NAME = "sbom"
SHOWN = 200  # changes a file, in `detail`: more than anyone reads
SHRUNK_FROM = 10  # components; below that, halving is ordinary work

_WORST = (State.PASS, State.WARN, State.WAIT, State.UNMEASURED, State.ERROR, State.BLOCK)
_ZERO = dict.fromkeys((kind.value for kind in SUMMARY), 0)
_NOT_COMPARED: dict[str, Any] = {
    "base_components": None,
    "head_components": None,
    "changes": [],
    "more": 0,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one file says. `title` is the reason when nothing could be measured."""

    path: str
    state: State
    title: str
    next_step: str = ""
    findings: tuple[Finding, ...] = ()
    summary: Mapping[str, int] = field(default_factory=lambda: _ZERO)
    detail: Mapping[str, Any] = field(default_factory=lambda: _NOT_COMPARED)


def evaluate(snapshot: Snapshot, config: Config, measured: Measured) -> CheckResult:
    """Judge every bill of materials that the configured paths found. What cannot be compared never passes."""
    pairs = snapshot.sboms
    if pairs is None:
        pairs = Missing("the bills of materials were not gathered", ours=True)
    if isinstance(pairs, Missing):
        return CheckResult(NAME, pairs.state, f"SBOM not read: {pairs.reason}", reasons=(pairs.reason,))
    present = sorted((pair for pair in pairs if pair.base or pair.head), key=lambda pair: pair.path)
    if not present:
        where = ", ".join(config.paths)
        return CheckResult(
            NAME,
            State.UNMEASURED,
            f"No SBOM found at {where}",
            reasons=(f"neither base nor head has a file at {where}",),
            next_step="Commit a CycloneDX JSON file there, on the base first, or correct `sbom.paths`.",
        )
    return _together([_judge(pair, config) for pair in present], config)


# --- one file ----------------------------------------------------------------------------------------------


def _judge(pair: SbomPair, config: Config) -> _Answer:
    base, head = pair.base, pair.head
    for side, document in (("base", base), ("head", head)):
        if document is not None and document.missing is not None:
            title = f"The {side}'s SBOM was not read: {document.missing.reason}"
            return _Answer(pair.path, document.missing.state, title)
    if base is None or head is None:
        return _one_sided(pair)
    if base.text == head.text:
        return _Answer(pair.path, State.PASS, "SBOM unchanged")
    try:
        old, new = _read("base", base), _read("head", head)
    except UnreadableError as error:
        return _Answer(
            pair.path, State.UNMEASURED, str(error), "Generate the file again, as CycloneDX JSON 1.2 to 1.7."
        )
    return _incomparable(pair.path, old, new) or _compared(pair.path, old, new, config)


def _one_sided(pair: SbomPair) -> _Answer:
    if pair.base is None:
        title = "No baseline: the base has no SBOM to compare with"
        return _Answer(pair.path, State.UNMEASURED, title, "Merge the file into the base branch first, by itself.")
    return _Answer(
        pair.path,
        State.UNMEASURED,
        "This change removes the SBOM",
        "Restore it, or change `sbom.paths` first.",
    )


def _read(side: str, document: Document) -> Bom:
    try:
        return read(document.text)
    except UnreadableError as error:
        raise UnreadableError(f"The {side}'s SBOM cannot be read: {error}") from None


def _incomparable(path: str, base: Bom, head: Bom) -> _Answer | None:
    """Two bills whose difference would say more of their generator than of the change."""
    before, after = len(base.components), len(head.components)
    if before >= SHRUNK_FROM and after * 2 < before:
        title = f"The SBOM shrank from {before} to {after} components"
        return _Answer(path, State.UNMEASURED, title, "See whether its generator failed; it lost more than half.")
    if (before or after) and group(base).keys().isdisjoint(group(head)):
        title = f"Nothing comparable: no component in common ({before} in the base, {after} in the head)"
        return _Answer(path, State.UNMEASURED, title, "Generate both with the same tool, or start a new baseline.")
    return None


def _compared(path: str, base: Bom, head: Bom, config: Config) -> _Answer:
    found = diff(base, head)
    findings = sorted(
        (
            *rules.licence(found, config.licenses.terms(), path),
            *rules.versions(found, path),
            *rules.vulnerability(base, head, found, config.severity, path),
            *rules.flaws(base, path, "base"),
            *rules.flaws(head, path, "head"),
        ),
        key=rules.order,
    )
    summary = found.summary()
    return _Answer(
        path=path,
        state=_worst(finding.state for finding in findings),
        title=_counted(summary),
        findings=tuple(findings),
        summary=summary,
        detail=_detail(found, base, head),
    )


def _detail(found: Diff, base: Bom, head: Bom) -> dict[str, Any]:
    return {
        "base_components": len(base.components),
        "head_components": len(head.components),
        "changes": [_plain(asdict(change)) for change in found.changes[:SHOWN]],
        "more": max(0, len(found.changes) - SHOWN),
    }


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """The same record in JSON's own types."""
    lists = {key: list(value) for key, value in record.items() if isinstance(value, tuple)}
    return {**record, **lists, "kind": record["kind"].value}


def _counted(summary: Mapping[str, int]) -> str:
    said = [f"{count} {name.replace('_', ' ')}" for name, count in summary.items() if count]
    return ", ".join(said) or "No component changed"


# --- all files together ------------------------------------------------------------------------------------


def _together(answers: Sequence[_Answer], config: Config) -> CheckResult:
    state = _worst(answer.state for answer in answers)
    findings = tuple(sorted((finding for answer in answers for finding in answer.findings), key=rules.order))
    leading = next(answer for answer in answers if answer.state is state)
    return CheckResult(
        NAME,
        state,
        _title(state, findings, leading, answers),
        reasons=_reasons(findings, answers),
        measures=_measures(findings, answers, config),
        findings=findings,
        next_step=_next_step(findings, leading),
        detail={"files": [{"path": answer.path, "title": answer.title, **answer.detail} for answer in answers]},
    )


def _worst(states: Iterable[State]) -> State:
    return max(states, key=_WORST.index, default=State.PASS)


def _title(state: State, findings: Sequence[Finding], leading: _Answer, answers: Sequence[_Answer]) -> str:
    telling = [finding.message for finding in findings if finding.state is state]
    if state in (State.BLOCK, State.WARN):
        return telling[0] + (f", and {len(telling) - 1} more" if len(telling) > 1 else "")
    if state is not State.PASS:
        return leading.title if len(answers) == 1 else f"{leading.path}: {leading.title}"
    total = _total(answers)
    return _counted(total) if any(total.values()) else leading.title


def _reasons(findings: Sequence[Finding], answers: Sequence[_Answer]) -> tuple[str, ...]:
    unmeasured = [
        f"{answer.path}: {answer.title}"
        for answer in answers
        if answer.state not in (State.PASS, State.WARN, State.BLOCK)
    ]
    return (
        *(finding.message for finding in findings if finding.state in (State.BLOCK, State.WARN)),
        *unmeasured,
    )


def _total(answers: Sequence[_Answer]) -> dict[str, int]:
    return {name: sum(answer.summary[name] for answer in answers) for name in _ZERO}


def _measures(findings: Sequence[Finding], answers: Sequence[_Answer], config: Config) -> tuple[Measure, ...]:
    """Counts over all files that could be compared; none when none could."""
    compared = [answer.path for answer in answers if answer.state in (State.PASS, State.WARN, State.BLOCK)]
    if not compared:
        return ()
    evidence = ", ".join(compared)
    counts = [Measure(name, count, evidence=evidence) for name, count in _total(answers).items()]
    denied = [finding for finding in findings if finding.rule == rules.LICENCE_DENIED]
    risky = [finding for finding in findings if finding.rule == rules.VULNERABILITY and finding.state is State.BLOCK]
    return (
        *counts,
        Measure("licence_denied", len(denied), limit="0", evidence=evidence, state=_broken(denied)),
        Measure(
            "vulnerabilities_introduced",
            len(risky),
            limit=f"0 of severity {config.severity} or worse",
            evidence=evidence,
            state=_broken(risky),
        ),
    )


def _broken(findings: Sequence[Finding]) -> State:
    return State.BLOCK if findings else State.PASS


_STEPS = {
    rules.LICENCE_DENIED: "Replace the package, or accept its licence in `sbom.licenses` on the base branch.",
    rules.VULNERABILITY: "Move to a version that the advisory does not name.",
    rules.LICENCE_UNKNOWN: "Look at the licence; name it in `sbom.licenses` if it is one you know.",
    rules.DOWNGRADE: "See that the step back is meant.",
    rules.INCOMPARABLE: "See that the change of version is meant.",
    rules.UNREADABLE: "Generate the file again: parts of it could not be read.",
}


def _next_step(findings: Sequence[Finding], leading: _Answer) -> str:
    telling = [finding.rule for finding in findings if finding.state is leading.state]
    return _STEPS[telling[0]] if telling and not leading.next_step else leading.next_step


CHECK = Check(NAME, Config, frozenset({Need.SBOMS}), evaluate, paths=lambda config: config.paths)
