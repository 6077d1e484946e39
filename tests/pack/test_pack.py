"""A pack holds all that a decision was made of, and comes to that decision again from itself alone."""

import json
from dataclasses import replace
from hashlib import sha256

from app.model import Cause
from app.pack import limits
from app.pack.checking import replayed
from app.pack.members import pretty
from app.pack.pack import PREDICATE_TYPE, manifest, pack_of
from app.pack.redaction import Unmade
from app.pack.zipped import unpacked
from app.render.decision_json import decision_json
from checks.model import Document, SbomPair
from program.remediation import Course, Failure, Remediation
from tests.pack.made import BASE, HEAD, OURS, PULL, START, THEIRS, Shop, case, forged


async def test_a_pack_comes_to_its_decision_again_byte_for_byte(pack: bytes) -> None:
    outcome = replayed(pack, OURS.public)
    assert (outcome.flaws, outcome.differences, outcome.exact, outcome.vouched) == ((), (), True, True)
    assert outcome.decision is not None
    assert pretty(decision_json(outcome.decision)) == unpacked(pack)[limits.DECISION]
    assert (outcome.notes, outcome.redactions, outcome.versions) == ((), 0, ())


async def test_the_same_decision_gives_the_same_bytes_whenever_it_is_packed(shop: Shop) -> None:
    await shop.canary()
    decision = await shop.decide()
    first = await shop.pack(decision)
    await shop.canary(ticks=4)
    await shop.stores.decisions.void("acme/shop", 7, Cause("pull_request.closed"))
    await shop.decide(case(p95=300.0))
    assert await shop.pack(decision) == first
    assert await shop.pack() != first


async def test_what_is_written_over_as_a_remediation_goes_on_is_not_told_of_a_decision_before_it(shop: Shop) -> None:
    kept = shop.stores.remediations
    asks = Remediation(0, "acme/shop", 7, HEAD, START, Failure.FLAKY, "maestro", Course.ASKING, why="it asks")
    begun = await kept.begin(asks)
    decision = await shop.decide()
    first = await shop.pack(decision)
    on = replace(begun, course=Course.WORKING, word="alice", head_sha=BASE, failure=Failure.CONTRACT, why="let")
    await kept.keep(on)
    assert await shop.pack(decision) == first
    known = {"id": begun.id, "number": 7, "began": START, "who": "maestro", "attempts": []}
    assert json.loads(unpacked(first)[limits.REMEDIATIONS]) == [known]


async def test_it_holds_facts_rules_bills_advisories_ticks_log_and_what_was_mended(full: bytes, shop: Shop) -> None:
    members = unpacked(full)
    evidence = await shop.evidence()
    assert members[limits.RECORD] == evidence.record
    held = json.loads(evidence.record)
    assert json.loads(members[limits.SNAPSHOT]) == held["case"]["snapshot"]
    config = json.loads(members[limits.CONFIG])
    assert (config["digest"], config["effective"]) == ("5eed" * 16, held["case"]["policy"])
    (bill,) = json.loads(members[limits.BILLS])
    assert members[bill["head"]["member"]].decode() == held["case"]["snapshot"]["sboms"][0]["head"]["text"]
    assert json.loads(members[limits.ADVISORIES])["records"][0]["id"] == "GHSA-1"
    assert json.loads(members[limits.REMEDIATIONS])[0]["attempts"][0]["result"] == "mended"
    assert json.loads(members[limits.USAGE])[0]["usd"] == 0.08
    ticks = [json.loads(line) for line in members["experiments/1/ticks.jsonl"].splitlines()]
    assert len(ticks) == 6
    assert ticks[-1]["log_e"].keys() == {"error_rate"} or ticks[-1]["log_e"], "each tick has the evidence after it"
    assert {"tick", "came", "sent", "status", "reason", "log_e"} == ticks[0].keys()
    assert b"maestro replay" in members[limits.README]
    versions = json.loads(members[limits.VERSIONS])
    assert versions.keys() == {"maestro", "python", "numpy", "scipy", "os"}


