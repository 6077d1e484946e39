"""What OSV itself lists counts where the record does not tell, and a record that cannot be read is never silence."""

import json
from typing import Any

import pytest

from checks import sbom
from checks.advised import Listing, Unread
from checks.model import Advisories, CheckResult, Finding, Snapshot, State
from checks.sbom import Config, repair
from checks.sbom.advisories.advisory import known
from checks.sbom.repair.plan import exposed

from .bills import document, npm, rated, record
from .judging import PULL, files

BASE, HEAD = document(npm("a"), npm("qs", "5.0.0")), document(npm("a"), npm("qs", "6.5.2"))
DEV = document(npm("a"), npm("qs", "6.5.2", properties=[{"name": "cdx:npm:package:development", "value": "true"}]))
HERE = Listing("pkg:npm/qs", "6.5.2", ("GHSA-1",))
WORD = "OSV lists it, but its record does not say which versions"
LOST = (Unread("GHSA-1", "the answer is nested too deep"),)


def bare(affected: Any = None, **fields: Any) -> str:
    """A critical record that says nothing of qs."""
    return json.dumps({"id": "GHSA-1", "affected": affected, **rated("critical"), **fields})


def held(
    *records: str, listed: tuple[Listing, ...] = (HERE,), head: str = HEAD, base: str = BASE, **more: Any
) -> CheckResult:
    unread = more.pop("unread", ())
    had = Advisories(records, "OSV", listed=listed, unread=unread)
    snapshot = Snapshot(PULL, sboms=(files(base, head),), advisories=had, day="2026-06-10")
    return sbom.evaluate(snapshot, Config.model_validate(more), {})


def only(result: CheckResult) -> Finding:
    (finding,) = result.findings
    return finding


OTHER = {"package": {"ecosystem": "PyPI", "name": "qs"}, "versions": ["6.5.2"]}
NAMELESS = {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}
HOLLOW = {"package": {"ecosystem": "npm", "name": "qs"}}
STRANGE = {"package": {"ecosystem": "npm", "name": "qs"}, "ranges": [{"type": "NEW", "events": [{"introduced": "0"}]}]}


@pytest.mark.parametrize(
    "affected",
    [None, [], "qs", {}, [None], [OTHER], [NAMELESS], [HOLLOW], [STRANGE], [HOLLOW, OTHER]],
    ids=["null", "empty", "a text", "an object", "no entry", "other", "nameless", "hollow", "strange", "two"],
)
def test_what_osv_lists_counts_where_the_record_does_not_say_which_versions(affected: Any) -> None:
    result = held(bare(affected))
    finding = only(result)
    assert (finding.rule, finding.kind, finding.severity, finding.state) == (
        "vulnerability",
        "introduced",
        "critical",
        State.BLOCK,
    )
    assert finding.message == f"GHSA-1 (critical) arrives with `qs` 6.5.2: {WORD}"
    assert (finding.purl, result.state) == ("pkg:npm/qs@6.5.2", State.BLOCK)


def test_a_record_without_affected_counts_too_and_of_unknown_severity_it_is_remarked_on() -> None:
    finding = only(held(json.dumps({"id": "GHSA-1"})))
    assert (finding.severity, finding.state) == ("unknown", State.WARN)
    assert finding.message == f"GHSA-1 (unknown) arrives with `qs` 6.5.2: {WORD}"


def test_the_policy_weighs_it_like_any_other() -> None:
    assert held(bare(), severity="critical").state is State.BLOCK
    ignored = [{"rule": "vulnerability", "purl": "pkg:npm/qs", "action": "ignore"}]
    assert held(bare(), rules=ignored).state is State.PASS
    excuse = {"id": "GHSA-1", "purl": "pkg:npm/qs", "owner": "@a", "reason": "no", "expires": "2026-07-01"}
    assert held(bare(), exceptions=[excuse]).findings == ()
    assert only(held(bare(), head=DEV)).state is State.WARN


def test_a_version_that_was_listed_at_the_base_is_not_the_fault_of_the_change() -> None:
    both = (HERE, Listing("pkg:npm/qs", "5.0.0", ("GHSA-1",)))
    finding = only(held(bare(), listed=both))
    assert (finding.kind, finding.state) == ("preexisting", State.WARN)


def test_a_version_that_osv_does_not_list_is_not_affected_and_said_to_be_open() -> None:
    result = held(bare(), listed=(Listing("pkg:npm/qs", "5.0.0", ("GHSA-1",)),))
    assert [(one.rule, one.kind, one.state) for one in result.findings] == [
        ("unasked", "undecided", State.WARN),
        ("vulnerability", "fixed", State.PASS),
    ]


