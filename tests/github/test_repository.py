"""A repository's names, pull requests and files: what we ask, and what we make of gaps in the answers."""

from __future__ import annotations

from typing import Any

import pytest

from app.github.client import Client
from app.github.errors import Malformed, TooLarge
from app.github.records import Commit
from app.github.repository import Repository
from checks.model import FileChange, Pull

from .hub import Hub, Reply

R = "/repos/o/r"
SHA = "a" * 40
BASE = "b" * 40


def pull_json(**over: Any) -> dict[str, Any]:
    return {
        "number": 5,
        "title": "Add a thing",
        "body": None,
        "user": {"login": "ann", "type": "User"},
        "state": "open",
        "merged": False,
        "draft": False,
        "labels": [{"name": "agent"}, {"name": "size/S"}],
        "html_url": "https://github.com/o/r/pull/5",
        "head": {"sha": SHA, "ref": "feat/x", "repo": {"full_name": "o/r"}},
        "base": {"sha": BASE, "ref": "main", "repo": {"id": 9, "full_name": "o/r"}},
        "changed_files": 3,
        "comments": 2,
    } | over


# --- names ---


@pytest.mark.parametrize("name", ["o/r", "o/.github", "my-org/a.b_c-d", "user_corp/r"])
def test_repository_names_that_github_allows_are_taken(client: Client, name: str) -> None:
    assert Repository(client, name).full_name == name


@pytest.mark.parametrize(
    "name", ["", "o", "o/", "/r", "o/r/x", "o/..", "o/.", "../r", "o/r?x", "o/r#", "o/r\n", "o r/x", "ö/r"]
)
def test_repository_names_that_could_lead_elsewhere_are_refused(client: Client, name: str) -> None:
    with pytest.raises(ValueError, match="owner/name"):
        Repository(client, name)


# --- the change ---


async def test_a_pull_request_becomes_the_facts_that_checks_read(repository: Repository, hub: Hub) -> None:
    hub.on("GET", R + "/pulls/5", Reply(data=pull_json()))
    pull = await repository.pull(5)
    assert (pull.changed_files, pull.comments, pull.head_repository) == (3, 2, "o/r")
    assert pull.facts(merge_base_sha=BASE) == Pull(
        repository="o/r",
        number=5,
        title="Add a thing",
        author="ann",
        head_sha=SHA,
        head_ref="feat/x",
        base_sha=BASE,
        base_ref="main",
        merge_base_sha=BASE,
        labels=("agent", "size/S"),
        url="https://github.com/o/r/pull/5",
        repository_id=9,
    )


@pytest.mark.parametrize("repo", [{"full_name": "someone/r"}, None])
async def test_a_fork_is_a_fork_even_after_it_was_deleted(repository: Repository, hub: Hub, repo: Any) -> None:
    hub.on("GET", R + "/pulls/5", Reply(data=pull_json(head={"sha": SHA, "ref": "x", "repo": repo}, user=None)))
    pull = await repository.pull(5)
    assert pull.from_fork
    assert pull.facts().from_fork
    assert pull.author == "ghost"


async def test_a_repository_written_in_other_case_is_not_a_fork(repository: Repository, hub: Hub) -> None:
    head = {"sha": SHA, "ref": "x", "repo": {"full_name": "O/R"}}
    hub.on("GET", R + "/pulls/5", Reply(data=pull_json(head=head)))
    assert not (await repository.pull(5)).from_fork


async def test_a_pull_request_with_nothing_but_its_bones_is_read(repository: Repository, hub: Hub) -> None:
    bones = {key: pull_json()[key] for key in ("number", "head", "base")} | {"something_new": {"x": 1}}
    hub.on("GET", R + "/pulls/5", Reply(data=bones))
    pull = await repository.pull(5)
    assert (pull.title, pull.body, pull.labels, pull.draft, pull.author) == ("", "", (), False, "ghost")


