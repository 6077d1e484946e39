"""Manifests: what a repository declares, where, and the smallest edit that raises one package.

Pure text in, pure text out. An edit replaces the characters of a constraint (or adds the one entry of an override)
and nothing else; the result is read again, and what cannot be proven is a Refusal with its reason. A version never
goes down.

>>> raise_to("requirements.txt", "requests>=2.0,<3  # http", "pypi", "requests", "2.31.0").text
'requests>=2.31.0,<3  # http'
"""

from __future__ import annotations

import re
from collections.abc import Callable

from checks.globs import matches
from checks.sbom.manifests import cargo, gemfile, go_mod, package_json, pom, pyproject, requirements
from checks.sbom.manifests.edit import raise_sites
from checks.sbom.manifests.locks import LOCKS, lock_of, parents
from checks.sbom.manifests.requirement import canonical
from checks.sbom.manifests.words import MAX_BYTES, Declared, Edited, Format, Refusal, Site

__all__ = [
    "KNOWN",
    "LOCKS",
    "MAX_BYTES",
    "VENDORED",
    "Declared",
    "Edited",
    "Refusal",
    "declared",
    "line",
    "lock_of",
    "override",
    "parents",
    "raise_to",
]

_FORMATS: tuple[Format, ...] = (
    requirements.FORMAT,
    pyproject.FORMAT,
    package_json.FORMAT,
    go_mod.FORMAT,
    pom.FORMAT,
    cargo.FORMAT,
    gemfile.FORMAT,
)
# Globs (as checks.globs reads them) of the files that can be edited, in any directory.
KNOWN: tuple[str, ...] = tuple(f"**/{pattern}" for form in _FORMATS for pattern in form.patterns)
# Directories whose manifests are those of others, copied here.
VENDORED = frozenset({"node_modules", "vendor", "third_party", ".venv", "site-packages"})
_MARK = "\ufeff"
_LONGEST_VERSION = 128


def declared(path: str, text: str | bytes) -> tuple[Declared, ...]:
    """Every dependency that a manifest states, in the order of its text; () for a file that cannot be read."""
    form, body = _form(path), _body(text)
    if form is None or isinstance(body, Refusal):
        return ()
    found = _sites(form, path, body)
    return () if isinstance(found, Refusal) else tuple(site.declared for site in found)


def line(path: str, text: str | bytes, ecosystem: str, name: str) -> int | None:
    """The line, from 1, where a manifest first declares the package; None when it does not."""
    asked = (ecosystem, _folded(ecosystem, name))
    return next((d.line for d in declared(path, text) if (d.ecosystem, _folded(d.ecosystem, d.name)) == asked), None)


def raise_to(path: str, text: str | bytes, ecosystem: str, name: str, version: str) -> Edited | Refusal:
    """The manifest with every declaration of the package raised to `version`, in the style it has.

    `ecosystem` is a purl type. All else stays byte for byte; a constraint that admits the version already gets the
    higher floor all the same.
    """

    def raised(form: Format, body: str) -> Edited | Refusal:
        found = _sites(form, path, body)
        if isinstance(found, Refusal):
            return found
        own = [site for site in found if _folded(ecosystem, site.declared.name) == _folded(ecosystem, name)]
        return raise_sites(form, path, body, own, version) if own else Refusal(f"`{name}` is not declared in {path}")

    return _edited(path, text, ecosystem, version, raised)


def override(path: str, text: str | bytes, ecosystem: str, name: str, version: str) -> Edited | Refusal:
    """The manifest with a package settled that only others bring along, where its format can say that."""

    def overridden(form: Format, body: str) -> Edited | Refusal:
        return form.override(path, body, name, version)

    return _edited(path, text, ecosystem, version, overridden)


def _edited(
    path: str, text: str | bytes, ecosystem: str, version: str, edit: Callable[[Format, str], Edited | Refusal]
) -> Edited | Refusal:
    form, body = _form(path), _body(text)
    if form is None:
        return Refusal(f"{path} is no manifest that can be edited")
    if form.ecosystem != ecosystem:
        return Refusal(f"{path} declares packages of {form.ecosystem}, not of {ecosystem}")
    if isinstance(body, Refusal):
        return body
    if not re.fullmatch(rf"[0-9A-Za-z][0-9A-Za-z.!+_\-]{{0,{_LONGEST_VERSION - 1}}}", version):
        return Refusal(f"`{version}` is not a version")
    marked = body.startswith(_MARK)
    try:
        answer = edit(form, body.removeprefix(_MARK))
    except (ValueError, RecursionError) as error:
        return Refusal(f"{path} cannot be read: {error}")
    return Edited(answer.path, _MARK + answer.text, *_rest(answer)) if marked and isinstance(answer, Edited) else answer


def _rest(edited: Edited) -> tuple[str, str, int]:
    return edited.before, edited.after, edited.line


def _form(path: str) -> Format | None:
    return next((form for form in _FORMATS if matches(path, [f"**/{pattern}" for pattern in form.patterns])), None)


def _body(text: str | bytes) -> str | Refusal:
    if len(text) > MAX_BYTES:
        return Refusal(f"it is larger than {MAX_BYTES // 2**20} MiB")
    try:
        return text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        return Refusal("it is not written in UTF-8")


def _sites(form: Format, path: str, body: str) -> tuple[Site, ...] | Refusal:
    try:
        return form.sites(path, body.removeprefix(_MARK))
    except (ValueError, RecursionError) as error:
        return Refusal(f"{path} cannot be read: {error}")


def _folded(ecosystem: str, name: str) -> str:
    """A name as its ecosystem compares it."""
    if ecosystem == "pypi":
        return canonical(name)
    return name.replace("_", "-") if ecosystem == "cargo" else name
