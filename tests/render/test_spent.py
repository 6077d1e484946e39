"""Cost against budget, and an agent's scores, in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.beside import Spent
from app.render.spent import OVER, news, over, spending
from checks.model import Measurement, Missing

from .remedied import SCORES, SPENT


def test_all_of_it_is_one_line() -> None:
    assert spending(SPENT, SCORES) == "eval 0.91 · robustness -0.02 · $0.42 of $2.00 · 18 CI min · cache 61 %"


def test_what_nobody_reported_is_left_out_and_nothing_is_made_up() -> None:
    assert spending(None, ()) == ""
    assert spending(Spent(), ()) == ""
    assert spending(Spent(usd=0.1), ()) == "$0.10"
    assert spending(None, SCORES[:1]) == "eval 0.91"


def test_minutes_alone_are_no_news_for_every_change_takes_some() -> None:
    assert spending(Spent(ci_minutes=18.0, budget_usd=2.0), ()) == ""
    assert spending(Spent(usd=0.0, ci_minutes=0.4), ()) == "$0.00 · under 1 CI min"


def test_a_budget_that_is_used_up_is_said() -> None:
    spent = replace(SPENT, usd=2.42)
    assert f"$2.42 of $2.00, {OVER}" in spending(spent, ())
    assert over(spent)
    assert not over(SPENT)
    assert not over(None)
    assert not over(Spent(usd=3.0))


def test_a_budget_that_is_spent_to_the_cent_is_used_up() -> None:
    assert spending(replace(SPENT, usd=2.0), ()).startswith(f"$2.00 of $2.00, {OVER} · ")


def test_minutes_that_were_seen_and_minutes_that_were_reported_are_one_sum() -> None:
    assert "20 CI min" in spending(replace(SPENT, ci_reported=2.0), ())
    assert "2 CI min" in spending(replace(SPENT, ci_minutes=None, ci_reported=2.0), ())


def test_a_cost_that_a_fork_reports_says_so() -> None:
    assert spending(replace(SPENT, untrusted=3), ()).startswith("$0.42 (as a fork reports) of $2.00 · ")


def test_where_nobody_reports_usage_the_measured_cost_of_the_head_stands_in() -> None:
    assert spending(Spent(ci_minutes=3.0), (Measurement("cost_usd", 0.4),)) == "$0.40 · 3 CI min"
    assert spending(Spent(usd=0.5), (Measurement("cost_usd", 0.4),)) == "$0.50"


def test_a_measured_share_of_the_cache_stands_in_for_tokens_of_which_nobody_says_it() -> None:
    shared = (Measurement("cache_hit_share", 0.5),)
    assert spending(None, shared) == "cache 50 %"
    assert spending(replace(SPENT, cached_tokens=0), shared).endswith("cache 50 %")
    assert spending(SPENT, shared).endswith("cache 61 %")


def test_what_a_fork_reports_of_itself_says_so() -> None:
    own = [Measurement("eval_score", 1.0, trusted=False), Measurement("cost_usd", 0.0, trusted=False)]
    assert spending(None, own) == "eval 1 (as a fork reports) · $0.00 (as a fork reports)"


@pytest.mark.parametrize("value", ["0.9", True, None])
def test_what_is_no_number_is_no_score(value: str | bool | None) -> None:
    missing = Missing("nobody sent it") if value is None else None
    assert spending(None, [Measurement("eval_score", value, missing=missing)]) == ""


def test_while_other_things_are_waited_for_only_a_score_or_a_used_up_budget_is_news() -> None:
    assert news(SPENT, ()) == news(replace(SPENT, usd=0.5, ci_minutes=40.0), ()) == ""
    assert len({news(SPENT, ()), news(SPENT, SCORES), news(replace(SPENT, usd=9.0), SCORES)}) == 3