def test_a_withdrawn_record_is_rightly_nothing() -> None:
    assert held(bare(withdrawn="2026-01-01T00:00:00Z")).findings == ()


@pytest.mark.parametrize("withdrawn", ["no", "false", "0", "", None, False, True, 2026])
def test_what_states_no_day_withdraws_nothing(withdrawn: Any) -> None:
    assert held(bare(withdrawn=withdrawn)).state is State.BLOCK


def test_a_record_whose_ranges_leave_the_version_out_is_believed_with_a_note() -> None:
    result = held(record("GHSA-1", "qs", {"introduced": "7.0.0"}, **rated("critical")))
    finding = only(result)
    assert (finding.rule, finding.kind, finding.state) == ("unasked", "disputed", State.WARN)
    assert finding.message == "OSV lists GHSA-1 for `qs` 6.5.2, a version that the record itself leaves out"


def test_of_one_package_what_is_disputed_and_what_is_open_are_two_findings() -> None:
    commits = {"package": {"ecosystem": "npm", "name": "qs"}, "ranges": [{"type": "GIT", "events": []}]}
    disputed = record("GHSA-1", "qs", {"introduced": "7.0.0"})
    result = held(disputed, json.dumps({"id": "GHSA-2", "affected": [commits]}))
    assert sorted(one.kind for one in result.findings) == ["disputed", "undecided"]


def test_of_two_versions_that_arrive_the_disputed_one_is_named() -> None:
    two = document(npm("a"), npm("qs", "6.5.2"), npm("qs", "6.5.3", **{"bom-ref": "other"}))
    finding = only(held(record("GHSA-1", "qs", {"introduced": "7.0.0"}), head=two))
    assert (finding.kind, finding.purl) == ("disputed", "pkg:npm/qs@6.5.2")


def test_of_many_that_are_disputed_three_are_named() -> None:
    records = [record(f"GHSA-{n}", "qs", {"introduced": "7.0.0"}) for n in range(4)]
    listed = (Listing("pkg:npm/qs", "6.5.2", tuple(f"GHSA-{n}" for n in range(4))),)
    assert only(held(*records, listed=listed)).message.startswith("OSV lists GHSA-0, GHSA-1, GHSA-2 for `qs` 6.5.2, a")


def test_what_is_listed_for_one_package_leaves_another_open_to_its_own_record() -> None:
    alias = record("PYSEC-1", "a", {"introduced": "9.0.0"}, aliases=["GHSA-1"])
    (one,) = known([bare(), alias], [HERE]).advisories
    assert (one.affects("npm", "a", "1.0.0"), one.affects("npm", "a", "9.1.0")) == (False, True)
    assert (one.affects("npm", "qs", "6.5.2"), one.affects("npm", "qs", "6.5.1")) == (True, None)
    assert one.hearsay("npm", "a", "9.1.0") is None


def test_what_both_say_is_told_once_and_without_remark() -> None:
    finding = only(held(record("GHSA-1", "qs", {"introduced": "6.0.0"}, {"fixed": "6.5.3"}, **rated("critical"))))
    assert finding.message == "GHSA-1 (critical) arrives with `qs` 6.5.2"
    assert finding.fix


def test_an_alias_that_tells_the_versions_tells_them_for_both() -> None:
    alias = record("PYSEC-1", "qs", {"introduced": "6.0.0"}, {"fixed": "6.5.3"}, aliases=["GHSA-1"])
    finding = only(held(bare(), alias))
    assert finding.message == "GHSA-1 (critical) arrives with `qs` 6.5.2"


