"""OSV records as short as they may be."""

from __future__ import annotations

from typing import Any


def record(
    name: str, package: str, introduced: str = "0", fixed: str = "", *, ecosystem: str = "npm", **fields: Any
) -> dict[str, Any]:
    """A record on one package, from `introduced` on, up to `fixed`."""
    events = [{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    affected = {"package": {"ecosystem": ecosystem, "name": package}, "ranges": [{"type": kind, "events": events}]}
    dates = {"published": "2024-01-01T00:00:00Z", "modified": "2024-01-02T00:00:00Z"}
    return {"id": name, **dates, "details": "Long.", "affected": [affected], **fields}
