from checks.configuration import NAME, broken_edit, effect_of_edit, unreadable
from checks.decide import weigh
from checks.model import CheckResult, Decision, Finding, Mode, Pull, Row, State, Verdict

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
FINDING = Finding("config", "unknown key `limt`; did you mean `limit`?", path=".github/maestro.yml", line=3)
WHOLE = Finding("config", "not YAML", path=".github/maestro.yml")


def decision(*rows: Row, verdict: Verdict = Verdict.SHIP, digest: str = "1" * 64) -> Decision:
    return Decision(verdict, rows, PULL, config_digest=digest)


def row(name: str, state: State, mode: Mode = Mode.BLOCK) -> Row:
    return weigh(CheckResult(name, state, ""), mode)


def test_where_the_rules_cannot_be_read_nothing_ships_and_the_place_is_named() -> None:
    answer = unreadable(PULL, [FINDING, WHOLE], "1.5.0")
    assert (answer.verdict, answer.conclusion) == (Verdict.HOLD, "action_required")
    (only,) = answer.rows
    assert only.result.title == f"The configuration on main cannot be read: {FINDING.message}"
    assert only.result.reasons == (f".github/maestro.yml:3: {FINDING.message}", ".github/maestro.yml: not YAML")
    assert only.result.findings == (FINDING, WHOLE)


def test_an_edit_that_breaks_the_rules_blocks() -> None:
    answer = broken_edit([FINDING])
    assert (answer.result.name, answer.verdict, answer.conclusion) == (NAME, Verdict.BLOCK, "failure")
    assert "breaks the configuration" in answer.result.title


def test_an_edit_shows_its_effect_and_does_not_decide() -> None:
    now = decision(row("risk", State.BLOCK), row("sbom", State.PASS), verdict=Verdict.BLOCK)
    then = decision(
        row("risk", State.PASS), row("sbom", State.PASS), row("contract", State.WAIT, Mode.WARN), digest="2" * 64
    )
    answer = effect_of_edit(now, then)
    assert answer.result.title == "This change edits the configuration: BLOCK now, SHIP under the edit"
    assert answer.result.reasons == (
        "contract: absent now, wait (mode warn) under the edit",
        "risk: block (mode block) now, pass (mode block) under the edit",
    )
    assert (answer.result.state, answer.verdict) == (State.PASS, Verdict.SHIP)


def test_an_edit_shows_which_rules_it_replaces() -> None:
    (measure,) = effect_of_edit(decision(digest="1" * 64), decision(digest="2" * 64)).result.measures
    assert (measure.value, measure.limit) == ("2" * 12, "base: " + "1" * 12)


def test_an_edit_without_effect_says_so() -> None:
    answer = effect_of_edit(decision(row("risk", State.PASS)), decision(row("risk", State.PASS)))
    assert answer.result.title == "This change edits the configuration; SHIP either way"
    assert answer.result.reasons == ()


def test_switching_a_check_to_warn_is_an_effect_even_when_it_passes() -> None:
    answer = effect_of_edit(decision(row("risk", State.PASS)), decision(row("risk", State.PASS, Mode.WARN)))
    assert answer.result.reasons == ("risk: pass (mode block) now, pass (mode warn) under the edit",)


def test_the_first_configuration_is_compared_with_silence() -> None:
    answer = effect_of_edit(None, decision(row("risk", State.BLOCK), verdict=Verdict.BLOCK))
    assert answer.result.title == "This change edits the configuration: silence now, BLOCK under the edit"
    assert answer.result.measures[0].limit == "base: none"
