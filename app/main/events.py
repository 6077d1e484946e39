"""What a stored webhook means, and how late it came."""

from __future__ import annotations

import time
from collections.abc import Callable

from app import metrics
from app.model import Delivery, Trigger
from handlers.moment import happened
from handlers.understand import Understanding


def understanding_of(own_app: int) -> Callable[[Delivery], tuple[Trigger, ...]]:
    """What the handlers say of a delivery; and how late it came is counted. A clock behind GitHub's counts as 0."""
    meaning = Understanding(own_app)

    def understand(delivery: Delivery) -> tuple[Trigger, ...]:
        moment = happened(delivery)
        if moment is not None:
            metrics.WEBHOOK_LAG.observe(max(time.time() - moment, 0.0))
        return meaning(delivery)

    return understand
