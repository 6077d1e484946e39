import asyncio
import os
from pathlib import Path

import pytest

from app.gather.git import MOST_MESSAGES, Git, GitError
from checks.model import FileChange
from tests.gather.hostile import arm, signed
from tests.gather.repositories import Repo, repository

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "shop", {"a.py": "x = 1\n", "kept.py": "k = 1\n"})


async def changes(repo: Repo, base: str = "HEAD~1", head: str = "HEAD") -> dict[str, FileChange]:
    git = await Git.at(repo.root)
    return {file.path: file for file in await git.changes(repo.sha(base), repo.sha(head))}


# --- what changed ----------------------------------------------------------------------------------------------------


async def test_each_kind_of_change_has_its_status_and_its_lines(repo: Repo) -> None:
    repo.commit({"old.py": "a\n" * 20, "gone.py": "g\n", "link": "text\n"})
    (repo.root / "link").unlink()
    (repo.root / "link").symlink_to("a.py")
    repo.git("mv", "old.py", "new.py")
    repo.commit({"a.py": "x = 2\ny = 3\n", "gone.py": None, "added.py": "1\n2\n3\n"})
    found = {path: (file.status, file.added, file.deleted) for path, file in (await changes(repo)).items()}
    assert found == {
        "a.py": ("modified", 2, 1),
        "added.py": ("added", 3, 0),
        "gone.py": ("removed", 0, 1),
        "link": ("changed", 1, 1),
        "new.py": ("renamed", 0, 0),
    }
    assert (await changes(repo))["new.py"].previous == "old.py"


async def test_a_rename_that_also_edits_keeps_its_line_counts(repo: Repo) -> None:
    repo.commit({"old.py": "".join(f"line {n}\n" for n in range(40))})
    repo.git("mv", "old.py", "new.py")
    repo.commit({"new.py": "".join(f"line {n}\n" for n in range(40)) + "more\n"})
    assert (await changes(repo))["new.py"] == FileChange(
        "new.py", 1, 0, "renamed", "old.py", repo.git("rev-parse", "HEAD:new.py")
    )


async def test_a_binary_file_counts_no_lines(repo: Repo) -> None:
    repo.commit({"logo.png": b"\x89PNG\r\n\0\0\n\n\n"})
    assert (await changes(repo))["logo.png"].added == 0


