"""Advisories on packages of the bills: which of them the change brings, and which were there or are news."""

import json
from typing import Any

import pytest

from checks.model import Baseline, Document, State
from checks.sbom import Config, Scope, report
from checks.sbom.judging.outcome import Judged, Outcome

from .bills import advisory, document, npm, rated, record

OLD = Baseline("b" * 40, "2026-06-01T00:00:00Z")
HIT = record("GHSA-1", "qs", {"introduced": "6.0.0"}, {"fixed": "6.5.3"}, aliases=["CVE-1"], **rated("critical"))
EDGES = {"app": ["express"], "express": ["body-parser"], "body-parser": ["qs"]}
TREE = (npm("express", "4.0.0"), npm("body-parser", "1.0.0"))


def tree(*versions: str, **fields: Any) -> str:
    """express and body-parser, and qs below them in these versions."""
    parts = [npm("qs", version, **{"bom-ref": f"qs@{version}"}) for version in versions]
    edges = {**EDGES, "body-parser": [f"qs@{version}" for version in versions]}
    return document(*TREE, *parts, edges=edges, **fields)


def judged(base: str, head: str, *records: str, baseline: Baseline | None = OLD, **block: Any) -> Outcome:
    config = Config.model_validate(block)
    return report.compare(base, head, config, records or [HIT], day="2026-06-10", baseline=baseline, path="app.json")


def only(outcome: Outcome, rule: str = "vulnerability") -> Judged:
    (found,) = (each for each in outcome.judged if each.concern.rule == rule)
    return found


def test_a_critical_transitive_that_arrives_blocks_with_its_way_in_and_a_fix() -> None:
    outcome = judged(tree(), tree("6.5.2"))
    found = only(outcome)
    assert (outcome.state, found.action, found.concern.kind) == (State.BLOCK, "block", "introduced")
    assert found.concern.message == "GHSA-1 (critical) arrives with `qs` 6.5.2 (via express)"
    assert found.concern.trail == ("express", "body-parser", "qs")
    assert found.concern.fix == (
        "Move `qs` to 6.5.3 (patch), which comes in through express: ask for qs 6.5.3 by an entry in `overrides`"
    )
    finding = found.finding
    assert (finding.id, finding.purl, finding.path) == ("GHSA-1", "pkg:npm/qs@6.5.2", "app.json")
    assert (finding.trail, finding.fix, finding.severity) == (found.concern.trail, found.concern.fix, "critical")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ((), ("6.5.2",), "introduced"),
        (("5.0.0",), ("6.5.2",), "introduced"),
        (("6.5.3",), ("6.5.2",), "introduced"),
        (("6.5.3",), ("6.5.2", "6.5.3"), "introduced"),
        (("6.5.2",), ("6.5.2",), "preexisting"),
        (("6.5.1",), ("6.5.2",), "preexisting"),
        (("6.5.2",), ("6.5.1", "6.5.2"), "preexisting"),
        (("6.5.2",), ("6.5.3",), "fixed"),
        (("6.5.2",), (), "fixed"),
        (("6.5.2", "6.5.3"), ("6.5.3",), "fixed"),
    ],
)
def test_the_class_follows_from_the_versions_at_both_ends(
    before: tuple[str, ...], after: tuple[str, ...], kind: str
) -> None:
    assert only(judged(tree(*before), tree(*after, serialNumber="x"))).concern.kind == kind


def test_what_no_end_is_affected_by_is_not_told() -> None:
    assert judged(tree("6.5.3"), tree("6.6.0")).judged == ()
    assert judged(tree("6.5.3"), tree("6.5.4"), record("GHSA-2", "other", **rated("high"))).judged == ()


