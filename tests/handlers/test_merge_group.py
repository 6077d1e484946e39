"""`merge_group`: the queue asks about a combination."""

import pytest

from app.model import Kind
from tests.handlers.shapes import HEAD, REPOSITORY, merge_group, understood


def test_the_combination_is_judged_on_its_own_sha_against_the_queues_base() -> None:
    (trigger,) = understood("merge_group", merge_group())
    assert (trigger.kind, trigger.repository, trigger.merge_group) == (Kind.EVALUATE, REPOSITORY, True)
    assert (trigger.head_sha, trigger.base_ref, trigger.number) == (HEAD, "main", None)


@pytest.mark.parametrize("action", ["destroyed", "", "opened"])
def test_a_group_that_fell_apart_needs_no_answer(action: str) -> None:
    assert understood("merge_group", merge_group(action)) == ()


@pytest.mark.parametrize("lost", ["head_sha", "base_ref"])
def test_without_a_head_or_a_base_there_is_nothing_to_compare(lost: str) -> None:
    payload = merge_group()
    del payload["merge_group"][lost]
    assert understood("merge_group", payload) == ()
