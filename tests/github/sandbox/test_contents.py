"""Files by path and the git database."""

from __future__ import annotations

import base64

import aiohttp
import pytest

from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.github.sandbox.git import object_sha
from tests.github.sandbox.conftest import Client, as_bot, open_shop

REPO = "/repos/octo/shop"


async def test_a_file_is_read_at_any_ref(bot: Client, shop: Repo) -> None:
    sha = shop.commit("topic/deep", {"src/cart.py": "total = 1\n", "ünï/cödé.txt": "ä\n"})
    for ref in (sha, "topic/deep", "refs/heads/topic/deep", sha[:10]):
        reply = await bot.get(f"{REPO}/contents/src/cart.py?ref={ref}")
        assert base64.b64decode(reply.body["content"]) == b"total = 1\n"
        assert (reply.body["type"], reply.body["encoding"], reply.body["size"]) == ("file", "base64", 10)
    there = await bot.get(f"{REPO}/contents/ünï/cödé.txt?ref={sha}", Accept="application/vnd.github.raw+json")
    assert there.body.decode() == "ä\n"


async def test_a_directory_is_a_list(bot: Client, shop: Repo) -> None:
    listed = (await bot.get(f"{REPO}/contents/src")).body
    assert [(one["name"], one["type"], one["size"]) for one in listed] == [
        ("cart.py", "file", 10),
        ("pay.py", "file", 13),
    ]


@pytest.mark.parametrize(
    ("path", "says"),
    [("contents/nothing.txt", "Not Found"), ("contents/README.md?ref=nowhere", "No commit found for the ref nowhere")],
)
async def test_what_is_missing_is_not_found(bot: Client, path: str, says: str) -> None:
    reply = await bot.get(f"{REPO}/{path}")
    assert (reply.status, reply.message) == (404, says)


async def test_beyond_a_megabyte_only_raw_helps(bot: Client, shop: Repo) -> None:
    content = b"x" * 1_000_001
    sha = shop.commit("big", {"big.bin": content, "fits.bin": content[:-1]})
    path = f"{REPO}/contents/big.bin?ref={sha}"
    big = (await bot.get(path)).body
    assert (big["encoding"], big["content"], big["size"]) == ("none", "", 1_000_001)
    assert (await bot.get(path, Accept="application/vnd.github.raw+json")).body == content
    assert (await bot.get(f"{REPO}/contents/fits.bin?ref={sha}")).body["encoding"] == "base64"
    blob = (await bot.get(f"{REPO}/git/blobs/{big['sha']}")).body
    assert base64.b64decode(blob["content"]) == content


async def test_replacing_a_file_needs_the_sha_of_what_is_there(
    lenient: Sandbox, session: aiohttp.ClientSession, app: SandboxApp
) -> None:
    open_shop(lenient)
    bot = await as_bot(lenient, session, app)
    path = f"{REPO}/contents/README.md"
    wish = {"message": "new", "content": base64.b64encode(b"new\n").decode()}
    without = await bot.ask("PUT", path, wish)
    assert (without.status, '"sha" wasn\'t supplied' in without.message) == (422, True)
    stale = await bot.ask("PUT", path, {**wish, "sha": "0" * 40})
    assert (stale.status, stale.message) == (409, f"README.md does not match {'0' * 40}")
    sha = (await bot.get(path)).body["sha"]
    assert (await bot.ask("PUT", path, {**wish, "sha": sha})).status == 200
    assert (await bot.ask("PUT", f"{REPO}/contents/fresh.txt", wish)).status == 201
    gone = await bot.ask(
        "DELETE", f"{REPO}/contents/fresh.txt", {"message": "gone", "sha": object_sha("blob", b"new\n")}
    )
    assert (gone.status, gone.body["content"]) == (200, None)


async def test_a_tree_is_walked_all_the_way_down(bot: Client, shop: Repo) -> None:
    flat = (await bot.get(f"{REPO}/git/trees/main")).body
    assert [(one["path"], one["type"]) for one in flat["tree"]] == [("README.md", "blob"), ("src", "tree")]
    deep = (await bot.get(f"{REPO}/git/trees/{shop.tip()}?recursive=1")).body
    assert [one["path"] for one in deep["tree"]] == ["README.md", "src", "src/cart.py", "src/pay.py"]
    assert deep["truncated"] is False


