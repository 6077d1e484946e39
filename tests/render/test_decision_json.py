from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.decision_json import decision_json, plain
from checks.model import Measure, State

from .decisions import AGPL_BLOCK, HEAD, STORY, decision, result, row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@pytest.mark.parametrize("name", STORY)
def test_a_decision_has_the_promised_shape_and_survives_json(name: str) -> None:
    shown = decision_json(STORY[name])
    assert {"verdict", "head_sha", "base_sha", "risk", "checks"} <= shown.keys()
    assert set(shown["risk"]) == {"score", "reasons"}
    for check in shown["checks"]:
        assert {"name", "state", "title", "reasons", "measures", "findings", "detail"} <= check.keys()
    assert json.loads(json.dumps(shown)) == shown


def test_texts_are_raw_in_json() -> None:
    shown = decision_json(AGPL_BLOCK)
    assert (shown["verdict"], shown["head_sha"]) == ("block", HEAD)
    (finding,) = shown["checks"][1]["findings"]
    assert finding["message"] == "@acme/report 2.1.0 is licensed AGPL-3.0-only"
    assert (finding["path"], finding["line"], finding["state"]) == ("sbom/app.json", 118, "block")


def test_a_checks_own_evidence_is_in_its_json() -> None:
    lines = [{"depth": 0, "state": "pass", "text": "p95 212, limit < 250", "share": 0.1 + 0.2}]
    (check,) = decision_json(decision(row(result("contract", detail={"contracts": lines}))))["checks"]
    assert check["detail"] == {"contracts": [lines[0] | {"share": 0.3}]}


def test_an_unknown_risk_is_null_and_not_zero() -> None:
    assert decision_json(decision(risk=None))["risk"] == {"score": None, "reasons": []}


def test_values_become_jsons_own_and_floats_lose_what_is_beyond_twelve_digits() -> None:
    assert plain({"b": 1, "a": (0.1 + 0.2, -0.0, True, None)}) == {"b": 1, "a": [0.3, 0.0, True, None]}
    measure = Measure("p95", 1 / 3, "ms", interval=(0.0, 1e-7), state=State.WARN)
    assert plain(measure) | {"value": 0.333333333333, "interval": [0.0, 1e-07], "state": "warn"} == plain(measure)


@given(JSON)
def test_what_is_plain_already_stays_as_it_is(value: object) -> None:
    once = plain(value)
    assert plain(json.loads(json.dumps(once))) == once


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        plain({"x": [value]})


@pytest.mark.parametrize("value", [{1: "x"}, {"x"}, b"x", object()])
def test_what_is_no_value_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON"):
        plain(value)


def test_an_override_stands_on_its_check_and_null_on_all_others() -> None:
    shown = {check["name"]: check["overridden"] for check in decision_json(STORY["overridden-ship"])["checks"]}
    why = "the load generator was broken all morning, see OPS-12"
    assert shown == {"risk": None, "contract": {"who": "root", "reason": why, "at": 1795000000.0}}
