from importlib.resources import files
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined
from pydantic import ValidationError

import templates
from checks import risk
from checks.model import (
    ChangeFacts,
    CheckResult,
    FileChange,
    Missing,
    Mode,
    Need,
    Pull,
    Snapshot,
    State,
)
from checks.risk import Config, assess, evaluate, score

USUAL = {"lines_added": 16, "lines_deleted": 4, "files": 2, "dirs": 1, "entropy": 0.47, "fix": 0}


def touching(*files: FileChange, messages: tuple[str, ...] = (), truncated: bool = False) -> ChangeFacts:
    return ChangeFacts(files, messages, truncated)


def spread(files: int, lines: int) -> ChangeFacts:
    return touching(*(FileChange(f"src/m{i}/code.py", lines, 0) for i in range(files)))


def judge(change: ChangeFacts | Missing | None, **config: object) -> CheckResult:
    pull = Pull("o/r", 1, "title", "author", "head", "topic", "base", "main")
    return evaluate(Snapshot(pull, change=change), Config.model_validate(config), {})


SMALL = spread(1, 10)
LARGE = spread(12, 60)


# --- the verdict --------------------------------------------------------------------------------------------


def test_a_small_change_passes_and_shows_its_score_against_the_limit() -> None:
    result = judge(SMALL)
    assert (result.name, result.state, result.next_step) == ("risk", State.PASS, "")
    assert [(m.name, m.unit, m.limit, m.n) for m in result.measures] == [
        ("score", "", "<= 0.65", None),
        ("percentile", "%", "", 103966),
        ("probability", "%", "", 103966),
    ]
    assert result.measures[0].state is State.PASS


def test_a_large_spread_change_blocks_names_why_and_says_what_to_do() -> None:
    result = judge(LARGE)
    assert result.state is State.BLOCK
    assert result.title == "Risk 0.67 (limit 0.65): 720 lines added (median change: 16)"
    assert result.reasons == (
        "720 lines added (median change: 16)",
        "spread over its files: 3.6 bits (median change: 0.5)",
    )
    assert result.measures[0].state is State.BLOCK
    assert result.next_step.startswith("Split the change")


def test_the_measures_carry_score_percentile_and_probability_in_their_units() -> None:
    result, expected = judge(LARGE), assess(LARGE, Config())
    assert [m.value for m in result.measures] == [
        expected.score,
        100 * expected.percentile,
        100 * expected.probability,
    ]


def test_the_limit_is_inclusive() -> None:
    at = assess(LARGE, Config()).score
    assert judge(LARGE, limit=at).state is State.PASS
    assert judge(LARGE, limit=at - 1e-9).state is State.BLOCK


def test_a_soft_limit_warns_above_it_and_not_at_it() -> None:
    at = assess(SMALL, Config()).score
    assert judge(SMALL, warn_at=at).state is State.PASS
    warned = judge(SMALL, warn_at=at - 1e-9)
    assert (warned.state, warned.next_step) == (State.WARN, "Give it a second reviewer, or split it.")


def test_above_the_limit_blocks_even_where_the_soft_limit_is_crossed_too() -> None:
    assert judge(LARGE, warn_at=0.1).state is State.BLOCK


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (Missing("GitHub is still computing the files", coming=True), State.WAIT),
        (Missing("GitHub answered 502", ours=True), State.ERROR),
        (Missing("no common history with the base"), State.UNMEASURED),
    ],
)
def test_a_change_that_could_not_be_read_is_never_a_pass(missing: Missing, state: State) -> None:
    result = judge(missing)
    assert (result.state, result.title) == (state, "The size of the change is not known")
    assert result.reasons == (missing.reason,)


def test_a_snapshot_without_the_change_is_our_error() -> None:
    assert (judge(None).state, judge(None).title) == (State.ERROR, "The change was not read")


