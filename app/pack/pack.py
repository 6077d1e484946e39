"""A Repro Pack, whole: its members listed, signed and packed. The same decision gives the same bytes."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import numpy
import scipy

from app import __version__
from app.pack import limits
from app.pack.evidence import Evidence
from app.pack.members import Contents, contents, pretty
from app.pack.provenance import of_decision, withheld
from app.pack.redaction import Unmade
from app.pack.signing import Signer
from app.pack.zipped import packed

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "maestro-conductor:repro-pack:v1"  # a URI; docs/evidence.md describes it
_FIRST = (limits.README, limits.MANIFEST, limits.STATEMENT, limits.KEY, limits.DECISION, limits.RECORD)
_SHA1 = 40  # hexadecimal digits
_OF_A_CHECK = ("name", "state", "mode", "verdict", "title")

_README = """\
Repro Pack of one decision of Maestro Conductor
===============================================

{repository} #{number} at {head_sha}
decision {id}: {verdict}, made {at}

What is in it
-------------
decision.json         the decision: the verdict, and each check with its figures and findings
record.json           all that it was made of: facts (snapshot) and rules (policy); the decision follows from it alone
snapshot.json         the facts of the record          config.json     the rules in force, by effective value
sboms.json, sboms/    the bills of materials as they were judged, at the base and at the head
advisories.json       what was known of their packages  studies.json   what deployments of the change did
experiments/          each canary: its rules, every tick with the gate's status and log-e after it, every look
remediations.json     what had been done about earlier failures, and usage.json what it was reported to have used
provenance.jsonl      the lines of the log about this change up to the decision, each with its hash and the one before
versions.json         which software decided, and which packed
redactions.json       {redactions} secrets or exemplars were taken out: where, and of which kind
manifest.json         SHA-256 and size of each member
statement.dsse.json   an in-toto Statement about all of it, signed with the key in key.pem

A member that is not here has nothing to tell. The text of .github/maestro.yml is not kept, only what it came to.

How to check it
---------------
    maestro replay --key KEY.pem THIS.zip

holds every member against manifest and signature, the log against its hashes, goes through the ticks again, and decides
again from record.json, without network and without a database. Take KEY.pem from whoever runs the App
(/.well-known/maestro-evidence.pem), not from this file: whoever can forge a pack can put a key into it.

Without Maestro: `sha256sum` gives the digests of manifest.json; of each line of provenance.jsonl,
SHA-256(before + entry) is its hash; the seal of the decision, {seal}, stands on the card on GitHub, too.
"""


def pack_of(evidence: Evidence, signer: Signer, own: Sequence[str] = ()) -> bytes | Unmade:
    """The pack. `own`: secrets of the App itself, which no member may hold."""
    held = contents(evidence, versions(), own)
    if isinstance(held, Unmade):
        return held
    said = _said(evidence, held)
    members = {**held.members, limits.README: _readme(said, evidence), limits.KEY: signer.public.pem}
    members[limits.MANIFEST] = pretty(manifest(members))
    members[limits.STATEMENT] = signer.sealed(statement(said, members))
    rest = sorted(members.keys() - set(_FIRST))
    return packed({name: members[name] for name in (*_FIRST, *rest)}, evidence.judged.at)


def versions() -> dict[str, str]:
    """What may bear on a figure: our version, and what computes and where."""
    return {
        "maestro": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "os": f"{platform.system()} {platform.machine()}",
    }


def manifest(members: Mapping[str, bytes]) -> dict[str, Any]:
    """Each member by name, with its digest and size; but for the manifest itself, and for what is signed over it."""
    own = {limits.MANIFEST, limits.STATEMENT}
    listed = [
        {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content)}
        for name, content in sorted(members.items())
        if name not in own
    ]
    return {"format": limits.FORMAT, "members": listed}


def statement(said: Mapping[str, Any], members: Mapping[str, bytes]) -> dict[str, Any]:
    """An in-toto Statement v1: what was said of a commit, and the digest of every member that it rests on."""
    digests = {name: sha256(content).hexdigest() for name, content in members.items() if name != limits.STATEMENT}
    return {
        "_type": STATEMENT_TYPE,
        "subject": subject({"repository": said["repository"], "head_sha": said["headSha"]}),
        "predicateType": PREDICATE_TYPE,
        "predicate": {**said, "members": dict(sorted(digests.items()))},
    }


def subject(decision: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The commit that something is said of, as in-toto names it."""
    sha = decision["head_sha"]
    digest = {"gitCommit": sha, "sha1": sha} if len(sha) == _SHA1 else {"gitCommit": sha}
    return [{"name": decision["repository"], "digest": digest}]


def about(decision: Mapping[str, Any]) -> dict[str, Any]:
    """What a statement says of a decision that the decision says itself."""
    return {
        "repository": decision["repository"],
        "number": decision["number"],
        "headSha": decision["head_sha"],
        "baseSha": decision["base_sha"],
        "verdict": decision["verdict"],
        "checks": [{key: one[key] for key in _OF_A_CHECK} for one in decision["checks"]],
        "configDigest": decision["config_digest"],
        "version": decision["version"],
    }


def _said(evidence: Evidence, held: Contents) -> dict[str, Any]:
    judged, decision = evidence.judged, held.decision
    row = of_decision(held.rows, judged.id)
    return {
        **about(decision),
        "decision": judged.id,
        "decidedAt": _moment(judged.at),
        "reason": judged.reason,
        "recordDigest": sha256(evidence.record).hexdigest(),
        "seal": None if row is None else {"seq": row.seq, "hash": row.hash},
        "log": {"rows": len(held.rows), "withheld": withheld(held.rows)},
        "redactions": held.redactions,
    }


def _readme(said: Mapping[str, Any], evidence: Evidence) -> bytes:
    seal = said["seal"]
    shown = {
        "repository": said["repository"],
        "number": said["number"],
        "head_sha": said["headSha"],
        "id": evidence.judged.id,
        "verdict": said["verdict"].upper(),
        "at": said["decidedAt"],
        "redactions": said["redactions"],
        "seal": f"{seal['seq']}:{seal['hash'][:12]}" if seal else "which the log does not have",
    }
    return _README.format(**shown).encode("utf-8", "replace")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
