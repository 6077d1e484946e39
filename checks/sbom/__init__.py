"""SBOM drift: what a change brings into the product, what of it may not come, and why it is there.

`read` a bill, `diff` two of them, `licences.evaluate` an expression; `CHECK` is the whole as a check.
"""

from checks.sbom import licences
from checks.sbom.bill import Bom, Component, Flaw, Scope, UnreadableError, Vulnerability
from checks.sbom.change import Change, Diff, Kind
from checks.sbom.check import CHECK, evaluate
from checks.sbom.delta import diff
from checks.sbom.policy import Config
from checks.sbom.reader import MAX_BYTES, read

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
    "diff",
    "evaluate",
    "licences",
    "read",
]
