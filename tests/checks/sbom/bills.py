"""Bills of materials as tests need them: written as JSON, read by the reader under test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checks import sbom

PAIRS = Path(__file__).parents[2] / "data" / "sbom"
NAMES = ("go-proton-bridge", "npm-shop-api", "pypi-flask")


def npm(name: str, version: str = "1.0.0", *licences: str, **fields: Any) -> dict[str, Any]:
    """One npm package; its node in the graph is its name."""
    component = {"type": "library", "name": name, "version": version, "bom-ref": name}
    stated = [{"license": {"name": licence}} for licence in licences]
    return component | {"purl": f"pkg:npm/{name}@{version}"} | ({"licenses": stated} if stated else {}) | fields


def document(*components: Any, edges: Mapping[str, Sequence[str]] | None = None, **fields: Any) -> str:
    """A CycloneDX document; with `edges`, "app" is the product itself."""
    whole: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components)}
    if edges is not None:
        whole["metadata"] = {"component": {"type": "application", "name": "app", "bom-ref": "app"}}
        whole["dependencies"] = [{"ref": ref, "dependsOn": list(targets)} for ref, targets in edges.items()]
    return json.dumps(whole | fields)


def bill(*components: Any, edges: Mapping[str, Sequence[str]] | None = None, **fields: Any) -> sbom.Bom:
    return sbom.read(document(*components, edges=edges, **fields))


def advisory(name: str, *refs: str, **rating: Any) -> dict[str, Any]:
    """One entry of a bill's own `vulnerabilities`."""
    return {"id": name, "ratings": [rating] if rating else [], "affects": [{"ref": ref} for ref in refs]}


def pair(name: str) -> tuple[str, str]:
    """Both ends of a real pair, as text."""
    return tuple((PAIRS / name / f"{side}.cdx.json").read_text() for side in ("base", "head"))  # type: ignore[return-value]


def record(name: str, package: str, *events: Mapping[str, str], ecosystem: str = "npm", **fields: Any) -> str:
    """An OSV record on one package; without events every version is affected."""
    span = {"type": "ECOSYSTEM", "events": list(events) or [{"introduced": "0"}]}
    affected = [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": [span]}]
    return json.dumps({"id": name, "modified": "2026-01-01T00:00:00Z", "affected": affected} | fields)


def rated(level: str) -> dict[str, Any]:
    """The field of an OSV record that says how bad it is."""
    return {"database_specific": {"severity": level.upper()}}
