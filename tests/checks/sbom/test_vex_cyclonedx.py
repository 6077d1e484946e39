import json
from typing import Any

import pytest

from checks.sbom.advisories import vex

from .test_vex import CASE, QS


def cyclonedx(*vulnerabilities: Any, **fields: Any) -> str:
    part = {"bom-ref": "a", "purl": "pkg:npm/app@1", "components": [{"bom-ref": "q", "purl": QS, "version": "6.5.2"}]}
    whole = {"bomFormat": "CycloneDX", "metadata": {"timestamp": "2024-01-01T00:00:00Z"}, "components": [part, 7]}
    return json.dumps(whole | {"vulnerabilities": vulnerabilities} | fields)


def says(*affects: Any, state: str = "not_affected", **fields: Any) -> dict[str, Any]:
    refs = [{"ref": each} if isinstance(each, str) else each for each in affects or (QS,)]
    analysis = {"state": state, "justification": "code_not_reachable"}
    return {"id": "CVE-2024-1", "affects": refs, "analysis": analysis} | fields


def excused(*vulnerabilities: Any, version: str = "6.5.2") -> bool:
    read = vex.read([cyclonedx(*vulnerabilities)])
    assert read.flaws == ()
    return read.excuse(CASE, QS, version) is not None


@pytest.mark.parametrize(
    ("state", "excuses"),
    [
        ("not_affected", True),
        ("false_positive", True),
        ("resolved", True),
        ("resolved_with_pedigree", True),
        ("exploitable", False),
        ("in_triage", False),
    ],
)
def test_the_states_of_cyclonedx_mean_those_of_openvex(state: str, excuses: bool) -> None:
    assert excused(says(f"{QS}@6.5.2", state=state)) is excuses


@pytest.mark.parametrize(
    ("ref", "inside", "outside"),
    [
        ("q", ["6.5.2"], ["6.5.3"]),
        (f"{QS}@6.5.2", ["6.5.2"], ["6.5.3"]),
        (QS, ["6.5.2", "1.0.0"], []),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#q", ["6.5.2"], ["6.5.3"]),
        ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Fqs%406.5.2", ["6.5.2"], ["6.5.3"]),
        ({"ref": QS, "versions": [{"version": "6.5.2", "status": "unaffected"}]}, ["6.5.2"], ["6.5.1"]),
        ({"ref": QS, "versions": [{"range": "vers:npm/<6.5.2", "status": "unaffected"}]}, ["6.5.1"], ["6.5.2"]),
        ({"ref": QS, "versions": [{"version": "6.5.2", "status": "affected"}]}, [], ["6.5.2"]),
        ({"ref": QS, "versions": [{"version": "6.5.2"}]}, [], ["6.5.2"]),
        ({"ref": QS, "versions": []}, [], ["6.5.2"]),
        ({"ref": "q", "versions": [{"range": "vers:npm/<7", "status": "unaffected"}]}, ["6.5.2"], ["6.5.1"]),
        ({"ref": "q", "versions": [{"range": "vers:npm/<6", "status": "unaffected"}]}, [], ["6.5.2", "5.0.0"]),
    ],
)
def test_a_statement_reaches_no_further_than_what_it_affects(ref: Any, inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if not excused(says(ref), version=version)] == []
    assert [version for version in outside if excused(says(ref), version=version)] == []


def test_what_is_exploitable_somewhere_takes_back_an_excuse_there_alone() -> None:
    later = {"updated": "2024-02-01T00:00:00Z"}
    worse = says({"ref": QS, "versions": [{"version": "6.5.2", "status": "affected"}]}, state="exploitable", **later)
    assert not excused(says(), worse, version="6.5.2")
    assert excused(says(), worse, version="6.5.1")


def test_the_time_is_that_of_the_analysis_then_of_the_vulnerability_then_of_the_document() -> None:
    dated = says()
    dated["analysis"]["lastUpdated"] = "2024-03-01T00:00:00Z"
    found = vex.read([cyclonedx(dated, says(updated="2024-02-01"), says())]).statements
    assert [each.timestamp for each in found] == ["2024-03-01T00:00:00Z", "2024-02-01", "2024-01-01T00:00:00Z"]
    assert vex.read([cyclonedx(says(), metadata=None)]).statements[0].timestamp == ""


def test_references_name_the_vulnerability_too() -> None:
    read = vex.read([cyclonedx(says(id="X-1", references=[{"id": "GHSA-1"}, 7]))])
    found = read.excuse(CASE, QS, "1.0.0")
    assert found is not None
    assert (found.id, found.words, found.document) == ("X-1", "code_not_reachable", 0)


@pytest.mark.parametrize(
    ("stated", "flaw"),
    [
        (says(analysis={"state": "not_affected"}), "not_affected needs a justification or a detail"),
        (says(analysis={"state": "fine", "detail": "x"}), "its state is none of CycloneDX"),
        (says(analysis="fine"), "`analysis` is no object"),
        (says(id=None), "names no vulnerability"),
        (says("nobody"), "affects nothing that has a package URL"),
        (says(affects=None), "affects nothing that has a package URL"),
        (says(QS, state="resolved"), "resolved needs the version that is"),
    ],
)
def test_a_statement_that_lacks_something_excuses_nothing_and_is_named(stated: Any, flaw: str) -> None:
    read = vex.read([cyclonedx(stated)])
    assert read.flaws == (f"document 1: vulnerabilities[0]: {flaw}",)
    assert read.statements == ()


def test_a_detail_alone_will_do_and_no_analysis_states_nothing() -> None:
    assert excused(says(analysis={"state": "false_positive", "detail": "Never called"}))
    read = vex.read([cyclonedx({"id": "CVE-2024-1", "affects": [{"ref": QS}]}, 7)])
    assert read == vex.Vex()
