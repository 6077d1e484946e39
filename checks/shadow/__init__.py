"""Shadow diff: does the new version answer the same questions differently, beyond what the service does by itself?

Mirrored requests are answered three times: by the candidate and by two instances of the version in service, `primary`
and `secondary`. `Shadow(config).update(triple)` counts, `.look()` judges; docs/checks/shadow.md tells the statistics.
"""

from checks.shadow.config import ShadowConfig, Tolerance
from checks.shadow.counts import StateError
from checks.shadow.noise import Noise
from checks.shadow.report import FieldRow, Report, Status
from checks.shadow.shadow import Shadow
from checks.shadow.triple import Reply, Triple, TripleError, parse

__all__ = [
    "FieldRow",
    "Noise",
    "Reply",
    "Report",
    "Shadow",
    "ShadowConfig",
    "StateError",
    "Status",
    "Tolerance",
    "Triple",
    "TripleError",
    "parse",
]
