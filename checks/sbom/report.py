"""A comparison for whoever asks from outside: two documents in, an Outcome or its JSON out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checks.advised import Unread
from checks.model import Baseline, Document
from checks.sbom.asking import WHY
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Change
from checks.sbom.evidence import Evidence
from checks.sbom.judging import comparing, loose
from checks.sbom.judging.comparing import Both, worst
from checks.sbom.judging.outcome import Judged, Outcome, Suppressed, full_purl, merged
from checks.sbom.rules.policy import Config

Records = Sequence[str | Mapping[str, Any]]


def compare(
    base: bytes | str | None,
    head: bytes | str | None,
    config: Config | None = None,
    records: Records = (),
    vex: Sequence[Document | str] = (),
    day: str = "",
    *,
    manifests: Sequence[Document] = (),
    baseline: Baseline | None = None,
    path: str = "",
    unread: Sequence[Unread] = (),
) -> Outcome:
    """Judge the head's bill against the base's, as the check does.

    `records` are OSV records, `unread` those that could not be read, `vex` VEX documents or their texts, `day` the day
    it is (ISO 8601, UTC), without which no exception holds. Nothing raises: what cannot be read is an outcome
    of its own.
    """
    config = config or Config()
    evidence = Evidence(records, [_document(each) for each in vex], day, manifests, unread=unread)
    outcome = comparing.compare(Both(path, base, head, baseline), config, evidence)
    judged = merged([*outcome.judged, *loose.judged([outcome], config, evidence)])
    return replace(outcome, judged=judged, state=worst([outcome.state, *(each.state for each in judged)]))


def _document(vex: Document | str) -> Document:
    return vex if isinstance(vex, Document) else Document("", "", vex)


def as_json(
    base: bytes | str | None,
    head: bytes | str | None,
    config: Config | None = None,
    records: Records = (),
    vex: Sequence[Document | str] = (),
    day: str = "",
    *,
    manifests: Sequence[Document] = (),
    baseline: Baseline | None = None,
    path: str = "",
) -> dict[str, Any]:
    """The same in JSON's own types: state, comparison, summary, changes, findings, suppressed, unidentified."""
    outcome = compare(base, head, config, records, vex, day, manifests=manifests, baseline=baseline, path=path)
    return plain(outcome)


def plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome in JSON's own types."""
    return {
        "state": outcome.state.value,
        "comparison": outcome.standing.value if outcome.standing else None,
        "title": outcome.title,
        "summary": outcome.diff.summary(),
        "changes": [change(each) for each in outcome.diff.changes],
        "findings": [finding(each) for each in outcome.judged],
        "suppressed": [excused(each) for each in outcome.suppressed],
        "unidentified": unidentified(outcome),
    }


def unidentified(outcome: Outcome, most: int | None = None) -> list[dict[str, Any]]:
    """The head's components that nobody can be asked about: the reason, for programs and in words, how many they are,
    and the names of at `most` so many.
    """
    return [
        {"reason": why, "said": WHY[why], "count": len(names), "components": list(names[:most])}
        for why, names in outcome.unidentified.items()
    ]


def change(found: Change) -> dict[str, Any]:
    """One change."""
    return {
        "kind": found.kind.value,
        "ecosystem": found.ecosystem,
        "name": found.name,
        "purl": found.purl,
        "base_versions": list(found.base_versions),
        "head_versions": list(found.head_versions),
        "direct": found.direct,
        "introduced_by": list(found.introduced_by),
        "trail": list(found.trail),
        "major": found.major,
        "moves": [list(move) for move in found.moves],
        "base_scope": found.base_scope.value,
        "scope": found.scope.value,
        "base_licences": list(found.base_licences),
        "head_licences": list(found.head_licences),
        "rehashed": list(found.rehashed),
        "key": found.key,
    }


def finding(judged: Judged) -> dict[str, Any]:
    """One finding, with what it does to the change."""
    return {**_told(judged.concern, judged.sboms), "action": judged.action}


def excused(suppressed: Suppressed) -> dict[str, Any]:
    """One finding that somebody answers for."""
    why = {"by": suppressed.by, "who": suppressed.who, "why": suppressed.why, "until": suppressed.until}
    return {**_told(suppressed.concern, suppressed.sboms), "action": "ignore", **why}


def _told(concern: Concern, sboms: Sequence[str]) -> dict[str, Any]:
    return {
        "rule": concern.rule,
        "id": concern.id,
        "aliases": sorted({*concern.names} - {concern.id}) if concern.id else [],
        "severity": concern.severity,
        "purl": full_purl(concern),
        "class": concern.kind,
        "fix": concern.fix,
        "path": list(concern.trail),
        "message": concern.message,
        "sbom": ", ".join(sboms),
    }
