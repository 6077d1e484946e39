from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.github import limits
from app.model import Seal, WriteCheckRun
from app.render.actions import GitHubRenderer
from app.render.checkrun import EVALUATE, annotated, check_run, decision_run, overtaken, pending
from app.render.evidence import blob
from checks.decide import overruled
from checks.model import Finding, Measure, Mode, State

from .decisions import (
    AGPL_BLOCK,
    CONTRACT_BLOCK,
    FORK,
    HEAD,
    OVERRIDDEN,
    OVERRIDE,
    SHIP,
    STORY,
    decision,
    pull,
    result,
    row,
)
from .markup import github
from .test_escape import PIECES


def found(*findings: Finding, mode: Mode = Mode.BLOCK, state: State = State.BLOCK) -> tuple[str, ...]:
    checked = row(result("sbom", state, "bad", findings=findings), mode)
    return tuple(annotation.level for annotation in check_run(checked, SHIP).annotations)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("ship", "SHIP · 3 checks passed · risk 0.41 (limit ≤ 0.65)"),
        ("contract-block", "BLOCK · 1 of 2 checks in the way · risk 0.41 (limit ≤ 0.65)"),
        ("fork-hold", "HOLD · 1 of 2 checks in the way · risk 0.41 (limit ≤ 0.65)"),
    ],
)
def test_the_title_of_the_decision_is_its_verdict_line(name: str, title: str) -> None:
    assert decision_run(STORY[name]).title == title


def test_the_decision_tells_why_what_to_do_and_shows_every_check() -> None:
    run = decision_run(AGPL_BLOCK)
    assert run.summary.startswith("Why: <code>@<!-- -->acme/report</code> arrives under AGPL-3.0-only")
    assert "\n\nNext: Use a component under another licence" in run.summary
    assert [name for name in ("sbom", "risk", "contract") if f"| {name} |" in run.summary] == [
        "sbom",
        "risk",
        "contract",
    ]
    assert "#### ❌ sbom: block" in run.text


def test_a_check_says_its_own_title_and_its_evidence() -> None:
    run = check_run(CONTRACT_BLOCK.rows[1], CONTRACT_BLOCK)
    assert run.title == "`perf_p95_ms` is 261 ms, limit < 250"
    assert run.summary.startswith("❌ **block** (mode `block`): `perf_p95_ms` is 261 ms, limit &lt; 250")
    assert "255.2…268.4" in run.text
    assert run.buttons == (EVALUATE,)


def test_in_mode_warn_the_title_says_what_the_check_would_do() -> None:
    remarked = row(result("sbom", State.BLOCK, "AGPL arrives"), Mode.WARN)
    assert check_run(remarked, SHIP).title == "would block: AGPL arrives"


@pytest.mark.parametrize("path", ["../x.py", "a/../../x.py", "//evil.example/x", "a//b.py", "a/./b.py", "..", ""])
def test_what_is_no_file_of_the_repository_is_neither_linked_nor_annotated(path: str) -> None:
    found = Finding("violated clause", "it did not hold", path=path, line=3)
    assert annotated(row(result("speclive", State.BLOCK, findings=(found,)))) == ()
    assert blob(path, pull()) == ""
    assert blob("a/b.py", pull()).endswith("/a/b.py")


def test_an_annotation_says_what_mends_the_finding() -> None:
    found = Finding("vulnerability", "qs arrives", path="package.json", line=5, fix="Move `qs` to 6.5.3")
    (remark,) = annotated(row(result("sbom", State.BLOCK, findings=(found,))))
    assert remark.message == "qs arrives. Move `qs` to 6.5.3"


def test_a_finding_with_a_line_becomes_an_annotation() -> None:
    (annotation,) = check_run(AGPL_BLOCK.rows[1], AGPL_BLOCK).annotations
    assert (annotation.path, annotation.line, annotation.level) == ("sbom/app.json", 118, "failure")
    assert annotation.message == "@acme/report 2.1.0 is licensed AGPL-3.0-only"


