"""Pull requests: real files, moving heads, forks, and what GitHub will not open."""

from __future__ import annotations

import pytest

from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.refusals import Refused
from tests.github.sandbox.conftest import Client, Ear

PULLS = "/repos/octo/shop/pulls"


@pytest.fixture
def feature(shop: Repo) -> str:
    """A branch with a change in every way."""
    files = {"src/cart.py": "total = 0\ncount = 0\n", "src/pay.py": None, "docs/new.md": "new\npage\n"}
    return shop.commit("feature", files, message="Count things", author="bob")


async def test_a_pull_request_s_files_and_counts_are_real(bot: Client, shop: Repo, feature: str) -> None:
    number = shop.open_pull("Count", "feature", author="bob", body="why", labels=["agent"])
    pull = (await bot.get(f"{PULLS}/{number}")).body
    assert (pull["head"]["sha"], pull["base"]["sha"]) == (feature, shop.tip())
    assert (pull["changed_files"], pull["additions"], pull["deletions"], pull["commits"]) == (3, 3, 1, 1)
    assert [label["name"] for label in pull["labels"]] == ["agent"]
    files = (await bot.get(f"{PULLS}/{number}/files")).body
    assert [(f["filename"], f["status"], f["additions"], f["deletions"]) for f in files] == [
        ("docs/new.md", "added", 2, 0),
        ("src/cart.py", "modified", 1, 0),
        ("src/pay.py", "removed", 0, 1),
    ]
    assert files[1]["patch"] == "@@ -1 +1,2 @@\n total = 0\n+count = 0"
    commits = (await bot.get(f"{PULLS}/{number}/commits")).body
    assert [(c["sha"], c["commit"]["message"], c["author"]["login"]) for c in commits] == [
        (feature, "Count things", "bob")
    ]


