"""Gemfile: calls of `gem` that stand on one line. It is a program; anything else in it is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from checks.sbom.manifests import syntaxes
from checks.sbom.manifests.text import Lines
from checks.sbom.manifests.words import Declared, Edited, Format, Refusal, Site

_STRING = r"""(?:'[^'\\\n#]*'|"[^"\\\n#]*")"""
_GEM = re.compile(r"\s*gem(?:\s+|\s*\(\s*)(?P<quote>['\"])(?P<name>[A-Za-z0-9._\-]+)(?P=quote)(?P<rest>[^\n]*)")
_VERSIONS = re.compile(rf"\s*,\s*(?P<all>{_STRING}(?:\s*,\s*{_STRING})*)(?P<arrow>\s*=>)?")
_PLAIN_END = re.compile(r"\s*(?:\)|$|#|,\s*:?[a-z_]+\s*(?:=>|:)|(?:if|unless)\b)")
_ELSEWHERE = re.compile(r"[,(\s]:?(?:git|github|gitlab|gist|bitbucket|path)\s*(?:=>|:)")
_DEVELOPMENT = re.compile(r":(?:development|test|ci|doc)\b")
_OPENS = re.compile(r"\bdo\b\s*(?:\|[^|]*\|\s*)?(?:#.*)?$|^\s*(?:if|unless|case|begin|def|while)\b")
_LONGEST = 512  # of a line that is looked at
_GROUP = re.compile(r"^\s*group\b")
_BRANCHES = re.compile(r"^\s*(?:else|elsif|when|in|rescue|ensure)\b")
_MODIFIER = re.compile(r"\b(?:if|unless)\b.*")
_CLOSES = re.compile(r"^\s*end\b")


class _Line(NamedTuple):
    """A line of the program, the line that opened its group, and the condition it runs under."""

    text: str
    group: str
    condition: str


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each gem that a line of its own names, in the order of the text."""
    starts = Lines(text).starts
    named = ((row, line, _GEM.match(line.text)) for row, line in enumerate(_lines(text)))
    return tuple(_site(path, line, gem, row, starts[row]) for row, line, gem in named if gem)


def _lines(text: str) -> Iterator[_Line]:
    """Documentation and data come as empty lines."""
    blocks = [_Line("", "", "")]
    hidden = False
    for row, line in enumerate(text.split("\n")):
        hidden = hidden or line.startswith(("=begin", "__END__"))
        yield blocks[-1]._replace(text="" if hidden or len(line) > _LONGEST else line)
        if hidden:
            hidden = not line.startswith("=end")
        elif len(line) <= _LONGEST and _OPENS.search(line):
            top, group = blocks[-1], _GROUP.match(line)
            blocks.append(top._replace(group=line) if group else top._replace(condition=f"{row}"))
        elif _BRANCHES.match(line) and len(blocks) > 1:
            blocks[-1] = blocks[-1]._replace(condition=f"{row}")
        elif _CLOSES.match(line) and len(blocks) > 1:
            blocks.pop()


def _site(path: str, line: _Line, gem: re.Match[str], row: int, at: int) -> Site:
    versions, after = _VERSIONS.match(gem["rest"]), gem.start("rest")
    start = end = after
    if versions and not versions["arrow"]:
        start, end = after + versions.start("all"), after + versions.end("all")
    literals, rest = line.text[start:end], line.text[end:]
    scope = "development" if _DEVELOPMENT.search(f"{line.group} {rest}") else "runtime"
    declared = Declared("gem", gem["name"], _said(literals), row + 1, scope, path)
    modifier = _MODIFIER.search(rest)
    condition = line.condition + (modifier[0] if modifier else "")
    refusal = _refused(literals, rest)
    rule = syntaxes.gem(literals[0] if literals else gem["quote"])
    return Site(declared, rule, at + start, at + end, (row,), at, refusal, condition, prefix=", ", said=_said)


def _said(literals: str) -> str:
    return re.sub(r"['\"]", "", literals)


def _refused(literals: str, rest: str) -> str:
    if _ELSEWHERE.search(rest):
        return "it comes from a repository or a path, not from an index"
    if not _PLAIN_END.match(rest):
        return "its version is computed, or the call goes on: only a call on one line can be edited"
    return "its strings are quoted in two ways" if "'" in literals and '"' in literals else ""


def parse(text: str) -> list[str]:
    """The lines as they stand."""
    return text.split("\n")


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """Refused: a Gemfile has no overrides, but its lock file can be moved."""
    return Refusal(f"`{name}` is settled by the lock file: `bundle update --conservative {name}`")


FORMAT = Format("gem", ("Gemfile",), sites, parse, override)
