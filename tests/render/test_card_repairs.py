"""The card's line on what is done about a failing change, its fold of attempts, and its line of figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.github.limits import COMMENT_CUT
from app.model import Beside, Seal, Spent, WriteCheckRun
from app.render.actions import DECISION, GitHubRenderer
from app.render.card import VISIBLE_CHARACTERS, VISIBLE_LINES, Card, card
from app.render.checkrun import decision_run
from checks.model import Decision, State
from program.remediation import Course, Result

from .decisions import CONTRACT_BLOCK, SHIP, STORY, TESTS_RUNNING, decision, result, row
from .golden import NOW
from .remedied import COURSES, HANDED_OVER, MEDIUM, MENDED, RERUN, SCORES, SPENT, WORKING, spoilt
from .test_card import stands, visible
from .test_commanded import RETRIED
from .test_escape import HOSTILE

SEAL = Seal(1, "f" * 64)
FULL = Beside((RETRIED,) * 50, WORKING, SPENT, SCORES)


def shown(beside: Beside, of: Decision = CONTRACT_BLOCK) -> Card:
    return card(of, now=NOW, seal=SEAL, beside=beside)


def repair(beside: Beside, of: Decision = CONTRACT_BLOCK) -> str:
    """What the card's line says, "" where it has none."""
    return next((line.rstrip("\\") for line in visible(shown(beside, of).body) if "**Repair:** " in line), "")


def test_one_line_says_what_is_done_now_and_how_to_stop_it() -> None:
    assert repair(Beside(remediation=WORKING)) == (
        "> **Repair:** attempt 3 of at most 3: arm impl@medium: $0.25, expected chain $0.34"
        " · until 2026-11-23 07:40 UTC at the latest · `/maestro remediate stop`"
    )


def test_one_line_has_cost_against_budget_and_scores() -> None:
    line = next(one for one in visible(shown(Beside(spent=SPENT, reported=SCORES)).body) if "**Figures:** " in one)
    assert line.rstrip("\\") == "> **Figures:** eval 0.91 · robustness -0.02 · $0.42 of $2.00 · 18 CI min · cache 61 %"


@pytest.mark.parametrize("name", STORY)
def test_where_there_is_nothing_to_say_the_card_is_as_it_was(name: str) -> None:
    nothing = Beside(spent=Spent(ci_minutes=18.0, budget_usd=2.0), reported=SCORES[2:])
    assert shown(nothing, STORY[name]) == shown(Beside(), STORY[name])


def test_every_attempt_folds_with_its_run_its_cost_and_what_came_of_it() -> None:
    body = shown(Beside(remediation=MENDED), SHIP).body
    fold = body.partition("<summary>Repairs (3)</summary>")[2].partition("</details>")[0]
    small = next(line for line in fold.splitlines() if line.startswith("| 2 |"))
    for said in (
        "<code>impl@<!-- -->small</code> tries ([run](https://github.com/acme/shop/actions/runs/42))",
        "| contract | fails still | <span>$</span>0.08 |",
        "expected chain <span>$</span>0.26; ",
        "`perf_p95_ms` is 255 ms, limit &lt; 250",
    ):
        assert said in small
    assert "<summary>Repairs" not in shown(Beside(remediation=COURSES["asking"])).body, "none was made"


def test_what_was_mended_stands_on_a_card_that_ships_and_folds_on_one_that_fails_again() -> None:
    assert "mended by attempt 3" in repair(Beside(remediation=MENDED), SHIP)
    assert repair(Beside(remediation=MENDED)) == ""
    assert "Repairs (3)" in shown(Beside(remediation=MENDED)).body
    assert repair(Beside(remediation=HANDED_OVER), SHIP) == ""


def test_repairs_and_commands_fold_under_one_line() -> None:
    body = shown(FULL).body
    assert "<summary>Repairs (3) · Commands and provenance (50)</summary>" in body
    fold = body.partition("<summary>Repairs")[2].partition("</details>")[0]
    assert "retry impl" in fold
    assert "impl@<!-- -->small" in fold


def test_of_what_is_merged_the_attempts_are_told_and_nothing_is_going_on() -> None:
    merged = replace(SHIP, merged=True)
    assert repair(Beside(remediation=WORKING), merged) == ""
    assert "Repairs (3)" in shown(Beside(remediation=WORKING), merged).body


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("name", STORY)
def test_the_card_stays_within_its_limits(name: str, course: str) -> None:
    lines = visible(shown(replace(FULL, remediation=COURSES[course]), STORY[name]).body)
    assert len(lines) <= VISIBLE_LINES
    assert sum(map(len, lines)) <= VISIBLE_CHARACTERS


