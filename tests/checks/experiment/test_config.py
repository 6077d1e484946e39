"""The rules of an experiment: what they default to, what follows, and what cannot be."""

from __future__ import annotations

import subprocess
import sys
from math import log
from typing import Any

import pytest
from pydantic import ValidationError

from checks.experiment import GateConfig, Kind, Metric, Role

P95 = {"name": "p95", "kind": "latency_bucket", "tau_ms": 400.0, "margin": 1.2}
COST = {"name": "cost", "kind": "mean", "role": "report", "margin": 1.1}


def test_the_defaults_are_the_documented_ones() -> None:
    rules = GateConfig(baseline=0.01)
    assert (rules.alpha, rules.beta, rules.margin, rules.tolerate) == (0.005, 0.02, 1.5, 1.0)
    assert (rules.tick_seconds, rules.watermark_seconds, rules.horizon) == (30, 60, 1.5)
    assert (rules.expected_share, rules.srm_alpha, rules.dispersion, rules.max_missing_ticks) == (0.5, 0.001, "auto", 5)


def test_without_metrics_there_is_one_that_counts_errors() -> None:
    (design,) = GateConfig(baseline=0.01).designs
    assert (design.name, design.kind, design.role) == ("errors", Kind.BERNOULLI, Role.GATE)
    assert design.fixed == 26_394
    assert design.most == pytest.approx(1.5 * 26_394)


def test_the_margin_on_risks_is_kept_as_odds_at_the_baseline() -> None:
    (design,) = GateConfig(baseline=0.05, margin=1.5).designs
    assert design.psis[design.limit] == pytest.approx((0.075 / 0.925) / (0.05 / 0.95))
    assert design.psis[design.unit] == 1
    assert design.tolerated == design.unit


def test_what_is_tolerated_is_odds_too_and_lies_below_every_suspect() -> None:
    (design,) = GateConfig(baseline=0.05, margin=2.0, tolerate=1.2).designs
    assert design.psis[design.tolerated] == pytest.approx((0.06 / 0.94) / (0.05 / 0.95))
    assert all(design.psis[at] > design.psis[design.tolerated] for at in design.suspects)


def test_a_metric_inherits_what_it_does_not_say() -> None:
    rules = GateConfig.model_validate({"baseline": 0.02, "alpha": 0.01, "metrics": [{"name": "errors"}, P95, COST]})
    errors, p95, cost = rules.designs
    assert (errors.baseline, errors.margin, errors.alpha) == (0.02, 1.5, 0.01)
    assert (p95.baseline, p95.margin, p95.tau) == (0.05, 1.2, 400)
    assert p95.inner == pytest.approx(400 / 1.2)
    assert p95.inner_baseline == pytest.approx(0.05 * 1.2**2.5)
    assert (cost.kind, cost.fixed, cost.burn_in) == (Kind.MEAN, None, 20)


def test_well_known_names_need_no_kind_and_no_role() -> None:
    listed = [{"name": "errors"}, {"name": "p95", "tau_ms": 300.0}, {"name": "cost"}, {"name": "carbon"}]
    rules = GateConfig.model_validate({"baseline": 0.01, "metrics": listed})
    assert [(one.kind, one.role) for one in rules.designs] == [
        (Kind.BERNOULLI, Role.GATE),
        (Kind.LATENCY, Role.GATE),
        (Kind.MEAN, Role.REPORT),
        (Kind.MEAN, Role.REPORT),
    ]
    assert rules.gates == rules.deciding == (0, 1), "cost and carbon are reported, whatever they are"


@pytest.mark.parametrize(
    ("said", "kind", "role"),
    [
        ({"name": "cost", "role": "rollback_only"}, Kind.MEAN, Role.ROLLBACK_ONLY),
        ({"name": "carbon", "kind": "mean"}, Kind.MEAN, Role.REPORT),
        ({"name": "cost", "kind": "bernoulli"}, Kind.BERNOULLI, Role.GATE),
        ({"name": "errors", "role": "rollback_only"}, Kind.BERNOULLI, Role.ROLLBACK_ONLY),
        ({"name": "timeouts"}, Kind.BERNOULLI, Role.GATE),
    ],
)
def test_what_is_said_of_a_metric_counts_before_what_is_usual(said: dict[str, Any], kind: Kind, role: Role) -> None:
    metric = Metric.model_validate(said)
    assert (metric.kind, metric.role) == (kind, role)