@pytest.mark.parametrize(
    ("published", "baseline", "kind"),
    [
        ("2026-06-02T00:00:00Z", OLD, "newly_published"),
        ("2026-06-01T00:00:01Z", OLD, "newly_published"),
        ("2026-06-01T00:00:00Z", OLD, "preexisting"),
        ("2026-06-01T01:00:00+02:00", OLD, "preexisting"),
        ("2026-05-01T00:00:00Z", OLD, "preexisting"),
        ("", OLD, "preexisting"),
        ("2026-06-02T00:00:00Z", None, "preexisting"),
        ("2026-06-02T00:00:00Z", Baseline("b" * 40), "preexisting"),
    ],
)
def test_an_advisory_published_after_the_baseline_is_news_of_a_package_that_stayed(
    published: str, baseline: Baseline | None, kind: str
) -> None:
    news = record("GHSA-1", "qs", published=published, **rated("critical"))
    outcome = judged(tree("6.5.2"), tree("6.5.2", version=2), news, baseline=baseline)
    assert only(outcome).concern.kind == kind
    assert outcome.state is State.WARN


def test_news_of_a_package_that_the_change_moves_is_no_news() -> None:
    news = record("GHSA-1", "qs", published="2026-06-02T00:00:00Z", **rated("critical"))
    assert only(judged(tree("6.5.1"), tree("6.5.2"), news)).concern.kind == "preexisting"


def test_each_class_reads_as_what_it_is() -> None:
    said = {
        only(judged(tree(*before), tree(*after, version=2), record("GHSA-1", "qs", *events))).concern.message
        for before, after, events in (
            (("6.5.2",), ("6.5.2",), ()),
            (("6.5.2",), ("6.5.3",), ({"introduced": "0"}, {"fixed": "6.5.3"})),
        )
    }
    assert said == {
        "GHSA-1 (unknown) was there before, in `qs` 6.5.2 (via express)",
        "GHSA-1 (unknown) leaves with `qs` 6.5.2 (via express)",
    }


def test_an_unknown_severity_is_a_level_of_its_own_and_warns() -> None:
    outcome = judged(tree(), tree("6.5.2"), record("GHSA-1", "qs"))
    assert (outcome.state, only(outcome).concern.severity) == (State.WARN, "unknown")
    strict = [{"rule": "vulnerability", "severity": "unknown", "action": "block"}]
    assert judged(tree(), tree("6.5.2"), record("GHSA-1", "qs"), rules=strict).state is State.BLOCK


def test_a_development_package_does_not_stop_the_change() -> None:
    dev = npm("qs", "6.5.2", properties=[{"name": "cdx:npm:package:development", "value": "true"}])
    outcome = judged(document(*TREE), document(*TREE, dev))
    assert (only(outcome).concern.scope, outcome.state) == (Scope.DEVELOPMENT, State.WARN)


def test_a_repaired_advisory_is_told_and_asks_nothing() -> None:
    outcome = judged(tree("6.5.2"), tree("6.5.3"))
    assert (outcome.state, only(outcome).action, only(outcome).concern.fix) == (State.PASS, "ignore", "")


def test_several_advisories_are_told_the_worst_first() -> None:
    low, worst = record("GHSA-3", "qs", **rated("low")), record("GHSA-2", "qs", **rated("critical"))
    outcome = judged(tree(), tree("6.5.2"), low, worst)
    assert [each.concern.id for each in outcome.judged] == ["GHSA-2", "GHSA-3"]


def test_advisories_of_other_ecosystems_are_about_other_packages() -> None:
    assert judged(tree(), tree("6.5.2"), record("PYSEC-1", "qs", ecosystem="PyPI", **rated("critical"))).judged == ()


# --- advisories that the bill carries --------------------------------------------------------------------------


def test_what_the_bill_and_the_book_both_know_by_any_name_is_one_finding() -> None:
    carried = [advisory("CVE-1", "qs@6.5.2", severity="low")]
    outcome = judged(tree(), tree("6.5.2", vulnerabilities=carried))
    assert (only(outcome).concern.id, only(outcome).concern.severity) == ("GHSA-1", "critical")


