"""What a concern does to the change: the first rule of the policy that fits, else the defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from checks.sbom.advisories.severity import SEVERITIES
from checks.sbom.bills.bill import Scope
from checks.sbom.concern import Concern
from checks.sbom.rules.selectors import Action, Rule

_MALICIOUS = "MAL-"  # how OSV names the record of a package that is itself the attack
_BLOCKING = {
    ("licence", "denied"),
    ("downgrade", "into_vulnerable"),
    ("hash_changed", ""),
    ("denied_package", ""),
}


Effect = Action | Literal["hold"]
"""What a concern does. No rule says `hold`: it is for what nobody knows, until a rule says otherwise."""


class Weight(NamedTuple):
    """`stated`: a rule of the policy says so, not a default."""

    action: Effect
    stated: bool


def weigh(concern: Concern, rules: Sequence[Rule], severity: str) -> Weight:
    """`severity`: from there on, an introduced advisory stops the change by default."""
    for rule in rules:
        if rule.fits(concern):
            return Weight(rule.action, stated=True)
    return Weight(_default(concern, severity), stated=False)


def _default(concern: Concern, severity: str) -> Effect:
    if concern.unread and concern.kind != "fixed":
        return "hold"
    if concern.rule == "vulnerability":
        return _of_advisory(concern, severity)
    return "block" if (concern.rule, concern.kind) in _BLOCKING else "warn"


def _of_advisory(concern: Concern, severity: str) -> Action:
    """Of unknown severity is not mild: it is remarked on, whatever the limit. A repaired one is only told, and malware
    stops the change in every scope: it runs where it is installed.
    """
    if concern.kind == "fixed":
        return "ignore"
    if concern.kind == "introduced" and any(name.startswith(_MALICIOUS) for name in concern.names):
        return "block"
    level = concern.severity if concern.severity in SEVERITIES else "unknown"
    severe = level != "unknown" and SEVERITIES.index(level) >= SEVERITIES.index(severity)
    stops = concern.kind == "introduced" and severe and concern.scope is not Scope.DEVELOPMENT
    return "block" if stops else "warn"
