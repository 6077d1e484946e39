"""SBOM drift: what a change brings into the product, what of it may not come, and why it is there.

`read` a bill, `diff` two of them, `compare` them under a policy, `licences.evaluate` an expression, `osv.affected` and
`remedy.safest` for a version; `CHECK` is the whole as a check.
"""

from checks.sbom import licences, osv, remedy
from checks.sbom.bills.bill import Bom, Component, Flaw, Scope, UnreadableError, Vulnerability
from checks.sbom.bills.reader import MAX_BYTES, read
from checks.sbom.check import CHECK, evaluate
from checks.sbom.drift.change import Change, Diff, Kind
from checks.sbom.drift.delta import diff
from checks.sbom.report import as_json, compare
from checks.sbom.rules.policy import Config

__all__ = [
    "CHECK",
    "MAX_BYTES",
    "Bom",
    "Change",
    "Component",
    "Config",
    "Diff",
    "Flaw",
    "Kind",
    "Scope",
    "UnreadableError",
    "Vulnerability",
    "as_json",
    "compare",
    "diff",
    "evaluate",
    "licences",
    "osv",
    "read",
    "remedy",
]
