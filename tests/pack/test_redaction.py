"""What must not leave the house is taken out of every member, and the pack still comes to its decision."""

import json
from dataclasses import replace

import pytest

from app import record
from app.model import Cause
from app.pack import limits
from app.pack.checking import replayed
from app.pack.pack import pack_of
from app.pack.redaction import Redacted, Unmade, redacted, without_exemplars
from app.pack.secrets import Sieve
from app.pack.zipped import unpacked
from app.store.chain import Kind, ProvenanceEntry, told
from app.store.experiments import Experiments, SentTick
from checks import contract
from checks.decide import Policy
from checks.model import Advisories, Document, Measurement, SbomPair
from checks.overridden import Overridden
from tests.checks.sbom.bills import document, npm
from tests.pack.made import BASE, HEAD, OSV, OURS, PULL, Shop, case, decided

TOKEN = "ghp_" + "a1B2" * 9
PASSWORD = "hunter2hunter2"


async def test_secrets_are_taken_out_of_every_member_and_the_pack_comes_to_its_decision(shop: Shop) -> None:
    pull = replace(PULL, title=f"Try {TOKEN}", body=f"https://root:{PASSWORD}@git.example and {TOKEN}")
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "properties": [{"name": "x", "value": TOKEN}]})
    pair = SbomPair("sbom.json", Document("sbom.json", BASE, "{}"), Document("sbom.json", HEAD, text))
    said = Overridden("risk", "root", f"because {TOKEN}", 1_764_000_000.5)
    entry = ProvenanceEntry(
        kind=Kind.COMMAND, repository="acme/shop", number=7, head_sha=HEAD, what="override", reason=f"use {TOKEN}"
    )
    await shop.stores.provenance.append([entry])
    await shop.decide(case(pull, sboms=(pair,), overrides=(said,)))
    content = await shop.pack()
    members = unpacked(content)
    assert not [name for name, held in members.items() if TOKEN.encode() in held or PASSWORD.encode() in held]
    outcome = replayed(content, OURS.public)
    assert (outcome.flaws, outcome.differences, outcome.exact) == ((), (), True)
    told = json.loads(members[limits.REDACTIONS])
    assert told["secrets"] == {"github-token": 5, "url-password": 1}
    assert outcome.redactions == told["count"] == 6
    assert {one["member"] for one in told["places"]} == {limits.RECORD, limits.PROVENANCE}
    assert "case.snapshot.pull.title" in [one["path"] for one in told["places"]]
    assert any("rows lost a secret" in one for one in outcome.notes)
    assert b"REDACTED-github-token-1" in members["sboms/001-head.json"]


async def test_the_apps_own_secrets_are_taken_out_of_whatever_holds_them(shop: Shop) -> None:
    await shop.decide(case(replace(PULL, title="correct horse battery staple")))
    content = pack_of(await shop.evidence(), OURS, ("correct horse battery staple",))
    assert isinstance(content, bytes)
    assert json.loads(unpacked(content)[limits.SNAPSHOT])["pull"]["title"] == "REDACTED-own-1"
    assert replayed(content).exact


def bill(name: str, licence: str = "MIT") -> SbomPair:
    """A bill that gains one package."""
    base = document(npm("report-kit", "1.0.0", "MIT"), edges={"app": ["report-kit"]})
    head = document(npm("report-kit", "1.0.0", "MIT"), npm(name, "2.1.0", licence), edges={"app": ["report-kit", name]})
    return SbomPair("sbom.json", Document("sbom.json", BASE, base), Document("sbom.json", HEAD, head))


async def test_no_member_tells_what_was_taken_out_not_even_the_one_that_lists_it(shop: Shop) -> None:
    await shop.decide(case(sboms=(bill("correct-horse-battery"),)))
    content = pack_of(await shop.evidence(), OURS, ("correct-horse-battery",))
    assert isinstance(content, bytes)
    members = unpacked(content)
    assert not [name for name, held in members.items() if b"correct-horse-battery" in held]
    assert b"REDACTED-own-1" in members[limits.DECISION]
    assert json.loads(members[limits.REDACTIONS])["decision_differs"] == []


async def test_a_decision_that_says_the_same_is_not_told_to_differ_by_its_marks(shop: Shop) -> None:
    other = "ghp_" + "Z9y8" * 9
    await shop.decide(case(replace(PULL, body=TOKEN), sboms=(bill("left", other),)))
    members = unpacked(await shop.pack())
    assert b"REDACTED-github-token-2" in members[limits.DECISION]
    assert json.loads(members[limits.REDACTIONS])["decision_differs"] == []