async def test_its_statement_is_in_toto_and_names_the_commit_and_every_member(pack: bytes) -> None:
    members = unpacked(pack)
    said = OURS.public.opened(members[limits.STATEMENT])
    assert (said["_type"], said["predicateType"]) == ("https://in-toto.io/Statement/v1", PREDICATE_TYPE)
    assert said["subject"] == [{"name": "acme/shop", "digest": {"gitCommit": HEAD, "sha1": HEAD}}]
    assert said["predicate"]["members"] == {
        name: sha256(content).hexdigest() for name, content in members.items() if name != limits.STATEMENT
    }
    assert json.loads(members[limits.MANIFEST]) == manifest(members)
    assert said["predicate"]["seal"]["hash"] == json.loads(members[limits.PROVENANCE].splitlines()[-1])["hash"]


async def test_what_came_after_a_decision_is_not_told_of_it(shop: Shop) -> None:
    await shop.canary(ticks=2)
    decision = await shop.decide()
    await shop.canary(ticks=4)
    await shop.decide()
    members = unpacked(await shop.pack(decision))
    assert len(members["experiments/1/ticks.jsonl"].splitlines()) == 2
    last = json.loads(json.loads(members[limits.PROVENANCE].splitlines()[-1])["entry"])
    assert last["decision_id"] == decision


async def test_a_bill_that_the_change_leaves_alone_is_one_file(shop: Shop) -> None:
    same = SbomPair("sbom.xml", Document("sbom.xml", BASE, "<bom/>"), Document("sbom.xml", HEAD, "<bom/>"))
    await shop.decide(case(sboms=(same,)))
    members = unpacked(await shop.pack())
    (bill,) = json.loads(members[limits.BILLS])
    assert bill["base"]["member"] == bill["head"]["member"] == "sboms/001-base.xml"
    assert [name for name in members if name.startswith("sboms/")] == ["sboms/001-base.xml"]


async def test_a_pack_that_nobody_vouches_for_says_so_and_a_key_that_is_trusted_has_to_have_signed(pack: bytes) -> None:
    unknown = replayed(pack)
    assert (unknown.flaws, unknown.vouched, unknown.fingerprint) == ((), False, OURS.public.fingerprint)
    refused = replayed(pack, THEIRS.public)
    assert refused.decision is None
    assert f"the key {THEIRS.public.fingerprint} did not sign" in refused.flaws[0]


async def test_a_decision_that_comes_out_otherwise_is_told_place_by_place(shop: Shop, full: bytes) -> None:
    held = json.loads(unpacked(full)[limits.RECORD])
    held["decision"]["verdict"], held["decision"]["checks"][0]["title"] = "block", "as it was put once"
    other = json.dumps(held, separators=(",", ":")).encode()
    await shop.stores.decisions.keep("acme/shop", 7, HEAD, "block", other, Cause("by another version"))
    outcome = replayed(await shop.pack(), OURS.public)
    assert (outcome.flaws, outcome.exact) == ((), False)
    assert any(one.startswith('decision.verdict: was "block", is "') for one in outcome.differences)
    assert any(one.startswith("decision.checks[0].title: was") for one in outcome.differences)


async def test_versions_that_differ_are_named(pack: bytes) -> None:
    versions = json.loads(unpacked(pack)[limits.VERSIONS]) | {"numpy": "1.0.0"}
    outcome = replayed(forged(pack, {limits.VERSIONS: pretty(versions)}))
    assert [one.partition(",")[0] for one in outcome.versions] == ["numpy: was 1.0.0"]


async def test_a_log_that_does_not_have_the_decision_leaves_the_pack_without_a_seal(shop: Shop) -> None:
    made = case()
    await shop.decide(made)
    evidence = replace(await shop.evidence(), links=())
    content = pack_of(evidence, OURS)
    assert not isinstance(content, Unmade)
    assert (replayed(content).seal, replayed(content).flaws) == ("", ())


async def test_an_earlier_decision_is_packed_by_its_id(shop: Shop) -> None:
    first = await shop.decide(case(p95=300.0))
    await shop.decide()
    said = json.loads(unpacked(await shop.pack(first))[limits.DECISION])
    assert (said["verdict"], said["head_sha"]) == ("block", PULL.head_sha)