def test_the_bills_word_counts_where_nobody_else_rated_the_advisory() -> None:
    carried = [advisory("ghsa-1", "qs@6.5.2", severity="high")]
    outcome = judged(tree(), tree("6.5.2", vulnerabilities=carried), record("GHSA-1", "qs"))
    assert (only(outcome).concern.severity, outcome.state) == ("high", State.BLOCK)


def test_an_advisory_that_only_the_bill_knows_stands_alone_and_knows_no_fix() -> None:
    carried = [advisory("VENDOR-1", "qs@6.5.2", severity="high")]
    concern = only(judged(tree(), tree("6.5.2", vulnerabilities=carried), record("X", "other"))).concern
    assert (concern.id, concern.kind, concern.fix, concern.fixable) == ("VENDOR-1", "introduced", "", None)


def test_where_only_the_bill_says_that_a_version_is_affected_the_advisories_know_no_better_one() -> None:
    carried = [advisory("CVE-1", "qs@6.6.0", severity="high")]
    concern = only(judged(tree("6.5.2"), tree("6.6.0", vulnerabilities=carried))).concern
    assert (concern.id, concern.kind, concern.fix, concern.fixable) == ("GHSA-1", "preexisting", "", None)


def test_a_bill_that_stops_listing_a_package_that_stayed_has_not_mended_it() -> None:
    carried = [advisory("VENDOR-1", "qs@6.5.2", severity="high")]
    none = record("X", "other")
    assert judged(tree("6.5.2", vulnerabilities=carried), tree("6.5.2"), none).judged == ()
    assert only(judged(tree("6.5.2", vulnerabilities=carried), tree("6.6.0"), none)).concern.kind == "fixed"


# --- the fix ---------------------------------------------------------------------------------------------------


def fix(before: str, after: str, *records: str, **block: Any) -> str:
    outcome = judged(document(*TREE, npm("qs", before)), document(*TREE, npm("qs", after)), *records, **block)
    return only(outcome).concern.fix


def test_the_way_back_comes_first_where_the_change_brought_the_risk_and_the_old_version_is_clean() -> None:
    assert fix("5.0.0", "6.5.2") == "Return to 5.0.0 or move `qs` to 6.5.3 (patch)"
    assert fix("6.5.1", "6.5.2") == "Move `qs` to 6.5.3 (patch)"


def test_a_way_back_into_another_advisory_is_none() -> None:
    other = record("GHSA-2", "qs", {"introduced": "0"}, {"fixed": "6.0.0"}, **rated("low"))
    outcome = judged(document(*TREE, npm("qs", "5.0.0")), document(*TREE, npm("qs", "6.5.2")), HIT, other)
    introduced = next(each.concern for each in outcome.judged if each.concern.kind == "introduced")
    assert introduced.fix == "Move `qs` to 6.5.3 (patch)"


def test_a_fix_is_clear_of_every_advisory_and_of_denied_packages() -> None:
    later = record("GHSA-2", "qs", {"introduced": "6.5.3"}, {"fixed": "7.0.0"}, **rated("low"))
    assert fix("6.5.1", "6.5.2", HIT, later) == "Move `qs` to 7.0.0 (major, may break its users)"
    denied = {"packages": {"deny": ["pkg:npm/qs@7.0.0"]}}
    assert fix("6.5.1", "6.5.2", HIT, later, **denied).startswith("No known release from 6.5.2 on may come in")
    assert fix("5.0.0", "6.5.2", HIT, later, **denied).startswith("Return to 5.0.0; no known release")


def test_an_excused_advisory_does_not_stand_in_the_way_of_a_fix() -> None:
    later = record("GHSA-2", "qs", {"introduced": "6.5.2"}, {"fixed": "7.0.0"}, **rated("low"))
    accepted = [{"id": "GHSA-2", "purl": "pkg:npm/qs", "owner": "@a", "reason": "b", "expires": "2026-06-30"}]
    assert fix("6.5.1", "6.5.2", HIT, later, exceptions=accepted) == "Move `qs` to 6.5.3 (patch)"


