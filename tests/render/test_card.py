from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model import Seal
from app.render import words
from app.render.card import Card, card, marker
from app.render.cut import size
from checks.contract.judge import RANK
from checks.decide import overruled
from checks.model import Finding, Measure, Mode, State, Verdict
from checks.overridden import Overridden

from .decisions import (
    CI,
    CONTRACT_BLOCK,
    FORK,
    RISK,
    SHIP,
    STATES,
    STORY,
    TESTS,
    TESTS_RUNNING,
    contract,
    decision,
    pull,
    result,
    row,
)
from .golden import CARDS, NOW, drawn
from .markup import github
from .test_escape import HOSTILE, PIECES

ALERT = {Verdict.SHIP: "TIP", Verdict.HOLD: "WARNING", Verdict.BLOCK: "CAUTION", Verdict.ROLLBACK: "CAUTION"}


def visible(body: str) -> list[str]:
    """The lines a reader sees before opening anything: the folded parts keep only their summaries."""
    text = re.sub(r"\n\n(?:(?!<details>).)*?\n\n</details>", "", body, flags=re.DOTALL)
    shown = [unescape(re.sub(r"<!--.*?-->|<[^>]*>|\]\([^)]*\)", "", line)) for line in text.splitlines()]
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in shown]
    return [line for line in lines if line.strip("> ") and not line.startswith(("> [!", "|-"))]


def rows(body: str) -> list[str]:
    return [line for line in visible(body) if line.startswith("| ")][1:]


def opened(body: str) -> int:
    return body.count("<details>") - body.count("</details>")


