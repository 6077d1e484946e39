"""Webhooks that speak of what GitHub no longer has, or never had: they are received, and end without a word."""

import pytest

from tests.handlers.shapes import WHOLE, Shape, understood
from tests.road.stories import shop
from tests.road.town import GREEN, Town

pytestmark = pytest.mark.slow


def elsewhere(payload: Shape, installation: int | None) -> Shape:
    """The same about octo/shop, with or without an installation."""
    repository = {"id": 7, "full_name": "octo/shop", "default_branch": "main"}
    named = {} if installation is None else {"installation": {"id": installation}}
    return {key: value for key, value in payload.items() if key != "installation"} | {"repository": repository} | named


def of_a_merge_group(event: str, payload: Shape) -> bool:
    return any(trigger.merge_group for trigger in understood(event, payload))


@pytest.mark.parametrize("known", [True, False])
async def test_every_event_about_a_stranger_ends_well(here: Town, known: bool) -> None:
    """A commit that was force-pushed away is a 422, a pull request that is gone and an App that left a 404."""
    if known:
        shop(here.sandbox, GREEN)
        await here.rest()
    before = await here.maestro.stores.deliveries.counts()
    news = [
        (event, elsewhere(payload, installation))
        for event, shapes in WHOLE.items()
        for payload in shapes
        for installation in (None, 1)
        if not of_a_merge_group(event, payload)
    ]
    for event, payload in news:
        here.sandbox.courier.post(event, payload)
    await here.rest()
    assert await here.maestro.stores.deliveries.counts() == {"taken": before.get("taken", 0) + len(news)}
    assert here.sandbox.writes == []


async def test_a_merge_group_that_is_gone_is_given_up(here: Town) -> None:
    shop(here.sandbox, GREEN)
    for payload in WHOLE["merge_group"]:
        here.sandbox.courier.post("merge_group", elsewhere(payload, None))
    await here.rest()
    assert (await here.maestro.stores.deliveries.counts())["failed"] == len(WHOLE["merge_group"])
