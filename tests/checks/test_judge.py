from checks import risk
from checks.configuration import NAME
from checks.decide import Policy
from checks.judge import Case, Removed, Unreadable, judge
from checks.model import ChangeFacts, Decision, FileChange, Finding, Pull, Row, Snapshot, State, Verdict

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
SNAPSHOT = Snapshot(PULL, change=ChangeFacts((FileChange("a.py", 3, 1),)))
BROKEN = Unreadable((Finding("config", "not YAML", path=".github/maestro.yml"),))
LAX = Policy({}, digest="1" * 64)
STRICT = Policy({"risk": risk.Config(limit=0.0)}, digest="2" * 64)


def judged(policy: Policy | Unreadable | None, edited: Policy | Unreadable | Removed | None = None) -> Decision:
    decision = judge(Case(SNAPSHOT, policy, edited, "1.5.0"))
    assert decision is not None
    return decision


def config_row(decision: Decision) -> Row:
    return next(row for row in decision.rows if row.result.name == NAME)


def test_a_repository_without_rules_hears_nothing() -> None:
    assert judge(Case(SNAPSHOT, None, None, "1.5.0")) is None


def test_the_rules_of_the_base_decide() -> None:
    assert judged(LAX).verdict is Verdict.SHIP
    assert judged(STRICT).verdict is Verdict.BLOCK
    assert [row.result.name for row in judged(STRICT).rows] == ["risk"]


def test_a_change_cannot_loosen_the_rules_it_is_judged_by() -> None:
    decision = judged(STRICT, edited=LAX)
    assert (decision.verdict, decision.config_digest) == (Verdict.BLOCK, STRICT.digest)
    assert "BLOCK now, SHIP under the edit" in config_row(decision).result.title


def test_rules_that_a_change_would_tighten_do_not_bind_it_yet() -> None:
    decision = judged(LAX, edited=STRICT)
    assert decision.verdict is Verdict.SHIP
    assert "SHIP now, BLOCK under the edit" in config_row(decision).result.title


def test_a_change_that_breaks_the_rules_blocks_beside_what_the_base_says() -> None:
    decision = judged(LAX, edited=BROKEN)
    assert decision.verdict is Verdict.BLOCK
    assert config_row(decision).result.state is State.BLOCK


def test_rules_that_cannot_be_read_hold_and_no_check_pretends_to_know() -> None:
    decision = judged(BROKEN)
    assert (decision.verdict, decision.conclusion) == (Verdict.HOLD, "action_required")
    assert [row.result.name for row in decision.rows] == [NAME]


def test_a_change_that_mends_unreadable_rules_is_shown_its_effect_and_still_held() -> None:
    decision = judged(BROKEN, edited=LAX)
    assert decision.verdict is Verdict.HOLD
    assert "HOLD now, SHIP under the edit" in decision.rows[-1].result.title


def test_the_first_rules_of_a_repository_are_shown_and_do_not_bind() -> None:
    decision = judged(None, edited=STRICT)
    assert decision.verdict is Verdict.SHIP
    assert "silence now, BLOCK under the edit" in config_row(decision).result.title


def test_first_rules_that_cannot_be_read_block() -> None:
    assert judged(None, edited=BROKEN).verdict is Verdict.BLOCK


def test_taking_the_rules_away_is_told_and_changes_nothing_for_this_change() -> None:
    decision = judged(STRICT, edited=Removed())
    assert decision.verdict is Verdict.BLOCK
    assert config_row(decision).result.title.startswith("This change removes the configuration: BLOCK now")


def test_where_there_were_no_rules_none_can_be_taken_away() -> None:
    assert judge(Case(SNAPSHOT, None, Removed(), "1.5.0")) is None


def test_first_rules_speak_for_an_unconfigured_base() -> None:
    assert not judged(None, edited=STRICT).configured
    assert judged(LAX, edited=STRICT).configured
