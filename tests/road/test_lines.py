"""Each line of the worker says whose work it is, however deep below the engine it was written."""

import io

import pytest

from app.github.sandbox.faults import ServerError
from tests.logged import lines
from tests.road.stories import CONTRACT, change, shop
from tests.road.town import Town

pytestmark = pytest.mark.slow


async def test_what_the_writer_says_in_a_run_names_delivery_guid_lane_and_job(here: Town, written: io.StringIO) -> None:
    here.sandbox.faults.add(ServerError(403), method="POST", path="*/comments", times=None)
    number, _ = change(shop(here.sandbox, CONTRACT))
    await here.rest()
    (refused,) = (event for event in lines(written) if event["event"] == "publish.card_refused")
    kept = {one.id: one.guid for one in await here.maestro.stores.deliveries.listed(None, 100)}
    assert refused["lane"] == f"octo/shop#{number}"
    assert refused["guid"] == kept[refused["delivery"]]
    assert refused["job"].startswith(f"{refused['delivery']:012d}.")
