"""What may be said of one metric after a deployment."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The first three are answers; the others say why there is none."""

    LIKELY_WORSE = "likely_worse"
    LIKELY_BETTER = "likely_better"
    NO_EVIDENCE = "no_evidence"
    INSUFFICIENT_DATA = "insufficient_data"
    PENDING_DEPLOY = "pending_deploy"
