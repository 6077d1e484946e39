"""Which metric a word on a study begins with, as people write it in a sentence."""

import pytest

from handlers.commands.opinion import split_off


@pytest.mark.parametrize(
    ("said", "metric", "reason"),
    [
        ("p95: it was the load test", "p95", "it was the load test"),
        ("`p95` rose", "p95", "rose"),
        ("p95.", "p95", ""),
        ("P95 Checkout it was 12", "p95 checkout", "it was 12"),
        ("p95x rose", "", "p95x rose"),
        ("`p59` rose", "", "`p59` rose"),
        ("", "", ""),
    ],
)
def test_marks_around_a_metric_are_not_its_name(said: str, metric: str, reason: str) -> None:
    assert split_off(said, ["p95", "p95 checkout", "errors"]) == (metric, reason)