@pytest.mark.parametrize("said", [{"name": ["errors"]}, {"kind": "mean"}, "errors", None])
def test_what_is_no_metric_is_refused(said: object) -> None:
    with pytest.raises(ValidationError):
        Metric.model_validate(said)


def test_beta_is_shared_among_the_metrics_that_may_roll_back() -> None:
    rules = GateConfig.model_validate({"baseline": 0.02, "metrics": [{"name": "errors"}, P95, COST]})
    assert [design.rollback_bound for design in rules.designs[:2]] == [pytest.approx(log(2 / 0.02))] * 2
    assert rules.deciding == rules.gates == (0, 1)


def test_the_digest_follows_the_rules_that_evidence_depends_on() -> None:
    rules = GateConfig(baseline=0.01)
    assert rules.digest == GateConfig(baseline=0.01, on_inconclusive="rollback").digest
    assert rules.digest != GateConfig(baseline=0.01, alpha=0.01).digest
    assert rules.digest != GateConfig(baseline=0.01, metrics=(Metric(name="other"),)).digest


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({}, "errors: state the baseline"),
        ({"baseline": 0.7}, "no canary could be so bad"),
        ({"baseline": 0.3, "margin": 3.1}, "a ratio of odds above 20"),
        ({"baseline": 0.01, "tolerate": 1.5}, r"tolerate \(1.5\) must be below margin \(1.5\)"),
        ({"baseline": 0.01, "watermark_seconds": 86_400, "tick_seconds": 1}, "more than 1000 ticks"),
        ({"metrics": [{"name": "a", "baseline": 0.1}, {"name": "a", "baseline": 0.1}]}, "two metrics are named a"),
        ({"metrics": [COST]}, "no metric has the role gate"),
        ({"metrics": [{**COST, "role": "gate"}]}, "cannot prove a canary good"),
        ({"metrics": [{"name": "p95", "kind": "latency_bucket"}]}, "state tau_ms"),
        ({"metrics": [{**P95, "inner_ms": 300.0}]}, r"inner_ms \(300\) must lie from tau_ms / margin \(333.333\)"),
        ({"metrics": [{**P95, "inner_ms": 399.0}]}, "1 % below tau_ms"),
        ({"metrics": [{**P95, "tolerate": 1.1}]}, "cannot tolerate a ratio above 1"),
        ({"metrics": [{**P95, "baseline": 0.6}]}, "raise tau_ms"),
        ({"metrics": [{**P95, "inner_baseline": 0.04}]}, "inner_baseline must be above baseline"),
        ({"metrics": [{**P95, "inner_baseline": 0.6}]}, "20 times its odds"),
        ({"baseline": 0.01, "metrics": [{"name": "errors", "tau_ms": 3.0}]}, "tau_ms belongs to the kind"),
    ],
)
def test_what_cannot_be_is_refused_in_words(rules: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        GateConfig.model_validate(rules)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("alpha", 0),
        ("alpha", 0.5),
        ("alpha", "0.005"),
        ("beta", float("nan")),
        ("margin", 1),
        ("margin", float("inf")),
        ("baseline", -0.1),
        ("baseline", True),
        ("tolerate", 0.9),
        ("tick_seconds", 0),
        ("expected_share", 1),
        ("dispersion", "maybe"),
        ("max_missing_ticks", 2.5),
        ("alpah", 0.005),
    ],
)
def test_each_field_says_what_is_wrong_with_it(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as failure:
        GateConfig.model_validate({"baseline": 0.01, field: value})
    assert [error["loc"][0] for error in failure.value.errors()] == [field]


def test_every_rule_has_a_sentence_in_the_schema() -> None:
    schema = GateConfig.model_json_schema()
    fields = [*schema["properties"].items(), *schema["$defs"]["Metric"]["properties"].items()]
    assert [name for name, field in fields if len(field.get("description", "")) < 10] == []
    assert schema["additionalProperties"] is False


def test_a_latency_margin_too_wide_for_its_tail_is_kept_in_reach() -> None:
    (design,) = GateConfig.model_validate({"metrics": [{**P95, "margin": 20.0}]}).designs
    assert design.psis[design.limit] == pytest.approx(20)


@pytest.mark.slow
def test_the_rules_are_read_without_numpy() -> None:
    loaded = "import sys, checks.experiment; sys.exit(bool({'numpy', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
