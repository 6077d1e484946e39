"""Edits of a repository's manifests that move one package: raised, settled, or put back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from checks.model import Document
from checks.sbom.manifests import Declared, Edited, Refusal, declared, lock_of, override, parents, raise_to
from checks.sbom.purl import Identity
from checks.sbom.versions import ranges
from checks.sbom.versions.ecosystems import locate


@dataclass(frozen=True, slots=True)
class Splice:
    """The file at `path` becomes `text`; what changes is at `line` (from 1), from `before` to `after`."""

    path: str
    text: str
    line: int
    before: str
    after: str


Splices = tuple[Splice, ...]
_DONE = "or above already"  # how the editors refuse what needs no edit
ALREADY = "the manifests ask for it already: only the lock file, or the bill, has to be made anew"


def declarations(manifests: Iterable[Document], ecosystem: str, name: str) -> list[Declared]:
    """Every place where a package is declared."""
    place = locate(ecosystem, name)
    return [
        one
        for document in manifests
        for one in declared(document.path, document.text)
        if locate(one.ecosystem, one.name) == place
    ]


def raised(manifests: Sequence[Document], package: Identity, version: str, places: Iterable[Declared]) -> Splices | str:
    """Every declaration of the package at `version` or above; else the reason why one of them cannot be."""
    paths = {place.path for place in places}
    edits = [
        raise_to(one.path, one.text, package.ecosystem, package.name, version) for one in manifests if one.path in paths
    ]
    return _all(manifests, edits)


def overridden(manifests: Sequence[Document], package: Identity, version: str, trail: Sequence[str]) -> Splices | str:
    """The package settled at `version` in the manifests that declare what brings it; else the reason."""
    direct = trail[0] if trail else ""
    bringing = {one.path for one in declarations(manifests, package.ecosystem, direct)} if direct else set[str]()
    holders = dict.fromkeys(_holder(path, manifests) for path in sorted(bringing))
    if not holders:
        return f"no manifest that can be edited declares {direct or package.name}"
    texts = {one.path: one.text for one in manifests}
    edits = [override(path, texts[path], package.ecosystem, package.name, version) for path in holders]
    return _all(manifests, edits)


def reverted(
    manifests: Sequence[Document], before: Sequence[Document], package: Identity, trail: Sequence[str]
) -> Splices:
    """The declaration that brought the package, put back to the line that the base has; () where that is not clear."""
    names = [package.name, *trail[:1]]
    found = next((places for name in names if (places := declarations(manifests, package.ecosystem, name))), [])
    texts = {one.path: one.text for one in manifests}
    originals = {one.path: one.text for one in before}
    splices = [_restored(place, texts[place.path], originals.get(place.path, "")) for place in found]
    made = [splice for splice in splices if splice]
    return tuple(made) if len(made) == len(splices) == len({splice.path for splice in made}) else ()


def blocking(manifests: Iterable[Document], package: Identity, version: str) -> tuple[str, ...]:
    """The packages that would not take `version` of this one, as far as lock files among `manifests` tell."""
    asked = (pair for document in manifests for pair in parents(document.path, document.text).items())
    place = locate(package.ecosystem, package.name)
    return tuple(
        sorted(
            {
                parent
                for (parent, child), range_ in asked
                if parent and locate(package.ecosystem, child) == place
                if ranges.meets(package.ecosystem, range_, version) is False
            }
        )
    )


def locks(splices: Splices, present: Collection[str]) -> tuple[str, ...]:
    """The lock files that have to be made anew, of those among the paths `present`."""
    found = (lock_of(splice.path, present) for splice in splices)
    return tuple(sorted({path for path in found if path}))


def _all(manifests: Sequence[Document], edits: Sequence[Edited | Refusal]) -> Splices | str:
    """All of them, or none: a package that is moved in half of its places is not mended."""
    refused = [edit.reason for edit in edits if isinstance(edit, Refusal) and not edit.reason.endswith(_DONE)]
    if refused or not edits:
        return "; ".join(refused) or "nothing declares it"
    texts = {one.path: one.text for one in manifests}
    made = [edit for edit in edits if isinstance(edit, Edited) and edit.text != texts[edit.path]]
    if not made:
        return ALREADY
    return tuple(Splice(edit.path, edit.text, edit.line, edit.before, edit.after) for edit in made)


def _holder(path: str, manifests: Sequence[Document]) -> str:
    """Where a manifest's overrides have to stand: npm and its kin read those of a workspace's top alone."""
    own = PurePosixPath(path)
    above = {str(parent / own.name) for parent in own.parents}
    tops = [one.path for one in manifests if one.path in above and own.name == "package.json" and _workspace(one)]
    return min(tops, key=len, default=path)


def _workspace(document: Document) -> bool:
    return '"workspaces"' in document.text


def _restored(place: Declared, text: str, original: str) -> Splice | None:
    """One line as the base has it, if that changes this declaration and nothing else that the file declares."""
    then = [one for one in declared(place.path, original) if (one.name, one.scope) == (place.name, place.scope)]
    lines, old = text.split("\n"), original.split("\n")
    if len(then) != 1 or then[0].constraint == place.constraint or place.line > len(lines):
        return None
    before, after = lines[place.line - 1], old[then[0].line - 1]
    made = "\n".join([*lines[: place.line - 1], after, *lines[place.line :]])
    wanted = [_said(then[0] if one == place else one) for one in declared(place.path, text)]
    if [_said(one) for one in declared(place.path, made)] != wanted:
        return None
    return Splice(place.path, made, place.line, before.strip(), after.strip())


def _said(one: Declared) -> tuple[str, str, str]:
    return one.name, one.constraint, one.scope
