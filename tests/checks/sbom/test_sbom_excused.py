"""Statements on exploitability in a whole evaluation: what they excuse, what stays listed, and what fits nothing."""

import json
from typing import Any

import pytest

from checks import sbom
from checks.model import Advisories, CheckResult, Document, Snapshot, State
from checks.sbom import Config, report
from checks.sbom.judging.outcome import Outcome

from .bills import document, npm, rated, record
from .judging import PULL, files

HIT = record("GHSA-1", "qs", {"introduced": "6.0.0"}, {"fixed": "6.5.3"}, aliases=["CVE-1"], **rated("critical"))
BASE, HEAD = document(npm("a")), document(npm("a"), npm("qs", "6.5.2"))


def openvex(
    vulnerability: str = "CVE-1", product: str = "pkg:npm/qs@6.5.2", status: str = "not_affected", **more: Any
) -> str:
    statement = {
        "vulnerability": {"name": vulnerability},
        "products": [{"@id": product}],
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
        "timestamp": "2026-06-01T00:00:00Z",
    }
    if status != "not_affected":
        del statement["justification"]
    return json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://example.org/vex",
            "author": "alice",
            "timestamp": "2026-06-01T00:00:00Z",
            "version": 1,
            "statements": [statement | more],
        }
    )


def judged(*vex: Document | str, head: str = HEAD, **block: Any) -> Outcome:
    return report.compare(BASE, head, Config.model_validate(block), [HIT], vex, "2026-06-10", path="a.json")


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(each.concern.rule, each.action) for each in outcome.judged]


def test_a_statement_suppresses_the_finding_and_is_named_with_its_words() -> None:
    outcome = judged(Document("vex/a.json", "b" * 40, openvex()))
    assert (outcome.state, told(outcome)) == (State.PASS, [])
    (suppressed,) = outcome.suppressed
    assert (suppressed.by, suppressed.who, suppressed.until) == ("vex", "vex/a.json", "")
    assert "vulnerable_code_not_in_execute_path" in suppressed.why
    assert suppressed.why.startswith("not_affected")
    assert judged(openvex()).suppressed[0].who == "VEX document 1"


@pytest.mark.parametrize("status", ["affected", "under_investigation"])
def test_a_statement_that_grants_nothing_excuses_nothing(status: str) -> None:
    outcome = judged(openvex(status=status))
    assert (outcome.state, outcome.suppressed) == (State.BLOCK, ())


@pytest.mark.parametrize(
    "vex", [openvex("CVE-2"), openvex(product="pkg:npm/qs@6.5.1"), openvex(product="pkg:pypi/qs@6.5.2")]
)
def test_a_statement_about_nothing_in_the_bills_is_told(vex: str) -> None:
    outcome = judged(Document("vex/a.json", "b" * 40, vex))
    assert told(outcome) == [("vulnerability", "block"), ("vex_unmatched", "warn")]
    assert outcome.judged[1].concern.message.startswith("vex/a.json: nothing in the bills is what CVE-")


def test_a_document_that_cannot_be_read_is_told() -> None:
    outcome = judged("{")
    assert told(outcome) == [("vulnerability", "block"), ("vex_unmatched", "warn")]
    assert outcome.judged[1].concern.message.startswith("A statement could not be read: document 1")


def test_every_affected_version_needs_its_excuse() -> None:
    both = document(npm("a"), npm("qs", "6.5.2"), npm("qs", "6.5.1"))
    assert judged(openvex(), head=both).state is State.BLOCK
    assert judged(openvex(), openvex(product="pkg:npm/qs@6.5.1"), head=both).state is State.PASS
    assert judged(openvex(product="pkg:npm/qs"), head=both).state is State.PASS


def test_a_part_of_the_product_is_excused_where_the_statement_names_the_product() -> None:
    parts: dict[str, Any] = {
        "products": [{"@id": "pkg:github/acme/shop", "subcomponents": [{"@id": "pkg:npm/qs@6.5.2"}]}]
    }
    other: dict[str, Any] = {
        "products": [{"@id": "pkg:github/acme/other", "subcomponents": [{"@id": "pkg:npm/qs@6.5.2"}]}]
    }
    assert evaluated(openvex(**parts)).state is State.PASS
    assert evaluated(openvex(**other)).state is State.BLOCK


def evaluated(*vex: str) -> CheckResult:
    documents = tuple(Document(f"vex/{n}.json", "b" * 40, text) for n, text in enumerate(vex))
    facts = {"vex": documents, "advisories": Advisories((HIT,)), "day": "2026-06-10"}
    return sbom.evaluate(Snapshot(PULL, sboms=(files(BASE, HEAD),), **facts), Config(), {})  # type: ignore[arg-type]


def test_the_check_lists_what_a_statement_suppresses() -> None:
    result = evaluated(openvex())
    assert (result.state, result.findings) == (State.PASS, ())
    (suppressed,) = result.detail["suppressed"]
    assert (suppressed["by"], suppressed["who"], suppressed["action"]) == ("vex", "vex/0.json", "ignore")


def test_a_statement_that_fits_one_of_two_bills_is_no_misfit() -> None:
    other = files(BASE, document(npm("a"), npm("b", "1.0.0")), "b.json")
    documents = (Document("vex.json", "b" * 40, openvex()),)
    snapshot = Snapshot(
        PULL, sboms=(files(BASE, HEAD), other), vex=documents, advisories=Advisories((HIT,)), day="2026-06-10"
    )
    assert sbom.evaluate(snapshot, Config(), {}).findings == ()


def test_where_a_bill_was_not_read_no_statement_is_called_a_misfit() -> None:
    unread = files("", "", "b.json")
    documents = (Document("vex.json", "b" * 40, openvex("CVE-2")),)
    snapshot = Snapshot(PULL, sboms=(files(BASE, HEAD), unread), vex=documents, advisories=Advisories((HIT,)))
    assert {finding.rule for finding in sbom.evaluate(snapshot, Config(), {}).findings} == {"vulnerability"}


def test_a_step_back_into_what_a_statement_excuses_is_plain() -> None:
    config, base = Config(), document(npm("a"), npm("qs", "6.5.3"))
    outcome = report.compare(base, HEAD, config, [HIT], [openvex()], "2026-06-10")
    assert [(each.concern.rule, each.concern.kind) for each in outcome.judged] == [("downgrade", "plain")]


def test_advisories_that_cannot_be_read_are_told() -> None:
    outcome = report.compare(BASE, HEAD, None, ["{", HIT])
    assert ("advisory_unread", "hold") in told(outcome)
    assert any(
        each.concern.message.startswith("An advisory could not be read: record 1: no JSON") for each in outcome.judged
    )
