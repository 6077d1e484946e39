"""docs/operations.md speaks of figures that there are, and of all of them."""

import re
from pathlib import Path

from prometheus_client import Counter

from app import metrics
from tools import watched

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def test_every_figure_of_every_room_is_in_the_table() -> None:
    names = [watched.named(one) for one in watched.figures()]
    assert {"maestro_webhooks_total", "maestro_webhook_lag_seconds", "maestro_github_silent_seconds"} <= set(names)
    table = PAGE.partition("<!-- metrics")[2].partition("<!-- /metrics")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == names


def test_every_figure_that_the_page_names_is_one() -> None:
    known = {watched.named(one) for one in watched.figures()}
    named = {name.removesuffix("_bucket") for name in re.findall(r"\bmaestro_\w+", PAGE)}
    assert named - known == set()


def test_a_figure_that_is_new_makes_the_page_stale() -> None:
    assert watched.renew(PAGE) == PAGE
    metrics.NEW = Counter("maestro_new", "New", registry=None)  # type: ignore[attr-defined]
    try:
        assert "| `maestro_new_total` | counter |  | New |" in watched.renew(PAGE)
    finally:
        del metrics.NEW  # type: ignore[attr-defined]
