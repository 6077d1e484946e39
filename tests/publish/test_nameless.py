"""Where GitHub names no App (`app: null`), what is ours is still known, and what is another's left alone."""

from __future__ import annotations

from typing import Any

import pytest

from app.gather.testing import tests as read_tests
from app.github.repository import Repository
from app.model import CARD_MARKER, OWN_RUN, CheckRunText, WriteCard, WriteCheckRun
from app.publish.card import CardWriter
from app.publish.check_run import CheckRunWriter
from app.store.effects import Effects
from tests.github.hub import Hub, Reply

OWN_APP, OTHER_APP = 7, 15368
SHA = "1a" * 20
R = "/repos/o/r"
CARD = WriteCard(5, SHA, f"{CARD_MARKER}v1 repo=o/r pr=5 -->\nSHIP", "digest")
RUN = WriteCheckRun("maestro / decision", SHA, "success", CheckRunText("SHIP", "All is well."))


def comment(number: int, app: int | None, user: str, body: str = CARD.body) -> dict[str, Any]:
    named = None if app is None else {"id": app, "slug": "some-app"}
    return {
        "id": number,
        "body": body,
        "user": {"login": "somebody", "type": user},
        "performed_via_github_app": named,
    }


def run(name: str, app: int | None, external_id: str = "", status: str = "completed") -> dict[str, Any]:
    named = None if app is None else {"id": app, "slug": "some-app"}
    return {"id": 9, "name": name, "status": status, "conclusion": None, "external_id": external_id, "app": named}


@pytest.mark.parametrize(
    ("comments", "edited"),
    [
        ([comment(1, None, "Bot")], 1),
        ([comment(1, None, "Bot"), comment(2, OWN_APP, "Bot")], 2),
        ([comment(1, None, "User"), comment(2, None, "Bot")], 2),
        ([comment(1, None, "User")], None),
        ([comment(1, OTHER_APP, "Bot")], None),
        ([comment(1, None, "Bot", "Thanks! " + CARD.body)], None),
    ],
)
async def test_a_lost_card_is_found_by_its_app_else_by_a_bot_and_the_marker(
    repository: Repository, hub: Hub, effects: Effects, comments: list[dict[str, Any]], edited: int | None
) -> None:
    hub.on("GET", f"{R}/issues/5/comments", Reply(data=comments))
    hub.on("PATCH", f"{R}/issues/comments/{edited}", Reply(data={"id": edited}))
    hub.on("POST", f"{R}/issues/5/comments", Reply(201, {"id": 77}))
    await CardWriter(repository, effects, OWN_APP).write(CARD, comments=len(comments))
    written = [seen.path for seen in hub.seen if seen.method in {"PATCH", "POST", "DELETE"} and R in seen.path]
    assert written == [f"{R}/issues/comments/{edited}" if edited else f"{R}/issues/5/comments"]


@pytest.mark.parametrize(("app", "found"), [(OWN_APP, True), (None, True), (OTHER_APP, False)])
async def test_a_run_whose_making_was_never_confirmed_is_found_by_its_external_id(
    repository: Repository, hub: Hub, effects: Effects, app: int | None, found: bool
) -> None:
    writer = CheckRunWriter(repository, effects, OWN_APP)
    hub.on("POST", f"{R}/check-runs", Reply(cut=True), Reply(201, {"id": 10}))
    with pytest.raises(Exception, match="no answer"):
        await writer.write(RUN)
    sent = hub.asked("POST", f"{R}/check-runs")[0].data["external_id"]
    assert sent.startswith(OWN_RUN)
    hub.on("GET", f"{R}/commits/{SHA}/check-runs", Reply(data={"check_runs": [run(RUN.name, app, sent)]}))
    hub.on("PATCH", f"{R}/check-runs/9", Reply(data={"id": 9}))
    await writer.write(RUN)
    assert len(hub.asked("PATCH", f"{R}/check-runs/9")) == found
    assert len(hub.asked("POST", f"{R}/check-runs")) == (1 if found else 2)


async def test_our_own_runs_and_nobodys_suites_are_not_taken_for_tests(repository: Repository, hub: Hub) -> None:
    runs = [
        run("maestro / decision", None, f"{OWN_RUN}0", "in_progress"),
        run("maestro / contract", OWN_APP),
        run("unit", None, "17"),
        run("lint", OTHER_APP, f"{OWN_RUN}0"),
    ]
    suites = [{"id": 1, "status": "completed", "conclusion": "success", "app": None, "latest_check_runs_count": 0}]
    hub.on("GET", f"{R}/commits/{SHA}/check-runs", Reply(data={"check_runs": runs}))
    hub.on("GET", f"{R}/commits/{SHA}/check-suites", Reply(data={"check_suites": suites}))
    facts = await read_tests(repository, SHA, OWN_APP, ())
    assert [test.name for test in facts.runs] == ["unit"], "nor is another Maestro, which might be waiting for us"
