import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import record
from app.render.decision_json import decision_json
from checks import contract, risk, sbom
from checks.decide import Policy
from checks.dispatching import Dispatching
from checks.drifting import Drifting
from checks.judge import Case, Unreadable, judge
from checks.model import (
    Advisories,
    Baseline,
    ChangeFacts,
    ContractText,
    Decision,
    Document,
    FileChange,
    Finding,
    Measurement,
    Missing,
    Mode,
    Origin,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
    TestRun,
)
from checks.overridden import Overridden
from checks.risk.model import shipped
from checks.studied import Studied
from checks.tested import Escalated

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SHAS = st.sampled_from(["a" * 40, "b" * 40, "c" * 64])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 10_000)
MISSING = st.builds(Missing, TEXT, st.booleans(), st.booleans())
PULLS = st.builds(
    Pull,
    repository=st.just("acme/shop"),
    number=st.none() | st.integers(1, 10**6),
    title=TEXT,
    author=TEXT,
    head_sha=SHAS,
    head_ref=TEXT,
    base_sha=SHAS,
    base_ref=TEXT,
    body=TEXT,
    labels=st.lists(TEXT, max_size=2).map(tuple),
    from_fork=st.booleans(),
    url=st.sampled_from(["", "https://github.com/acme/shop/pull/7"]),
    repository_id=st.integers(0, 2**40),
)
FILES = st.builds(FileChange, TEXT, COUNTS, COUNTS, st.sampled_from(["modified", "renamed"]), TEXT)
CHANGES = st.builds(
    ChangeFacts, st.lists(FILES, max_size=3).map(tuple), st.lists(TEXT, max_size=2).map(tuple), st.booleans()
)
RUNS = st.builds(TestRun, TEXT, st.sampled_from(["queued", "completed"]), st.sampled_from(["", "success", "failure"]))
ESCALATED = st.builds(
    Escalated,
    st.just("high.yml"),
    st.none() | COUNTS,
    st.just("") | SHAS,
    st.sampled_from(["queued", "completed"]),
    st.sampled_from(["", "success", "failure", "skipped"]),
    TEXT,
    st.integers(1, 9),
)
TESTS = st.builds(TestFacts, st.lists(RUNS, max_size=3).map(tuple), TEXT, st.lists(ESCALATED, max_size=2).map(tuple))
DISPATCHING = st.builds(
    Dispatching, TEXT, st.none() | st.floats(0, 100), st.booleans(), st.sampled_from(["", "impl@large"]), st.booleans()
)
MEASUREMENTS = st.builds(
    Measurement,
    st.sampled_from(["p95", "coverage"]),
    NUMBERS | st.booleans() | TEXT,
    TEXT,
    st.none() | st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair))),
    st.none() | COUNTS,
    trusted=st.booleans(),
)
BILL = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "x"}]})
DOCUMENTS = st.builds(Document, st.just("bom.json"), SHAS, st.sampled_from([BILL, "", "{"]), st.none() | MISSING)
BASELINES = st.builds(Baseline, SHAS, st.sampled_from(["", "2026-01-02T03:04:05Z", "yesterday"]), st.integers(0, 30))
PAIRS = st.builds(
    SbomPair, st.just("bom.json"), st.none() | DOCUMENTS, st.none() | DOCUMENTS, baseline=st.none() | BASELINES
)
RECORD = json.dumps({"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "x"}, "versions": ["1"]}]})
ADVISORIES = st.builds(Advisories, st.lists(st.sampled_from([RECORD, "{}", ""]), max_size=2).map(tuple), TEXT)
PAIRS_OF_COUNTS = st.tuples(COUNTS, COUNTS)
STUDIES = st.builds(
    Studied,
    COUNTS,
    TEXT,
    SHAS,
    st.none() | NUMBERS,
    NUMBERS,
    st.lists(COUNTS, max_size=3).map(tuple),
    TEXT,
    st.booleans(),
    PAIRS_OF_COUNTS,
    PAIRS_OF_COUNTS,
)
DRIFTING = st.builds(Drifting, TEXT, TEXT, st.none() | st.tuples(TEXT, TEXT))
OVERRIDES = st.builds(Overridden, st.sampled_from(["risk", "sbom", "contract", "config"]), TEXT, TEXT, NUMBERS)
SNAPSHOTS = st.builds(
    Snapshot,
    PULLS,
    change=st.none() | CHANGES | MISSING,
    tests=st.none() | TESTS | MISSING,
    measurements=st.none() | st.lists(MEASUREMENTS, max_size=2, unique_by=lambda one: one.name).map(tuple) | MISSING,
    contracts=st.none()
    | st.lists(st.builds(ContractText, st.sampled_from(Origin), TEXT, TEXT), max_size=2).map(tuple)
    | MISSING,
    sboms=st.none() | st.lists(PAIRS, max_size=1).map(tuple) | MISSING,
    advisories=st.none() | ADVISORIES | MISSING,
    vex=st.none() | st.lists(DOCUMENTS, max_size=1).map(tuple) | MISSING,
    manifests=st.none() | st.lists(DOCUMENTS, max_size=1).map(tuple) | MISSING,
    studies=st.none() | st.lists(STUDIES, max_size=2).map(tuple) | MISSING,
    drift=st.none() | st.lists(DRIFTING, max_size=2).map(tuple) | MISSING,
    overrides=st.lists(OVERRIDES, max_size=2, unique_by=lambda one: one.check).map(tuple),
    dispatching=st.none() | DISPATCHING,
    day=st.sampled_from(["", "2026-11-30", "soon"]),
    attempts_left=st.integers(0, 3),
)
CONFIGS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "risk": st.builds(risk.Config, mode=st.sampled_from(Mode), limit=st.floats(0, 1), hot=st.just(("src/**",))),
        "sbom": st.builds(sbom.Config, mode=st.sampled_from(Mode), severity=st.sampled_from(["low", "high"])),
        "contract": st.builds(
            lambda mode, limit: contract.Config.model_validate(
                {"mode": mode, "post": {"tests": "pass", "p95": {"lte": limit}, "risk": {"lt": 0.65}}}
            ),
            st.sampled_from(Mode),
            NUMBERS,
        ),
    },
)
POLICIES = st.builds(
    Policy,
    CONFIGS,
    st.dictionaries(st.sampled_from(["speclive", "drift"]), st.sampled_from(Mode)),
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=2).map(tuple),
)
FINDINGS = st.builds(Finding, TEXT, TEXT, path=TEXT, line=st.none() | st.integers(1, 99))
UNREADABLES = st.builds(Unreadable, st.lists(FINDINGS, min_size=1, max_size=2).map(tuple))
CASES = st.builds(Case, SNAPSHOTS, POLICIES | UNREADABLES, st.none() | POLICIES | UNREADABLES, st.just("1.5.0"))

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
PLAIN = Case(
    Snapshot(PULL, change=ChangeFacts((FileChange("a.py", 3, 1),))), Policy({"risk": risk.Config()}), None, "1.5.0"
)