def test_where_no_release_is_clean_the_reason_is_told_and_a_policy_can_ask() -> None:
    rules = [{"rule": "vulnerability", "fix": False, "action": "ignore"}]
    outcome = judged(tree(), tree("6.5.2"), record("GHSA-1", "qs", **rated("critical")), rules=rules)
    assert only(outcome).concern.fixable is False
    assert "no known release" in only(outcome).concern.fix.lower()
    assert outcome.state is State.PASS
    assert judged(tree(), tree("6.5.2"), rules=rules).state is State.BLOCK


def test_how_far_away_the_fix_is_can_be_asked_as_well() -> None:
    rules = [{"rule": "vulnerability", "bump": "patch", "action": "warn"}]
    assert judged(tree(), tree("6.5.2"), rules=rules).state is State.WARN


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ("^6.5.0", "renew the lock file: every parent takes qs 6.5.3"),
        ("6.5.2", "ask for qs 6.5.3 by an entry in `overrides`, since body-parser would not take it"),
    ],
)
def test_the_way_to_a_transitive_fix_follows_from_what_the_lock_file_says_its_parents_ask(asked: str, way: str) -> None:
    parts = {"node_modules/body-parser": {"version": "1.0.0", "dependencies": {"qs": asked}}}
    text = json.dumps({"lockfileVersion": 3, "packages": {"": {"name": "app"}} | parts})
    lock = Document("package-lock.json", "h" * 40, text)
    outcome = report.compare(tree(), tree("6.5.2"), None, [HIT], manifests=[lock])
    assert only(outcome).concern.fix.endswith(f"comes in through express: {way}")


def test_a_package_that_nothing_leads_to_has_no_way_in_and_its_fix_all_the_same() -> None:
    lost = document(*TREE, npm("qs", "6.5.2"), edges={"app": ["express"]})
    concern = only(judged(document(*TREE, edges={"app": ["express"]}), lost)).concern
    assert (concern.direct, concern.trail) == (False, ())
    assert concern.fix == "Move `qs` to 6.5.3 (patch): ask for qs 6.5.3 by an entry in `overrides`"


def test_a_finding_points_at_the_line_of_the_manifest_that_brings_the_package() -> None:
    manifest = Document("package.json", "h" * 40, '{\n  "dependencies": {\n    "express": "^4.0.0"\n  }\n}\n')
    outcome = report.compare(tree(), tree("6.5.2"), None, [HIT], manifests=[manifest], path="app.json")
    finding = only(outcome).finding
    assert (finding.path, finding.line) == ("package.json", 3)


# --- a step back -----------------------------------------------------------------------------------------------


def test_a_step_back_into_an_advisory_is_more_than_a_step_back() -> None:
    outcome = judged(
        tree("6.5.3"), tree("6.5.2"), record("GHSA-1", "qs", {"introduced": "0"}, {"fixed": "6.5.3"}, **rated("low"))
    )
    step = only(outcome, "downgrade")
    assert (step.concern.kind, step.action, outcome.state) == ("into_vulnerable", "block", State.BLOCK)
    assert step.concern.message == "`qs` goes back from 6.5.3 to 6.5.2, which GHSA-1 (low) affects"
    assert (step.concern.severity, step.concern.fix) == ("low", "Return to 6.5.3")


def test_a_step_back_within_an_advisory_or_without_one_is_plain() -> None:
    for before, after in (("6.5.2", "6.5.1"), ("6.7.0", "6.6.0")):
        step = only(judged(tree(before), tree(after)), "downgrade")
        assert (step.concern.kind, step.action, step.concern.fix) == ("plain", "warn", "")