async def test_refs_are_created_moved_and_deleted(bot: Client, shop: Repo, sandbox: Sandbox) -> None:
    first, second = shop.tip(), shop.commit("main", {"a": "1"})
    made = await bot.post(f"{REPO}/git/refs", {"ref": "refs/heads/bot/fix", "sha": first})
    assert (made.status, made.body["ref"]) == (201, "refs/heads/bot/fix")
    again = await bot.post(f"{REPO}/git/refs", {"ref": "refs/heads/bot/fix", "sha": first})
    assert (again.status, again.message) == (422, "Reference already exists")
    unknown = await bot.post(f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": "f" * 40})
    assert (unknown.status, unknown.message) == (422, "Object does not exist")
    assert (await bot.patch(f"{REPO}/git/refs/heads/bot/fix", {"sha": second})).status == 200
    back = await bot.patch(f"{REPO}/git/refs/heads/bot/fix", {"sha": first})
    assert (back.status, back.message) == (422, "Update is not a fast forward")
    assert (await bot.patch(f"{REPO}/git/refs/heads/bot/fix", {"sha": first, "force": True})).status == 200
    matching = await bot.get(f"{REPO}/git/matching-refs/heads/bot")
    assert [ref["ref"] for ref in matching.body] == ["refs/heads/bot/fix"]
    assert (await bot.ask("DELETE", f"{REPO}/git/refs/heads/bot/fix")).status == 204
    gone = await bot.ask("DELETE", f"{REPO}/git/refs/heads/bot/fix")
    assert (gone.status, gone.message) == (422, "Reference does not exist")
    assert (await bot.get(f"{REPO}/git/ref/heads/bot/fix")).status == 404
    assert sandbox.violations == []


async def test_a_ref_may_be_written_with_an_encoded_slash(bot: Client, shop: Repo) -> None:
    sha = shop.commit("topic/deep", {"a": "1"})
    assert (await bot.get(f"{REPO}/branches/topic%2Fdeep")).body["commit"]["sha"] == sha
    assert (await bot.get(f"{REPO}/commits/topic%2Fdeep")).body["sha"] == sha
    assert (await bot.get(f"{REPO}/commits/topic/deep/check-runs")).body["total_count"] == 0


async def test_a_single_commit_shows_its_files(bot: Client, shop: Repo) -> None:
    sha = shop.commit("main", {"src/cart.py": "total = 0\nx = 1\n"})
    reply = (await bot.get(f"{REPO}/commits/{sha}")).body
    assert (reply["stats"]["additions"], [f["filename"] for f in reply["files"]]) == (1, ["src/cart.py"])
    unknown = await bot.get(f"{REPO}/commits/{'f' * 40}")
    assert (unknown.status, unknown.message) == (422, f"No commit found for SHA: {'f' * 40}")


async def test_the_commits_of_a_branch_are_listed_with_their_parents(bot: Client, shop: Repo) -> None:
    first = shop.tip()
    shop.commit("feature", {"a": "1"})
    number = shop.open_pull("Add a", "feature")
    side = shop.tip("feature")
    merged = shop.merge(number)
    listed = (await bot.get(f"{REPO}/commits?sha=main&per_page=100")).body
    assert [[parent["sha"] for parent in one["parents"]] for one in listed] == [[first, side], [], [first]]
    assert [one["sha"] for one in (await bot.get(f"{REPO}/commits?sha={side}")).body] == [side, first]
    assert (await bot.get(f"{REPO}/commits?per_page=1")).body[0]["sha"] == merged
    assert (await bot.get(f"{REPO}/commits?sha={'f' * 40}")).status == 404


async def test_a_comparison_counts_from_where_the_two_parted(bot: Client, shop: Repo) -> None:
    parted = shop.tip()
    shop.commit("feature", {"a": "1"})
    shop.commit("main", {"b": "1"})
    compared = (await bot.get(f"{REPO}/compare/main...feature")).body
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("diverged", 1, 1)
    assert compared["merge_base_commit"]["sha"] == parted
    assert [f["filename"] for f in compared["files"]] == ["a"]
    assert (await bot.get(f"{REPO}/compare/main...main")).body["status"] == "identical"
    assert (await bot.get(f"{REPO}/compare/main...nowhere")).status == 404


async def test_git_objects_that_do_not_exist_are_refused(bot: Client) -> None:
    assert (await bot.get(f"{REPO}/git/blobs/{'f' * 40}")).status == 404
    assert (await bot.get(f"{REPO}/git/commits/{'f' * 40}")).status == 404
    lost = {"path": "x", "mode": "100644", "type": "blob", "sha": "f" * 40}
    assert (await bot.post(f"{REPO}/git/trees", {"tree": [lost]})).status == 422
    assert (await bot.post(f"{REPO}/git/commits", {"message": "m", "tree": "f" * 40})).status == 422


async def test_a_written_blob_has_git_s_own_name(bot: Client) -> None:
    made = await bot.post(f"{REPO}/git/blobs", {"content": base64.b64encode(b"hello\n").decode(), "encoding": "base64"})
    assert (made.status, made.body["sha"]) == (201, "ce013625030ba8dba906f756967f9e9ca394464a")


async def test_a_commit_with_its_people_and_date_given_has_one_sha(bot: Client, shop: Repo, sandbox: Sandbox) -> None:
    who = {"name": "Ada", "email": "ada@example.org", "date": "2026-11-22T10:00:00Z"}
    tree = shop.state.objects.commit(shop.tip()).tree
    body = {"message": "m", "tree": tree, "parents": [shop.tip()], "author": who, "committer": who}
    first = await bot.post(f"{REPO}/git/commits", body)
    sandbox.advance(300)
    second = await bot.post(f"{REPO}/git/commits", body)
    assert first.body["sha"] == second.body["sha"]
    assert first.body["author"]["date"] == "2026-11-22T10:00:00Z"
    unsaid = {**body, "author": {"name": "Ada", "email": "ada@example.org"}}
    del unsaid["committer"]
    assert (await bot.post(f"{REPO}/git/commits", unsaid)).body["sha"] != first.body["sha"]