@pytest.mark.parametrize("name", STORY)
def test_the_typical_cards_read_as_they_did(name: str) -> None:
    assert drawn(STORY[name]).body == (CARDS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verdict", Verdict)
def test_the_verdict_comes_first_under_its_own_alert(verdict: Verdict) -> None:
    first, alert, said, *_ = drawn(replace(SHIP, verdict=verdict)).body.splitlines()
    assert first == "<!-- maestro:card v1 repo=acme/shop pr=7 -->"
    assert alert == f"> [!{ALERT[verdict]}]"
    assert said.startswith(f"> **{verdict.name.replace('ROLLBACK', 'ROLL BACK')}** · ")


def test_what_stops_the_change_stands_above_what_does_not() -> None:
    mixed = decision(*(row(result(state.value, state)) for state in reversed(STATES)))
    order = ["block", "error", "unmeasured", "wait", "warn", "pass"]
    assert [line.split(" | ")[1] for line in rows(drawn(mixed).body)] == order


def test_the_table_is_in_the_order_in_which_the_checks_weigh_their_findings() -> None:
    assert sorted(words.STATES, key=lambda state: -RANK[state]) == list(words.STATES)


def test_each_mark_has_its_word_and_what_is_not_measured_never_has_a_tick() -> None:
    mixed = decision(*(row(result(state.value, state)) for state in STATES))
    marks = {line.split(" | ")[1]: line.split(" | ")[0].removeprefix("| ") for line in rows(drawn(mixed).body)}
    assert marks == {
        "pass": "✅ pass",
        "warn": "⚠️ warn",
        "wait": "⏳ wait",
        "unmeasured": "— not measured",
        "block": "❌ block",
        "error": "⚠️ our error",
    }


def test_a_figure_is_linked_to_its_address_or_to_its_file_at_the_head() -> None:
    body = drawn(CONTRACT_BLOCK).body
    assert f"[pass]({CI})" in body
    assert f"[261 ms](https://github.com/acme/shop/blob/{'a1b2c3d4' * 5}/bench/p95.json)" in body


def test_evidence_that_is_neither_is_shown_without_a_link() -> None:
    shown = decision(contract(State.PASS, "x", Measure("tests", "pass", evidence="check runs")))
    assert "| tests pass |" in drawn(shown).body


def test_a_row_shows_the_figures_that_a_limit_judges_and_leaves_the_rest_to_the_evidence() -> None:
    judged = Measure("vulnerabilities_introduced", 0, limit="0 of severity high or worse")
    counted = Measure("license_changed", 3)
    body = drawn(decision(row(result("sbom", measures=(counted, judged))))).body
    (shown,) = rows(body)
    assert shown.endswith("| vulnerabilities introduced 0 (of severity high or worse) |")
    assert "| license_changed | 3 |" in body


def test_a_denied_licence_is_counted_in_the_plural() -> None:
    denied = Measure("licence_denied", 2, limit="0", state=State.BLOCK)
    (shown,) = rows(drawn(decision(row(result("sbom", State.BLOCK, measures=(denied,))))).body)
    assert shown.endswith("| licences denied 2 (limit 0) |")


def test_the_risk_has_two_decimals_wherever_it_is_measured_and_no_other_figure_does() -> None:
    judged = row(result("risk", measures=(Measure("score", 0.3004, limit="<= 0.65"),)))
    owed = Measure("risk", 0.3004, limit="< 0.65"), Measure("risk.score", 0.3004, limit="< 0.65")
    body = drawn(decision(judged, contract(State.PASS, "x", *owed, Measure("score", 0.9971, limit="> 0.9")))).body
    assert "0.3004" not in body
    assert [line.split(" | ")[3] for line in rows(body)] == [
        "score 0.30 (limit ≤ 0.65) |",
        "risk 0.30 (limit < 0.65) · risk.score 0.30 (limit < 0.65) · score 0.9971 (limit > 0.9) |",
    ]
    assert body.count("| 0.30 |") == 3


def test_the_first_line_counts_what_passed_and_does_not_repeat_the_reason() -> None:
    def first(*states: State) -> str:
        shown = decision(*(row(result(f"check{n}", state)) for n, state in enumerate(states)))
        return visible(drawn(shown).body)[0]

    assert "SHIP** · 1 check passed · risk" in first(State.PASS)
    assert "SHIP** · 1 of 2 checks passed · risk" in first(State.PASS, State.WARN)
    assert "SHIP** · 1 check, with a remark · risk" in first(State.WARN)
    assert "SHIP** · 2 checks, each with a remark · risk" in first(State.WARN, State.WARN)
    assert "BLOCK** · 1 of 2 checks in the way · risk" in first(State.PASS, State.BLOCK)
    assert "HOLD** · 1 of 1 check in the way · risk" in first(State.WAIT)
    assert drawn(SHIP).body.count("in the way") == 1


def test_a_contracts_figure_keeps_the_name_that_its_rule_has() -> None:
    (shown,) = rows(drawn(decision(contract(State.PASS, "x", Measure("perf_p95_ms", 212.0, "ms", "< 250", n=9)))).body)
    assert shown.endswith("| `perf_p95_ms` 212 ms (limit < 250, n 9) |")


def test_a_figure_that_may_not_be_believed_says_so_beside_it() -> None:
    claimed = Measure("perf_p95_ms", 9.0, "ms", "< 250", state=State.UNMEASURED)
    (shown,) = rows(drawn(decision(contract(State.UNMEASURED, "x", claimed))).body)
    assert "9 ms (limit < 250, does not count)" in shown


def test_a_missing_answer_says_what_is_expected() -> None:
    assert "— not yet (expected pass)" in rows(drawn(TESTS_RUNNING).body)[0]


def test_the_head_is_named_on_top_and_the_base_below() -> None:
    first, *_, last = visible(drawn(SHIP).body)
    assert first.endswith("· `a1b2c3d`\\")
    assert "judged onto `main` at `9f8e7d6` · updated " in last


def test_a_link_to_another_projects_thread_leaves_no_mention_there() -> None:
    abroad = Measure("issue", 1, evidence="https://github.com/other/project/issues/5")
    own = Measure("files", 3, evidence="https://github.com/acme/shop/pull/7/files")
    body = drawn(decision(contract(State.PASS, "x", abroad, own))).body
    assert "(https://redirect.github.com/other/project/issues/5)" in body
    assert "(https://github.com/acme/shop/pull/7/files)" in body


def test_passing_rows_fold_when_there_are_more_than_five() -> None:
    passing = [row(result(f"check{n}")) for n in range(6)]
    stopped = row(result("sbom", State.BLOCK))
    assert len(rows(drawn(decision(*passing[:5])).body)) == 5
    shown = rows(drawn(decision(*passing, stopped)).body)
    assert [line.split(" | ")[1] for line in shown] == ["sbom", "6 more"]
    assert "✅ pass: see the evidence" in shown[1]


def test_the_contract_of_an_agents_pull_request_never_folds() -> None:
    others = [row(result(f"check{n}", State.BLOCK)) for n in range(9)]
    held = contract(State.PASS, "1 of 1 postcondition holds", TESTS)
    body = drawn(decision(*others, held, agent="author shop-bot[bot]")).body
    assert any("| contract | 1 of 1 postcondition holds | tests [pass" in line for line in rows(body))
    assert "an agent&#39;s pull request" in body or "an agent's pull request" in body
    folded = rows(drawn(decision(*others, held)).body)
    assert not any("| contract |" in line for line in folded)


def test_a_fork_a_draft_and_mode_warn_are_said() -> None:
    assert "**Note:** from a fork: " in drawn(FORK).body
    assert "**Note:** a draft: " in drawn(TESTS_RUNNING).body
    remarked = drawn(decision(RISK, row(result("sbom", State.BLOCK), Mode.WARN)))
    assert "> **SHIP**" in remarked.body
    assert "sbom would block in mode `block`" in remarked.body
    assert "| ⚠️ would block | sbom |" in "\n".join(rows(remarked.body))
    assert "❌" not in remarked.body.split("<details>")[0]


def test_a_decision_without_checks_has_no_table_and_still_says_its_risk() -> None:
    body = drawn(decision()).body
    assert rows(body) == []
    assert "no check is configured · risk 0.41" in body
    assert "- touches 12 files in 5 directories" in body


def test_the_seal_of_the_log_ends_the_last_line_and_leaves_the_digest_as_it_was() -> None:
    sealed = card(SHIP, now=NOW, seal=Seal(128, "1a2b3c4d5e6f" + "0" * 52))
    assert sealed.digest == drawn(SHIP).digest
    assert sealed.body == drawn(SHIP).body.replace("</sub>", " · log `128:1a2b3c4d5e6f`</sub>")
    assert "log" not in drawn(SHIP).body.splitlines()[-1]


def test_time_alone_leaves_the_digest_as_it_was() -> None:
    later = card(SHIP, now=NOW + timedelta(hours=3))
    assert later.digest == drawn(SHIP).digest
    assert later.body != drawn(SHIP).body
    assert "updated 2026-11-22 10:42 UTC" in later.body


@pytest.mark.parametrize(
    "changed",
    [
        replace(SHIP, verdict=Verdict.HOLD),
        replace(SHIP, config_digest="0" * 64),
        replace(SHIP, pull=pull(head_sha="f" * 40)),
        replace(SHIP, notes=("a note",)),
    ],
)
def test_anything_else_changes_the_digest(changed: object) -> None:
    assert drawn(changed).digest != drawn(SHIP).digest  # type: ignore[arg-type]


def test_the_marker_holds_no_more_than_a_repository_and_a_number() -> None:
    assert marker("a/b --> <h1>", 7) == "<!-- maestro:card v1 repo=a/b--h1 pr=7 -->"
    assert marker("a/b", None) == "<!-- maestro:card v1 repo=a/b pr=local -->"


def hostile_card(text: str, times: int = 3, seal: Seal | None = None) -> Card:
    """A card in which every text that others write is `text`, and everything comes `times` times."""
    measure = Measure(text, text, text, text, evidence=text, state=State.BLOCK)
    findings = tuple(Finding(text, text, text, text, 3) for _ in range(times))
    checked = result(
        "sbom",
        State.BLOCK,
        text,
        reasons=(text,) * times,
        measures=(measure,) * times,
        findings=findings,
        next_step=text,
    )
    shown = decision(
        *(row(replace(checked, name=name)) for name in ("sbom", "contract", "drift", "impact", "shadow", text)),
        overruled(row(result("risk", State.UNMEASURED, text)), Overridden("risk", text, text, 0.0)),
        agent=text,
        notes=(text, text),
        pull=pull(title=text, author=text, head_ref=text, base_ref=text, body=text, from_fork=True),
    )
    return card(shown, now=NOW, seal=seal)


def stands(body: str) -> None:
    """The card's own structure and nothing beside it."""
    assert opened(body) == 0
    assert size(body) <= 60_000
    tokens = github().parse(body)
    html = [token.content for token in tokens if token.type == "html_block"]
    allowed = re.compile(r"<!-- maestro:card v1 [^>]*-->\n|<details><summary>(?s:.*)</summary>\n|</details>\n")
    assert all(allowed.fullmatch(block) for block in html), html
    assert sum(block.startswith("<!-- maestro") for block in html) == 1
    assert {token.type for token in tokens if token.type in {"fence", "code_block", "hr"}} == set()
    emphasised = [child for token in tokens for child in token.children or [] if child.type == "em_open"]
    assert len(emphasised) == body.count("*Cut to fit: ")
    for token in tokens:
        for child in token.children or []:
            assert child.type not in {"image", "s_open"}
            assert child.type != "html_inline" or child.content in {
                "<!-- -->", "<span>", "</span>", "<code>", "</code>", "<sub>", "</sub>",
            }  # fmt: skip
            assert child.type != "text" or not re.search(r"@[A-Za-z0-9]|#[0-9]|[a-z]://", child.content)


@pytest.mark.parametrize("payload", HOSTILE)
def test_each_known_attack_leaves_the_card_standing(payload: str) -> None:
    body = hostile_card(payload, seal=Seal(10**12, "f" * 64)).body
    stands(body)
    assert len(visible(body)) <= 12
    assert sum(map(len, visible(body))) <= 1_500


@settings(max_examples=15, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_no_mixture_of_attacks_brings_the_card_down(text: str) -> None:
    stands(hostile_card(text).body)


@pytest.mark.parametrize("length", [500, 100_000])
@pytest.mark.parametrize("character", ["x", "|", "@", "😀", "`"])
def test_a_card_of_monstrous_texts_is_cut_and_says_so(length: int, character: str) -> None:
    body = hostile_card(character * length, times=60).body
    stands(body)
    assert len(visible(body)) <= 12
    assert sum(map(len, visible(body))) <= 1_500
    if character == "@":
        assert "*Cut to fit: " in body


@pytest.mark.parametrize("seal", [Seal(1, "f" * 64), Seal(10**12, "f" * 64)])
def test_how_much_evidence_fits_does_not_depend_on_the_seal(seal: Seal) -> None:
    sealed = hostile_card("@" * 100_000, 60, seal)
    assert "*Cut to fit: " in sealed.body
    assert size(sealed.body) <= 60_000
    assert sealed.digest == hostile_card("@" * 100_000, 60).digest


@pytest.mark.parametrize("name", STORY)
def test_a_typical_card_is_read_in_ten_seconds(name: str) -> None:
    body = drawn(STORY[name]).body
    assert len(visible(body)) <= 12
    assert sum(map(len, visible(body))) <= 1_500
    assert len(body) <= 6_000
    assert all(block.startswith("<details><summary>") for block in re.findall(r"<details>.*", body))
    assert "</summary>\n\n" in body


def test_the_last_line_leads_to_the_page_where_there_is_one() -> None:
    led = card(SHIP, now=NOW, page="https://maestro.example/pr/acme/shop/7?key=msp_x")
    link = "[Decision Center](https://maestro.example/pr/acme/shop/7?key=msp_x)"
    assert led.body.rstrip().rpartition("<sub>")[2].startswith(f"{link} · [Evidence](https://maestro.example/")
    assert "Decision Center" not in card(SHIP, now=NOW).body
