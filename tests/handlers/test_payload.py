"""Reading fields: absence is an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.payload import at, integer, items, repository, sha, text, texts
from tests.handlers.shapes import JSON, Shape

PATH = st.lists(st.sampled_from(["a", "b", "full_name", "repository"]), min_size=1, max_size=4)


@given(st.dictionaries(st.sampled_from(["a", "b", "repository"]), JSON, max_size=3), PATH)
def test_every_reader_answers_with_its_own_type_whatever_is_there(payload: Shape, path: list[str]) -> None:
    assert isinstance(text(payload, *path), str)
    assert isinstance(sha(payload, *path), str)
    assert isinstance(repository(payload), str)
    assert all(isinstance(item, dict) for item in items(payload, *path))
    assert all(isinstance(item, str) for item in texts(payload, *path))
    number = integer(payload, *path)
    assert number is None or 0 < number < 2**63


@pytest.mark.parametrize("value", [True, False, 0, -1, 1.0, "1", None, [], {}, 2**63, 10**30])
def test_what_is_no_positive_number_of_a_columns_size_is_none(value: object) -> None:
    assert integer({"id": value}, "id") is None


def test_a_number_of_githubs_size_is_read() -> None:
    assert integer({"id": 20_000_000_000_000}, "id") == 20_000_000_000_000


@pytest.mark.parametrize(
    ("value", "read"), [("é", "é"), ("\U0001f600", "\U0001f600"), ("a\ud800b", "a?b"), ("\udfff", "?"), ("", "")]
)
def test_half_a_surrogate_pair_becomes_a_question_mark(value: str, read: str) -> None:
    assert text({"body": value}, "body") == read


@pytest.mark.parametrize("name", ["acme/shop", "acme/.github", "acme_corp/a.b-c_d", "A1/0"])
def test_names_that_github_gives_are_read(name: str) -> None:
    assert repository({"repository": {"full_name": name}}) == name


def test_a_sha_of_either_hash_is_read() -> None:
    assert [sha({"a": "0f" * n}, "a") for n in (20, 32, 19, 24)] == ["0f" * 20, "0f" * 32, "", ""]


def test_a_step_through_something_that_holds_nothing_ends_the_way() -> None:
    assert at({"a": {"b": 1}}, "a", "b", "c") is None
    assert at({"a": None}, "a", "b") is None
    assert at({"a": {"b": False}}, "a", "b") is False