def test_a_full_card_makes_room_for_it_and_still_shows_a_check() -> None:
    many = decision(
        *(row(result(f"check{n}", State.BLOCK, "t" * 300, next_step="n" * 400)) for n in range(20)), notes=("o" * 400,)
    )
    body = shown(FULL, many).body
    assert len(visible(body)) <= VISIBLE_LINES
    assert sum(map(len, visible(body))) <= VISIBLE_CHARACTERS
    assert "check0" in body.partition("<details>")[0]
    assert {"**Repair:**", "**Figures:**", "**Note:**"} <= set(body.split())
    assert len(body.encode()) <= COMMENT_CUT


@pytest.mark.parametrize("mode", ["always", "on-change"])
@pytest.mark.parametrize("of", [SHIP, TESTS_RUNNING, CONTRACT_BLOCK], ids=["ship", "running", "block"])
def test_the_digest_changes_with_what_is_shown_of_a_repair_and_not_otherwise(mode: str, of: Decision) -> None:
    digest = _digests(mode, of)
    ran, noted = replace(MEDIUM, run=99), replace(MEDIUM, note="another note")
    steps = (
        None,
        replace(WORKING, attempts=(RERUN,)),
        WORKING,
        replace(WORKING, attempts=(RERUN, ran)),
        replace(WORKING, attempts=(RERUN, noted)),
        MENDED,
        HANDED_OVER,
    )
    assert len({digest(Beside(remediation=one)) for one in steps}) == len(steps)
    assert digest(Beside(remediation=replace(WORKING, id=2, who="bob"))) == digest(Beside(remediation=WORKING))


def test_a_cost_is_news_to_a_card_that_is_always_written_and_to_others_once_it_is_over_the_budget() -> None:
    more, over = replace(SPENT, usd=0.5), replace(SPENT, usd=2.5)
    always, coarse = _digests("always", SHIP), _digests("on-change", SHIP)
    assert always(Beside(spent=SPENT)) != always(Beside(spent=more))
    assert coarse(Beside(spent=SPENT)) == coarse(Beside(spent=more))
    assert coarse(Beside(spent=more)) != coarse(Beside(spent=over))
    assert coarse(Beside(spent=SPENT)) != coarse(Beside(spent=SPENT, reported=SCORES))


def _digests(mode: str, of: Decision) -> Callable[[Beside], str]:
    renderer = GitHubRenderer(now=lambda: NOW)

    def digest(beside: Beside) -> str:
        (written,) = renderer.card(of, mode, SEAL, beside)
        return written.digest

    return digest


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("course", [Course.WORKING, Course.HANDED_OVER])
def test_nothing_acts_of_what_anybody_called_an_arm_or_noted(payload: str, course: Course) -> None:
    body = shown(Beside(remediation=spoilt(payload, course))).body
    stands(body)
    assert not any(live in body for live in ("@octo", "<img", "<script", "](javascript:"))
    assert len(visible(body)) <= VISIBLE_LINES
    assert sum(map(len, visible(body))) <= VISIBLE_CHARACTERS


def test_an_attempt_that_nothing_came_of_says_so() -> None:
    silent = replace(HANDED_OVER, attempts=(replace(MEDIUM, n=1, result=Result.SILENT),))
    assert "nothing came of it in time" in shown(Beside(remediation=silent)).body


def test_the_check_run_says_the_same_and_can_stop_it() -> None:
    beside = Beside(remediation=WORKING, spent=SPENT, reported=SCORES)
    run = decision_run(CONTRACT_BLOCK, beside=beside)
    lines = run.summary.splitlines()
    assert next(one for one in lines if one.startswith("Repair: ")).endswith("`/maestro remediate stop`")
    assert any(one.startswith("Figures: eval 0.91 · ") for one in lines)
    assert "remediate stop" in [button.identifier for button in run.buttons]
    plain = decision_run(CONTRACT_BLOCK)
    assert not any(one.startswith(("Repair: ", "Figures: ")) for one in plain.summary.splitlines())


def test_an_attempt_is_news_to_a_check_run_that_waits() -> None:
    def gist(beside: Beside) -> str:
        runs = GitHubRenderer().check_runs(TESTS_RUNNING, beside)
        return next(one.gist for one in runs if isinstance(one, WriteCheckRun) and one.name == DECISION)

    assert len({gist(Beside()), gist(Beside(remediation=WORKING)), gist(Beside(remediation=HANDED_OVER))}) == 3
    assert gist(Beside()) == gist(Beside(spent=SPENT)) == gist(Beside(commands=(RETRIED,)))