async def test_a_moving_head_moves_the_pull_request_and_says_synchronize(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    number = shop.open_pull("Count", "feature")
    await sandbox.settle()
    ear.heard.clear()
    after = shop.commit("feature", {"more.txt": "more\n"})
    await sandbox.settle()
    assert ear.events == ["push", "check_suite.requested", "pull_request.synchronize"]
    (payload,) = ear.payloads("pull_request.synchronize")
    assert (payload["number"], payload["before"], payload["after"]) == (number, feature, after)
    assert payload["pull_request"]["head"]["sha"] == after
    assert payload["pull_request"]["changed_files"] == 4
    assert (await bot.get(f"{PULLS}/{number}")).body["head"]["sha"] == after
    assert (await bot.get(f"/repos/octo/shop/git/ref/pull/{number}/head")).body["object"]["sha"] == after


async def test_the_bot_s_own_push_moves_the_head_too(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    shop.open_pull("Count", "feature")
    repo = "/repos/octo/shop/git"
    tree = (await bot.get(f"{repo}/commits/{feature}")).body["tree"]["sha"]
    wish = {"base_tree": tree, "tree": [{"path": "x", "mode": "100644", "type": "blob", "content": "x\n"}]}
    new_tree = (await bot.post(f"{repo}/trees", wish)).body["sha"]
    made = await bot.post(f"{repo}/commits", {"message": "by bot", "tree": new_tree, "parents": [feature]})
    moved = await bot.patch(f"{repo}/refs/heads/feature", {"sha": made.body["sha"]})
    assert (moved.status, moved.body["object"]["sha"]) == (200, made.body["sha"])
    await sandbox.settle()
    (payload,) = ear.payloads("pull_request.synchronize")
    assert (payload["sender"]["login"], payload["sender"]["type"]) == ("maestro[bot]", "Bot")
    assert sandbox.violations == []


async def test_a_force_push_is_forced_and_files_are_those_of_the_new_head(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    number = shop.open_pull("Count", "feature")
    other = shop.draft_commit({"only.txt": "1\n"}, parent=shop.tip(), message="Start over")
    shop.force_push("feature", other)
    await sandbox.settle()
    assert [payload["forced"] for payload in ear.payloads("push")] == [False, True]
    assert [f["filename"] for f in (await bot.get(f"{PULLS}/{number}/files")).body] == ["only.txt"]


async def test_what_lands_on_the_base_is_not_a_file_of_the_pull_request(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    number, base = shop.open_pull("Count", "feature"), shop.tip()
    shop.commit("main", {"elsewhere.txt": "1\n"})
    await sandbox.settle()
    assert ear.payloads("push")[-1]["ref"] == "refs/heads/main"
    assert "pull_request.synchronize" not in ear.events
    pull = (await bot.get(f"{PULLS}/{number}")).body
    assert (pull["changed_files"], pull["base"]["sha"]) == (3, base)


async def test_a_fork_s_pull_request_lives_in_the_base_repository(
    bot: Client, shop: Repo, sandbox: Sandbox, ear: Ear
) -> None:
    fork = shop.fork("eve")
    head = fork.commit("patch-1", {"evil.py": "1\n"}, author="eve")
    await sandbox.settle()
    assert ear.events == [], "the App is not installed on the fork"
    number = shop.open_pull("Help", "eve:patch-1", author="eve")
    fork.commit("patch-1", {"evil.py": "2\n"}, author="eve")
    await sandbox.settle()
    assert ear.events == ["pull_request.opened", "pull_request.synchronize"]
    (opened,) = ear.payloads("pull_request.opened")
    assert opened["pull_request"]["head"]["repo"]["full_name"] == "eve/shop"
    assert opened["pull_request"]["head"]["repo"]["fork"] is True
    assert opened["repository"]["full_name"] == "octo/shop"
    assert (await bot.get(f"/repos/octo/shop/contents/evil.py?ref={head}")).status == 200
    compared = await bot.get("/repos/octo/shop/compare/main...eve:patch-1")
    assert (compared.body["status"], compared.body["ahead_by"]) == ("ahead", 2)
    assert [f["filename"] for f in (await bot.get(f"{PULLS}/{number}/files")).body] == ["evil.py"]


async def test_every_step_of_a_life_is_an_event(shop: Repo, feature: str, sandbox: Sandbox, ear: Ear) -> None:
    shop.commit("release", {"VERSION": "1\n"})
    await sandbox.settle()
    ear.heard.clear()
    number = shop.open_pull("Count", "feature", draft=True)
    shop.ready(number)
    shop.label(number, "agent", "hot")
    shop.unlabel(number, "hot")
    shop.edit(number, title="Count well", body="because")
    shop.edit(number, base="release")
    shop.close(number)
    shop.reopen(number)
    shop.back_to_draft(number)
    await sandbox.settle()
    assert [event.partition(".")[2] for event in ear.events] == [
        "opened",
        "ready_for_review",
        "labeled",
        "labeled",
        "unlabeled",
        "edited",
        "edited",
        "closed",
        "reopened",
        "converted_to_draft",
    ]
    texts, base = (payload["changes"] for payload in ear.payloads("pull_request.edited"))
    assert texts == {"title": {"from": "Count"}, "body": {"from": ""}}
    assert base["base"]["ref"] == {"from": "main"}


async def test_merging_moves_the_base_and_closes_as_merged(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    number = shop.open_pull("Count", "feature")
    tip = shop.merge(number, by="mia")
    await sandbox.settle()
    (closed,) = ear.payloads("pull_request.closed")
    assert (closed["pull_request"]["merged"], closed["pull_request"]["merged_by"]["login"]) == (True, "mia")
    assert closed["pull_request"]["changed_files"] == 3
    assert (await bot.get("/repos/octo/shop/branches/main")).body["commit"]["sha"] == tip
    assert [p["number"] for p in (await bot.get(f"/repos/octo/shop/commits/{tip}/pulls")).body] == [number]


def test_a_conflict_is_not_merged(shop: Repo) -> None:
    shop.commit("feature", {"README.md": "mine\n"})
    number = shop.open_pull("Mine", "feature")
    shop.commit("main", {"README.md": "yours\n"})
    with pytest.raises(Refused, match="not mergeable"):
        shop.merge(number)


async def test_whether_it_merges_is_known_to_whoever_asks_twice(bot: Client, shop: Repo) -> None:
    shop.commit("feature", {"README.md": "mine\n"})
    number = shop.open_pull("Mine", "feature")

    async def asked() -> list[bool | None]:
        return [(await bot.get(f"{PULLS}/{number}")).body["mergeable"] for _ in range(3)]

    assert await asked() == [None, True, True]
    shop.commit("main", {"README.md": "yours\n"})
    assert await asked() == [None, False, False]


async def test_deleting_the_head_branch_closes_the_pull_request(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    shop.commit("other", {"o": "1"})
    by_bot, by_person = shop.open_pull("Count", "feature"), shop.open_pull("Other", "other")
    assert (await bot.ask("DELETE", "/repos/octo/shop/git/refs/heads/feature")).status == 204
    shop.delete_branch("other", by="bob")
    await sandbox.settle()
    assert [shop.pull(number).state for number in (by_bot, by_person)] == ["closed", "closed"]
    assert [one["sender"]["login"] for one in ear.payloads("pull_request.closed")] == ["maestro[bot]", "bob"]
    assert [one["deleted"] for one in ear.payloads("push")][-2:] == [True, True]


async def test_the_merge_queue_asks_for_checks_on_its_own_sha(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox, ear: Ear
) -> None:
    number = shop.open_pull("Count", "feature")
    sha = shop.merge_group(number)
    shop.dissolve_group(sha)
    await sandbox.settle()
    (asked,), (gone,) = ear.payloads("merge_group.checks_requested"), ear.payloads("merge_group.destroyed")
    group = asked["merge_group"]
    assert (group["head_sha"], group["base_sha"], group["base_ref"]) == (sha, shop.tip(), "refs/heads/main")
    assert group["head_ref"].startswith("refs/heads/gh-readonly-queue/main/pr-1-")
    assert gone["reason"] == "dequeued"
    assert (await bot.get(f"/repos/octo/shop/contents/docs/new.md?ref={sha}")).status == 200


# --- over the API ------------------------------------------------------------------------------------------------


async def test_the_bot_opens_a_pull_request_and_changes_it(
    bot: Client, shop: Repo, feature: str, sandbox: Sandbox
) -> None:
    made = await bot.post(PULLS, {"title": "Count", "head": "feature", "base": "main"})
    assert (made.status, made.body["user"]["login"]) == (201, "maestro[bot]")
    changed = await bot.patch(f"{PULLS}/1", {"title": "Better", "state": "closed"})
    assert (changed.body["title"], changed.body["state"]) == ("Better", "closed")
    assert sandbox.violations == []


async def test_a_second_pull_request_for_the_same_branches_is_refused(bot: Client, shop: Repo, feature: str) -> None:
    shop.open_pull("Count", "feature")
    reply = await bot.post(PULLS, {"title": "Again", "head": "feature", "base": "main"})
    assert (reply.status, reply.message) == (422, "Validation Failed")
    assert reply.body["errors"] == [
        {
            "resource": "PullRequest",
            "code": "custom",
            "message": "A pull request already exists for octo:feature.",
        }
    ]


@pytest.mark.parametrize(
    ("wish", "field"),
    [({"head": "nowhere", "base": "main"}, "head"), ({"head": "feature", "base": "nowhere"}, "base")],
)
async def test_branches_must_exist(bot: Client, shop: Repo, feature: str, wish: dict[str, str], field: str) -> None:
    reply = await bot.post(PULLS, {"title": "x", **wish})
    assert reply.status == 422
    assert reply.body["errors"] == [{"resource": "PullRequest", "code": "invalid", "field": field}]


async def test_there_must_be_something_to_merge(bot: Client, shop: Repo) -> None:
    shop.force_push("same", shop.tip())
    reply = await bot.post(PULLS, {"title": "x", "head": "same", "base": "main"})
    assert (reply.status, reply.body["errors"][0]["message"]) == (422, "No commits between main and same")


async def test_pull_requests_are_found_by_head_base_and_state(bot: Client, shop: Repo, feature: str) -> None:
    shop.commit("other", {"o": "1"})
    first, second = shop.open_pull("One", "feature"), shop.open_pull("Two", "other")
    shop.close(second)

    async def numbers(query: str) -> list[int]:
        return [pull["number"] for pull in (await bot.get(f"{PULLS}?{query}")).body]

    assert await numbers("head=octo:feature") == [first]
    assert await numbers("state=closed") == [second]
    assert await numbers("state=all") == [second, first]
    assert await numbers("base=elsewhere") == []


async def test_a_commit_knows_its_pull_requests(bot: Client, shop: Repo) -> None:
    fork = shop.fork("eve")
    head = fork.commit("patch", {"a": "1"}, author="eve")
    number = shop.open_pull("Help", "eve:patch", author="eve")
    reply = await bot.get(f"/repos/octo/shop/commits/{head}/pulls")
    assert [pull["number"] for pull in reply.body] == [number]
    assert (await bot.get(f"/repos/octo/shop/commits/{shop.tip()}/pulls")).body == []


@pytest.mark.parametrize(("wish", "field"), [({"title": "x" * 257}, "title"), ({"body": "x" * 65_537}, "body")])
async def test_texts_have_limits(bot: Client, shop: Repo, feature: str, wish: dict[str, str], field: str) -> None:
    reply = await bot.post(PULLS, {"title": "Count", "head": "feature", "base": "main", **wish})
    assert (reply.status, reply.body["errors"][0]["field"]) == (422, field)
    assert shop.state.pulls == {}


async def test_unknown_pull_requests_are_not_found(bot: Client) -> None:
    assert (await bot.get(f"{PULLS}/99")).status == 404
