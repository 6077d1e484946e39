"""The smallest change to manifests that mends what is wrong with a package, planned from the facts of a decision."""

from checks.sbom.repair.gone import in_sight
from checks.sbom.repair.plan import Exposed, Repair, Unrepaired, exposed, plan, stops
from checks.sbom.repair.telling import MOST, mendable, told, why_never, why_none

__all__ = [
    "MOST",
    "Exposed",
    "Repair",
    "Unrepaired",
    "exposed",
    "in_sight",
    "mendable",
    "plan",
    "stops",
    "told",
    "why_never",
    "why_none",
]
