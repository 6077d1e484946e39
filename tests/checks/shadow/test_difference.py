"""Answers are compared field by field, as their JSON means it."""

from typing import Any

import pytest

from checks.shadow import Reply, ShadowConfig, Tolerance
from checks.shadow.difference import DEEPEST, Comparing, Difference


def differing(mine: Any, theirs: Any, **settings: Any) -> dict[str, str]:
    found = Comparing(ShadowConfig(**settings))(Reply(200, mine), Reply(200, theirs))
    return {field: seen[0].value for field, seen in found.items() if seen[0] is not None}


@pytest.mark.parametrize(
    ("mine", "theirs", "fields"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {}),
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": 1}, {"a": 2}, {"body.a": "value"}),
        ({"a": 1}, {"a": True}, {"body.a": "type"}),
        ({"a": 1}, {"a": "1"}, {"body.a": "type"}),
        ({"a": None}, {"a": 0}, {"body.a": "type"}),
        ({"a": {"b": 1, "c": 2}}, {}, {"body.a": "missing"}),
        ({}, {"a": {"b": 1}}, {"body.a": "added"}),
        ({"a": [1, 2, 3]}, {"a": [1, 2]}, {"body.a[*]": "missing"}),
        ({"a": [1]}, {"a": [1, 2]}, {"body.a[*]": "added"}),
        ({"a": [{"p": 1}, {"p": 2}]}, {"a": [{"p": 1}, {"p": 3}]}, {"body.a[*].p": "value"}),
        ({"a": [1, 2]}, {"a": {"x": 1}}, {"body.a": "type"}),
        ("plain text", "another text", {"body": "value"}),
        ("plain text", {"a": 1}, {"body": "type"}),
        ([], {}, {"body": "type"}),
        ({"x": 1e400}, {"x": 1e400}, {}),
    ],
)
def test_classes_of_difference(mine: Any, theirs: Any, fields: dict[str, str]) -> None:
    assert differing(mine, theirs) == fields


def test_keys_that_are_ids_are_one_field() -> None:
    mine = {"4711": {"n": 1}, "0b5e7e1c-1f0a-4a43-9f0e-6a4d2f1a9c11": {"n": 1}, "deadbeef01234567": {"n": 1}}
    theirs = {key: {"n": 2} for key in mine}
    assert differing(mine, theirs) == {"body.*.n": "value"}


def test_objects_whose_keys_are_data_can_be_named() -> None:
    assert differing({"by": {"eu": 1, "us": 2}}, {"by": {"eu": 1, "us": 3}}, maps=("body.by",)) == {
        "body.by.*": "value"
    }


def test_ignored_fields_are_not_compared_nor_what_is_below_them() -> None:
    mine, theirs = {"at": {"s": 1}, "l": [{"at": 1}], "n": 1}, {"at": {"s": 2}, "l": [{"at": 2}], "n": 2}
    assert differing(mine, theirs, ignore=("body.**.at",)) == {"body.n": "value"}
    assert differing(mine, theirs, ignore=("body.l", "body.at")) == {"body.n": "value"}


@pytest.mark.parametrize(
    ("tolerance", "theirs", "differs"),
    [
        ({"absolute": 0.5}, 10.5, False),
        ({"absolute": 0.5}, 10.51, True),
        ({"relative": 0.1}, 11.1, False),
        ({"relative": 0.1}, 11.2, True),
        ({"absolute": 1.0}, "10", True),
    ],
)
def test_numbers_within_tolerance_are_the_same(tolerance: dict[str, float], theirs: Any, differs: bool) -> None:
    settings = {"tolerances": (Tolerance(field="body.**.p", **tolerance),)}
    assert bool(differing({"x": [{"p": 10.0}]}, {"x": [{"p": theirs}]}, **settings)) is differs


def test_the_order_of_a_list_can_be_left_out() -> None:
    mine, theirs = {"t": ["a", "b", {"c": 1}]}, {"t": [{"c": 1}, "b", "a"]}
    assert differing(mine, theirs) != {}
    assert differing(mine, theirs, unordered=("body.t",)) == {}


def test_status_headers_latency_and_size_are_fields() -> None:
    mine = Reply(200, headers={"Content-Type": "application/json", "Date": "now"}, latency=100, size=1_000)
    theirs = Reply(500, headers={"content-type": "text/html", "Date": "then"}, latency=130, size=2_000)
    found = {name: seen[0] for name, seen in Comparing(ShadowConfig())(mine, theirs).items()}
    assert found == {
        "status": Difference.VALUE,
        "headers.content-type": Difference.VALUE,
        "latency": Difference.SLOWER,
        "size": Difference.VALUE,
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "slower"), [(100, 119, False), (1, 9, False), (100, 121, True), (130, 1, False)]
)
def test_an_answer_is_slower_by_a_share_and_by_milliseconds(mine: float, theirs: float, slower: bool) -> None:
    found = Comparing(ShadowConfig())(Reply(200, latency=mine), Reply(200, latency=theirs))["latency"]
    assert (found[0] is Difference.SLOWER) is slower


def test_what_lies_very_deep_is_compared_as_one_value() -> None:
    def nested(levels: int, end: int) -> Any:
        return end if not levels else {"x": nested(levels - 1, end)}

    found = differing(nested(200, 1), nested(200, 2))
    assert list(found.values()) == ["value"]
    assert next(iter(found)).count(".x") == DEEPEST
