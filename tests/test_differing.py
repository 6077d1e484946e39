import pytest

from app.differing import Difference, differences, silent


def told(was: object, now: object) -> list[str]:
    return [str(one) for one in differences(was, now, "x")]


def test_equal_values_do_not_differ_anywhere() -> None:
    assert told({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == []


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (1, 1.0, "x: was 1, is 1.0"),
        (True, 1, "x: was true, is 1"),
        (0.0, -0.0, "x: was 0.0, is -0.0"),
        ({"a": 1}, {"a": 2}, "x.a: was 1, is 2"),
        ({"a": 1}, {}, "x.a: was 1, is nothing"),
        ({}, {"a": [1]}, "x.a: was nothing, is [1]"),
        ([1, 2], [1], "x[1]: was 2, is nothing"),
        ([1], [1, 2], "x[1]: was nothing, is 2"),
        ({"a": [{"b": "c"}]}, {"a": [{"b": "d"}]}, 'x.a[0].b: was "c", is "d"'),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, 'x (order of keys): was ["a","b"], is ["b","a"]'),
        ([], {}, "x: was [], is {}"),
        ("", None, 'x: was "", is null'),
    ],
)
def test_a_place_is_told_with_what_it_was_and_what_it_is(was: object, now: object, said: str) -> None:
    assert told(was, now) == [said]


@pytest.mark.parametrize("value", [None, False, "", [], {}, 0, 0.0])
def test_a_word_that_was_not_written_passes_where_it_says_nothing(value: object) -> None:
    assert silent(value)
    assert told({}, {"new": value}) == []
    assert told({"new": "said"}, {"new": value}) != [], "what was said counts"


@pytest.mark.parametrize("value", [True, 1, "a", [0], {"a": None}])
def test_a_word_that_was_not_written_counts_where_it_says_something(value: object) -> None:
    assert told({}, {"new": value}) != []


def test_a_long_value_is_cut_where_it_is_told_and_kept_where_it_is_held() -> None:
    one = Difference("x", "a" * 1_000, "")
    assert len(str(one)) < 300
    assert len(one.was) == 1_000
