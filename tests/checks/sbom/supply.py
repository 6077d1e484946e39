"""A small shop of npm packages: bills, advisories and manifests that the tests of repairs are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from checks.model import Advisories, ChangeFacts, Document, Pull, SbomPair, Snapshot

BASE, HEAD, DAY = "1a" * 20, "2b" * 20, "2026-11-30"
PULL = Pull("octo/shop", 1, "Pay", "alice", HEAD, "feature", BASE, "main", merge_base_sha=BASE)
APP = "app"


def bill(packages: Mapping[str, str], edges: Mapping[str, Sequence[str]] | None = None) -> str:
    """A CycloneDX bill of npm packages; `edges` from the product (`app`) or a package to those it brings, by name."""

    def ref(name: str) -> str:
        return APP if name == APP else f"pkg:npm/{name}@{packages[name]}"

    stated = edges or {APP: list(packages)}
    return bill_of(list(map(ref, packages)), {ref(name): list(map(ref, on)) for name, on in stated.items()})


def bill_of(purls: Sequence[str], edges: Mapping[str, Sequence[str]]) -> str:
    """A CycloneDX bill of these; `edges` from the product (`app`) or a package to those it brings."""
    components = [
        {"type": "library", "bom-ref": purl, "name": name.rpartition("/")[2], "version": version, "purl": purl}
        for purl in purls
        for name, _, version in [purl.rpartition("@")]
    ]
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "metadata": {"component": {"type": "application", "bom-ref": APP, "name": APP}},
            "components": components,
            "dependencies": [{"ref": one, "dependsOn": list(on)} for one, on in edges.items()],
        }
    )


def advisory(
    name: str,
    fixed: str | None,
    *,
    identity: str = "GHSA-aaaa-bbbb-cccc",
    introduced: str = "0",
    severity: str = "CRITICAL",
    ecosystem: str = "npm",
    published: str = "2026-11-29T00:00:00Z",
    aliases: Sequence[str] = (),
) -> str:
    """An OSV record: `name` is affected from `introduced` on, until `fixed`."""
    events: list[dict[str, Any]] = [{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    return json.dumps(
        {
            "schema_version": "1.7.0",
            "id": identity,
            "aliases": list(aliases),
            "summary": f"{name} runs what strangers send",
            "published": published,
            "modified": published,
            "database_specific": {"severity": severity},
            "affected": [
                {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": kind, "events": events}]}
            ],
        }
    )


def package_json(dependencies: Mapping[str, str], **more: Any) -> str:
    """A `package.json` as npm writes it."""
    return json.dumps({"name": "shop", "dependencies": dict(dependencies), **more}, indent=2) + "\n"


def snapshot(
    before: str,
    after: str,
    records: Sequence[str],
    manifests: Mapping[str, str],
    path: str = "sbom.json",
) -> Snapshot:
    """The facts of a change from one bill to another."""
    return Snapshot(
        PULL,
        change=ChangeFacts(()),
        sboms=(SbomPair(path, Document(path, BASE, before), Document(path, HEAD, after)),),
        advisories=Advisories(tuple(records), "a test"),
        vex=(),
        manifests=tuple(Document(name, HEAD, text) for name, text in manifests.items()),
        day=DAY,
    )
