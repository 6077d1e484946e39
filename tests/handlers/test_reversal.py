"""What takes a merged change back: each file as it was, nobody else's work undone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import Change, Leaf, Leaves, Refusal, Removed, Restored
from handlers.reversal import MOST, reversal

HAND = "git revert -m 1 1a2b3c4"


def file(content: str, mode: str = "100644") -> Leaf:
    return mode, content * 40


def change(before: Leaves, after: Leaves, now: Leaves | None = None) -> Change:
    return Change("f" * 40, before, after, after if now is None else now, HAND)


def refused(found: object) -> str:
    assert isinstance(found, Refusal)
    return found.reason


def test_each_file_is_again_what_it_was_with_its_mode() -> None:
    before = {
        "kept": file("0"),
        "edited": file("1"),
        "run.sh": file("2"),
        "gone": file("3"),
        "lib": file("4", "160000"),
        "here": file("5", "120000"),
    }
    after = {
        **before,
        "edited": file("a"),
        "run.sh": file("2", "100755"),
        "lib": file("b", "160000"),
        "here": file("c", "120000"),
        "new": file("d"),
    }
    del after["gone"]
    assert reversal(change(before, after), "main") == (
        Restored("edited", "1" * 40),
        Restored("gone", "3" * 40),
        Restored("here", "5" * 40, "120000"),
        Restored("lib", "4" * 40, "160000"),
        Removed("new"),
        Restored("run.sh", "2" * 40),
    )


def test_a_rename_is_two_files_and_goes_back_whole() -> None:
    found = reversal(change({"a/old.py": file("1")}, {"b/new.py": file("1")}), "main")
    assert found == (Restored("a/old.py", "1" * 40), Removed("b/new.py"))


def test_what_is_back_already_is_not_taken_back_again() -> None:
    before, after = {"a": file("1"), "b": file("2")}, {"a": file("3"), "b": file("4")}
    assert reversal(change(before, after, before), "main") == ()
    assert reversal(change(before, after, {**after, "a": file("1")}), "main") == (Restored("b", "2" * 40),)
    assert reversal(change({}, {"new": file("1")}, {}), "main") == ()


@pytest.mark.parametrize(
    "now",
    [{"a": file("9"), "b": file("4")}, {"b": file("4")}, {"a": file("3", "100755"), "b": file("4")}],
    ids=["edited", "deleted", "made executable"],
)
def test_a_file_that_a_later_commit_touched_is_nobodys_to_undo(now: Leaves) -> None:
    before, after = {"a": file("1"), "b": file("2")}, {"a": file("3"), "b": file("4")}
    assert refused(reversal(change(before, after, now), "main")) == (
        f"later commits on main touched `a` too (by hand: `{HAND}`)"
    )


def test_of_many_files_a_few_are_named() -> None:
    before = {f"f{at}": file("1") for at in range(6)}
    after, now = ({path: file(content) for path in before} for content in "23")
    assert "`f0`, `f1`, `f2` and 3 more too" in refused(reversal(change(before, after, now), "main"))


def test_a_file_does_not_come_back_over_somebodys_directory_nor_below_their_file() -> None:
    gone = change({"a": file("1")}, {}, {"a/later": file("2")})
    assert "touched `a` too" in refused(reversal(gone, "main"))
    below = change({"a/b/c": file("1")}, {}, {"a": file("2")})
    assert "touched `a/b/c` too" in refused(reversal(below, "main"))


def test_a_directory_that_the_change_made_a_file_of_comes_back() -> None:
    found = reversal(change({"a/b": file("1")}, {"a": file("2")}), "main")
    assert found == (Removed("a"), Restored("a/b", "1" * 40))


def test_workflows_and_endless_changes_are_left_to_people() -> None:
    assert "workflows" in refused(reversal(change({}, {".github/workflows/ci.yml": file("1")}), "main"))
    many = {f"f{at}": file("1") for at in range(MOST + 1)}
    assert "more than 3,000 files" in refused(reversal(change({}, many), "main"))


LEAVES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123").map(file))


@given(LEAVES, LEAVES, LEAVES)
def test_what_it_gives_is_the_base_without_the_change_and_else_untouched(
    before: Leaves, after: Leaves, now: Leaves
) -> None:
    found = reversal(change(before, after, now), "main")
    touched = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if isinstance(found, Refusal):
        assert any(now.get(path) not in {before.get(path), after.get(path)} for path in touched)
        return
    result = dict(now)
    for edit in found:
        if isinstance(edit, Removed):
            del result[edit.path]
        else:
            assert isinstance(edit, Restored)
            result[edit.path] = edit.mode, edit.blob_sha
    assert all(result.get(path) == before.get(path) for path in touched)
    assert all(result.get(path) == now.get(path) for path in now.keys() - touched)
