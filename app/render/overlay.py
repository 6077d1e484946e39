"""The Decision Center for GitHub's own pages, in two shells: a browser extension (a zip) and a userscript.

Both are made for one deployment: the address of this App and that of its GitHub are written into them, they speak with
no other host, and all of their code is inside.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from yarl import URL

from app.render.assets import JQUERY, ROOT
from app.render.assets import bundle as served
from app.render.bundle import bundle
from app.render.icon import icon

NAME = "Maestro Decision Center"
GECKO = "decision-center@maestro-conductor"  # by which Firefox knows it, over updates
ICONS = (16, 32, 48, 128)
OLDEST = 121  # version of Chromium and of Firefox: from it on, each passes over the other's kind of background script
_ABOUT = "What Maestro decided about a pull request, and what to do next, beside it."
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip holds no earlier time, and no other makes its bytes the same each time


@dataclass(frozen=True, slots=True)
class Deployment:
    """What an overlay is made for. `root`: of this App; `github`: of GitHub's pages; `version`: the App's."""

    root: str
    github: str
    version: str

    @property
    def words(self) -> str:
        """What its scripts know of it, as JavaScript."""
        style = (ROOT / "overlay" / "overlay.css").read_text("utf-8")
        told = {"root": self.root.rstrip("/"), "github": str(URL(self.github).origin()), "style": style}
        return f"const MAESTRO = Object.freeze({json.dumps(told)});\n"

    @property
    def numbers(self) -> str:
        """The version as a manifest may say it: numbers only."""
        found = re.match(r"\d+(?:\.\d+){0,3}", self.version)
        return found[0] if found else "0"


def extension(deployment: Deployment) -> bytes:
    """The zip: the same bytes whenever it is made for the same deployment."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, held in sorted(_files(deployment).items()):
            entry = ZipInfo(name, _EARLIEST)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix: else it would be that of this machine
            archive.writestr(entry, held)
    return content.getvalue()


def manifest(deployment: Deployment) -> dict[str, Any]:
    """What the extension is, and all that it may do."""
    root = str(URL(deployment.root).origin())
    return {
        "manifest_version": 3,
        "name": NAME,
        "description": _ABOUT,
        "version": deployment.numbers,
        "homepage_url": deployment.root,
        "icons": {str(size): f"icon-{size}.png" for size in ICONS},
        "minimum_chrome_version": str(OLDEST),
        "permissions": ["storage"],
        "host_permissions": [_pattern(deployment.root)],
        "content_scripts": [
            {"matches": [_pattern(deployment.github)], "js": [JQUERY, "overlay.js"], "run_at": "document_idle"}
        ],
        "background": {"service_worker": "worker.js", "scripts": ["worker.js"]},
        "content_security_policy": {"extension_pages": f"default-src 'none'; script-src 'self'; connect-src {root}"},
        "browser_specific_settings": {
            "gecko": {
                "id": GECKO,
                "strict_min_version": f"{OLDEST}.0",
                "data_collection_permissions": {"required": ["authenticationInfo", "browsingActivity"]},
            }
        },
    }


def userscript(deployment: Deployment) -> str:
    """The same overlay for a userscript manager. jQuery is given to its modules alone: it may not become a global of
    a page that has one of its own.
    """
    told = {
        "name": NAME,
        "namespace": deployment.root,
        "version": deployment.numbers,
        "description": _ABOUT,
        "match": _pattern(deployment.github),
        "run-at": "document-idle",
        "noframes": "",
        "connect": URL(deployment.root).host or "",
    }
    lines = [f"// @{key} {value}".rstrip() for key, value in told.items()]
    grants = [f"// @grant {name}" for name in ("GM_xmlhttpRequest", "GM_getValue", "GM_setValue")]
    head = "\n".join(("// ==UserScript==", *lines, *grants, "// ==/UserScript=="))
    library = f"const module = {{ exports: {{}} }};\n{_jquery()}\nconst jQuery = module.exports;\n"
    library += "const globalThis = { jQuery };\n"  # which is where modules of a page look for it
    return f"{head}\n(() => {{\n{library}{deployment.words}{_script('userscript')}}})();\n"


def _files(deployment: Deployment) -> Mapping[str, bytes]:
    texts = {
        "manifest.json": json.dumps(manifest(deployment), indent=2) + "\n",
        JQUERY: _jquery(),
        "overlay.js": f"(() => {{\n{deployment.words}{_script('extension')}}})();\n",
        "worker.js": f"(() => {{\n{deployment.words}{_script('worker')}}})();\n",
    }
    icons = {f"icon-{size}.png": icon(size) for size in ICONS}
    return {name: text.encode() for name, text in texts.items()} | icons


@cache
def _script(entry: str) -> str:
    return bundle(f"overlay/{entry}.js", dict(_modules()))


def _modules() -> Iterator[tuple[str, str]]:
    for room in ("center", "overlay"):
        for path in sorted((ROOT / room).glob("*.js")):
            yield f"{room}/{path.name}", path.read_text("utf-8")


def _jquery() -> str:
    return served()[JQUERY].content.decode()


def _pattern(address: str) -> str:
    """What matches every page of the address's host: a pattern names no port, or Firefox does not take it."""
    url = URL(address)
    host = f"[{url.host}]" if ":" in (url.host or "") else url.host
    return f"{url.scheme}://{host}/*"