def test_only_what_blocks_is_red_and_red_comes_first() -> None:
    findings = [Finding("r", "m", path="a", line=1, state=state) for state in (State.PASS, State.WARN, State.BLOCK)]
    assert found(*findings) == ("failure", "warning", "notice")
    assert found(*findings, mode=Mode.WARN) == ("warning", "warning", "notice")


def test_a_finding_without_a_place_is_in_the_text_alone() -> None:
    assert found(Finding("r", "m"), Finding("r", "m", path="a")) == ()


def test_a_run_in_progress_names_the_head_and_offers_no_button() -> None:
    run = pending(pull())
    assert HEAD[:7] in run.title
    assert run.buttons == ()


def test_a_run_that_was_overtaken_says_by_what() -> None:
    run = overtaken(pull())
    assert run.title == f"Overtaken by {HEAD[:7]}"
    assert f"`{HEAD[:7]}`" in run.summary
    assert run.buttons == ()


def test_the_button_is_within_githubs_limits() -> None:
    assert len(EVALUATE.label) <= limits.ACTION_LABEL
    assert len(EVALUATE.description) <= limits.ACTION_DESCRIPTION
    assert len(EVALUATE.identifier) <= limits.ACTION_IDENTIFIER


@settings(max_examples=10, deadline=None)
@example(" ")
@given(
    st.one_of(
        st.lists(PIECES, max_size=8).map("".join), st.sampled_from(["|", "@", "😀", "`"]).map(lambda c: c * 90_000)
    )
)
@pytest.mark.slow
def test_no_text_takes_a_run_past_githubs_limits(text: str) -> None:
    checked = result(
        "sbom",
        State.BLOCK,
        text,
        reasons=(text,) * 60,
        measures=(Measure(text, text, text, text, evidence=text),) * 60,
        findings=(Finding(text, text, text, text or "x", 1),) * 200,
        next_step=text,
    )
    shown = decision(*[row(replace(checked, name=f"check{n}")) for n in range(8)], notes=(text,))
    for run in (decision_run(shown), check_run(shown.rows[0], shown), pending(pull(head_sha=text))):
        assert 0 < len(run.title) <= 255
        assert len(run.summary.encode()) <= limits.CHECK_SUMMARY
        assert len(run.text.encode()) <= limits.CHECK_TEXT
        assert len(run.annotations) <= limits.ANNOTATIONS_PER_REQUEST
        assert all(len(note.title) <= limits.ANNOTATION_TITLE for note in run.annotations)
        assert all(len(note.message.encode()) <= limits.ANNOTATION_MESSAGE_BYTES for note in run.annotations)
        html = {token.content for token in github().parse(run.text) if token.type == "html_block"}
        assert html == set()


def test_a_fork_is_said_in_the_run_as_on_the_card() -> None:
    assert "- from a fork: what it measures of itself cannot turn a gate green" in decision_run(FORK).summary


def test_an_overridden_check_concludes_as_success_and_says_by_whom_what_it_found_and_why() -> None:
    shown = next(one for one in OVERRIDDEN.rows if one.overridden)
    run = check_run(shown, OVERRIDDEN)
    assert run.title == "Overridden by root: `perf_p95_ms` is 261 ms, limit < 250"
    assert "⚠️ **overridden**" in run.summary
    assert (
        "contract (block) is overridden by root: the load generator was broken all morning, see OPS-12" in run.summary
    )
    runs = (one for one in GitHubRenderer().check_runs(OVERRIDDEN) if isinstance(one, WriteCheckRun))
    assert {run.name: run.conclusion for run in runs}["maestro / contract"] == "success"


def test_an_override_is_news_to_a_card_that_is_written_on_change_though_the_verdict_stays() -> None:
    held = decision(row(result("contract", State.BLOCK)), row(result("sbom", State.BLOCK)))
    first, second = held.rows
    half = replace(held, rows=(overruled(first, OVERRIDE), second))
    again = replace(held, rows=(overruled(first, replace(OVERRIDE, at=OVERRIDE.at + 60)), second))
    cards = [GitHubRenderer().card(one, "on-change", Seal(1, "f" * 64))[0] for one in (held, half, again)]
    assert len({one.digest for one in cards}) == 3
