"""Shadow diff: does the new version answer the same questions differently, beyond what the service does by itself?

Mirrored requests are answered three times: by the candidate and by two instances of the version in service, `primary`
and `secondary`. `Shadow(config).update(triple)` counts and looks, `.report()` tells what was seen.
The statistics are in docs/checks/shadow.md.
"""

from checks.shadow.block import Config
from checks.shadow.check import CHECK, stage, title
from checks.shadow.config import ShadowConfig, Tolerance
from checks.shadow.counts import StateError
from checks.shadow.noise import Noise
from checks.shadow.report import FieldRow, Report, Stance, Status, Told
from checks.shadow.shadow import Shadow
from checks.shadow.told import dump, load
from checks.shadow.triple import Reply, Triple, TripleError, parse

__all__ = [
    "CHECK",
    "Config",
    "FieldRow",
    "Noise",
    "Reply",
    "Report",
    "Shadow",
    "ShadowConfig",
    "Stance",
    "StateError",
    "Status",
    "Told",
    "Tolerance",
    "Triple",
    "TripleError",
    "dump",
    "load",
    "parse",
    "stage",
    "title",
]