async def test_a_submodule_is_a_change_and_no_file(repo: Repo, tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"i": "1\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "lib")
    repo.commit({})
    repo.git("config", "diff.ignoreSubmodules", "all")
    git = await Git.at(repo.root)
    assert (await changes(repo))["lib"].status == "added"
    assert "lib" not in await git.files(repo.sha())
    assert (await Git.at(repo.root / "lib")).root == repo.root / "lib"
    inside = await Git.at(repo.root / "lib")
    assert list(await inside.files(inner.sha())) == ["i"]


async def test_names_come_whole_whatever_bytes_they_hold(repo: Repo) -> None:
    odd = {'new\nline "quoted"\t.py': "1\n", ":colon.py": "2\n", "ä/ö.py": "3\n", " space ": "4\n"}
    repo.commit({**odd, os.fsdecode(b"raw\xff.py"): "5\n"})
    git = await Git.at(repo.root)
    assert set(await changes(repo)) == {*odd, "raw\\xff.py"}
    files = await git.files(repo.sha())
    assert {*odd, "raw\\xff.py"} < set(files)
    assert await git.content(files["raw\\xff.py"]) == b"5\n"


@pytest.mark.slow
async def test_five_thousand_files_are_read_in_one_go(repo: Repo) -> None:
    repo.commit({f"many/{n % 50}/{n}.txt": f"{n}\n" for n in range(5000)})
    found = await changes(repo)
    assert (len(found), {file.added for file in found.values()}) == (5000, {1})
    assert len(await (await Git.at(repo.root)).files(repo.sha())) == 5002


async def test_attributes_cannot_hide_lines_from_the_count(repo: Repo) -> None:
    repo.commit({".gitattributes": "*.py -diff\n", "a.py": "x = 2\n" * 9})
    assert (await changes(repo))["a.py"].added == 9


async def test_neither_the_working_tree_nor_the_index_has_a_say(repo: Repo) -> None:
    repo.commit({"a.py": "x = 2\n"})
    before = await changes(repo)
    (repo.root / "a.py").write_text("z = 9\n" * 30)
    (repo.root / "untracked.py").write_text("u\n")
    repo.git("add", "a.py")
    assert await changes(repo) == before


async def test_a_configuration_of_diffs_changes_no_answer(repo: Repo) -> None:
    repo.commit({"old.py": "a\n" * 20})
    repo.git("mv", "old.py", "sub.py")
    repo.commit({"a.py": "x = 2\n"})
    before = await changes(repo)
    settings = {"diff.renames": "false", "diff.renameLimit": "1", "color.ui": "always", "diff.orderFile": "a.py"}
    for name, value in settings.items():
        repo.git("config", name, value)
    assert await changes(repo) == before


# --- commits ---------------------------------------------------------------------------------------------------------


async def test_a_ref_is_a_branch_a_tag_a_sha_or_an_expression_of_them(repo: Repo) -> None:
    first = repo.sha()
    repo.git("tag", "--annotate", "--message", "first", "v1")
    second = repo.commit({"a.py": "x = 2\n"})
    git = await Git.at(repo.root)
    for ref, sha in {"v1": first, "main": second, "HEAD~1": first, second[:10]: second, "@": second}.items():
        assert await git.commit(ref) == sha


@pytest.mark.parametrize("ref", ["", "nosuch", "-x", "--all", "--output=canary", "main..HEAD", "HEAD:a.py", "a b", "é"])
async def test_what_is_no_commit_is_an_error_and_never_an_option(repo: Repo, ref: str) -> None:
    with pytest.raises(GitError):
        await (await Git.at(repo.root)).commit(ref)
    assert not list(repo.root.glob("**/canary"))


@pytest.mark.parametrize("name", ["feature/ä-ö", "it's;$(touch${IFS}canary)", "-dash", "a&b|c", "percent%20"])
async def test_a_branch_keeps_its_name(repo: Repo, name: str) -> None:
    repo.git("update-ref", f"refs/heads/{name}", "HEAD")
    git = await Git.at(repo.root)
    assert await git.commit(name) == repo.sha()
    assert await git.branch(name) == name
    assert not list(repo.root.glob("**/canary"))


async def test_what_is_no_branch_stands_for_itself(repo: Repo) -> None:
    git = await Git.at(repo.root)
    assert await git.branch("HEAD") == "main"
    repo.git("switch", "--quiet", "--detach")
    assert await git.branch("HEAD") == "HEAD"
    assert await git.branch(repo.sha()) == repo.sha()


async def test_messages_come_whole_the_newest_last(repo: Repo) -> None:
    base = repo.sha()
    repo.commit({}, "First\n\nwith a body\n")
    repo.commit({}, "Zweite Änderung")
    repo.git("config", "i18n.logOutputEncoding", "ISO-8859-1")
    git = await Git.at(repo.root)
    assert await git.messages(base, repo.sha()) == ("First\n\nwith a body", "Zweite Änderung")
    assert await git.described(repo.sha()) == ("Ada", "Zweite Änderung")


async def test_of_very_many_messages_the_newest_are_read(repo: Repo) -> None:
    base = repo.sha()
    tree, parent = repo.git("rev-parse", "HEAD^{tree}"), base
    for n in range(MOST_MESSAGES + 1):
        parent = repo.git("commit-tree", tree, "-p", parent, "-m", f"number {n}")
    messages = await (await Git.at(repo.root)).messages(base, parent)
    assert (len(messages), messages[0], messages[-1]) == (MOST_MESSAGES, "number 1", f"number {MOST_MESSAGES}")


async def test_unrelated_histories_have_no_common_ancestor(repo: Repo) -> None:
    main = repo.sha()
    repo.git("switch", "--quiet", "--orphan", "other")
    repo.commit({"b": "1\n"})
    assert await (await Git.at(repo.root)).merge_base(main, repo.sha()) == ""


# --- where it runs ---------------------------------------------------------------------------------------------------


async def test_any_directory_of_the_checkout_finds_it(repo: Repo) -> None:
    (repo.root / "deep" / "er").mkdir(parents=True)
    assert (await Git.at(repo.root / "deep" / "er")).root == repo.root


async def test_a_linked_working_tree_is_a_checkout_of_its_own(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    side = Repo(tmp_path / "linked")
    sha = side.commit({"s": "1\n"})
    git = await Git.at(side.root)
    assert (git.root, await git.commit("HEAD"), await git.branch("HEAD")) == (side.root, sha, "side")


async def test_a_path_with_odd_characters_is_found(tmp_path: Path) -> None:
    odd = repository(tmp_path / 'sp ace\nline "q" ä', {"a": "1\n"})
    assert await (await Git.at(odd.root)).commit("HEAD") == odd.sha()


async def test_what_a_surrounding_git_hook_exports_leads_nowhere_else(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "other", {"o": "1\n"})
    for name, value in {"GIT_DIR": other.root / ".git", "GIT_WORK_TREE": other.root}.items():
        monkeypatch.setenv(name, str(value))
    git = await Git.at(repo.root)
    assert git.root == repo.root
    assert "a.py" in await git.files(await git.commit("HEAD"))


async def test_no_repository_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        await Git.at(tmp_path)


async def test_a_replaced_object_does_not_stand_in_for_the_sha(repo: Repo) -> None:
    true = repo.sha()
    false = repo.commit({"a.py": "x = 'replaced'\n"})
    repo.git("replace", true, false)
    git = await Git.at(repo.root)
    assert await git.content((await git.files(true))["a.py"]) == b"x = 1\n"


async def test_a_blob_that_was_never_fetched_is_an_error_and_nothing_is_fetched(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    repo.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{repo.root}", str(partial))
    git = await Git.at(partial)
    blob = (await git.files(await git.commit("HEAD")))["a.py"]
    for reading in (git.content(blob), git.size(blob)):
        with pytest.raises(GitError):
            await reading


async def test_nothing_of_a_hostile_repository_is_run(repo: Repo, tmp_path: Path) -> None:
    base = repo.sha()
    repo.commit({".gitattributes": "*.py diff=canary filter=canary\n", "a.py": "x = 2\n"}, "Sign here")
    head = signed(repo, repo.sha())
    canary = tmp_path / "canary"
    arm(repo, canary)
    git = await Git.at(repo.root)
    assert await git.merge_base(base, head) == base
    assert {file.path for file in await git.changes(base, head)} == {".gitattributes", "a.py"}
    assert await git.messages(base, head) == ("Sign here",)
    assert await git.described(head) == ("Ada", "Sign here")
    files = await git.files(head)
    assert (await git.size(files["a.py"]), await git.content(files["a.py"])) == (6, b"x = 2\n")
    assert [await git.branch("HEAD"), await git.shallow()] == ["main", False]
    with pytest.raises(GitError):
        await git.content("1234567890123456789012345678901234567890")
    assert not canary.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["log", "-1", "SIGNED"],
        ["diff", "BASE", "SIGNED"],
        ["cat-file", "--textconv", "SIGNED:a.py"],
        ["cat-file", "blob", "1234567890123456789012345678901234567890"],
    ],
)
def test_the_traps_of_that_repository_are_live(repo: Repo, tmp_path: Path, words: list[str]) -> None:
    base = repo.sha()
    repo.commit({"a.py": "x = 2\n"})
    names = {"BASE": base, "SIGNED": signed(repo, repo.sha())}
    arm(repo, tmp_path / "canary")
    repo.git(*(word.replace("BASE", names["BASE"]).replace("SIGNED", names["SIGNED"]) for word in words), check=False)
    assert (tmp_path / "canary").exists()


async def test_a_missing_git_is_told_by_its_name(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    git = await Git.at(repo.root)
    monkeypatch.setenv("PATH", str(repo.root))
    with pytest.raises(FileNotFoundError) as caught:
        await git.commit("HEAD")
    assert caught.value.filename == "git"


async def test_reading_writes_nothing(repo: Repo) -> None:
    def state() -> dict[str, tuple[int, int]]:
        paths = sorted(repo.root.rglob("*"))
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}

    repo.commit({"a.py": "x = 2\n"})
    before = state()
    git = await Git.at(repo.root)
    await asyncio.gather(git.files(repo.sha()), git.changes(repo.sha("HEAD~1"), repo.sha()))
    assert state() == before
