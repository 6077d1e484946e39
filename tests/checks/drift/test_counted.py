"""What was counted by a label becomes a distribution, and which days a source is asked about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from checks.drift.block import Config, Module, day_of
from checks.drift.counted import CountError, of_buckets, of_names
from checks.drift.days import missed
from checks.drift.sketch import LONGEST_NAME, MOST_NAMES, checked
from tests.checks.drift.module import FIRST

PAGE = Path(__file__).parents[3] / "docs" / "drift-watch.md"
CARD = {"name": "card", "kind": "categorical", "counts": "orders_total", "by": "card"}


def module(*features: dict[str, Any], **more: Any) -> Module:
    return Module.model_validate({"name": "ranking", "features": features} | more)


def pulled(**more: Any) -> Module:
    return module(CARD, source="production", **more)


# --- counts ------------------------------------------------------------------------------------------------------


def test_counts_are_whole_rows_and_the_value_without_a_name_is_missing() -> None:
    sketch = checked(of_names({"visa": 69.6, "amex": 30.4, "jcb": 0.3, "": 2.0}))
    assert sketch.counts == {"visa": 70, "amex": 30}  # type: ignore[union-attr]
    assert (sketch.rows, sketch.missing) == (102, 2)


def test_of_more_values_than_a_sketch_tells_apart_the_rarest_are_others() -> None:
    sketch = of_names({f"n{n}": 1.0 + n for n in range(MOST_NAMES + 2)})
    assert (len(sketch.counts), sketch.other) == (MOST_NAMES, 1 + 2)
    assert checked(sketch) is sketch


def test_values_that_are_alike_once_they_are_cut_are_added_up() -> None:
    long = "x" * LONGEST_NAME
    assert of_names({long + "a": 1.0, long + "b": 2.0}).counts == {long: 3}


def test_buckets_become_bins_named_by_their_ranges_whose_rows_add_up() -> None:
    sketch = of_buckets({"+Inf": 100.4, "0.5": 80.5, "0.1": 50.2, "1.0": 80.3})
    assert sketch.counts == {"≤ 0.1": 50, "0.1 to 0.5": 30, "> 1.0": 20}, "what an estimate takes away is not counted"
    assert sketch.rows == 100
    assert of_buckets({"+Inf": 7.0}).counts == {"all": 7}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "has a bucket `\\+Inf`"),
        ({"0.1": 5.0}, "has a bucket `\\+Inf`"),
        ({"quick": 5.0, "+Inf": 6.0}, "'quick' is no bound"),
        ({"nan": 5.0, "+Inf": 6.0}, "'nan' is no bound"),
        ({"": 5.0, "+Inf": 6.0}, "'' is no bound"),
        ({"0.1": 50.0, "0.2": 20.0, "+Inf": 100.0}, "the same buckets"),
    ],
)
def test_what_is_no_histogram_is_refused(counts: dict[str, float], said: str) -> None:
    with pytest.raises(CountError, match=said):
        of_buckets(counts)


# --- the rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"source": "production"}, "needs `features`"),
        ({"source": "production", "features": [{"name": "card", "kind": "categorical"}]}, "needs `counts` and `by`"),
        ({"source": "production", "features": [{**CARD, "by": ""}]}, "needs `counts` and `by`"),
        ({"source": "production", "features": [{**CARD, "kind": "numeric"}]}, "is `categorical`"),
        ({"source": "production", "features": [{**CARD, "by": "card) (x"}]}, "by"),
        ({"source": "http://10.0.0.1", "features": [CARD]}, "source"),
        ({"source": "production", "features": [CARD], "silent_hours": 25}, "once a day, so 26 at least"),
        ({"features": [CARD]}, "need a `source`"),
    ],
)
def test_a_source_and_what_is_asked_of_it_belong_together(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Config.model_validate({"modules": [{"name": "ranking", **rules}]})


def test_the_example_of_the_page_is_read() -> None:
    examples = re.findall(r"```yaml\n(drift:.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (config,) = [Config.model_validate(yaml.safe_load(example)["drift"]) for example in examples]
    assert [feature.by for feature in config.modules[0].features] == ["card", "le"]


def test_where_rows_come_from_does_not_bear_on_the_reference() -> None:
    sent = module({"name": "card", "kind": "categorical"})
    assert pulled().compared_by == sent.compared_by
    assert '"counts"' not in sent.compared_by


# --- which days --------------------------------------------------------------------------------------------------


def test_of_a_new_module_the_days_of_a_reference_are_asked_for_the_newest_first() -> None:
    rules = pulled(reference={"days": 3})
    assert missed(rules, (), None, FIRST) == [FIRST - 1, FIRST - 2, FIRST - 3]
    assert missed(rules, {FIRST - 2}, None, FIRST) == [FIRST - 1, FIRST - 3]


def test_days_that_the_reference_names_are_asked_for() -> None:
    rules = pulled(reference={"first": "2026-11-01", "last": "2026-11-03"})
    first = day_of("2026-11-01")
    assert missed(rules, (), None, first + 2) == [first + 1, first]


def test_with_a_reference_it_is_those_after_it_that_are_missed_and_not_too_old() -> None:
    rules = pulled()
    assert missed(rules, {FIRST}, FIRST - 3, FIRST + 1) == [FIRST - 1, FIRST - 2]
    assert missed(rules, (), FIRST, FIRST + 1) == []
    assert len(missed(rules, (), FIRST - 200, FIRST)) == 40