def decided(case: Case) -> Decision:
    decision = judge(case)
    assert decision is not None
    return decision


def written(case: Case) -> bytes:
    return record.write(case, decided(case))


def changed(**held: Any) -> bytes:
    """A good record with some of its case replaced."""
    whole = json.loads(written(PLAIN))
    return json.dumps(whole | {"case": whole["case"] | held}).encode()


@settings(max_examples=150)
@given(CASES)
def test_a_record_gives_back_its_case_and_the_same_bytes_again(case: Case) -> None:
    kept = written(case)
    assert record.read(kept) == case
    assert record.again(kept) == decided(case)


@settings(max_examples=40)
@given(CASES)
def test_a_record_is_one_text_of_its_value_and_holds_the_answer(case: Case) -> None:
    kept = written(case)
    held = json.loads(kept)
    assert kept == json.dumps(held, separators=(",", ":")).encode("ascii")
    assert held["decision"] == decision_json(decided(case))


def test_an_override_is_part_of_what_is_made_again_and_stands_beside_its_row() -> None:
    said = Overridden("risk", "root", "we looked at it together", 1_764_000_000.123456)
    policy = Policy({"risk": risk.Config(limit=0.0)}, {}, "", "")
    case = Case(Snapshot(PULL, change=PLAIN.snapshot.change, overrides=(said,)), policy, None, "1.5.0")
    kept = written(case)
    assert record.again(kept).rows[0].overridden == said
    assert json.loads(kept)["decision"]["checks"][0]["overridden"] == {
        "who": "root",
        "reason": "we looked at it together",
        "at": 1764000000.12,
    }