async def test_a_pull_request_without_a_head_sha_is_malformed(repository: Repository, hub: Hub) -> None:
    hub.on("GET", R + "/pulls/5", Reply(data=pull_json(head={"ref": "x"})))
    with pytest.raises(Malformed, match="sha"):
        await repository.pull(5)


async def test_open_pull_requests_may_be_asked_by_base(repository: Repository, hub: Hub) -> None:
    listed = {key: value for key, value in pull_json(merged_at=None).items() if key not in ("merged", "changed_files")}
    hub.on("GET", R + "/pulls", Reply(data=[listed]))
    assert [pull.number for pull in await repository.open_pulls()] == [5]
    assert [pull.number for pull in await repository.open_pulls("release/1 0")] == [5]
    assert [seen.path for seen in hub.asked("GET", R + "/pulls")] == [
        R + "/pulls?state=open&per_page=100",
        R + "/pulls?state=open&base=release%2F1%200&per_page=100",
    ]


async def test_pull_requests_of_a_commit_tell_open_from_closed(repository: Repository, hub: Hub) -> None:
    closed = pull_json(state="closed", merged_at="2026-01-01T00:00:00Z")
    del closed["merged"]
    hub.on("GET", f"{R}/commits/{SHA}/pulls", Reply(data=[closed, pull_json(number=6)]))
    pulls = await repository.commit_pulls(SHA)
    assert [(pull.number, pull.state) for pull in pulls] == [(5, "closed"), (6, "open")]


async def test_a_comparison_keeps_files_messages_and_the_merge_base(repository: Repository, hub: Hub) -> None:
    files = [
        {
            "filename": "b.py",
            "previous_filename": "a.py",
            "status": "renamed",
            "additions": 1,
            "deletions": 2,
            "sha": "f" * 40,
        },
        {"filename": "logo.png", "status": "added", "additions": 0, "deletions": 0, "sha": None},
    ]
    data = {
        "base_commit": {"sha": BASE},
        "merge_base_commit": {"sha": "c" * 40},
        "commits": [
            {"sha": "d" * 40, "commit": {"message": "first"}},
            {"sha": SHA, "parents": [{"sha": "d" * 40}], "commit": {"message": "fix: second"}},
        ],
        "total_commits": 251,
        "files": files,
    }
    hub.on("GET", R + "/compare/main...feat%2Fx", Reply(data=data))
    compared = await repository.compare("main", "feat/x")
    assert compared.files == (
        FileChange("b.py", 1, 2, "renamed", "a.py", "f" * 40),
        FileChange("logo.png", 0, 0, "added"),
    )
    assert compared.messages == ("first", "fix: second")
    assert ([one.sha for one in compared.commits], compared.total) == (["d" * 40, SHA], 251)
    assert (compared.base_sha, compared.merge_base) == (BASE, Commit("c" * 40))
    assert not compared.truncated


async def test_a_commit_is_read_with_its_parents_and_when_it_was_committed(repository: Repository, hub: Hub) -> None:
    said = {
        "message": "Merge",
        "author": {"name": "Ada", "email": "ada@example.com", "date": "2026-01-01T00:00:00Z"},
        "committer": {"date": "2026-01-02T00:00:00Z"},
    }
    merge = {"sha": SHA, "parents": [{"sha": BASE}, {"sha": "c" * 40}], "commit": said}
    hub.on("GET", R + "/commits", Reply(data=[merge, {"sha": BASE}]))
    read = await repository.history(SHA)
    written = ("Ada", "ada@example.com", "2026-01-01T00:00:00Z")
    assert read == (Commit(SHA, (BASE, "c" * 40), "2026-01-02T00:00:00Z", "Merge", written), Commit(BASE))
    assert hub.seen[-1].path == f"{R}/commits?sha={SHA}&per_page=100"


