"""Lines of the provenance log in words."""

from __future__ import annotations

from typing import Any

import pytest

from app.model import LogLine
from app.render.logged import cause, logged


def line(what: str, **more: Any) -> LogLine:
    said = {"result": "ok", "who": "alice", "reason": "pull_request.opened", "surface": "webhook", "kind": "action"}
    return LogLine(0.0, what, seal="7:c0ffee", **(said | more))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (line("block", kind="decision"), "decided BLOCK"),
        (line("silence", kind="decision"), "nothing is asked of it any more"),
        (line("check run maestro / decision: failure"), "check run maestro / decision: failure"),
        (line("card on #3", result="moved"), "card on #3: stopped, its head had moved"),
        (line("branch x", kind="refusal", result="forbidden"), "not done: branch x: forbidden"),
        (line("override", kind="command", after="`contract`: overridden"), "alice overrode `contract`"),
        (line("override withdraw", kind="command", after="`risk`: block"), "alice had `risk` count again"),
        (
            line("override risk 1a2b3c4 tried by hand", kind="command", after="`risk`: overridden"),
            "alice overrode `risk`",
        ),
        (line("override withdraw risk 1a2b3c4", kind="command", after="`risk`: block"), "alice had `risk` count again"),
        (line("retry impl@medium", kind="command"), "alice asked for retry impl@medium"),
        (line("override", kind="command", result="refused: no"), "alice asked for override: refused: no"),
    ],
)
def test_it_says_what_was_done(said: LogLine, text: str) -> None:
    assert logged(said).text == text


@pytest.mark.parametrize(
    ("who", "surface", "reason", "said"),
    [
        ("bob", "comment", "command.override_withdraw", "bob, by a comment: override withdraw"),
        ("bob", "button", "check_run.requested_action", "bob, by a button on GitHub"),
        ("alice", "webhook", "pull_request.synchronize", "alice pushed to it"),
        ("", "", "pull_request.merged", "somebody merged it"),
        ("ci[bot]", "webhook", "check_run.completed", "a check by ci[bot]"),
        ("alice", "webhook", "push", "alice pushed to the base branch"),
        ("maestro", "webhook", "measurements", "figures arrived"),
        ("maestro", "schedule", "experiment.rolled_back", "experiment rolled back"),
    ],
)
def test_it_says_who_or_what_had_it_done(who: str, surface: str, reason: str, said: str) -> None:
    assert cause(who, surface, reason) == said


def test_where_somebody_asked_stands_beside_what_they_asked_for_and_the_raw_names_with_the_seal() -> None:
    told = logged(line("retry", kind="command", surface="center", reason="center.asked"))
    assert (told.cause, told.raw) == ("from the Decision Center", "command retry, ok; alice by center: center.asked")
