"""Which verb was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from app.model import Verb


def nearest(name: str, verbs: Sequence[Verb]) -> str:
    """The name of the verb most like `name`, or ""."""
    return next(iter(difflib.get_close_matches(name, [verb.name for verb in verbs], n=1, cutoff=0.5)), "")
