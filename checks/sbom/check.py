"""The SBOM check: each bill of the change against the same bill at its base, all of them told together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from checks.model import (
    Advisories,
    Check,
    CheckResult,
    Document,
    Measured,
    Missing,
    Need,
    SbomPair,
    Snapshot,
    State,
)
from checks.sbom import repair
from checks.sbom.evidence import Evidence
from checks.sbom.judging import comparing
from checks.sbom.judging.comparing import Both
from checks.sbom.judging.outcome import Outcome
from checks.sbom.rules.policy import Config
from checks.sbom.summing import NAME, together


def evaluate(snapshot: Snapshot, config: Config, measured: Measured) -> CheckResult:
    """Judge every bill of materials that the configured paths found. What cannot be compared never passes."""
    pairs = snapshot.sboms
    if pairs is None:
        pairs = Missing("the bills of materials were not gathered", ours=True)
    if isinstance(pairs, Missing):
        return CheckResult(NAME, pairs.state, f"SBOM not read: {pairs.reason}", reasons=(pairs.reason,))
    present = sorted((pair for pair in pairs if pair.base or pair.head), key=lambda pair: pair.path)
    if not present:
        return _nothing(config)
    evidence = _evidence(snapshot)
    outcomes = [_judge(pair, config, evidence, snapshot.pull.base_sha) for pair in present]
    result = together(outcomes, snapshot, config, evidence)
    told = repair.told(result.findings, snapshot, config)
    asked = told if config.fix.pull_requests else repair.told(result.findings, snapshot, willing(config))
    mendable = sum(1 for _ in repair.mendable(asked))
    return replace(result, detail={**result.detail, "repairs": told, "mendable": mendable})


def willing(config: Config) -> Config:
    """The same, where somebody asks for fixes that it does not propose by itself."""
    return config.model_copy(update={"fix": config.fix.model_copy(update={"pull_requests": True})})


def _nothing(config: Config) -> CheckResult:
    where = ", ".join(config.paths)
    return CheckResult(
        NAME,
        State.UNMEASURED,
        f"No SBOM found at {where}",
        reasons=(f"neither base nor head has a file at {where}",),
        next_step="Commit a CycloneDX or SPDX file there, on the base first, or correct `sbom.paths`.",
    )


def _evidence(snapshot: Snapshot) -> Evidence:
    """What was gathered besides; what is missing excuses nothing."""
    had = snapshot.advisories if isinstance(snapshot.advisories, Advisories) else Advisories(())
    return Evidence(
        records=had.records,
        statements=_read(snapshot.vex),
        day=snapshot.day,
        manifests=_read(snapshot.manifests),
        products=(f"pkg:github/{snapshot.pull.repository.lower()}", snapshot.pull.repository),
        unasked=had.unasked,
        listed=had.listed,
        unread=had.unread,
    )


def _read(documents: tuple[Document, ...] | Missing | None) -> Sequence[Document]:
    if documents is None or isinstance(documents, Missing):
        return ()
    return [document for document in documents if document.missing is None]


def _judge(pair: SbomPair, config: Config, evidence: Evidence, tip: str) -> Outcome:
    for side, document in (("base", pair.base), ("head", pair.head)):
        if document is not None and document.missing is not None:
            title = f"The {side}'s SBOM was not read: {document.missing.reason}"
            return Outcome(pair.path, None, document.missing.state, title, baseline=pair.baseline)
    newest = pair.baseline is not None and pair.baseline.sha == tip
    both = Both(pair.path, _text(pair.base), _text(pair.head), pair.baseline, newest)
    return comparing.compare(both, config, evidence)


def _text(document: Document | None) -> str | None:
    return document.text if document else None


def _paths(config: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = config.paths
    return found


CHECK = Check(NAME, Config, frozenset({Need.SBOMS, Need.ADVISORIES, Need.MANIFESTS}), evaluate, paths=_paths)
