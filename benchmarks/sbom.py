"""What does it cost to read two bills and to compare them, with every path? Exit 1 when a bar is missed.

    python -m benchmarks.sbom [COMPONENTS ...]

CPU time. The bills are made up: npm packages with licence, hash and links, three dependencies each, one in thirty
upgraded. cyclonedx-python-lib reads the same file at 1,000 components, for the ratio.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from checks import sbom

BARS = {10_000: 0.4, 50_000: 3.0}  # CPU seconds
PEER_SIZE = 1_000
LEAST_RATIO = 60
LICENCES = ("MIT", "Apache-2.0", "ISC", "BSD-3-Clause")


def bill(count: int, bump: int) -> bytes:
    """A bill of `count` packages; every thirtieth has its version raised by `bump`."""
    random = Random(count)
    components = [_component(n, bump if n % 30 == 0 else 0, random) for n in range(count)]
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
        "components": components,
        "dependencies": list(_edges(count, random)),
    }
    return json.dumps(whole).encode()


def _component(n: int, bump: int, random: Random) -> dict[str, Any]:
    version = f"1.{n % 7}.{n % 13 + bump}"
    return {
        "type": "library",
        "bom-ref": f"c{n}",
        "name": f"package-{n}",
        "version": version,
        "purl": f"pkg:npm/package-{n}@{version}",
        "licenses": [{"license": {"id": random.choice(LICENCES)}}],
        "hashes": [{"alg": "SHA-512", "content": f"{random.getrandbits(512):0128x}"}],
        "externalReferences": [{"type": "website", "url": f"https://example.org/package-{n}"}] * 2,
    }


def _edges(count: int, random: Random) -> Iterator[dict[str, Any]]:
    yield {"ref": "app", "dependsOn": [f"c{n}" for n in range(0, count, 50)]}
    for n in range(count):
        targets = {random.randrange(n + 1, count) for _ in range(3)} if n + 1 < count else set()
        yield {"ref": f"c{n}", "dependsOn": [f"c{target}" for target in sorted(targets)]}


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def ours(count: int) -> float:
    base, head = bill(count, 0), bill(count, 5)
    return seconds(lambda: sbom.diff(sbom.read(base), sbom.read(head)))


def ratio() -> float:
    """How many times longer the reference library takes to read one bill, without comparing anything."""
    from cyclonedx.model.bom import Bom

    text = bill(PEER_SIZE, 0)
    peer = seconds(lambda: Bom.from_json(json.loads(text)))  # type: ignore[attr-defined]
    return peer / seconds(lambda: sbom.read(text))


def main(sizes: list[int]) -> int:
    sbom.diff(sbom.read(bill(30, 0)), sbom.read(bill(30, 1)))  # imports are not what is measured
    missed = False
    for count in sizes:
        taken = ours(count)
        missed |= taken > BARS.get(count, float("inf"))
        print(f"{count:>7,} components: read twice and compared in {1000 * taken:7.0f} ms")
    times = ratio()
    print(f"{PEER_SIZE:>7,} components: cyclonedx-python-lib takes {times:.0f} times as long to read one")
    return int(missed or times < LEAST_RATIO)


if __name__ == "__main__":
    sys.exit(main([int(text) for text in sys.argv[1:]] or [1_000, *BARS]))
