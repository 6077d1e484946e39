from dataclasses import replace

from checks import contract, risk, sbom
from checks.configuration import NAME, broken_edit, changed_keys, effect_of_edit, removal, unreadable
from checks.decide import Policy, weigh
from checks.model import CheckResult, Decision, Finding, Mode, Pull, Row, State, Verdict

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
FINDING = Finding("config", "unknown key `limt`; did you mean `limit`?", path=".github/maestro.yml", line=3)
WHOLE = Finding("config", "not YAML", path=".github/maestro.yml")


def decision(*rows: Row, verdict: Verdict = Verdict.SHIP) -> Decision:
    return Decision(verdict, rows, PULL)


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
    then = decision(row("risk", State.PASS), row("sbom", State.PASS), row("contract", State.WAIT, Mode.WARN))
    answer = effect_of_edit(now, then, ["risk.limit: 0.65 → 0.99"])
    assert answer.result.title == "This change edits the configuration: BLOCK now, SHIP under the edit"
    assert answer.result.reasons == (
        "contract: absent now, wait (mode warn) under the edit",
        "risk: block (mode block) now, pass (mode block) under the edit",
        "risk.limit: 0.65 → 0.99",
    )
    assert (answer.result.state, answer.verdict) == (State.WARN, Verdict.SHIP)


def test_an_edit_without_effect_on_this_change_still_names_its_keys() -> None:
    one = decision(row("risk", State.PASS))
    answer = effect_of_edit(one, one, ['sbom.licenses.deny: [] → ["AGPL-3.0-only"]'])
    assert answer.result.title == "This change edits the configuration; SHIP either way"
    assert (answer.result.state, len(answer.result.reasons)) == (State.WARN, 1)


def test_an_edit_of_comments_alone_is_no_news() -> None:
    one = decision(row("risk", State.PASS))
    assert effect_of_edit(one, one, []).result.state is State.PASS


def test_switching_a_check_to_warn_is_an_effect_even_when_it_passes() -> None:
    answer = effect_of_edit(decision(row("risk", State.PASS)), decision(row("risk", State.PASS, Mode.WARN)), [])
    assert answer.result.reasons == ("risk: pass (mode block) now, pass (mode warn) under the edit",)


def test_the_first_configuration_is_compared_with_silence_and_is_no_loosening() -> None:
    answer = effect_of_edit(None, decision(row("risk", State.BLOCK), verdict=Verdict.BLOCK), ["risk.limit: unset → 1"])
    assert answer.result.title == "This change edits the configuration: silence now, BLOCK under the edit"
    assert answer.result.state is State.PASS


def test_taking_the_configuration_away_is_said_gate_by_gate() -> None:
    answer = removal(decision(row("risk", State.PASS), row("sbom", State.PASS)))
    assert answer.result.title == "This change removes the configuration: SHIP now, silence once it is merged"
    assert answer.result.reasons == (
        "risk: pass (mode block) now, absent after",
        "sbom: pass (mode block) now, absent after",
    )
    assert (answer.result.state, answer.verdict) == (State.WARN, Verdict.SHIP)


def test_changed_keys_are_named_with_both_values() -> None:
    before = Policy({"risk": risk.Config(limit=0.65, hot=("a/**",))}, reserved={"drift": Mode.WARN})
    after = Policy({"risk": risk.Config(limit=0.99, hot=("a/**",)), "sbom": sbom.Config(severity="low")})
    told = changed_keys(before, after)
    assert told[0] == "drift.mode: warn → unset"
    assert told[1] == "risk.limit: 0.65 → 0.99"
    assert 'sbom.severity: unset → "low"' in told
    assert not any("hot" in key for key in told if key.startswith("risk"))
    assert changed_keys(before, before) == ()


def test_of_a_check_that_comes_or_goes_only_what_somebody_wrote_is_named() -> None:
    written = Policy({"risk": risk.Config(limit=0.9), "sbom": sbom.Config()})
    assert changed_keys(written, Policy({})) == ("risk.limit: 0.9 → unset", "sbom: its defaults → unset")
    assert changed_keys(None, written) == ("risk.limit: unset → 0.9", "sbom: unset → its defaults")
    assert changed_keys(Policy({}), Policy({})) == changed_keys(None, Policy({})) == ()


def test_what_is_filled_or_emptied_is_named_key_by_key() -> None:
    bare = Policy({"contract": contract.Config()})
    full = Policy({"contract": contract.Config.model_validate({"post": {"p95": {"lt": 9}}, "units": {"p95": "ms"}})})
    assert changed_keys(bare, full) == ("contract.post.p95.lt: unset → 9", 'contract.units.p95: unset → "ms"')
    assert changed_keys(full, bare) == ("contract.post.p95.lt: 9 → unset", 'contract.units.p95: "ms" → unset')


def test_a_change_outside_the_checks_is_no_silent_one() -> None:
    now, then = decision(row("risk", State.PASS)), decision(row("risk", State.PASS))
    answer = effect_of_edit(replace(now, config_digest="1"), replace(then, config_digest="2"), [])
    assert answer.result.state is State.WARN
    assert answer.result.reasons == ("settings outside the checks differ: agents, arms, card, commands or escalate",)