def test_a_record_of_a_time_without_overrides_reads_as_one_without_any() -> None:
    whole = json.loads(written(PLAIN))
    del whole["case"]["snapshot"]["overrides"]
    assert record.read(json.dumps(whole).encode()) == PLAIN


def test_a_record_of_a_time_without_ids_of_repositories_reads_as_one_that_does_not_tell() -> None:
    whole = json.loads(written(PLAIN))
    del whole["case"]["snapshot"]["pull"]["repository_id"]
    old = json.dumps(whole).encode()
    assert record.read(old) == PLAIN
    assert (record.repository_of(old), record.repository_of(b"")) == (0, 0)
    told = Case(replace(PLAIN.snapshot, pull=replace(PULL, repository_id=7)), PLAIN.policy, None, "1.5.0")
    assert record.repository_of(written(told)) == record.glance(written(told)).repository_id == 7
    assert "repository_id" not in json.dumps(decision_json(decided(told)))


def test_postconditions_are_answered_again_in_the_order_they_were_written() -> None:
    config = contract.Config.model_validate({"post": {"tests": "pass", "p95": {"lt": 1}, "a": {"lt": 1}}})
    case = Case(Snapshot(PULL), Policy({"contract": config}), None, "1.5.0")
    assert record.again(written(case)) == decided(case)


def test_figures_of_the_answer_have_twelve_digits_and_its_facts_all_of_theirs() -> None:
    snapshot = Snapshot(PULL, measurements=(Measurement("p95", 0.12345678901234567),))
    post = {"p95": {"lte": 1}}
    kept = json.loads(
        written(Case(snapshot, Policy({"contract": contract.Config.model_validate({"post": post})}), None, "1.5.0"))
    )
    assert kept["case"]["snapshot"]["measurements"][0]["value"] == 0.12345678901234567
    (measure,) = kept["decision"]["checks"][0]["measures"]
    assert measure["value"] == 0.123456789012


@pytest.mark.parametrize("value", [0.65 + 2e-15, 0.65 - 2e-15, 1 / 3, 0.1 + 0.2])
@pytest.mark.parametrize("limit", [0.65, 1 / 3, 0.3])
def test_a_value_a_hair_beside_its_limit_is_judged_the_same_again(value: float, limit: float) -> None:
    config = contract.Config.model_validate({"post": {"p95": {"lte": limit}}})
    case = Case(Snapshot(PULL, measurements=(Measurement("p95", value),)), Policy({"contract": config}), None, "1")
    assert record.again(written(case)) == decided(case)


def test_the_reason_why_a_number_is_missing_is_kept() -> None:
    absent = Measurement("p95", None, source="artifact", missing=Missing("it was refused"))
    config = contract.Config.model_validate({"post": {"p95": {"lte": 1}}})
    case = Case(Snapshot(PULL, contracts=(), measurements=(absent,)), Policy({"contract": config}), None, "1.5.0")
    assert record.read(written(case)) == case
    assert record.again(written(case)).rows[0].result.title.endswith("; it was refused")


def test_a_fitted_model_is_kept_to_its_last_digit() -> None:
    model = shipped().model_copy(update={"intercept": -1 / 3})
    case = Case(PLAIN.snapshot, Policy({"risk": risk.Config(model=model)}), None, "1.5.0")
    assert record.read(written(case)) == case


OLD = (Path(__file__).parent / "data/records/of_1.5.0.json").read_bytes()