async def test_what_is_named_like_a_secret_is_taken_out_of_facts_and_rules(shop: Shop) -> None:
    body = '```maestro-contract\n{"id":"x","post":{"api_key":{"eq":"first-1234"}}}\n```\n'
    figures = (Measurement("api_key", "first-1234"), Measurement("db.password", "third-1234"))
    made = case(replace(PULL, body=body), measurements=(*figures, Measurement("perf_p95_ms", 240.0, "ms")))
    assert isinstance(made.policy, Policy)
    post = {"tests": "pass", "client_secret": {"in": ["other-1234", "hm-56"]}}
    asked = contract.Config.model_validate({"post": post})
    policy = replace(made.policy, checks={**made.policy.checks, "contract": asked})
    await shop.decide(replace(made, policy=policy))
    content = await shop.pack()
    members = unpacked(content)
    held = b"".join(members.values())
    assert not [one for one in (b"first-1234", b"third-1234", b"other-1234") if one in held]
    assert b"hm-56" in held, "what is shorter than six characters stays"
    assert json.loads(members[limits.REDACTIONS])["secrets"] == {"named": 4}
    assert replayed(content, OURS.public).exact


ESCAPED = TOKEN.replace("g", "\\u0067")


async def test_a_token_that_json_spells_with_escapes_is_found_where_a_member_spells_it_out(shop: Shop) -> None:
    osv = json.dumps(OSV)[:-1] + f', "details": "{ESCAPED}"}}'
    await shop.decide(case(advisories=Advisories((osv,), "files")))
    content = await shop.pack()
    members = unpacked(content)
    assert json.loads(members[limits.ADVISORIES])["records"][0]["details"] == "REDACTED-github-token-1"
    assert not [name for name, held in members.items() if TOKEN.encode() in held or ESCAPED.encode() in held]
    assert replayed(content, OURS.public).exact


async def test_an_own_secret_that_json_spells_otherwise_is_found_in_the_log_and_in_a_text(shop: Shop) -> None:
    own = 'pa"ss-wörd-1234'
    row = replace(told(Kind.ACTION, ("acme/shop", 7, HEAD), "retry", Cause("tests")), after=own)
    await shop.stores.provenance.append([row])
    await shop.decide(case(replace(PULL, body=json.dumps({"a": own}) + " it says")))
    content = pack_of(await shop.evidence(), OURS, (own,))
    assert isinstance(content, bytes)
    members = unpacked(content)
    rows = [json.loads(json.loads(line)["entry"]) for line in members[limits.PROVENANCE].splitlines()]
    assert rows[0]["after"] == "REDACTED-own-1"
    assert json.loads(members[limits.SNAPSHOT])["pull"]["body"] == '{"a": "REDACTED-own-1"} it says'
    assert replayed(content).flaws == ()


def mirrored(count: int) -> str:
    """What the mirrored answers of an experiment say, with `count` exemplars."""
    one = {"id": "r1", "difference": "value", "primary": "alice@x.example", "candidate": "bob@x.example"}
    row = {"exemplars": [one] * count, "field": "mail"}
    return json.dumps({"status": "clean", "rows": [row]})


def test_exemplars_are_dropped_and_counted() -> None:
    snapshot = {"experiments": [{"mirrored": ""}, {"mirrored": mirrored(3)}, {"mirrored": mirrored(0)}]}
    assert [(one.path, one.count) for one in without_exemplars(snapshot)] == [
        ("case.snapshot.experiments[1].mirrored", 3)
    ]
    assert "alice" not in json.dumps(snapshot)


def test_a_record_without_secrets_is_given_away_as_it_is() -> None:
    made = case()
    kept = record.write(made, decided(made))
    found = redacted(kept, Sieve())
    assert isinstance(found, Redacted)
    assert (found.record, found.changed, found.decision) == (kept, False, json.loads(kept)["decision"])


def test_no_pack_is_made_where_a_secret_bears_on_the_verdict() -> None:
    made = case(measurements=(Measurement("perf_p95_ms", 240.0), Measurement(TOKEN, 1.0)))
    held = json.loads(record.write(made, decided(made)))
    held["decision"]["verdict"] = "block"
    found = redacted(json.dumps(held, separators=(",", ":")).encode(), Sieve())
    assert found == Unmade("without what had to be redacted this version comes to another verdict")


async def test_ticks_that_held_a_secret_are_told_not_to_be_gone_through_again(shop: Shop) -> None:
    key = await shop.canary(ticks=1)
    experiments = Experiments(shop.stores.main, lambda: int(shop.at * 1e6))
    sides = {"control": {"good": 990, "total": 1_000}, "canary": {"good": 990, "total": 1_000}}
    shop.at += 30
    await experiments.feed(key, [SentTick(shop.at, {"t": shop.at, **sides, "note": TOKEN})])
    await experiments.look(key, Cause("tests"))
    await shop.decide()
    content = await shop.pack()
    assert TOKEN.encode() not in b"".join(unpacked(content).values())
    outcome = replayed(content, OURS.public)
    assert (outcome.flaws, outcome.exact) == ((), True)
    assert outcome.notes == ("experiments/1/experiment.json: not gone through again: secrets were in it",)


@pytest.mark.parametrize("secret", [TOKEN, "password=hunter2hunter2"])
async def test_a_secret_in_what_was_mended_is_taken_out(shop: Shop, secret: str) -> None:
    await shop.mend()
    evidence_of = await shop.decide()
    evidence = replace(await shop.evidence(evidence_of), remediations=({"id": 1, "why": f"with {secret}"},))
    content = pack_of(evidence, OURS)
    assert isinstance(content, bytes)
    assert secret.encode() not in b"".join(unpacked(content).values())
