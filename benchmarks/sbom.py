"""What does it cost to read two bills and to compare them, with every path? Exit 1 when a bar is missed.

    python -m benchmarks.sbom [COMPONENTS ...]

CPU time, and the growth of a fresh process that holds both files. The bills are made up: npm packages with licence,
hash and links, three dependencies each, one in thirty upgraded; as CycloneDX JSON, which has the bars, CycloneDX XML
and SPDX. cyclonedx-python-lib reads the same JSON at 1,000 components, for the ratio.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from checks import sbom

BARS = {10_000: 0.4, 50_000: 3.0}  # CPU seconds, CycloneDX JSON
MOST_MEMORY = {10_000: 120.0}  # MiB
PEER_SIZE = 1_000
LEAST_RATIO = 60
LICENCES = ("MIT", "Apache-2.0", "ISC", "BSD-3-Clause")


def content(count: int, bump: int) -> dict[str, Any]:
    """A bill of `count` packages; every thirtieth has its version raised by `bump`."""
    random = Random(count)
    components = [_component(n, bump if n % 30 == 0 else 0, random) for n in range(count)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
        "components": components,
        "dependencies": list(_edges(count, random)),
    }


def bill(count: int, bump: int) -> bytes:
    return json.dumps(content(count, bump)).encode()


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


# --- the same bill in other formats --------------------------------------------------------------------------


def xml(whole: Mapping[str, Any]) -> bytes:
    components = "\n".join(_element(component) for component in whole["components"])
    edges = "\n".join(
        f"<dependency ref={quoteattr(edge['ref'])}>"
        + "".join(f"<dependency ref={quoteattr(target)}/>" for target in edge["dependsOn"])
        + "</dependency>"
        for edge in whole["dependencies"]
    )
    return (
        '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6">'
        '<metadata><component type="application" bom-ref="app"><name>app</name></component></metadata>'
        f"<components>{components}</components><dependencies>{edges}</dependencies></bom>"
    ).encode()


def _element(component: Mapping[str, Any]) -> str:
    digest = component["hashes"][0]
    links = "".join(
        f"<reference type={quoteattr(link['type'])}><url>{escape(link['url'])}</url></reference>"
        for link in component["externalReferences"]
    )
    return (
        f"<component type='library' bom-ref={quoteattr(component['bom-ref'])}><name>{component['name']}</name>"
        f"<version>{component['version']}</version>"
        f"<hashes><hash alg='{digest['alg']}'>{digest['content']}</hash></hashes>"
        f"<licenses><license><id>{component['licenses'][0]['license']['id']}</id></license></licenses>"
        f"<purl>{escape(component['purl'])}</purl><externalReferences>{links}</externalReferences></component>"
    )


def spdx(whole: Mapping[str, Any]) -> bytes:
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-app")] + [
        (f"SPDXRef-{target}", "DEPENDENCY_OF", f"SPDXRef-{edge['ref']}")
        for edge in whole["dependencies"]
        for target in edge["dependsOn"]
    ]
    document = {
        "spdxVersion": "SPDX-2.3",
        "packages": [{"SPDXID": "SPDXRef-app", "name": "app"}, *map(_package, whole["components"])],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }
    return json.dumps(document).encode()


def _package(component: Mapping[str, Any]) -> dict[str, Any]:
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": component["purl"]}
    return {
        "SPDXID": f"SPDXRef-{component['bom-ref']}",
        "name": component["name"],
        "versionInfo": component["version"],
        "downloadLocation": "NOASSERTION",
        "licenseDeclared": component["licenses"][0]["license"]["id"],
        "externalRefs": [reference],
        "checksums": [{"algorithm": "SHA512", "checksumValue": component["hashes"][0]["content"]}],
    }


FORMATS: Mapping[str, Callable[[Mapping[str, Any]], bytes]] = {
    "CycloneDX JSON": lambda whole: json.dumps(whole).encode(),
    "CycloneDX XML": xml,
    "SPDX JSON": spdx,
}


# --- measuring -----------------------------------------------------------------------------------------------


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def compare(base: bytes, head: bytes) -> sbom.Diff:
    return sbom.diff(sbom.read(base), sbom.read(head))


def alone(base: bytes, head: bytes) -> tuple[float, float] | None:
    """CPU seconds and MiB that a process of its own needs, the two files included; None when they are refused."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("base", "head")]
        for path, raw in zip(paths, (base, head), strict=True):
            path.write_bytes(raw)
        command = [sys.executable, "-m", "benchmarks.sbom", "--alone", *map(str, paths)]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return (float(printed[0]), float(printed[1])) if printed else None


def report_alone(base: str, head: str) -> None:
    warm()
    before = peak()
    try:
        taken = seconds(lambda: compare(Path(base).read_bytes(), Path(head).read_bytes()))
    except sbom.UnreadableError as error:
        print(error, file=sys.stderr)
    else:
        print(taken, peak() - before)


def peak() -> float:
    """The most memory that this process has held, MiB; ru_maxrss would begin with its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def warm() -> None:
    """Imports are not what is measured."""
    for write in FORMATS.values():
        compare(write(content(30, 0)), write(content(30, 1)))


def ratio() -> float:
    """How many times longer the reference library takes to read one bill, without comparing anything."""
    from cyclonedx.model.bom import Bom

    text = bill(PEER_SIZE, 0)
    peer = seconds(lambda: Bom.from_json(json.loads(text)))  # type: ignore[attr-defined]
    return peer / min(seconds(lambda: sbom.read(text)) for _ in range(5))


def measure(count: int) -> bool:
    """Print what each format costs at this size; was a bar missed?"""
    base, head = content(count, 0), content(count, 5)
    missed = False
    for name, write in FORMATS.items():
        needed = alone(write(base), write(head))
        if needed is None:
            continue
        taken, grown = needed
        if name == "CycloneDX JSON":
            missed = taken > BARS.get(count, float("inf")) or grown > MOST_MEMORY.get(count, float("inf"))
        print(
            f"{count:>7,} components, {name:<14}: read twice and compared in {1000 * taken:6.0f} ms, {grown:4.0f} MiB"
        )
    return missed


def main(sizes: list[int]) -> int:
    warm()
    missed = [measure(count) for count in sizes]
    times = ratio()
    print(f"{PEER_SIZE:>7,} components: cyclonedx-python-lib takes {times:.0f} times as long to read one")
    return int(any(missed) or times < LEAST_RATIO)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        report_alone(*sys.argv[2:4])
    else:
        sys.exit(main([int(text) for text in sys.argv[1:]] or [1_000, *BARS]))
