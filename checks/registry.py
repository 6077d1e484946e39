"""Every check of the product, in the order they run: one line a check, and nothing else to touch."""

from __future__ import annotations

from checks import contract, experiment, risk, sbom, shadow
from checks.drift.check import CHECK as DRIFT
from checks.impact.check import CHECK as IMPACT
from checks.model import Check
from checks.speclive.check import CHECK as SPECLIVE

CHECKS: tuple[Check, ...] = (
    risk.CHECK,
    sbom.CHECK,
    experiment.CHECK,
    shadow.CHECK,
    IMPACT,
    DRIFT,
    SPECLIVE,
    contract.CHECK,  # last: a postcondition may name what the others measured
)

BY_NAME = {check.name: check for check in CHECKS}
