from typing import Any

import pytest
from pydantic import ValidationError

from checks.impact.block import UNBORN, Config, Control
from checks.impact.check import CHECK
from checks.model import Mode


def config(metric: dict[str, Any] | None = None, **keys: Any) -> Config:
    return Config.model_validate({"metrics": [{"name": "p95", "better": "lower"} | (metric or {})]} | keys)


def refusal(metric: dict[str, Any] | None = None, **keys: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        config(metric, **keys)
    return str(refused.value)


def test_an_empty_block_remarks_on_production_and_never_blocks() -> None:
    empty = Config()
    assert (empty.mode, empty.environment, empty.canary_environment, empty.metrics) == (
        Mode.WARN,
        "production",
        "canary",
        (),
    )


def test_a_metric_says_which_way_is_good() -> None:
    with pytest.raises(ValidationError, match="better"):
        Config.model_validate({"metrics": [{"name": "p95"}]})


def test_a_control_may_be_a_name_alone() -> None:
    assert config({"controls": ["traffic"]}).metrics[0].held_against == (Control(name="traffic"),)


def test_with_a_source_every_series_asks_something() -> None:
    asked = {"name": "traffic", "query": "sum(up)"}
    assert config({"query": "up", "controls": [asked]}, source="production").source == "production"
    assert "metrics.p95: a source is named" in refusal(source="production")
    assert "metrics.p95.controls.traffic" in refusal({"query": "up", "controls": ["traffic"]}, source="production")


def test_without_a_source_no_query_is_left_unasked() -> None:
    assert "metrics.p95: a `query` needs a `source`" in refusal({"query": "up"})


@pytest.mark.parametrize("controls", [["p95"], ["a", "a"], ["a", {"name": "a"}]])
def test_a_metric_is_not_held_against_itself_nor_twice_against_one_control(controls: list[Any]) -> None:
    assert "named twice, or as the metric itself" in refusal({"controls": controls})


def test_two_metrics_have_two_names() -> None:
    with pytest.raises(ValidationError, match="two have one name"):
        Config.model_validate({"metrics": [{"name": "p95", "better": "lower"}] * 2})


def test_a_name_that_nobody_could_send_is_refused() -> None:
    assert "cannot be printed" in refusal({"name": "p\t95"})
    assert "cannot be printed" in refusal({"controls": ["a\nb"]})


def test_a_canary_is_deployed_elsewhere_than_what_is_in_service() -> None:
    assert "no canary would be studied" in refusal(environment="Prod", canary_environment="prod")


def test_what_is_asked_of_one_version_alone_is_remarked_on() -> None:
    asked = {"query": "up", "canary_query": 'up{version="{short_sha}"}'}
    assert CHECK.warns(config(asked, source="p")) == (f"metrics.p95.canary_query: {UNBORN}",)
    assert CHECK.warns(config(asked | {"canary_query": 'up{track="{side}"}'}, source="p")) == ()


def test_a_window_has_enough_points_and_not_too_many() -> None:
    assert "30 points (min_pre)" in refusal(pre_seconds=1_700)
    assert "more than 20,000 points" in refusal(step_seconds=1, pre_seconds=20_000)
    assert "shorter than one step" in refusal(post_seconds=59)


@pytest.mark.parametrize("alpha", [1e-300, 1e-7, 0.51, 1.0])
def test_alpha_lies_where_an_interval_means_something(alpha: float) -> None:
    assert "alpha" in refusal(alpha=alpha)


def test_no_address_can_be_named() -> None:
    assert "source" in refusal({"query": "up"}, source="https://evil.example")
