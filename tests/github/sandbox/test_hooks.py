"""Webhooks on their way to the App: signed, in order, logged, redelivered; and the installation's own events."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid

import aiohttp
import pytest

from app.github.sandbox import DeliveryFaults, Repo, Sandbox, SandboxApp
from tests.github.sandbox.conftest import SECRET, Client, Ear, app_jwt, open_shop


@pytest.fixture
def machine(sandbox: Sandbox, app: SandboxApp, session: aiohttp.ClientSession) -> Client:
    return Client(session, sandbox.url, app_jwt(app))


async def test_every_delivery_is_signed_and_carries_github_s_headers(
    shop: Repo, sandbox: Sandbox, ear: Ear, app: SandboxApp
) -> None:
    shop.commit("feature", {"a": "1"})
    shop.open_pull("ünï ✓", "feature")
    await sandbox.settle()
    assert len(ear.heard) == 3
    for headers, body in ear.heard:
        for name, digest in (("X-Hub-Signature-256", hashlib.sha256), ("X-Hub-Signature", hashlib.sha1)):
            expected = hmac.new(SECRET.encode(), body, digest).hexdigest()
            assert headers[name] == f"{digest().name}={expected}"
        assert uuid.UUID(headers["X-GitHub-Delivery"]).version == 4
        assert headers["User-Agent"].startswith("GitHub-Hookshot/")
        assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
        assert headers["X-GitHub-Hook-Installation-Target-ID"] == str(app.app_id)
        assert headers["Content-Type"] == "application/json"
    assert len({headers["X-GitHub-Delivery"] for headers, _ in ear.heard}) == 3


async def test_every_repository_event_names_installation_repository_and_sender(
    shop: Repo, sandbox: Sandbox, ear: Ear
) -> None:
    sha = shop.commit("feature", {"a": "1"}, author="bob")
    number = shop.open_pull("A", "feature", author="bob")
    shop.comment(number, "carol", "hi")
    shop.report_check(sha, "test")
    shop.workflow_run(sha, "ci")
    shop.deploy("main")
    await sandbox.settle()
    assert len(ear.heard) > 8
    for _, body in ear.heard:
        payload = json.loads(body)
        assert payload["installation"]["id"] == sandbox.installation("octo").id
        assert payload["repository"]["full_name"] == "octo/shop"
        assert payload["repository"]["owner"]["login"] == "octo"
        assert payload["repository"]["default_branch"] == "main"
        assert payload["organization"]["login"] == "octo"
        assert payload["sender"]["type"] in {"User", "Bot"}


async def test_a_push_tells_what_was_pushed(shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    before = shop.tip()
    after = shop.commit("main", {"new.txt": "1", "README.md": None, "src/pay.py": "paid = True\n"}, author="bob")
    await sandbox.settle()
    (push,) = ear.payloads("push")
    assert (push["ref"], push["before"], push["after"]) == ("refs/heads/main", before, after)
    assert (push["created"], push["deleted"], push["forced"]) == (False, False, False)
    (commit,) = push["commits"]
    assert (commit["added"], commit["removed"], commit["modified"]) == (["new.txt"], ["README.md"], ["src/pay.py"])
    assert (push["head_commit"]["id"], push["pusher"]["name"]) == (after, "bob")


# --- the log and redelivery --------------------------------------------------------------------------------------


async def test_a_failed_delivery_is_listed_and_redelivered_under_its_guid(
    machine: Client, shop: Repo, sandbox: Sandbox, ear: Ear
) -> None:
    ear.answers = [500]
    shop.commit("main", {"a": "1"})
    await sandbox.settle()
    log = (await machine.get("/app/hook/deliveries")).body
    assert [(one["event"], one["status_code"], one["redelivery"]) for one in log] == [
        ("check_suite", 202, False),
        ("push", 500, False),
    ]
    failed = (await machine.get("/app/hook/deliveries?status=failure")).body
    assert [one["event"] for one in failed] == ["push"]
    asked = await machine.post(f"/app/hook/deliveries/{failed[0]['id']}/attempts")
    assert asked.status == 202
    await sandbox.settle()
    first, again = ear.heard[0], ear.heard[-1]
    assert again[0]["X-GitHub-Delivery"] == first[0]["X-GitHub-Delivery"] == failed[0]["guid"]
    assert again[1] == first[1]
    newest = (await machine.get("/app/hook/deliveries")).body[0]
    assert (newest["redelivery"], newest["status_code"], newest["status"]) == (True, 202, "OK")
    detail = (await machine.get(f"/app/hook/deliveries/{newest['id']}")).body
    assert detail["request"]["payload"]["ref"] == "refs/heads/main"
    assert detail["request"]["headers"]["X-GitHub-Event"] == "push"
    assert sandbox.violations == []
    assert sandbox.writes == []


async def test_the_log_is_paged_by_cursor(machine: Client, shop: Repo, sandbox: Sandbox) -> None:
    for number in range(3):
        shop.commit("main", {"a": str(number)})
    await sandbox.settle()
    seen, url = [], "/app/hook/deliveries?per_page=4"
    while url:
        reply = await machine.get(url)
        seen += [one["id"] for one in reply.body]
        link = reply.headers.get("Link", "")
        url = link[1 : link.index(">")] if link else ""
    assert seen == sorted((one.id for one in sandbox.deliveries), reverse=True)
    assert len(seen) == 6


async def test_github_forgets_deliveries_after_three_days(machine: Client, shop: Repo, sandbox: Sandbox) -> None:
    shop.commit("main", {"a": "1"})
    await sandbox.settle()
    number = sandbox.deliveries[0].id
    sandbox.advance(3 * 86_400 + 1)
    fresh = machine.of(app_jwt(sandbox.app, issued=sandbox.world.now()))
    assert (await fresh.get("/app/hook/deliveries")).body == []
    assert (await fresh.post(f"/app/hook/deliveries/{number}/attempts")).status == 404


async def test_a_deaf_endpoint_is_a_failed_delivery_and_nothing_is_retried(
    sandbox: Sandbox, shop: Repo, ear: Ear
) -> None:
    sandbox.webhook_url = "http://127.0.0.1:9/webhook"
    shop.commit("main", {"a": "1"})
    await sandbox.settle()
    assert {one.status_code for one in sandbox.deliveries} == {502}
    assert ear.heard == []


async def test_without_a_webhook_url_events_are_only_logged(sandbox: Sandbox, shop: Repo, ear: Ear) -> None:
    sandbox.webhook_url = None
    shop.commit("main", {"a": "1"})
    await sandbox.settle()
    assert [one.event for one in sandbox.deliveries] == ["push", "check_suite"]
    assert ear.heard == []


# --- an unkind way -----------------------------------------------------------------------------------------------


async def test_deliveries_arrive_in_order_unless_told_otherwise(shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    for number in range(10):
        shop.commit("main", {"a": str(number)})
    await sandbox.settle()
    assert [headers["X-GitHub-Delivery"] for headers, _ in ear.heard] == [one.guid for one in sandbox.deliveries]


async def test_a_duplicate_carries_the_same_guid(shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    sandbox.delivery_faults = DeliveryFaults(duplicate=1.0)
    shop.commit("main", {"a": "1"})
    await sandbox.settle()
    guids = [headers["X-GitHub-Delivery"] for headers, _ in ear.heard]
    assert sorted(guids) == sorted([one.guid for one in sandbox.deliveries] * 2)


async def test_deliveries_can_be_reordered_lost_and_late(shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    sandbox.delivery_faults = DeliveryFaults(seed=1, reorder=5, drop=0.2, delay=0.5, seconds=0.05)
    sandbox.courier.hold()
    for number in range(10):
        shop.commit("main", {"a": str(number)})
    sandbox.courier.release()
    await sandbox.settle()
    sent, heard = [one.guid for one in sandbox.deliveries], [h["X-GitHub-Delivery"] for h, _ in ear.heard]
    assert 0 < len(heard) < len(sent)
    assert heard != [guid for guid in sent if guid in heard]


# --- who hears what ----------------------------------------------------------------------------------------------


async def test_an_app_hears_only_what_it_subscribed_to(app: SandboxApp, ear: Ear) -> None:
    quiet = SandboxApp(app.app_id, app.private_key, events=("pull_request",))
    async with Sandbox(quiet, ear.url, SECRET) as sandbox:
        shop = open_shop(sandbox)
        shop.commit("feature", {"a": "1"})
        shop.open_pull("A", "feature")
        await sandbox.settle()
    assert ear.events == ["pull_request.opened"]


async def test_an_app_hears_nothing_of_what_it_may_not_read(app: SandboxApp, ear: Ear) -> None:
    blind = SandboxApp(app.app_id, app.private_key, permissions={"metadata": "read", "checks": "write"})
    async with Sandbox(blind, ear.url, SECRET) as sandbox:
        shop = open_shop(sandbox)
        shop.commit("feature", {"a": "1"})
        shop.open_pull("A", "feature")
        await sandbox.settle()
    assert ear.events == ["check_suite.requested"]


async def test_an_installation_s_life_is_told(sandbox: Sandbox, shop: Repo, ear: Ear) -> None:
    open_shop(sandbox, "octo/vault", private=True)
    sandbox.suspend("octo", by="alice")
    shop.commit("main", {"a": "1"})
    sandbox.unsuspend("octo")
    sandbox.select("octo", "octo/shop")
    sandbox.uninstall("octo")
    shop.commit("main", {"a": "2"})
    sandbox.install("octo")
    sandbox.ping()
    await sandbox.settle()
    assert ear.events == [
        "installation.suspend",
        "installation.unsuspend",
        "installation_repositories.removed",
        "installation.deleted",
        "installation.created",
        "ping",
    ]
    (removed,) = ear.payloads("installation_repositories.removed")
    assert [repo["full_name"] for repo in removed["repositories_removed"]] == ["octo/vault"]
    (created,) = ear.payloads("installation.created")
    assert created["installation"]["account"]["login"] == "octo"
    assert {repo["full_name"] for repo in created["repositories"]} == {"octo/shop", "octo/vault"}
