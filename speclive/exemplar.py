"""Examples of violations: enough to find the request, the code and the clause, and nothing that the card keeps back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping

from speclive import tracing
from speclive.bucket import Bucket
from speclive.counting import Counter
from speclive.redaction import Redaction, type_name
from speclive.wire import Exemplar
from speclive.words import Card

KEPT = 64  # of one card, the newest
RATE = 5.0  # a second
NOTHING = object()
"""The result of a call that has none."""


class Exemplars:
    """Those of one card. `kept`: the newest. `waiting`: those that no report has told yet, the newest of them. `lost`:
    how many could not be told.
    """

    __slots__ = ("_bucket", "_redaction", "kept", "lost", "waiting")

    def __init__(self, card: Card) -> None:
        self.kept: deque[Exemplar] = deque(maxlen=KEPT)
        self.waiting: deque[Exemplar] = deque(maxlen=KEPT)
        self.lost = Counter()
        self._bucket, self._redaction = Bucket(RATE), Redaction.of(card.allow, card.redact)

    def add(self, clause: str, code: str, inputs: Mapping[str, object], result: object, error: object = None) -> None:
        """Keep one, as long as there are not too many a second."""
        if not self._bucket.take():
            return
        told = self._redaction.told
        example: Exemplar = {
            "clause": clause,
            "at": time.time(),
            "traceparent": tracing.traceparent(),
            "code": code,
            "inputs": {name: told(name, value) for name, value in inputs.items()},
            "result": None if result is NOTHING else told("result", result),
        }
        if error is not None:
            example["raised"] = type_name(error).strip("<>")
        self.kept.append(example)
        self.waiting.append(example)

    def taken(self) -> list[Exemplar]:
        """Those that no report has told yet; from now on they are told."""
        taken: list[Exemplar] = []
        while self.waiting:
            taken.append(self.waiting.popleft())
        return taken
