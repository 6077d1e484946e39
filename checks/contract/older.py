"""Facts that an earlier version wrote down: they are decided again as they were decided then."""

from __future__ import annotations

from checks.model import Snapshot


def older(snapshot: Snapshot) -> bool:
    """Are the facts those of a version that knew no baselines?"""
    return snapshot.before is None
