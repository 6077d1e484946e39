"""What may be said of one metric after a deployment."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The first three are answers; the others say why there is none."""

    WORSE = "likely_worse"
    BETTER = "likely_better"
    NONE = "no_evidence"
    INSUFFICIENT = "insufficient_data"
    PENDING = "pending_deploy"
