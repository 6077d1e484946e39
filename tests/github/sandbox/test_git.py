"""The object store against git itself, and against what must hold for any history."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.sandbox.diff import changed_files
from app.github.sandbox.git import (
    EMPTY_TREE,
    FILE,
    Entry,
    MergeConflictError,
    Objects,
    Signature,
    UnknownObjectError,
    object_sha,
)

ADA = Signature("Ada", "ada@example.org", 1_700_000_000)
NAMES = st.sampled_from(["a", "b.txt", "lib/x.py", "lib/y.py", "lib/deep/z", "lib-old/q", "lib.d/r"])
FILES = st.dictionaries(NAMES, st.text("ab\n", max_size=30), max_size=7)


def commit(objects: Objects, files: dict[str, str], *parents: str, message: str = "change") -> str:
    entries = {path: Entry(FILE, objects.add_blob(text.encode())) for path, text in files.items()}
    return objects.add_commit(objects.with_files(EMPTY_TREE, entries), parents, message, ADA)


def patch(objects: Objects, old: str, new: str) -> dict[str, tuple[str, int, int, str]]:
    diffs = changed_files(objects, objects.commit(old).tree, objects.commit(new).tree)
    return {diff.path: (diff.status, diff.additions, diff.deletions, diff.previous) for diff in diffs}


def git(where: Path, *words: str) -> str:
    environment = {
        "GIT_AUTHOR_NAME": ADA.name,
        "GIT_AUTHOR_EMAIL": ADA.email,
        "GIT_AUTHOR_DATE": f"{ADA.at} +0000",
        "GIT_COMMITTER_NAME": ADA.name,
        "GIT_COMMITTER_EMAIL": ADA.email,
        "GIT_COMMITTER_DATE": f"{ADA.at} +0000",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(where),
    }
    run = subprocess.run(["git", *words], cwd=where, env=environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_shas_and_line_counts_are_those_of_git(tmp_path: Path) -> None:
    before = {"a.txt": "one\ntwo\nthree\n", "lib/x.py": "x = 1\n", "lib-old/y": "no newline", "lib.d/z": "z\n"}
    after = {"a.txt": "one\n2\nthree\nfour", "lib/x.py": "x = 1\n", "lib.d/moved": "z\n", "new/deep/file": "n\nm\n"}
    objects = Objects()
    first = commit(objects, before, message="first\n")
    second = commit(objects, after, first, message="second\n")

    git(tmp_path, "init", "-q")
    shas = []
    for files, message in ((before, "first"), (after, "second")):
        git(tmp_path, "rm", "-rq", "--ignore-unmatch", ".")
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", message)
        shas.append(git(tmp_path, "rev-parse", "HEAD"))
    assert [first, second] == shas

    numbers = git(tmp_path, "diff", "--numstat", "--no-renames", first, second).splitlines()
    of_git = {path: (int(added), int(deleted)) for added, deleted, path in (line.split("\t") for line in numbers)}
    ours = patch(objects, first, second)
    assert ours["a.txt"][1:3] == of_git["a.txt"]
    assert ours["new/deep/file"] == ("added", 2, 0, "")
    assert ours["lib-old/y"] == ("removed", 0, 1, "")
    assert ours["lib.d/moved"] == ("renamed", 0, 0, "lib.d/z")


def test_the_patch_is_a_unified_diff_that_tells_of_a_missing_newline() -> None:
    objects = Objects()
    old, new = commit(objects, {"a": "one\ntwo"}), commit(objects, {"a": "one\ntwo\nthree"})
    (diff,) = changed_files(objects, objects.commit(old).tree, objects.commit(new).tree)
    end = "\\ No newline at end of file"
    assert diff.patch == f"@@ -1,2 +1,3 @@\n one\n-two\n{end}\n+two\n+three\n{end}"


def test_a_binary_file_has_no_patch() -> None:
    objects = Objects()
    old = commit(objects, {"a": "text\n"})
    new = objects.with_files(objects.commit(old).tree, {"a": Entry(FILE, objects.add_blob(b"\0\1"))})
    (diff,) = changed_files(objects, objects.commit(old).tree, new)
    assert (diff.status, diff.additions, diff.deletions, diff.patch) == ("modified", 0, 0, "")


@given(FILES, FILES)
def test_applying_a_change_to_a_tree_gives_the_tree_of_the_files(old: dict[str, str], new: dict[str, str]) -> None:
    objects = Objects()
    base, head = (objects.commit(commit(objects, files)).tree for files in (old, new))
    changes = {path: objects.files(head).get(path) for path in old.keys() | new.keys()}
    assert objects.with_files(base, changes) == head
    assert {path: objects.blob(entry.sha).decode() for path, entry in objects.files(head).items()} == new


@given(FILES, FILES)
def test_added_and_deleted_lines_account_for_the_difference_in_length(old: dict[str, str], new: dict[str, str]) -> None:
    objects = Objects()
    base, head = (objects.commit(commit(objects, files)).tree for files in (old, new))
    diffs = changed_files(objects, base, head)
    assert sum(d.additions - d.deletions for d in diffs) == lines(new) - lines(old)


def lines(files: dict[str, str]) -> int:
    return sum(text.count("\n") + (text != "" and not text.endswith("\n")) for text in files.values())


def test_the_merge_base_is_where_two_branches_parted() -> None:
    objects = Objects()
    root = commit(objects, {"a": "1"})
    parted = commit(objects, {"a": "2"}, root)
    ours, theirs = commit(objects, {"a": "3"}, parted), commit(objects, {"a": "4"}, parted)
    assert objects.merge_base(ours, theirs) == parted
    assert [c.sha for c in objects.missing_from(ours, theirs)] == [theirs]
    assert objects.merge_base(ours, commit(objects, {"b": "1"})) is None


def test_merging_the_base_into_the_head_moves_the_merge_base() -> None:
    objects = Objects()
    root = commit(objects, {"a": "1"})
    base, head = commit(objects, {"a": "2"}, root), commit(objects, {"a": "1", "b": "1"}, root)
    merged = commit(objects, {"a": "2", "b": "1"}, head, base)
    assert objects.merge_base(base, merged) == base
    assert patch(objects, base, merged) == {"b": ("added", 1, 0, "")}


def test_changes_to_different_files_merge_and_to_the_same_file_do_not() -> None:
    objects = Objects()
    root = commit(objects, {"a": "1", "b": "1", "c": "1"})
    ours = commit(objects, {"a": "2", "b": "1", "c": "1"}, root)
    theirs = commit(objects, {"a": "1", "b": "1", "d": "1"}, root)
    merged = objects.merged_tree(root, ours, theirs)
    assert {path: objects.blob(e.sha) for path, e in objects.files(merged).items()} == {"a": b"2", "b": b"1", "d": b"1"}
    with pytest.raises(MergeConflictError, match="a"):
        objects.merged_tree(root, ours, commit(objects, {"a": "3", "b": "1", "c": "1"}, root))


def test_what_is_not_there_has_no_object() -> None:
    with pytest.raises(UnknownObjectError):
        Objects().blob(object_sha("blob", b"never stored"))