def test_a_distribution_whose_releases_differ_stays_open() -> None:
    def of(release: str, fixed: str) -> dict[str, Any]:
        events = [{"introduced": "0"}, {"fixed": fixed}]
        return {
            "package": {"ecosystem": f"Debian:{release}", "name": "curl"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }

    purl = "pkg:deb/debian/curl"
    curl = {"type": "library", "name": "curl", "version": "8.0", "purl": f"{purl}@8.0"}
    told = bare([of("11", "7.0"), of("12", "9.0")])
    result = held(told, head=document(npm("a"), curl), listed=(Listing(purl, "8.0", ("GHSA-1",)),))
    assert [(one.rule, one.kind) for one in result.findings] == [("unasked", "undecided")]


# --- records that cannot be read ---------------------------------------------------------------------------------


def test_a_listed_record_that_cannot_be_read_holds_the_change() -> None:
    result = held(unread=LOST)
    finding = only(result)
    assert result.state is finding.state is State.UNMEASURED
    assert finding.message == result.title
    assert result.title == (
        "GHSA-1 (unknown) arrives with `qs` 6.5.2: OSV lists it, and its record could not be read: "
        "the answer is nested too deep"
    )
    assert result.reasons == (result.title,)
    assert result.next_step == "Look the advisory up by hand; a rule of the policy may settle it."
    assert [one["action"] for one in result.detail["findings"]] == ["hold"]


def test_a_listed_record_that_nobody_brought_holds_the_change() -> None:
    assert only(held()).message.endswith("its record could not be read: nobody brought it")
    assert held().state is State.UNMEASURED


def test_what_is_unread_hides_nothing_and_weighs_less_than_what_stops() -> None:
    hit = record("GHSA-2", "qs", {"introduced": "6.0.0"}, **rated("critical"))
    result = held(hit, unread=LOST)
    assert (result.state, [one.id for one in result.findings]) == (State.BLOCK, ["GHSA-2", "GHSA-1"])


def test_it_holds_for_development_packages_and_for_what_was_there_before() -> None:
    assert held(unread=LOST, head=DEV).state is State.UNMEASURED
    both = (HERE, Listing("pkg:npm/qs", "5.0.0", ("GHSA-1",)))
    assert held(unread=LOST, listed=both).state is State.UNMEASURED
    gone = (Listing("pkg:npm/qs", "5.0.0", ("GHSA-1",)),)
    left = held(unread=LOST, listed=gone, head=document(npm("a")))
    assert ([(one.kind, one.state) for one in left.findings], left.state) == ([("fixed", State.PASS)], State.PASS)


def test_a_rule_or_an_exception_settles_it() -> None:
    rules = [{"rule": "vulnerability", "severity": "unknown", "action": "warn"}]
    assert held(unread=LOST, rules=rules).state is State.WARN
    excuse = {"id": "GHSA-1", "purl": "pkg:npm/qs", "owner": "@a", "reason": "no", "expires": "2026-07-01"}
    assert held(unread=LOST, exceptions=[excuse]).state is State.PASS


@pytest.mark.parametrize("unread", [LOST, ()])
def test_a_record_that_is_about_nobody_knows_what_holds_too(unread: tuple[Unread, ...]) -> None:
    result = held(*(() if unread else ("{",)), listed=(), unread=unread)
    finding = only(result)
    assert (finding.rule, finding.state, result.state) == ("advisory_unread", State.UNMEASURED, State.UNMEASURED)
    assert finding.message.startswith("An advisory could not be read: ")
    warned = [{"rule": "advisory_unread", "action": "warn"}]
    assert held(*(() if unread else ("{",)), listed=(), unread=unread, rules=warned).state is State.WARN


def test_what_is_unread_of_one_package_holds_though_it_was_read_of_another() -> None:
    result = held(record("GHSA-1", "left-pad"), listed=(), unread=LOST)
    assert only(result).rule == "advisory_unread"


# --- repairs -----------------------------------------------------------------------------------------------------


def test_no_release_is_called_safe_from_what_only_osv_lists() -> None:
    finding = only(held(bare(), record("GHSA-2", "qs", {"introduced": "7.0.0"}, {"fixed": "7.0.1"})))
    assert finding.fix.startswith("No known release from 6.5.2 on") or finding.fix.startswith("Return to 5.0.0")
    assert "6.5.3" not in finding.fix
    assert "Move" not in finding.fix


def test_a_package_with_an_advisory_that_nobody_could_read_is_not_free_of_it() -> None:
    had = Advisories((), "OSV", unread=LOST)
    snapshot = Snapshot(PULL, sboms=(files(BASE, HEAD),), advisories=had)
    assert not exposed((), snapshot).free("pkg:npm/qs", ["GHSA-1"])
    assert exposed((), snapshot).free("pkg:npm/qs", ["GHSA-2"])
    listed = Advisories((bare(),), "OSV", listed=(HERE,))
    other = Snapshot(PULL, sboms=(files(BASE, HEAD),), advisories=listed)
    found = sbom.evaluate(other, Config(), {}).findings
    assert not exposed(found, other).free("pkg:npm/qs", ["GHSA-1"])
    (told,) = repair.told(found, other, Config())
    assert (told["purl"], told["version"], told["reason"]) == ("pkg:npm/qs", None, repair_reason(found, other))


def repair_reason(found: tuple[Finding, ...], snapshot: Snapshot) -> str:
    (answer,) = repair.plan(found, snapshot, Config(), lambda _: True)
    assert isinstance(answer, repair.Unrepaired)
    return answer.reason
