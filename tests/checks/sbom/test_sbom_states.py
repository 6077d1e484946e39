"""Where a comparison stands: what could not be compared is named and holds, and never becomes a flood of arrivals."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import sbom
from checks.model import Advisories, Baseline, CheckResult, Document, Missing, SbomPair, Snapshot, State
from checks.sbom import Config, report
from checks.sbom.judging.outcome import Standing

from .bills import advisory, bill, document, npm, pair, rated, record
from .judging import PULL, files, measures

BASE, HEAD = document(npm("a"), npm("qs", "5.0.0")), document(npm("a"), npm("qs", "6.5.2"))
HIT = record("GHSA-1", "qs", {"introduced": "6.0.0"}, {"fixed": "6.5.3"}, **rated("critical"))
NEWS = record("GHSA-2", "a", published="2026-06-05T00:00:00Z", **rated("critical"))
OLD = record("GHSA-3", "a", published="2026-05-05T00:00:00Z", **rated("critical"))
MADE = Baseline("b" * 40, "2026-06-01T00:00:00Z")


def held(*pairs: SbomPair, config: Config | None = None, **sections: Any) -> CheckResult:
    snapshot = Snapshot(PULL, sboms=pairs, **{"day": "2026-06-10"} | sections)
    return sbom.evaluate(snapshot, config or Config(), {})


def against(base: str | None, head: str | None, baseline: Baseline | None = MADE, path: str = "a.json") -> SbomPair:
    plain = files(base, head, path)
    return SbomPair(path, plain.base, plain.head, baseline)


# --- each standing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "standing"),
    [
        (BASE, HEAD, Standing.COMPARED),
        (BASE, BASE, Standing.UNCHANGED),
        (None, HEAD, Standing.NO_BASELINE),
        (BASE, None, Standing.REMOVED),
        (BASE, "{", Standing.UNREADABLE),
        ("{", HEAD, Standing.UNREADABLE),
        (BASE, document(npm("z")), Standing.INCOMPARABLE),
        (document(*(npm(f"p{n}") for n in range(10))), document(npm("p1")), Standing.SHRUNK),
    ],
)
def test_every_comparison_is_named_and_only_two_of_them_measure(
    base: str | None, head: str | None, standing: Standing
) -> None:
    outcome = report.compare(base, head)
    result = held(against(base, head))
    measured = standing in (Standing.COMPARED, Standing.UNCHANGED)
    assert (outcome.standing, outcome.measured) == (standing, measured)
    assert (outcome.state is State.UNMEASURED, result.state is State.UNMEASURED) == (not measured, not measured)
    assert result.detail["files"][0]["comparison"] == standing.value
    assert measured or (outcome.judged == () and outcome.diff.changes == () and outcome.next_step)


@pytest.mark.parametrize(
    ("at", "day", "stale"),
    [
        ("2026-05-11T00:00:00Z", "2026-06-10", False),
        ("2026-05-10T23:59:59Z", "2026-06-10", True),
        ("2026-07-01T00:00:00Z", "2026-06-10", False),
        ("", "2026-06-10", False),
        ("2020-01-01T00:00:00Z", "", False),
    ],
)
def test_a_baseline_older_than_the_policy_allows_is_stale(at: str, day: str, stale: bool) -> None:
    outcome = report.compare(BASE, HEAD, day=day, baseline=Baseline("b" * 40, at))
    assert (outcome.standing is Standing.STALE, outcome.state is State.UNMEASURED) == (stale, stale)
    if stale:
        assert outcome.title == "The baseline is stale: 31 days old, and 30 are allowed"
        assert (outcome.judged, outcome.diff.changes) == ((), ())


def test_the_policy_says_how_old_a_baseline_may_be() -> None:
    config = Config.model_validate({"baseline": {"max_age_days": 5}})
    assert report.compare(BASE, HEAD, config, day="2026-06-10", baseline=MADE).standing is Standing.STALE
    assert report.compare(BASE, BASE, config, day="2026-06-10", baseline=MADE).standing is Standing.UNCHANGED


def test_the_baseline_and_its_age_are_measures() -> None:
    result = held(against(BASE, HEAD))
    assert measures(result)["baseline"] == "bbbbbbb"
    (age,) = (measure for measure in result.measures if measure.name == "baseline_age")
    assert (age.value, age.unit, age.limit) == (9, "days", "<= 30")
    assert result.detail["files"][0]["baseline"] == "b" * 40
    assert not {"baseline", "baseline_age"} & measures(held(files(BASE, HEAD))).keys()
    assert "baseline_age" not in measures(held(against(BASE, HEAD), day=""))


# --- an unchanged bill -----------------------------------------------------------------------------------------


def test_news_of_an_unchanged_bill_is_told_and_what_was_known_before_only_listed() -> None:
    result = held(against(BASE, BASE), advisories=Advisories((NEWS, OLD)))
    assert (result.state, [(each.id, each.kind, each.state) for each in result.findings]) == (
        State.WARN,
        [("GHSA-2", "newly_published", State.WARN), ("GHSA-3", "preexisting", State.PASS)],
    )
    assert result.title == "GHSA-2 (critical) has become known of `a` 1.0.0"


def test_an_unchanged_bill_that_was_not_read_passes_as_before() -> None:
    result = held(against("", ""), advisories=Advisories((NEWS,)))
    assert (result.state, result.title, result.findings) == (State.PASS, "SBOM unchanged", ())
    assert held(against("{", "{"), advisories=Advisories((NEWS,))).state is State.PASS


def test_an_unchanged_bill_holds_nothing_else_against_the_change() -> None:
    config = Config.model_validate({"licenses": {"allow": ["MIT"]}, "packages": {"deny": ["pkg:npm/a"]}})
    assert held(against(BASE, BASE), config=config, advisories=Advisories((HIT,))).findings == ()


def test_a_rule_may_still_stop_on_what_an_unchanged_bill_holds() -> None:
    config = Config.model_validate({"rules": [{"rule": "vulnerability", "class": "preexisting", "action": "block"}]})
    assert held(against(BASE, BASE), config=config, advisories=Advisories((OLD,))).state is State.BLOCK
    carried = document(npm("a"), vulnerabilities=[advisory("CVE-1", "a", severity="low")])
    assert held(against(carried, carried), config=config).state is State.BLOCK


# --- advisories that could not be had --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (Missing("the service answered 503", ours=True), State.ERROR),
        (Missing("the answer will come", coming=True), State.WAIT),
        (Missing("no network here"), State.UNMEASURED),
    ],
)
def test_without_advisories_the_check_cannot_pass_and_still_tells_the_rest(missing: Missing, state: State) -> None:
    result = held(against(BASE, HEAD), advisories=missing)
    assert (result.state, result.title) == (state, f"Advisories not read: {missing.reason}")
    assert result.reasons == (result.title,)
    assert measures(result)["upgraded"] == 1
    config = Config.model_validate({"licenses": {"deny": ["AGPL-3.0-only"]}})
    denied = document(npm("a"), npm("qs", "5.0.0"), npm("pdf", "1", "AGPL-3.0-only"))
    both = held(against(BASE, denied), advisories=missing, config=config)
    assert (both.state, both.title) == (State.BLOCK, "AGPL-3.0-only arrives with `pdf` 1")
    assert both.reasons[-1] == f"Advisories not read: {missing.reason}"


def test_packages_that_nobody_could_be_asked_about_are_named() -> None:
    names = tuple(f"p{n}" for n in range(7))
    result = held(against(BASE, HEAD), advisories=Advisories((), "OSV", names))
    (finding,) = result.findings
    assert (finding.rule, finding.state, finding.path) == ("unasked", State.WARN, "")
    assert finding.message == "Nobody could be asked about p0, p1, p2, p3, p4 and 2 more"
    assert result.detail["advisories"] == "OSV"
    for count, said in ((1, "p0"), (5, "p0, p1, p2, p3, p4"), (6, "p0, p1, p2, p3, p4 and 1 more")):
        asked = held(against(BASE, HEAD), advisories=Advisories((), "OSV", names[:count]))
        assert asked.title == f"Nobody could be asked about {said}"


# --- several bills ---------------------------------------------------------------------------------------------


def test_the_same_finding_in_two_bills_is_one_that_names_both() -> None:
    result = held(against(BASE, HEAD, path="b.json"), against(BASE, HEAD), advisories=Advisories((HIT,)))
    (finding,) = result.findings
    assert (finding.path, finding.state) == ("a.json", State.BLOCK)
    assert finding.message == "GHSA-1 (critical) arrives with `qs` 6.5.2 (also in b.json)"
    assert [each["sbom"] for each in result.detail["findings"]] == ["a.json, b.json"]
    assert measures(result)["vulnerabilities_introduced"] == 1
    assert measures(result)["upgraded"] == 2


def test_of_one_finding_in_two_bills_the_worst_weight_counts() -> None:
    config = Config.model_validate({"rules": [{"rule": "vulnerability", "path": "a.json", "action": "ignore"}]})
    pairs = (against(BASE, HEAD), against(BASE, HEAD, path="b.json"))
    result = held(*pairs, config=config, advisories=Advisories((HIT,)))
    assert [(finding.state, finding.path) for finding in result.findings] == [(State.BLOCK, "a.json")]
    assert held(pairs[0], config=config, advisories=Advisories((HIT,))).state is State.PASS


def test_different_findings_of_two_bills_stay_two() -> None:
    other = document(npm("a"), npm("qs", "6.5.1"))
    result = held(against(BASE, HEAD), against(BASE, other, path="b.json"), advisories=Advisories((HIT,)))
    assert [(finding.purl, finding.path) for finding in result.findings] == [
        ("pkg:npm/qs@6.5.1", "b.json"),
        ("pkg:npm/qs@6.5.2", "a.json"),
    ]


def test_an_excused_finding_in_two_bills_is_listed_once() -> None:
    accepted = {"id": "GHSA-1", "purl": "pkg:npm/qs", "owner": "@a", "reason": "b", "expires": "2026-06-30"}
    config = Config.model_validate({"exceptions": [accepted]})
    pairs = (against(BASE, HEAD), against(BASE, HEAD, path="b.json"))
    result = held(*pairs, config=config, advisories=Advisories((HIT,)))
    assert (result.state, result.findings) == (State.PASS, ())
    (suppressed,) = result.detail["suppressed"]
    assert (suppressed["who"], suppressed["why"], suppressed["until"]) == ("@a", "b", "2026-06-30")
    assert (suppressed["id"], suppressed["sbom"], suppressed["by"]) == ("GHSA-1", "a.json, b.json", "exception")


def test_the_detail_is_json_with_findings_and_their_fix() -> None:
    detail = json.loads(json.dumps(dict(held(against(BASE, HEAD), advisories=Advisories((HIT,), "OSV")).detail)))
    (finding,) = detail["findings"]
    assert (finding["class"], finding["action"]) == ("introduced", "block")
    assert finding["fix"] == "Return to 5.0.0 or move `qs` to 6.5.3 (patch)"
    assert detail["files"][0]["graph"] is False


# --- from outside ----------------------------------------------------------------------------------------------


def test_the_json_of_a_comparison_has_just_the_promised_keys() -> None:
    edges = {"app": ["a"], "a": ["qs"]}
    head = document(npm("a"), npm("qs", "6.5.2"), edges=edges)
    made = json.loads(json.dumps(report.as_json(BASE, head, None, [HIT], day="2026-06-10", path="sbom/a.json")))
    lists = {"changes", "findings", "suppressed", "unidentified"}
    assert set(made) == {"state", "comparison", "title", "summary", *lists}
    assert (made["state"], made["comparison"]) == ("block", "compared")
    assert list(made["summary"]) == ["added", "removed", "upgraded", "downgraded", "multi_version", "license_changed"]
    (finding,) = made["findings"]
    assert finding == {
        "rule": "vulnerability",
        "id": "GHSA-1",
        "aliases": [],
        "severity": "critical",
        "purl": "pkg:npm/qs@6.5.2",
        "class": "introduced",
        "action": "block",
        "fix": "Return to 5.0.0 or move `qs` to 6.5.3 (patch), which comes in through a: "
        "ask for qs 6.5.3 by an entry in `overrides`",
        "path": ["a", "qs"],
        "message": "GHSA-1 (critical) arrives with `qs` 6.5.2 (via a)",
        "sbom": "sbom/a.json",
    }
    (change,) = made["changes"]
    assert change["kind"] == "upgraded"
    assert (change["base_versions"], change["head_versions"], change["trail"]) == (["5.0.0"], ["6.5.2"], ["a", "qs"])
    assert (change["direct"], change["introduced_by"], change["major"]) == (False, ["a"], True)
    assert change["moves"] == [["5.0.0", "6.5.2"]]


def test_bytes_and_text_are_read_alike_and_nothing_raises() -> None:
    assert report.as_json(BASE.encode(), HEAD.encode()) == report.as_json(BASE, HEAD)
    assert report.as_json(b"\xff", HEAD.encode())["comparison"] == "unreadable"
    assert report.as_json(BASE, HEAD, records=["{", "[]", HIT])["state"] == "block"


def test_the_json_is_made_of_all_that_was_handed_in() -> None:
    statement = {"vulnerability": {"name": "GHSA-1"}, "products": [{"@id": "pkg:npm/qs@6.5.2"}], "status": "fixed"}
    vex = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "x",
        "author": "a",
        "version": 1,
        "statements": [statement],
    }
    vex["timestamp"] = "2026-06-01T00:00:00Z"
    accepted = {"id": "GHSA-4", "purl": "pkg:npm/qs", "owner": "@a", "reason": "b", "expires": "2026-06-30"}
    other = record("GHSA-4", "qs", **rated("low"))
    config = Config.model_validate({"exceptions": [accepted]})
    manifest = Document("requirements.txt", "h" * 40, "x")
    made = report.as_json(
        document(npm("a"), npm("qs", "6.5.2")),
        document(npm("a"), npm("qs", "6.5.2"), version=2),
        config,
        [HIT, NEWS, other],
        [json.dumps(vex)],
        "2026-06-10",
        manifests=[manifest],
        baseline=MADE,
        path="a.json",
    )
    assert [(each["id"], each["class"], each["sbom"]) for each in made["findings"]] == [
        ("GHSA-2", "newly_published", "a.json")
    ]
    assert [(each["id"], each["by"], each["who"], each["why"]) for each in made["suppressed"]] == [
        ("GHSA-1", "vex", "VEX document 1", "fixed"),
        ("GHSA-4", "exception", "@a", "b"),
    ]
    stale = report.as_json(BASE, HEAD, day="2027-06-10", baseline=MADE)
    assert (stale["comparison"], stale["title"][:22]) == ("stale", "The baseline is stale:")
    assert report.as_json(BASE, HEAD)["findings"] == []


def test_the_json_points_at_no_manifest_but_the_finding_does() -> None:
    manifest = Document("package.json", "h" * 40, '{"dependencies": {"qs": "6.5.2"}}')
    outcome = report.compare(BASE, HEAD, None, [HIT], manifests=[manifest], path="a.json")
    assert (outcome.judged[0].finding.path, outcome.judged[0].finding.line) == ("package.json", 1)
    assert report.finding(outcome.judged[0])["sbom"] == "a.json"
    assert outcome.path == "a.json"


@pytest.mark.parametrize("name", ["go-proton-bridge", "npm-shop-api", "pypi-flask"])
def test_a_real_pair_raises_no_false_alarm(name: str) -> None:
    outcome = report.compare(*pair(name))
    plain = [each.concern for each in outcome.judged if each.concern.rule not in ("downgrade", "licence")]
    assert plain == []
    assert outcome.state in (State.PASS, State.WARN)


def test_the_check_and_the_command_line_say_the_same() -> None:
    result = held(against(BASE, HEAD), advisories=Advisories((HIT,)))
    made = report.as_json(BASE, HEAD, Config(), [HIT], day="2026-06-10", baseline=MADE, path="a.json")
    assert result.detail["findings"] == made["findings"]
    assert result.detail["files"][0]["changes"] == made["changes"]
    assert result.state.value == made["state"]


PARTS = st.lists(
    st.builds(npm, st.sampled_from(["a", "b", "qs"]), st.sampled_from(["5.0.0", "6.5.2", "7.0.0"])), max_size=5
)


@given(PARTS, PARTS, st.randoms(use_true_random=False))
def test_the_order_of_components_makes_no_difference_to_any_finding(
    before: list[Any], after: list[Any], random: Any
) -> None:
    made = report.as_json(document(*before), document(*after, version=2), records=[HIT, NEWS])
    for parts in (before, after):
        random.shuffle(parts)
    assert report.as_json(document(*before), document(*after, version=2), records=[NEWS, HIT]) == made


@given(PARTS)
def test_a_bill_against_itself_introduces_nothing(parts: list[Any]) -> None:
    outcome = report.compare(document(*parts), document(*parts, version=2), None, [HIT, NEWS])
    assert {each.concern.kind for each in outcome.judged} <= {"preexisting"}
    assert outcome.diff.changes == ()
    assert bill(*parts).flaws == ()


def test_documents_that_could_not_be_read_excuse_and_declare_nothing() -> None:
    lost = (Document("vex.json", "b" * 40, missing=Missing("too large")),)
    result = held(against(BASE, HEAD), advisories=Advisories((HIT,)), vex=lost, manifests=Missing("no token"))
    assert (result.state, len(result.reasons)) == (State.BLOCK, 1)
    told = held(against(BASE, HEAD), advisories=Advisories((HIT,)), vex=Missing("no token"))
    assert told.reasons[-1] == "VEX documents not read: no token"


def test_the_detail_shows_at_most_two_hundred_findings() -> None:
    config = Config.model_validate({"packages": {"deny": ["pkg:npm/p*"]}})
    many = document(npm("a"), *(npm(f"p{n}") for n in range(203)))
    result = held(against(document(npm("a")), many), config=config)
    assert (len(result.findings), len(result.detail["findings"]), result.detail["more_findings"]) == (203, 200, 3)
    assert held(against(BASE, HEAD)).detail["more_findings"] == 0
