"""What `static/` holds for browsers: each file under an address that changes with its content, so it may be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[2] / "static"  # not by import: a repository under check may have a `static` too
TYPES = MappingProxyType({".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"})


@dataclass(frozen=True, slots=True)
class Asset:
    """A file: its bytes, their media type, and the beginning of their SHA-256."""

    content: bytes
    media_type: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """Every file by its name, read once."""
    found = (path for path in sorted(ROOT.iterdir()) if path.suffix in TYPES)
    return MappingProxyType({path.name: _asset(path) for path in found})


def address(name: str) -> str:
    """Where a browser finds the file. Raises KeyError for what there is not."""
    return f"/static/{name}?v={assets()[name].digest}"


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:12])
