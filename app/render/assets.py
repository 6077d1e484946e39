"""What browsers are served: our own files in `static/`, and jQuery from its package.

Each is under an address that changes with its content, so it may be kept. A file of the top is known by its own digest;
modules import one another by relative addresses, so all of them, with jQuery, stand below the digest of the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from xstatic.pkg import jquery

ROOT = Path(__file__).parents[2] / "static"  # not by import: a repository under check may have a `static` too
TYPES = MappingProxyType({".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"})
JQUERY = "jquery.js"
_MODULES = "center"  # the directory of the scripts that make pages act


@dataclass(frozen=True, slots=True)
class Asset:
    """A file: its bytes, their media type, and the beginning of a SHA-256: theirs, or that of all they belong to."""

    content: bytes
    media_type: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """Every file of the top by its name, read once."""
    found = (path for path in sorted(ROOT.iterdir()) if path.suffix in TYPES)
    return MappingProxyType({path.name: _asset(path) for path in found})


@cache
def bundle() -> Mapping[str, Asset]:
    """Every module by its path, and jQuery, read once; all with one digest."""
    contents = dict(sorted(_bundled()))
    digest = _digest(b"".join(f"{name}\0{len(content)}\0".encode() + content for name, content in contents.items()))
    return MappingProxyType({name: Asset(content, TYPES[".js"], digest) for name, content in contents.items()})


def address(name: str) -> str:
    """Where a browser finds the file. Raises KeyError for what there is not."""
    if name in bundle():
        return f"/static/{bundle()[name].digest}/{name}"
    return f"/static/{name}?v={assets()[name].digest}"


def _bundled() -> Iterator[tuple[str, bytes]]:
    yield JQUERY, (Path(jquery.BASE_DIR) / "jquery.min.js").read_bytes()
    for path in (ROOT / _MODULES).glob("*.js"):
        yield f"{_MODULES}/{path.name}", path.read_bytes()


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, TYPES[path.suffix], _digest(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
