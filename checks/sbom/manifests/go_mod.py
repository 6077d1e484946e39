"""go.mod: `require`, alone or in a block; what `replace` and `exclude` say of a module is respected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from checks.sbom.manifests import syntaxes
from checks.sbom.manifests.edit import raise_sites
from checks.sbom.manifests.text import Lines, newline
from checks.sbom.manifests.words import Declared, Edited, Format, Refusal, Rule, Site

_DIRECTIVE = re.compile(r"[ \t]*(?P<verb>[a-z]+)(?:[ \t]+|(?=\())(?P<rest>[^\n]*)")
_REQUIRED = re.compile(r"[ \t]*(?P<module>[^\s\"`()]+)[ \t]+(?P<version>v[0-9][^\s\"`()]*)")
_MAJOR = re.compile(r"(?:/|\.)v(\d+)$")
_INDIRECT = re.compile(r"//\s*indirect\b")


class _Line(NamedTuple):
    """What a directive says on one line: `text` without its comment, from `start` of the file."""

    verb: str
    start: int
    text: str
    comment: str
    in_block: bool


def _lines(text: str) -> Iterator[_Line]:
    block, at = "", 0
    for raw in text.split("\n"):
        code, slashes, comment = raw.partition("//")
        if block and code.strip() == ")":
            yield _Line("", at, code, "", in_block=True)
            block = ""
        elif block:
            yield _Line(block, at, code, slashes + comment, in_block=True)
        elif found := _DIRECTIVE.match(code):
            if found["rest"].strip() == "(":
                block = found["verb"]
            else:
                yield _Line(found["verb"], at + found.start("rest"), found["rest"], slashes + comment, in_block=False)
        at += len(raw) + 1


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each required module; one that others brought along is declared like any."""
    lines, told = Lines(text), list(_lines(text))
    replaced = {line.text.split()[0] for line in told if line.verb == "replace" and line.text.split()}
    excluded: dict[str, set[str]] = {}
    for module, version in (line.text.split()[:2] for line in told if line.verb == "exclude" and " " in line.text):
        excluded.setdefault(module, set()).add(version)
    return tuple(
        _site(path, found, line, lines, found["module"] in replaced, excluded.get(found["module"], set()))
        for line in told
        if line.verb == "require" and (found := _REQUIRED.match(line.text))
    )


def _site(path: str, found: re.Match[str], line: _Line, lines: Lines, replaced: bool, excluded: set[str]) -> Site:
    module, (start, end) = found["module"], (line.start + found.start("version"), line.start + found.end("version"))
    row = lines.of(start)
    declared = Declared("golang", module, found["version"], row, "runtime", path)
    refusal = "a replace directive decides its version" if replaced else ""
    return Site(declared, _rule(module, excluded), start, end, (row - 1,), lines.starts[row - 1], refusal)


def _rule(module: str, excluded: set[str]) -> Rule:
    def rule(constraint: str, version: str) -> str | Refusal | None:
        new = syntaxes.go(constraint, version)
        if isinstance(new, str) and new in excluded:
            return Refusal(f"an exclude directive rules out {new}")
        if isinstance(new, str) and not _same_major(module, new):
            return Refusal(f"{new} is another module than `{module}`: its import paths change with it")
        return new

    return rule


def _same_major(module: str, version: str) -> bool:
    """The path of a module names its major version from 2 on, unless the version is marked incompatible."""
    named = _MAJOR.search(module)
    major = int(re.match(r"v(\d+)", version)[1])  # type: ignore[index]
    return major == int(named[1]) if named else major < 2 or version.endswith("+incompatible")


def parse(text: str) -> list[str]:
    """The lines as they stand."""
    return text.split("\n")


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """The module at this version or above although only others ask for it: `require ... // indirect`."""
    there = [site for site in sites(path, text) if site.declared.name == name]
    if there:
        return raise_sites(FORMAT, path, text, there, version)
    if any(line.verb == "replace" and line.text.split()[:1] == [name] for line in _lines(text)):
        return Refusal("a replace directive decides its version")
    new = _rule(name, set())("v0.0.0", version)
    if not isinstance(new, str) or not re.fullmatch(r"[\w.\-~]+(?:/[\w.\-~]+)+", name, re.ASCII):
        return new if isinstance(new, Refusal) else Refusal(f"`{name} {version}` cannot be required")
    return _added(path, text, name, new)


def _added(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    at, before, after = _place(text)
    edited = f"{text[:at]}{before}{name} {version} // indirect{after}{text[at:]}"
    expected = [site.declared for site in sites(path, text)]
    new = [site.declared for site in sites(path, edited)]
    added = [declared for declared in new if declared.name == name]
    if len(added) != 1 or len(new) != len(expected) + 1:
        return Refusal("no edit could be proven to add this module and nothing else")
    return Edited(path, edited, "", version, added[0].line)


def _place(text: str) -> tuple[int, str, str]:
    """Where a module goes and what surrounds it: the end of the last block that holds indirect ones, or a new line."""
    end, block, last = newline(text), "", -1
    for line in _lines(text):
        if line.verb == "require" and line.in_block and _INDIRECT.match(line.comment):
            block = "require"
        elif line.verb == "" and block:
            last, block = line.start, ""
        elif line.verb != "require":
            block = ""
    if last >= 0:
        return last, "\t", end
    closed = "" if not text or text.endswith("\n") else end
    return len(text), f"{closed}{end}require ", end


FORMAT = Format("golang", ("go.mod",), sites, parse, override)