def test_a_step_back_into_what_somebody_answers_for_is_plain() -> None:
    accepted = [{"id": "CVE-1", "purl": "pkg:npm/qs", "owner": "@a", "reason": "b", "expires": "2026-06-30"}]
    outcome = judged(tree("6.5.3"), tree("6.5.2"), exceptions=accepted)
    assert (only(outcome, "downgrade").concern.kind, outcome.state) == ("plain", State.WARN)


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        (("1.0.0", "6.5.3"), ("1.0.0", "6.5.2"), ["into_vulnerable"]),
        (("1.0.0", "2.0.0"), ("1.0.0", "1.1.0"), []),
        (("1.0.0", "2.1.0"), ("1.0.0", "2.2.0"), []),
    ],
)
def test_of_several_versions_a_step_back_is_one_within_a_major(
    before: tuple[str, ...], after: tuple[str, ...], steps: list[str]
) -> None:
    outcome = judged(tree(*before), tree(*after))
    assert [each.concern.kind for each in outcome.judged if each.concern.rule == "downgrade"] == steps


def test_what_cannot_be_decided_of_an_arrival_is_told() -> None:
    commits = {"ranges": [{"type": "GIT", "repo": "x", "events": [{"introduced": "0"}]}]}
    entry = {"package": {"ecosystem": "npm", "name": "qs"}} | commits
    outcome = judged(tree("6.5.1"), tree("6.5.2"), record("GHSA-9", "x", affected=[entry]))
    assert only(outcome, "unasked").concern.message == "Whether GHSA-9 affects `qs` 6.5.2 cannot be decided"
    assert outcome.state is State.WARN


@pytest.mark.parametrize(("licence", "action"), [("MIT", "ignore"), ("permissive", "ignore"), ("copyleft", "block")])
def test_a_rule_about_an_advisory_may_ask_for_the_licence_of_its_package(licence: str, action: str) -> None:
    stated = document(npm("a"), npm("qs", "6.5.2", licenses=[{"license": {"id": "MIT"}}]))
    rules = [{"rule": "vulnerability", "licence": licence, "action": "ignore"}]
    assert only(judged(document(npm("a")), stated, rules=rules)).action == action


def test_a_record_that_does_not_say_what_it_is_about_holds_the_change() -> None:
    outcome = judged(tree(), tree("6.5.2"), json.dumps({"id": "GHSA-9", "modified": "2026-01-01T00:00:00Z"}))
    assert (outcome.state, only(outcome, "advisory_unread").action) == (State.UNMEASURED, "hold")
    gone = json.dumps({"id": "GHSA-9", "withdrawn": "2026-01-01T00:00:00Z"})
    assert judged(tree(), tree("6.5.2"), gone).state is not State.UNMEASURED


def test_of_two_texts_of_one_record_at_one_time_both_count_in_any_order() -> None:
    other = record("GHSA-1", "elsewhere", **rated("low"))
    outcomes = [judged(tree(), tree("6.5.2"), *pair) for pair in ((HIT, other), (other, HIT))]
    assert [only(each).concern.severity for each in outcomes] == ["critical", "critical"]
    assert [each.state for each in outcomes] == [State.BLOCK, State.BLOCK]


def test_a_step_back_into_an_advisory_is_one_beside_another_version_too() -> None:
    hit = record("GHSA-1", "qs", {"introduced": "0"}, {"fixed": "1.5.0"}, **rated("medium"))
    outcome = judged(tree("2.0.0", "3.0.0"), tree("1.0.0", "3.0.0"), hit)
    step = only(outcome, "downgrade")
    assert (outcome.state, step.concern.kind, step.concern.fix) == (State.BLOCK, "into_vulnerable", "Return to 2.0.0")
    assert only(outcome).concern.fix.startswith("Return to 2.0.0 or move `qs` to 1.5.0")


def test_a_version_that_the_package_url_contradicts_is_judged_beside_it() -> None:
    for stated, within in (("100.0.0", "6.5.2"), ("6.5.2", "100.0.0")):
        hidden = npm("qs", within) | {"version": stated}
        outcome = judged(document(*TREE), document(*TREE, hidden))
        assert (outcome.state, only(outcome).concern.versions) == (State.BLOCK, ("6.5.2",))
        assert only(outcome, "component_unreadable").action == "warn"
