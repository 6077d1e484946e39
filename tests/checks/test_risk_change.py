import math
from collections.abc import Sequence
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import ChangeFacts, FileChange
from checks.risk import Change, ChangeError, change_of
from checks.risk.change import entropy, is_fix

WHOLE = {"lines_added": 3, "lines_deleted": 1, "files": 2, "dirs": 1, "entropy": 0.5, "fix": 1}


def test_a_change_is_its_files_summed_as_one_commit() -> None:
    facts = ChangeFacts(
        (
            FileChange("README.md", 6, 0),
            FileChange("src/a.py", 2, 1),
            FileChange("src/b.py", 0, 3),
            FileChange("src/deep/logo.png", 0, 0),  # binary: no lines
        ),
        ("Fix the reader",),
    )
    assert change_of(facts) == Change(
        lines_added=8, lines_deleted=4, files=4, dirs=2, entropy=1.5, fix=1
    )  # shares 1/2, 1/4, 1/4


def test_an_empty_change_is_all_zeros() -> None:
    assert change_of(ChangeFacts(())) == Change(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("lines", "bits"),
    [
        ([], 0),
        ([0, 0], 0),
        ([7], 0),
        ([5, 5], 1),
        ([5, 5, 0], 1),
        ([1] * 8, 3),
        ([1, 1, 2], 1.5),
        ([1, 3], 0.8112781),
    ],
)
def test_entropy_is_the_spread_in_bits(lines: list[int], bits: float) -> None:
    assert entropy(lines) == pytest.approx(bits)


@given(st.lists(st.integers(0, 10**6), max_size=60), st.randoms())
def test_entropy_ignores_the_order_of_files_and_never_exceeds_log2_of_their_number(
    lines: list[int], random: Random
) -> None:
    shuffled = random.sample(lines, len(lines))
    assert entropy(shuffled) == entropy(lines)
    assert 0 <= entropy(lines) <= math.log2(max(1, len(lines))) + 1e-9


@pytest.mark.parametrize(
    "subject",
    [
        "fix: close the file",
        "Fixes #12",
        "FIXED a crash",
        "fixing typo",
        "Bugfix for the parser",
        "hotfix",
        "a bug in the reader",
        "AMQ-12: bugs",
        "defects in the index",
        "regression since 1.2",
        "page fault",
    ],
)
def test_a_subject_that_speaks_of_a_repair_is_a_fix(subject: str) -> None:
    assert is_fix([subject])


@pytest.mark.parametrize(
    "subject",
    ["add a prefix", "new fixture", "debugging aid", "default colour", "apply patch", "suffixes", ""],
)
def test_other_subjects_are_not(subject: str) -> None:
    assert not is_fix([subject])


@pytest.mark.parametrize(
    ("messages", "fix"),
    [
        ((), False),
        (("add reader\n\nThis fixes nothing.",), False),  # only the subject line counts
        (("fix a", "add b"), True),  # half is enough
        (("fix a", "add b", "add c"), False),
        (("fix a", "Merge branch 'main' into topic", "Merge pull request #4 from o/bugfix"), True),
        (("Merge branch 'fix/reader'", "Merge commit 'a1b2' of fix"), False),
        (("Merge sort: fix the pivot",), True),
    ],
)
def test_half_of_the_subjects_make_a_fix_and_merges_do_not_count(messages: Sequence[str], fix: bool) -> None:
    assert is_fix(messages) is fix


def test_a_change_is_read_from_keys_or_attributes_and_the_rest_is_ignored() -> None:
    expected = Change(3, 1, 2, 1, 0.5, 1)
    assert Change.read({**WHOLE, "project": "x"}) == expected
    assert Change.read(SimpleNamespace(**WHOLE, bug=0)) == expected
    assert Change.read(expected) is expected


def test_numpy_numbers_and_booleans_are_numbers() -> None:
    assert Change.read(
        {**WHOLE, "lines_added": np.int64(3), "entropy": np.float32(0.5), "fix": np.True_}
    ) == Change.read(WHOLE)


@pytest.mark.parametrize("name", WHOLE)
def test_a_missing_number_is_named(name: str) -> None:
    partial = {key: value for key, value in WHOLE.items() if key != name}
    with pytest.raises(ChangeError, match=f"^the change lacks `{name}`$"):
        Change.read(partial)
    with pytest.raises(ChangeError, match=f"^the change lacks `{name}`$"):
        Change.read(SimpleNamespace(**partial))


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [-1, -1e-9, math.nan, math.inf, -math.inf, 1.1e9, 10**400])
def test_numbers_that_no_change_can_have_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ChangeError, match=f"^`{name}` must be between 0 and 1,000,000,000"):
        Change.read({**WHOLE, name: value})


@pytest.mark.parametrize("value", ["3", None, [3], 3j])
def test_what_is_not_a_number_is_refused_by_name_and_kind(value: object) -> None:
    with pytest.raises(ChangeError, match=f"^`files` must be a number, not {type(value).__name__}$"):
        Change.read({**WHOLE, "files": value})


@pytest.mark.parametrize("value", [0.5, 2])
def test_a_change_is_a_fix_or_it_is_not(value: float) -> None:
    with pytest.raises(ChangeError, match=r"^`fix` must be 0 or 1, not "):
        Change.read({**WHOLE, "fix": value})


def test_the_ceiling_itself_is_a_number() -> None:
    assert Change.read({**WHOLE, "lines_added": 1e9}).lines_added == 1e9
