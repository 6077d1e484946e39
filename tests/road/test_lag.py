"""How late webhooks come is counted by whoever understands them."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from tests.road.town import Town

pytestmark = pytest.mark.slow

LAG = "maestro_webhook_lag_seconds"


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"{LAG}_{name}", labels) or 0.0


async def comment(here: Town, guid: str, seconds_ago: float) -> None:
    """A comment that is no command, and says that it was written so long ago."""
    moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    body = {"action": "created", "comment": {"body": "nice", "created_at": moment.isoformat()}}
    assert await here.maestro.stores.inbox.keep(guid, "issue_comment", json.dumps(body).encode())
    here.maestro.engine.wake()
    await here.rest()


async def test_a_webhook_that_comes_late_is_counted_as_late_as_it_is(here: Town) -> None:
    before, many, began = figure("sum"), figure("count"), time.monotonic()
    await comment(here, "late", 700)
    assert figure("count") == many + 1
    assert 700 <= figure("sum") - before <= 701 + time.monotonic() - began


async def test_a_webhook_from_the_future_counts_as_one_that_came_at_once(here: Town) -> None:
    before, at_once = figure("sum"), figure("bucket", le="0.5")
    await comment(here, "early", -700)
    assert figure("bucket", le="0.5") == at_once + 1
    assert figure("sum") == before