def test_numbers_that_no_change_can_have_are_our_error_with_the_reason() -> None:
    result = judge(touching(FileChange("a.py", -5, 0)))
    assert (result.state, result.title) == (State.ERROR, "The size of the change makes no sense")
    assert result.reasons == ("`lines_added` must be between 0 and 1,000,000,000, not -5",)


def test_a_change_listed_in_part_is_unmeasured_below_the_limit() -> None:
    result = judge(touching(*SMALL.files, truncated=True))
    assert result.state is State.UNMEASURED
    assert result.reasons[0] == "only 1 file could be listed, and the score counts no other"
    assert result.next_step == "Split the change until all its files can be listed."


def test_a_change_listed_in_part_still_blocks_above_the_limit() -> None:
    result = judge(touching(*LARGE.files, truncated=True))
    assert result.state is State.BLOCK
    assert result.reasons[0] == "only 12 files could be listed, and the score counts no other"


def test_the_check_registers_itself_with_what_it_reads() -> None:
    assert (risk.CHECK.name, risk.CHECK.config, risk.CHECK.evaluate) == ("risk", Config, evaluate)
    assert risk.CHECK.needs == frozenset({Need.CHANGE})


# --- hot paths ----------------------------------------------------------------------------------------------

PAYMENT = touching(FileChange("pay/card.py", 10, 0), FileChange("docs/a.md", 3, 0), FileChange("pay/bank.py", 1, 1))


def test_a_hot_path_raises_the_score_once_and_leads_the_reasons() -> None:
    cold, hot = assess(PAYMENT, Config()), assess(PAYMENT, Config(hot=("pay/**",)))
    assert hot.score == pytest.approx(cold.score + 0.15)
    assert hot.reasons == ("touches 2 hot paths: pay/card.py (+0.15)", *cold.reasons)
    assert (hot.percentile, hot.probability) == (cold.percentile, cold.probability)


def test_one_hot_file_is_said_in_the_singular() -> None:
    assert assess(PAYMENT, Config(hot=("docs/",))).reasons[0] == "touches 1 hot path: docs/a.md (+0.15)"


def test_the_raise_is_configurable_and_the_sum_ends_at_one() -> None:
    cold = assess(PAYMENT, Config()).score
    assert assess(PAYMENT, Config(hot=("pay/*",), hot_raise=0.3)).score == pytest.approx(cold + 0.3)
    assert assess(PAYMENT, Config(hot=("pay/*",), hot_raise=1.0)).score == 1.0


def test_globs_that_match_nothing_change_nothing() -> None:
    assert assess(PAYMENT, Config(hot=("Pay/**", "src/**"))) == assess(PAYMENT, Config())


def test_a_file_that_moves_away_from_a_hot_path_is_hot() -> None:
    moved = touching(FileChange("misc/card.py", 1, 1, "renamed", previous="pay/card.py"))
    assert assess(moved, Config(hot=("pay/**",))).reasons[0] == "touches 1 hot path: misc/card.py (+0.15)"


def test_the_detail_lists_ten_hot_files_and_counts_all() -> None:
    hot = judge(LARGE, hot=["src/**"]).detail["hot"]
    assert (hot["count"], hot["raise"]) == (12, 0.15)
    assert hot["paths"] == [f"src/m{i}/code.py" for i in range(10)]


# --- configuration ------------------------------------------------------------------------------------------


def test_a_bare_block_blocks_above_the_95th_percentile() -> None:
    config = Config()
    assert (config.mode, config.limit, config.warn_at, config.hot) == (Mode.BLOCK, 0.65, None, ())
    assert (config.hot_raise, config.model) == (0.15, None)


