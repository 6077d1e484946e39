"""A pull request with all that a Repro Pack can hold, in a real SQLite file, and what a forger makes of its pack."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app import record
from app.gather.trials import experiments as held_experiments
from app.model import Canary, Cause
from app.pack import limits
from app.pack.evidence import Evidence, Sources, chosen
from app.pack.members import pretty
from app.pack.pack import manifest, pack_of
from app.pack.signing import Signer, public_key
from app.pack.zipped import packed, unpacked
from app.storage import Stores
from app.store.chain import Kind, told
from app.store.experiments import Experiments, SentTick
from app.store.remedial_tables import usage
from checks import contract, risk, sbom
from checks.decide import Policy
from checks.experiment import Config, GateConfig
from checks.judge import Case, judge
from checks.model import (
    Advisories,
    ChangeFacts,
    Decision,
    Document,
    FileChange,
    Measurement,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
    TestRun,
)
from program.remediation import Attempted, Failure, Remediation, Result, Step
from tests.checks.sbom.bills import document, npm

HEAD, BASE = "a1b2c3d4" * 5, "9f8e7d6c" * 5
START = 1_700_000_000.0
PULL = Pull("acme/shop", 7, "Faster checkout", "octocat", HEAD, "checkout", BASE, "main", repository_id=77)
RULES = Config(environments=("canary",), gate=GateConfig(baseline=0.01, watermark_seconds=15))
OURS, THEIRS = Signer.of("-----BEGIN KEY-----ours"), Signer.of("-----BEGIN KEY-----theirs")
OSV = {"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "report-kit"}, "versions": ["1.0.0"]}]}


def case(pull: Pull = PULL, p95: float = 240.0, **facts: Any) -> Case:
    """A change with tests, a figure, a bill at both ends and what is known of its packages."""
    base = document(npm("report-kit", "1.0.0", "MIT"), edges={"app": ["report-kit"]})
    left = npm("left", "2.1.0", "MIT")
    head = document(npm("report-kit", "1.0.0", "MIT"), left, edges={"app": ["report-kit", "left"]})
    snapshot = Snapshot(
        pull,
        change=ChangeFacts((FileChange("checkout.py", 40, 12),), ("Faster",)),
        tests=TestFacts((TestRun("unit", "completed", "success", "https://ci.example/42", "ci", 1204),)),
        measurements=(Measurement("perf_p95_ms", p95, "ms", (p95 - 4, p95 + 6), 400, "api"),),
        contracts=(),
        sboms=(SbomPair("sbom.json", Document("sbom.json", BASE, base), Document("sbom.json", HEAD, head)),),
        advisories=Advisories((json.dumps(OSV),), "files"),
        day="2026-11-30",
    )
    checks = {
        "risk": risk.Config(),
        "contract": contract.Config.model_validate({"post": {"tests": "pass", "perf_p95_ms": {"lt": 250}}}),
        "sbom": sbom.Config(),
        "experiment": RULES,
    }
    return Case(replace(snapshot, **facts), Policy(checks, digest="5eed" * 16), None, "1.5.0")


def decided(made: Case) -> Decision:
    decision = judge(made)
    assert decision is not None
    return decision


@dataclass
class Shop:
    """Stores, and a clock (epoch seconds)."""

    stores: Stores
    at: float = START

    async def canary(self, ticks: int = 6, bad: int = 10) -> int:
        """An experiment on the head, looked at after each second tick."""
        experiments = Experiments(self.stores.main, lambda: int(self.at * 1e6))
        canary = Canary("acme/shop", HEAD, "canary", "main", 7)
        kept, _ = await experiments.begin(canary, RULES, Cause("tests"))
        for number in range(ticks):
            self.at += 30
            sides = {"control": {"good": 990, "total": 1_000}, "canary": {"good": 1_000 - bad, "total": 1_000}}
            await experiments.feed(kept.id, [SentTick(self.at, {"t": self.at, **sides})])
            if number % 2:
                await experiments.look(kept.id, Cause("tests"))
        return kept.id

    async def mend(self) -> None:
        """A failure was mended before, which was reported to have cost something."""
        failed = Remediation(0, "acme/shop", 7, HEAD, START, Failure.FLAKY, "maestro")
        begun = await self.stores.remediations.begin(failed)
        tried = Attempted(1, Step.RERUN, Failure.FLAKY, HEAD, "f" * 32, START, result=Result.MENDED, ended=START + 60)
        await self.stores.remediations.keep(replace(begun, attempts=(tried,), ended=START + 60))
        row = {"repository": "acme/shop", "sha": HEAD, "number": 7, "trace": "f" * 32, "report": "run 1", "trusted": 1}
        row |= {"usd": 0.08, "ci_minutes": 2.5, "tokens": 900, "cached_tokens": 0, "model": "small"}
        async with self.stores.main.begin() as connection:
            await connection.execute(insert(usage).values(received_at=int(START * 1e6), **row))

    async def act(self, *numbers: int) -> None:
        """Something was done about each of these pull requests."""
        where = [("acme/shop", number, HEAD if number == 7 else BASE) for number in numbers]
        await self.stores.provenance.append([told(Kind.ACTION, one, "card", Cause("tests")) for one in where])

    async def decide(self, made: Case | None = None, **facts: Any) -> int:
        """A decision that knows of the experiments; its id."""
        trials = await held_experiments(self.stores.experiments, "acme/shop", HEAD)
        made = made or case(**({"experiments": trials} | facts))
        decision = decided(made)
        said = (decision.verdict.value, record.write(made, decision), Cause("pull_request.opened"))
        kept = await self.stores.decisions.keep("acme/shop", 7, HEAD, *said)
        assert kept.cause.decision_id is not None
        return kept.cause.decision_id

    async def evidence(self, decision: int | None = None) -> Evidence:
        """All there is of it."""
        judged = chosen(await self.stores.decisions.of_pull("acme/shop", 7), decision)
        assert judged is not None
        return await Sources.over(self.stores.main).of(judged)

    async def pack(self, decision: int | None = None, signer: Signer = OURS) -> bytes:
        """Its Repro Pack."""
        made = pack_of(await self.evidence(decision), signer)
        assert isinstance(made, bytes)
        return made


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip as anybody would make it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def forged(content: bytes, changes: Mapping[str, bytes | None], signer: Signer = THEIRS, **said: Any) -> bytes:
    """The pack with members put in or, where None, taken out, then listed and signed anew by a forger who is thorough.

    `said`: what the forger's statement says otherwise.
    """
    members = unpacked(content) | {name: new for name, new in changes.items() if new is not None}
    members = {name: held for name, held in members.items() if changes.get(name, b"") is not None}
    before = public_key(members[limits.KEY]).opened(members.pop(limits.STATEMENT))
    members[limits.KEY] = signer.public.pem
    members[limits.MANIFEST] = pretty(manifest(members))
    predicate = {**before["predicate"], **said, "members": digests(members)}
    members[limits.STATEMENT] = signer.sealed({**before, "predicate": predicate})
    return packed(members, START)


def digests(members: Mapping[str, bytes]) -> dict[str, str]:
    """What a statement lists."""
    listed = {one["name"]: one["sha256"] for one in manifest(members)["members"]}
    return {**listed, limits.MANIFEST: manifest({"x": members[limits.MANIFEST]})["members"][0]["sha256"]}


def file_in(directory: Path, content: bytes) -> Path:
    """The pack as a file."""
    file = directory / "pack.zip"
    file.write_bytes(content)
    return file
