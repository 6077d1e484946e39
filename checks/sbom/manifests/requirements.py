"""requirements*.txt and constraints*.txt in pip's syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from checks.sbom.manifests.edit import raise_sites
from checks.sbom.manifests.requirement import canonical, requirement, spelled
from checks.sbom.manifests.syntaxes import pep440
from checks.sbom.manifests.text import Lines, newline
from checks.sbom.manifests.words import MOST_REQUIREMENTS, Declared, Edited, Format, Refusal, Site, UnreadableError

_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)
_OPTION = re.compile(r"\s--?[A-Za-z].*", re.DOTALL)
_EDITABLE = re.compile(r"\s*(?:-e|--editable)[\s=].*?[#&]egg=([A-Za-z0-9][A-Za-z0-9._\-]*)", re.DOTALL)
_COMPILED = re.compile(r"^#[^\n]*\b(?:auto-?|automatically )generated\b", re.MULTILINE | re.IGNORECASE)
_DEVELOPMENT = re.compile(r"(?:^|[\W_])(?:dev|develop|development|test|tests|testing|doc|docs|lint)(?:[\W_]|$)")
_HASHED = "its hashes must be made anew with the version: compile the file again"
_SPELT = "this file is compiled from another: raise it there, and compile again"


class _Logical(NamedTuple):
    """A line as pip joins it; continuations and comments are blanks, so that offsets stay those of the file."""

    start: int
    text: str


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each requirement; options and bare URLs are passed over."""
    lines, compiled = Lines(text), bool(_COMPILED.search(text))
    scope = "development" if _DEVELOPMENT.search(path.lower()) else "runtime"
    told = list(islice(_logical(text), MOST_REQUIREMENTS + 1))
    if len(told) > MOST_REQUIREMENTS:
        raise UnreadableError(f"it has more than {MOST_REQUIREMENTS} lines")
    found = (_site(path, text, line, scope, lines, compiled) for line in told)
    return tuple(site for site in found if site)


def _logical(text: str) -> Iterator[_Logical]:
    masked = _CONTINUED.sub(lambda found: " " * len(found[0]), text)
    masked = _COMMENT.sub(lambda found: " " * len(found[0]), masked)
    at = 0
    for line in masked.split("\n"):
        if line.strip():
            yield _Logical(at, line.rstrip())
        at += len(line) + 1


def _site(path: str, text: str, line: _Logical, scope: str, lines: Lines, compiled: bool) -> Site | None:
    options = _OPTION.search(line.text)
    bare = line.text[: options.start()] if options else line.text
    if editable := _EDITABLE.match(line.text):
        return _editable(path, line, editable[1], scope, lines)
    try:
        read = requirement(bare)
    except UnreadableError:
        return None
    hashed = _HASHED if options and "--hash" in options[0] else ""
    start, end = line.start + read.start, line.start + read.end
    at = lines.of(line.start + len(bare) - len(bare.lstrip()))
    declared = Declared("pypi", spelled(read.name), _said(text[start:end]), at, scope, path)
    refusal = read.refusal or hashed or (_SPELT if compiled else "")
    return Site(declared, pep440, start, end, (0,), 0, refusal, read.marker, said=_said)


def _said(constraint: str) -> str:
    return re.sub(r"(?:\\\r?\n|\s)+", " ", constraint)


def _editable(path: str, line: _Logical, name: str, scope: str, lines: Lines) -> Site:
    declared = Declared("pypi", spelled(name), "", lines.of(line.start), scope, path)
    return Site(declared, pep440, line.start, line.start, (0,), 0, "it is installed from a checkout, not from an index")


def parse(text: str) -> list[str]:
    """The file as one piece: a constraint may go on over several lines, and `sites` has packaging read each."""
    return [text]


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """A line at the end, `name>=version`; where there is one already, that is raised."""
    told = sites(path, text)
    if there := [site for site in told if canonical(site.declared.name) == canonical(name)]:
        return raise_sites(FORMAT, path, text, there, version)
    refused = next((site.refusal for site in told if site.refusal in {_HASHED, _SPELT}), "")
    line = f"{name}>={version}"
    if refused or not _readable(line):
        return Refusal(refused or f"`{line}` is no requirement")
    end = newline(text)
    start = text if not text or text.endswith("\n") else text + end
    after = f"{start}{line}{end}"
    if len(sites(path, after)) != len(told) + 1:
        return Refusal("the last line of the file goes on: nothing can be added after it")
    return Edited(path, after, "", f">={version}", start.count("\n") + 1)


def _readable(line: str) -> bool:
    try:
        return requirement(line).name in line and "\n" not in line
    except UnreadableError:
        return False


FORMAT = Format(
    "pypi",
    ("*requirements*.txt", "*constraints*.txt", "*requirements*.in", "requirements/*.txt", "requirements/*.in"),
    sites,
    parse,
    override,
)
