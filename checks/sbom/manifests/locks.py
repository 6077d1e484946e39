"""Lock files: which one follows a manifest, and the ranges that packages in it ask of one another."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import product
from math import prod
from pathlib import PurePosixPath
from typing import Any

from checks.sbom.manifests import jsontext, toml
from checks.sbom.manifests.words import MAX_BYTES

Range = tuple[str, str, str]  # parent, child, the range that the parent asks for

_LOCKS = {
    "package.json": (
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
    ),
    "pyproject.toml": ("uv.lock", "poetry.lock", "pdm.lock"),
    "Cargo.toml": ("Cargo.lock",),
    "go.mod": ("go.sum",),
    "Gemfile": ("Gemfile.lock",),
}
LOCKS: tuple[str, ...] = tuple(f"**/{name}" for names in _LOCKS.values() for name in names)
"""Globs (as `checks.globs` reads them) of the lock files that follow a manifest, in any directory."""
_SHARED = frozenset({"package.json", "pyproject.toml", "Cargo.toml"})  # a workspace has one lock, at its top


def lock_of(path: str, present: Collection[str]) -> str | None:
    """The lock file that has to be made anew after this manifest was edited; None when it has none.

    `present` are the paths of the repository. Of a workspace that is the lock of the nearest directory above;
    of `requirements.in` it is the `requirements.txt` compiled from it.
    """
    manifest = PurePosixPath(path)
    if manifest.suffix == ".in":
        compiled = str(manifest.with_suffix(".txt"))
        return compiled if compiled in present else None
    holders = manifest.parents if manifest.name in _SHARED else [manifest.parent]
    candidates = (str(holder / name) for holder in holders for name in _LOCKS.get(manifest.name, ()))
    return next((candidate for candidate in candidates if candidate in present), None)


def parents(lock_path: str, text: str | bytes) -> Mapping[tuple[str, str], str]:
    """(parent, child) -> the range that the parent asks of the child, from a lock file that keeps ranges.

    The product itself is "" in package-lock.json. Where several versions of a parent are locked, the range is what
    all of them allow. Nothing for formats without ranges (Cargo.lock, most of uv.lock), and for what cannot be read.
    """
    name = PurePosixPath(lock_path).name
    reader = _READERS.get(name)
    if reader is None or len(text) > MAX_LOCK_BYTES:
        return {}
    try:
        said = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        return _joined(reader(said), " " if name in _NPM else ",")
    except (ValueError, RecursionError):
        return {}


def _joined(ranges: Iterator[Range], both: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], list[str]] = {}
    for parent, child, asked in ranges:
        told = found.setdefault((parent, child), [])
        if asked not in told:
            told.append(asked)
    return {pair: told[0] if len(told) == 1 else _all(told, both) for pair, told in found.items()}


def _all(ranges: list[str], both: str) -> str:
    """One range that means all of them: alternatives (`||`) are multiplied out."""
    choices = [[part.strip() for part in each.split("||")] for each in ranges]
    if prod(map(len, choices)) > _MOST_CHOICES:
        return both.join(ranges)  # no range that anyone can read, hence none that anything is known to meet
    return " || ".join(both.join(chosen) for chosen in product(*choices))


def _package_lock(text: str) -> Iterator[Range]:
    packages = _mapping(_mapping(jsontext.parse(text)).get("packages"))
    for path, package in packages.items():
        stated = _mapping(package)
        # A workspace and an alias say their name; of any other package the place is the name.
        parent = str(stated.get("name", path.rpartition("node_modules/")[2])) if path else ""
        for table in ("dependencies", "optionalDependencies", "peerDependencies"):
            for child, asked in _mapping(stated.get(table)).items():
                if isinstance(asked, str):
                    yield parent, child, asked


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _poetry_lock(text: str) -> Iterator[Range]:
    for package in _packages(text):
        for child, asked in _mapping(package.get("dependencies")).items():
            for each in asked if isinstance(asked, list) else [asked]:
                stated = _mapping(each).get("version") if isinstance(each, dict) else each
                if isinstance(stated, str):
                    yield package["name"], child, stated


def _packages(text: str) -> Iterator[dict[str, Any]]:
    listed = toml.parse(text).get("package")
    for package in listed if isinstance(listed, list) else ():
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            yield package


def _uv_lock(text: str) -> Iterator[Range]:
    """uv keeps the ranges of the workspace's own packages only."""
    for package in _packages(text):
        metadata = _mapping(package.get("metadata"))
        for asked in (metadata.get("requires-dist"), *_mapping(metadata.get("requires-dev")).values()):
            for each in asked if isinstance(asked, list) else ():
                child, stated = _mapping(each).get("name"), _mapping(each).get("specifier")
                if isinstance(child, str) and isinstance(stated, str):
                    yield package["name"], child, stated


_YARN_HEAD = re.compile(r'"?((?:@[^@/\s"]+/)?[^@/\s",]+)@[^\n]*:\s*$')
_YARN_ASKED = re.compile(r'    "?((?:@[^@/\s"]+/)?[^@/\s",]+)"? (.+)')


def _yarn_lock(text: str) -> Iterator[Range]:
    parent, asks = "", False
    for line in text.splitlines():
        if head := _YARN_HEAD.match(line):
            parent, asks = head[1], False
        elif line.startswith("  ") and not line.startswith("   "):
            asks = line.strip() in {"dependencies:", "optionalDependencies:"}
        elif asks and parent and (asked := _YARN_ASKED.match(line)):
            yield parent, asked[1], asked[2].strip(' "')


_MOST_CHOICES = 64
MAX_LOCK_BYTES = 8 * MAX_BYTES
_NPM = frozenset({"package-lock.json", "npm-shrinkwrap.json", "yarn.lock"})
_READERS: Mapping[str, Callable[[str], Iterator[Range]]] = {
    "package-lock.json": _package_lock,
    "npm-shrinkwrap.json": _package_lock,
    "poetry.lock": _poetry_lock,
    "uv.lock": _uv_lock,
    "yarn.lock": _yarn_lock,
}
