"""The text of a head from the text of its base: proven by git's own name for it, or not believed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gather.patched import Patch, Saving, patched
from app.github.sandbox.diff import changed_files
from app.github.sandbox.git import EMPTY_TREE, FILE, Entry, Objects, object_sha
from checks.model import Document

LINES = st.lists(st.sampled_from(["a", "b", "c", "@@ x", "+d", "-e", "\\ f", "", "g\r", "ü"]), max_size=30)
TEXTS = st.tuples(LINES, st.sampled_from(["", "\n"])).map(lambda drawn: "\n".join(drawn[0]) + drawn[1])


def between(before: str, after: str) -> Patch | None:
    """What the local GitHub shows of such a change; None where it shows no difference."""
    objects = Objects()
    trees = [
        objects.with_files(EMPTY_TREE, {"f": Entry(FILE, objects.add_blob(text.encode()))}) for text in (before, after)
    ]
    (found,) = changed_files(objects, *trees) or (None,)
    return None if found is None else Patch(found.patch, found.sha)


@given(before=TEXTS, after=TEXTS)
def test_either_the_very_text_comes_out_or_none(before: str, after: str) -> None:
    patch = between(before, after)
    if patch is not None:
        assert patched(before.encode(), patch) in {after.encode(), None}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one\ntwo\nthree\n", "one\n2\nthree\n"),
        ("one\n", "one\ntwo"),
        ("one\ntwo", "one\n"),
        ("x\n" * 50 + "y\n" + "x\n" * 50, "x\n" * 49 + "z\n" + "x\n" * 51),
        ("\n".join(map(str, range(100))), "\n".join(str(n * 2 if n % 30 == 0 else n) for n in range(100))),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("old", "new"),
    ],
)
def test_ordinary_changes_need_no_second_reading(before: str, after: str) -> None:
    patch = between(before, after)
    assert patch is not None
    assert patched(before.encode(), patch) == after.encode()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_git_itself_prints_is_understood(tmp_path: Path) -> None:
    before = "\n".join(map(str, range(60)))
    after = before.replace("\n7\n", "\nseven\n").replace("\n40\n", "\n") + "\n60\n"
    for name, text in (("a", before), ("b", after)):
        (tmp_path / name).write_text(text)
    printed = subprocess.run(
        ["git", "diff", "--no-index", "a", "b"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout
    text = printed[printed.index("@@") :].rstrip("\n")
    assert patched(before.encode(), Patch(text, object_sha("blob", after.encode()))) == after.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "@@ -1 +1 @@\n-a\n+c",
        "@@ -9,9 +9,9 @@\n x\n",
        "@@ -1,2 +1,2 @@\n a\n b\n c\n d",
        "+c",
        " \n \n ",
    ],
)
def test_a_patch_that_does_not_fit_is_not_believed(text: str) -> None:
    assert patched(b"a\nb\n", Patch(text, object_sha("blob", b"something else"))) is None


async def test_only_the_head_of_a_file_whose_base_was_read_is_saved() -> None:
    asked = []
    before, after = "one\ntwo\n", "one\n2\n"
    texts = {"base": before, "head": after, "older": "zero\n"}

    async def read(path: str, sha: str, max_bytes: int) -> Document | None:
        asked.append((path, sha))
        return Document(path, sha, texts[sha])

    patch = between(before, after)
    assert patch is not None
    saving = Saving(read, "base", "head", {"f": patch})
    for sha in ("head", "older", "base", "head"):
        read_now = await saving("f", sha, 100)
        assert read_now is not None
        assert read_now.text == texts[sha]
    await saving("g", "base", 100)
    await saving("g", "head", 100)
    assert asked == [("f", "head"), ("f", "older"), ("f", "base"), ("g", "base"), ("g", "head")]