@pytest.mark.parametrize(
    "block",
    [
        {"limit": 1.01},
        {"limit": -0.1},
        {"limit": "0.5"},
        {"hot": [""]},
        {"hot_raise": 2},
        {"hot_raise": -0.1},
        {"limits": 0.5},
        {"model": {"intercept": 0}},
    ],
)
def test_a_block_that_makes_no_sense_is_refused(block: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(block)


def test_a_soft_limit_above_the_limit_is_refused_with_both_numbers() -> None:
    with pytest.raises(ValidationError, match=r"warn_at \(0\.7\) must not be above limit \(0\.65\)"):
        Config(warn_at=0.7)
    assert Config(warn_at=0.65).warn_at == 0.65


def test_a_repository_is_judged_by_its_own_model_when_it_has_one() -> None:
    plain = risk.shipped().model_dump(mode="json")
    own = plain | {"source": "our history", "changes": 500, "quantiles": [q + 9 for q in plain["quantiles"]]}
    result = judge(LARGE, model=own)
    assert (result.state, result.measures[0].value) == (State.PASS, 0.0)  # every change of theirs is riskier
    assert (result.measures[1].n, result.detail["model"]["source"]) == (500, "our history")


# --- what the template is given -----------------------------------------------------------------------------


def test_the_detail_holds_what_the_page_shows() -> None:
    result, expected = judge(LARGE), assess(LARGE, Config())
    detail = dict(result.detail)
    assert detail.pop("median") == {**USUAL, "lines_added": 16.0}
    assert detail.pop("change") | {"entropy": 0} == {
        "lines_added": 720,
        "lines_deleted": 0,
        "files": 12,
        "dirs": 12,
        "entropy": 0,
        "fix": 0,
    }
    assert detail.pop("model") == {
        "source": risk.shipped().source,
        "changes": 103966,
        "defect_rate": 0.114855,
    }
    assert detail == {
        "percentile": expected.percentile,
        "probability": expected.probability,
        "hot": {"count": 0, "paths": [], "raise": 0.15},
    }


@pytest.mark.parametrize("trimmed", [True, False])
def test_the_template_says_the_percentile_the_medians_and_the_hot_paths(trimmed: bool) -> None:
    source = (files(templates) / "checks/risk.md.j2").read_text()
    environment = Environment(
        loader=DictLoader({"risk": source}),
        undefined=StrictUndefined,
        trim_blocks=trimmed,
        lstrip_blocks=trimmed,
    )
    text = environment.get_template("risk").render(detail=judge(LARGE, hot=["src/**"]).detail)
    assert "Riskier than **95.3 %** of the reference changes." in text
    assert "| Lines added | 720 | 16 |\n| Lines deleted | 0 | 4 |\n" in text
    assert "- src/m9/code.py\n" in text
    assert "- and 2 more\n" in text
    assert "103,966 changes" in text


# --- properties ---------------------------------------------------------------------------------------------

names = st.sampled_from(sorted(USUAL.keys() - {"fix"}))
amounts = st.floats(0, 1e9, allow_nan=False)
changes = st.fixed_dictionaries({name: amounts for name in USUAL if name != "fix"} | {"fix": st.sampled_from([0, 1])})


@given(changes, names, amounts)
def test_nothing_added_to_a_change_lowers_its_score(change: dict[str, float], name: str, more: float) -> None:
    larger = change | {name: max(change[name], more)}
    assert score(larger).score >= score(change).score - 1e-12


@given(changes)
def test_every_answer_is_a_share_with_a_reason(change: dict[str, float]) -> None:
    answer = score(change)
    assert 0 <= answer.score <= 1
    assert 0 <= answer.percentile <= 1
    assert 0 < answer.probability < 1
    assert 1 <= len(answer.reasons) <= 3


@given(changes)
def test_a_fix_is_never_less_risky_than_the_same_change_without_one(change: dict[str, float]) -> None:
    assert score(change | {"fix": 1}).score >= score(change | {"fix": 0}).score


@given(changes)
def test_mapping_record_and_any_object_score_alike(change: dict[str, float]) -> None:
    assert score(change) == score(risk.Change(**change)) == score(SimpleNamespace(**change, bug=1))
