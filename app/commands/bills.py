"""What the `maestro sbom` commands read: bills, policies, advisories and excuses, from files alone."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.config import ConfigErrors
from app.config.parse import build
from app.config.tree import Block, Entry, Scalar, read
from app.osv import local
from app.osv.model import Package
from checks import sbom
from checks.globs import matches
from checks.model import Advisories, Document
from checks.registry import CHECKS
from checks.sbom import Bom, Config, UnreadableError
from checks.sbom.drift import graph
from checks.sbom.manifests import KNOWN, LOCKS, MAX_BYTES


class _Regular(click.Path):
    """A path to a file that ends, or where `dir_okay` to a directory: a pipe or a device would be waited for."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, as a Path. Fails as bad usage."""
        found = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not (found.is_file() or (self.dir_okay and found.is_dir())):
            self.fail(f"{str(found)!r} is no regular file.", param, ctx)
        return found


EXISTING = _Regular(exists=True, dir_okay=False, path_type=Path)
PLACE = _Regular(exists=True, path_type=Path)
_FOREIGN = frozenset({".git", ".hg", ".tox", ".venv", "node_modules", "vendor", "venv"})


def bill(file: Path) -> Bom:
    """The bill in `file`; one that cannot be read at all ends the command with exit code 2."""
    try:
        return sbom.read(data(file))
    except UnreadableError as error:
        raise click.ClickException(f"{file}: {error}") from None


def data(file: Path) -> bytes:
    """What `file` holds; of one that is longer than any bill just enough to be refused."""
    with file.open("rb") as opened:
        return opened.read(sbom.MAX_BYTES + 1)


def day_of(stated: datetime | None) -> str:
    """The day that is judged on, ISO 8601; today's in UTC where none is stated."""
    return (stated or datetime.now(UTC)).date().isoformat()


def contents(bom: Bom) -> dict[str, Any]:
    """What a bill holds, in JSON values: counts, and the parts that could not be read."""
    roots = graph.direct(bom)
    return {
        "format": bom.format,
        "components": len(bom.components),
        "packages": len({one.key for one in bom.components}),
        "direct": None if roots is None else len(roots),
        "edges": sum(map(len, bom.edges.values())),
        "vulnerabilities": len(bom.vulnerabilities),
        "ecosystems": _counted(one.ecosystem or "none" for one in bom.components),
        "scopes": _counted(one.scope.value for one in bom.components),
        "flaws": [f"{flaw.position}: {flaw.message}" if flaw.position else flaw.message for flaw in bom.flaws],
    }


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def policy(file: Path | None) -> Config:
    """The `sbom` block of a configuration, or a file that is such a block by itself; the defaults without a file."""
    if file is None:
        return Config()
    tree = read(data(file), str(file))
    if isinstance(tree, Block) and tree.entries.keys().isdisjoint({"version", "sbom"}):
        tree = _whole(tree)
    whole = tree if isinstance(tree, ConfigErrors) else build(tree, checks=CHECKS, source=str(file))
    if isinstance(whole, ConfigErrors):
        raise click.ClickException(str(whole))
    found = whole.checks.get(sbom.CHECK.name)
    if not isinstance(found, Config):
        raise click.ClickException(f"{file}: there is no `sbom` block")
    return found


def _whole(block: Block) -> Block:
    """The configuration of which `block` is the `sbom` block, each key at its own line."""
    version = Entry(Scalar(1, block.mark), block.mark)
    return Block({"version": version, "sbom": Entry(block, block.mark)}, block.mark)


def manifests(directory: Path) -> tuple[Document, ...]:
    """The manifests in `directory` and the lock files beside them; nothing that a link leads to, nothing vendored."""
    found = []
    for above, below, names in os.walk(directory):
        below[:] = sorted(name for name in below if name not in _FOREIGN)
        for name in sorted(names):
            file = Path(above, name)
            path = file.relative_to(directory).as_posix()
            if matches(path, (*KNOWN, *LOCKS)) and _plain(file):
                found.append(Document(path, "", text(file)))
    return tuple(found)


def _plain(file: Path) -> bool:
    return not file.is_symlink() and file.is_file() and file.stat().st_size <= MAX_BYTES


def text(file: Path) -> str:
    """What `file` says; a byte that is no UTF-8 shows as U+FFFD."""
    return data(file).decode("utf-8", "replace")


def advisories(place: Path | None, bills: Sequence[Bom]) -> Advisories:
    """The OSV records at `place`, a file or a directory, on the packages of `bills`; none without a place."""
    if place is None:
        click.echo("no --osv: only the advisories count that the bills carry themselves", err=True)
        return Advisories(())
    packages = {Package(one.purl, one.version) for bom in bills for one in bom.components if one.purl}
    try:
        found = asyncio.run(local.at(place).about(packages))
    except local.BadAdvisories as error:
        raise click.ClickException(str(error)) from None
    for unread in found.unread:
        click.echo(f"not read: {unread.id}: {unread.why}", err=True)
    return Advisories(tuple(record.text for record in found.records), str(place), unread=found.unread)
