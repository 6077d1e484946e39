"""How long does a Repro Pack take, and its replay? Exit 1 when a bar is missed.

    python -m benchmarks.evidence [COMPONENTS] [TICKS]

A pull request whose bill has 10,000 components at the base and 10,020 at the head, and a canary of 10,000 ticks and two
metrics, looked at every ten ticks, in an SQLite file. Measured are the whole of `maestro evidence` and of `maestro
replay`, as processes of their own, the second in another directory under another HOME. Beside them the plain ceiling,
in the same run: the same members zipped, their JSON read and written, and nothing else. The bar is held against the
time of the processor, for the clock tells of other work as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.model import Canary, Cause
from app.pack.zipped import packed, unpacked
from app.storage import Stores, stores
from app.store.experiments import Experiments, SentTick
from checks.experiment import Config, GateConfig, Metric
from checks.model import Document, SbomPair
from tests.pack.made import BASE, HEAD, Shop

COMPONENTS, TICKS, EACH = 10_000, 10_000, 10
BAR = 9.0  # seconds
START = 1_700_000_000.0
SCRIPT = Path(sys.executable).with_name("maestro")


@dataclass(frozen=True, slots=True)
class Took:
    """A process: seconds by the clock and of the processor, and what it said."""

    wall: float
    cpu: float
    code: int
    said: str


def bill(count: int, first: int = 0) -> str:
    """A bill of `count` components, each with a licence, two hashes and the next one as its dependency."""
    parts = [
        {
            "type": "library",
            "bom-ref": f"c{number}",
            "name": f"package-{number}",
            "version": f"1.{number % 40}.{first}",
            "purl": f"pkg:npm/package-{number}@1.{number % 40}.{first}",
            "licenses": [{"license": {"id": "MIT"}}],
            "hashes": [{"alg": "SHA-256", "content": f"{number:064x}"}, {"alg": "SHA-1", "content": f"{number:040x}"}],
        }
        for number in range(count)
    ]
    edges = [{"ref": f"c{number}", "dependsOn": [f"c{number + 1}"]} for number in range(count - 1)]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": parts, "dependencies": edges})


async def filled(kept: Stores, components: int, ticks: int) -> None:
    """The pull request, its canary and a decision that knows of both."""
    clock = [START]
    experiments = Experiments(kept.main, lambda: int(clock[0] * 1e6))
    metrics = (Metric(name="errors"), Metric(name="timeouts"))
    rules = Config(environments=("canary",), gate=GateConfig(baseline=0.01, watermark_seconds=15, metrics=metrics))
    begun, _ = await experiments.begin(Canary("acme/shop", HEAD, "canary", "main", 7), rules, Cause("bench"))
    for number in range(ticks):
        clock[0] += 30
        one = {"good": int(number % 100 > 0), "total": 1}
        both = {"control": one, "canary": one}
        sent = {"t": clock[0], "metrics": {"errors": both, "timeouts": both}}
        await experiments.feed(begun.id, [SentTick(clock[0], sent)])
        if number % EACH == EACH - 1:
            await experiments.look(begun.id, Cause("bench"))
    pair = SbomPair(
        "sbom.json",
        Document("sbom.json", BASE, bill(components)),
        Document("sbom.json", HEAD, bill(components + 20, first=1)),
    )
    await Shop(kept).decide(sboms=(pair,))


def ran(*words: str | Path, cwd: Path, **environment: str) -> Took:
    """`maestro words...`, to its end."""
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [SCRIPT, *words], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(time.perf_counter() - began, cpu, done.returncode, done.stdout + done.stderr)


def plain(members: dict[str, bytes]) -> tuple[float, float]:
    """Seconds of the processor to write and to read the very same members, and nothing else."""
    began = time.process_time()
    content = packed(members, START)
    written = time.process_time() - began
    began = time.process_time()
    for name, held in unpacked(content).items():
        for one in held.splitlines() if name.endswith(".jsonl") else [held] if name.endswith(".json") else []:
            json.dumps(json.loads(one))
    return written, time.process_time() - began


def measured(here: Path, components: int, ticks: int) -> tuple[Took, Took, dict[str, bytes]]:
    """The pack as it is made and as it is replayed, and its members."""
    address = f"sqlite:///{here / 'maestro.db'}"

    async def fill() -> None:
        async with stores(address) as kept:
            await filled(kept, components, ticks)

    asyncio.run(fill())
    key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    named = {"DATABASE_URL": address, "MAESTRO_PRIVATE_KEY": key.decode()}
    made = ran("evidence", "acme/shop#7", "-o", here / "pack.zip", cwd=here, **named)
    (here / "key.pem").write_text(ran("evidence", "--public-key", cwd=here, **named).said)
    (here / "home").mkdir()
    elsewhere = {"HOME": str(here / "home"), "DATABASE_URL": "", "MAESTRO_PRIVATE_KEY": ""}
    again = ran("replay", "--key", here / "key.pem", here / "pack.zip", cwd=here / "home", **elsewhere)
    return made, again, unpacked((here / "pack.zip").read_bytes())


def main() -> int:
    """Measure, and hold against the bar."""
    components, ticks = (int(one) for one in sys.argv[1:3]) if sys.argv[2:] else (COMPONENTS, TICKS)
    with tempfile.TemporaryDirectory() as directory:
        made, again, members = measured(Path(directory), components, ticks)
    written, read = plain(members)
    exact = "the same decision, byte for byte" in again.said
    size, load = sum(map(len, members.values())), os.getloadavg()[0]
    print(f"{components:,} components, {ticks:,} ticks: {size / 1e6:.1f} MB, {len(members)} members; load {load:.0f}")
    print(f"made    {made.wall:6.2f} s ({made.cpu:.2f} s CPU; zipped alone {written:.2f} s CPU)")
    print(f"again   {again.wall:6.2f} s ({again.cpu:.2f} s CPU; read alone {read:.2f} s CPU), exact: {exact}")
    return 0 if exact and made.code == 0 and max(made.cpu, again.cpu) <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