async def test_a_comparison_at_githubs_file_limit_counts_as_truncated(repository: Repository, hub: Hub) -> None:
    files = [{"filename": f"{i}", "status": "added", "additions": 1, "deletions": 0} for i in range(300)]
    data = {"base_commit": {"sha": BASE}, "merge_base_commit": {"sha": BASE}, "files": files}
    hub.on("GET", R + f"/compare/{BASE}...{SHA}", Reply(data=data))
    assert (await repository.compare(BASE, SHA)).truncated


async def test_more_than_a_hundred_files_of_a_pull_request_are_all_read(repository: Repository, hub: Hub) -> None:
    page = [{"filename": f"{i}", "status": "added", "additions": 1, "deletions": 0} for i in range(100)]
    link = {"Link": f'<{hub.url(R + "/pulls/5/files?per_page=100&page=2")}>; rel="next"'}
    hub.on("GET", R + "/pulls/5/files", Reply(data=page, headers=link), Reply(data=page[:50]))
    assert len(await repository.pull_files(5)) == 150


# --- what is in it ---


async def test_a_file_comes_as_the_bytes_that_are_in_it(repository: Repository, hub: Hub) -> None:
    hub.on("GET", R + "/contents/docs/a%20b.bin", Reply(raw=b"\xff\x00zip"))
    assert await repository.content("docs/a b.bin", "feat/x", max_bytes=100) == b"\xff\x00zip"
    [seen] = hub.asked("GET", R + "/contents/docs/a%20b.bin")
    assert seen.path.endswith("?ref=feat%2Fx")
    assert seen.headers["Accept"] == "application/vnd.github.raw+json"


async def test_a_file_that_is_not_there_is_none(repository: Repository, hub: Hub) -> None:
    hub.on("GET", R + "/contents/x", Reply(404, {"message": "Not Found"}))
    assert await repository.content("x", SHA, max_bytes=100) is None


@pytest.mark.parametrize(
    "entries", [[{"type": "file", "git_url": "u", "name": "a"}], {"type": "submodule", "git_url": "u"}]
)
async def test_a_directory_or_a_submodule_is_no_file(repository: Repository, hub: Hub, entries: Any) -> None:
    hub.on("GET", R + "/contents/x", Reply(data=entries))
    assert await repository.content("x", SHA, max_bytes=100) is None


@pytest.mark.parametrize("text", [b"[]", b"{}", b'[{"type": "x"}]', b'{"post": {"tests": "pass"}}', b"{broken"])
async def test_a_json_file_is_a_file_whatever_its_content_type(repository: Repository, hub: Hub, text: bytes) -> None:
    hub.on("GET", R + "/contents/x.json", Reply(raw=text, headers={"Content-Type": "application/json"}))
    assert await repository.content("x.json", SHA, max_bytes=100) == text


async def test_a_file_larger_than_its_reader_allows_is_too_large(repository: Repository, hub: Hub) -> None:
    hub.on("GET", R + "/contents/x", Reply(raw=b"x" * 101))
    with pytest.raises(TooLarge):
        await repository.content("x", SHA, max_bytes=100)


@pytest.mark.parametrize("path", ["../../../user", "a/../b", "/etc", "a//b", ""])
async def test_a_path_that_climbs_is_refused_before_any_call(repository: Repository, hub: Hub, path: str) -> None:
    with pytest.raises(ValueError):
        await repository.content(path, SHA, max_bytes=100)
    assert hub.seen == []


async def test_a_tree_is_read_to_its_leaves(repository: Repository, hub: Hub) -> None:
    entries = [
        {"path": "sbom/a.json", "type": "blob", "mode": "100644", "sha": "1" * 40, "size": 12},
        {"path": "vendored", "type": "commit", "mode": "160000", "sha": "2" * 40},
    ]
    hub.on("GET", f"{R}/git/trees/{SHA}", Reply(data={"sha": SHA, "tree": entries, "truncated": True}))
    tree = await repository.tree(SHA)
    assert [(entry.path, entry.kind) for entry in tree.entries] == [("sbom/a.json", "blob"), ("vendored", "commit")]
    assert tree.truncated
    assert hub.seen[-1].path.endswith("?recursive=1")