def test_a_record_of_an_older_version_comes_to_the_same_decision_though_more_is_written_down_now() -> None:
    decision = record.again(OLD)
    assert record.write(record.read(OLD), decision) != OLD, "it lacks what is written today"
    assert decision.verdict.value == json.loads(OLD)["decision"]["verdict"] == "block"
    assert record.compared(OLD).differences == ()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (b'"verdict":"block","repository"', b'"verdict":"ship","repository"', 'decision.verdict: was "ship", is "bl'),
        (b'"n":1,', b'"n":1,"odd":true,', "case.snapshot.tests.runs[0].odd: was true, is nothing"),
        (b'"added":1', b'"added":900', "decision.risk.score: was"),
        (b'"lte":5', b'"lte":50', 'decision.verdict: was "block", is "ship"'),
        (b'"findings":[]', b'"findings":[],"later":1', "decision.checks[0].later: was 1, is nothing"),
    ],
)
def test_an_edited_record_of_an_older_version_is_told_where_it_differs(was: bytes, becomes: bytes, said: str) -> None:
    assert was in OLD
    edited = OLD.replace(was, becomes, 1)
    assert said in str(record.compared(edited).differences[0])
    with pytest.raises(record.BadRecord, match="decides the record differently"):
        record.again(edited)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b",", b", "),
        (b'"format":1', b'"format":1,"format":1'),
        (b'"decision":', b'"elsewhere":'),
        (b'"decision":', b'"more":1,"decision":'),
        (b"1.5.0", b"1.5.\\u0030"),
    ],
)
def test_a_record_that_is_not_as_any_version_writes_one_is_refused(was: bytes, becomes: bytes) -> None:
    assert was in OLD
    with pytest.raises(record.BadRecord, match="it was edited"):
        record.again(OLD.replace(was, becomes, 1))


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 1, "case": null}',
        b'{"format": 1, "case": ' + b'{"policy":' * 100_000,
        changed(snapshot=None),
        changed(snapshot={}),
        changed(snapshot={"pull": {}}),
        changed(version=None),
        changed(policy=[]),
        changed(policy="unreadable"),
        changed(policy={}),
        changed(policy={"unreadable": []}),
        changed(policy={"unreadable": [{}]}),
        changed(policy={"checks": [], "reserved": {}, "agent": "", "digest": "", "notes": []}),
        changed(policy={"checks": {"nosuch": {}}, "reserved": {}, "agent": "", "digest": "", "notes": []}),
        changed(policy={"checks": {"risk": {"limit": 2}}, "reserved": {}, "agent": "", "digest": "", "notes": []}),
        changed(policy={"checks": {"risk": {"nosuch": 2}}, "reserved": {}, "agent": "", "digest": "", "notes": []}),
        changed(policy={"checks": {}, "reserved": {"x": "loud"}, "agent": "", "digest": "", "notes": []}),
        changed(policy={"checks": {}, "reserved": {}, "agent": 1, "digest": "", "notes": []}),
        changed(policy={"checks": {}, "reserved": {}, "agent": "", "digest": "", "notes": "text"}),
    ],
    ids=lambda bad: repr(bad[-60:]),
)
def test_a_bad_record_is_refused(bad: bytes) -> None:
    with pytest.raises(record.BadRecord):
        record.again(bad)


def test_a_record_of_another_format_is_refused_by_its_number() -> None:
    with pytest.raises(record.BadRecord, match="record format 2; this version reads 1"):
        record.read(written(PLAIN).replace(b'"format":1', b'"format":2'))


def test_a_case_that_was_met_with_silence_has_no_decision_to_make_again() -> None:
    with pytest.raises(record.BadRecord, match="no configuration"):
        record.again(changed(policy=None))


def test_what_another_version_would_say_otherwise_shows() -> None:
    kept = json.loads(written(PLAIN))
    kept["decision"]["verdict"] = "block"
    with pytest.raises(record.BadRecord, match="decides the record differently"):
        record.again(json.dumps(kept, separators=(",", ":")).encode())
