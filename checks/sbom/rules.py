"""The rules of this check, each a function from what changed to findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checks.model import Finding, State
from checks.sbom import licences
from checks.sbom.bill import Bom, Component
from checks.sbom.change import Change, Diff, Kind
from checks.sbom.cyclonedx import SEVERITIES
from checks.sbom.purl import with_version

LICENCE_DENIED = "licence_denied"
LICENCE_UNKNOWN = "licence_unknown"
VULNERABILITY = "vulnerability_introduced"
DOWNGRADE = "downgrade"
INCOMPARABLE = "incomparable_versions"
UNREADABLE = "component_unreadable"

_RANK = {State.BLOCK: 0, State.WARN: 1}


def licence(diff: Diff, terms: Mapping[str, Sequence[str]], path: str) -> Iterator[Finding]:
    """Licences that come in: with a new package, or because a package that was there changed its own.

    A package whose licence was denied at the base already is no arrival, whatever version it moves to.
    """
    if not terms:
        return
    judged = (Kind.ADDED, Kind.LICENSE_CHANGED)
    stated_anew = {change.key for change in diff.changes if change.kind in judged}
    packages = {change.key: change for change in (*diff.changes, *diff.restated) if change.head_versions}
    for key, change in packages.items():
        answer = _worst(change.head_licences, terms)
        if answer == "deny" and _worst(change.base_licences, terms) != "deny":
            yield _denied(change, terms, path)
        elif answer == "unknown" and key in stated_anew:
            yield _unknown(change, terms, path)


def _worst(expressions: Sequence[str], terms: Mapping[str, Sequence[str]]) -> licences.Answer:
    answers = {licences.evaluate(expression, terms) for expression in expressions}
    if "deny" in answers:
        return "deny"
    return "unknown" if "unknown" in answers else "pass"


def _denied(change: Change, terms: Mapping[str, Sequence[str]], path: str) -> Finding:
    guilty = [text for text in change.head_licences if licences.evaluate(text, terms) == "deny"]
    message = f"{' and '.join(guilty)} arrives with {say(change)}"
    return Finding(LICENCE_DENIED, message, path=path, purl=_purl(change))


def _unknown(change: Change, terms: Mapping[str, Sequence[str]], path: str) -> Finding:
    unclear = [text for text in change.head_licences if licences.evaluate(text, terms) == "unknown"]
    stated = " and ".join(text or "none stated" for text in unclear)
    message = f"The licence of {say(change)} cannot be judged: {stated}"
    return Finding(LICENCE_UNKNOWN, message, path=path, purl=_purl(change), state=State.WARN)


def versions(diff: Diff, path: str) -> Iterator[Finding]:
    """Steps back, and steps whose direction nobody can tell."""
    for change in diff.of(Kind.DOWNGRADED):
        message = f"`{change.name}` goes back from {change.base_versions[0]} to {change.head_versions[0]}"
        yield Finding(DOWNGRADE, message, path=path, purl=_purl(change), state=State.WARN)
    for change in diff.of(Kind.CHANGED):
        step = f"from {change.base_versions[0] or 'no version'} to {change.head_versions[0] or 'no version'}"
        message = f"`{change.name}` goes {step}: no telling which is newer"
        yield Finding(INCOMPARABLE, message, path=path, purl=_purl(change), state=State.WARN)


def vulnerability(base: Bom, head: Bom, diff: Diff, severity: str, path: str) -> Iterator[Finding]:
    """Advisories in the head's bill, on packages that the base's bill does not list under them."""
    before = {(advisory, component.key) for advisory, component, _ in _affected(base)}
    changes = {change.key: change for change in diff.changes}
    limit = SEVERITIES.index(severity)
    seen = set(before)
    for advisory, component, level in _affected(head):
        if (advisory, component.key) in seen:
            continue
        seen.add((advisory, component.key))
        change = changes.get(component.key)
        where = f"`{component.name}` {component.version}".rstrip() + (_via(change) if change else "")
        yield Finding(
            VULNERABILITY,
            f"{advisory} ({level}) arrives with {where}",
            severity=level,
            path=path,
            id=advisory,
            purl=with_version(component.purl, component.version),
            state=_weight(level, limit),
        )


def _weight(level: str, limit: int) -> State:
    if level == "unknown":
        return State.WARN
    return State.BLOCK if SEVERITIES.index(level) >= limit else State.PASS


def _affected(bom: Bom) -> Iterator[tuple[str, Component, str]]:
    if not bom.vulnerabilities:
        return
    places = {component.ref: component for component in bom.components}
    for advisory in bom.vulnerabilities:
        for ref in advisory.refs:
            if ref in places:
                yield advisory.id, places[ref], advisory.severity


def flaws(bom: Bom, path: str, side: str) -> Iterator[Finding]:
    """Parts of the file that could not be read: the answer may lack them."""
    for flaw in bom.flaws:
        place = f"{side}, {flaw.position}" if flaw.position else side
        yield Finding(UNREADABLE, f"{place}: {flaw.message}", path=path, state=State.WARN)


def order(finding: Finding) -> tuple[int, str, int, str, str]:
    """What stops the change first, then by rule, worst severity, message and place."""
    severity = -SEVERITIES.index(finding.severity) if finding.severity in SEVERITIES else 0
    return _RANK.get(finding.state, 2), finding.rule, severity, finding.message, finding.path


def say(change: Change) -> str:
    """A package as it arrives: "`name` 1.2 (via a, b)"."""
    arrived = ", ".join(version for version in (change.arrived or change.head_versions) if version)
    return f"`{change.name}` {arrived}".rstrip() + _via(change)


def _via(change: Change) -> str:
    shown = ", ".join(change.introduced_by[:3])
    more = len(change.introduced_by) - 3
    return f" (via {shown}{f' and {more} more' if more > 0 else ''})" if shown else ""


def _purl(change: Change) -> str:
    """The package with the version that arrived, when there is exactly one."""
    arrived = change.arrived or change.head_versions
    return with_version(change.purl, arrived[0]) if len(arrived) == 1 else change.purl
