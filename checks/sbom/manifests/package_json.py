"""package.json, as npm, yarn and pnpm read it."""

from __future__ import annotations

import re
from typing import Any

from checks.sbom.manifests import jsontext
from checks.sbom.manifests.edit import raise_sites
from checks.sbom.manifests.jsontext import Place
from checks.sbom.manifests.syntaxes import npm
from checks.sbom.manifests.text import Lines, newline, spliced
from checks.sbom.manifests.words import PEER, Declared, Edited, Format, Refusal, Site, UnreadableError

_SCOPES = {
    "dependencies": "runtime",
    "optionalDependencies": "optional",
    "devDependencies": "development",
    "peerDependencies": PEER,
}
_NAME = re.compile(r"(?:@[\w.\-~]+/)?[\w.\-~]+", re.ASCII)
_VERSION = re.compile(r"v?\d+\.\d+\.\d+[0-9A-Za-z.+\-]*", re.ASCII)


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each string of the four tables of dependencies."""
    _document(text)
    lines = Lines(text)
    found = []
    for key, start, end in jsontext.places(text):
        if len(key) == 2 and key[0] in _SCOPES and text[start - 1] == '"':
            constraint = text[start:end]
            declared = Declared("npm", key[1], constraint, lines.of(start), _SCOPES[key[0]], path)
            found.append(Site(declared, npm, start, end, key, start, refusal=_refused(constraint)))
    return tuple(found)


def _document(text: str) -> dict[str, Any]:
    document = jsontext.parse(text)
    if not isinstance(document, dict):
        raise UnreadableError("it is no JSON object")
    return document


def _refused(constraint: str) -> str:
    if constraint.startswith("npm:"):
        return f"`{constraint}` is another package under an alias"
    if ":" in constraint or "/" in constraint:
        return f"`{constraint}` is no range of versions: it comes from a workspace, a file or a repository"
    return ""


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """The package at exactly this version wherever it is asked for, in the table that this package manager reads."""
    if not _VERSION.fullmatch(version) or not _NAME.fullmatch(name):
        return Refusal(f"`{name}` {version} is not a package and version that an override can name")
    document = _document(text)
    own = [site for site in sites(path, text) if site.declared.name == name and site.declared.scope != PEER]
    if own:
        return Refusal(f"`{name}` is declared here: raise that instead")
    table = _table(document)
    holder = _at(document, table)
    if not isinstance(holder, dict | None):
        return Refusal(f"`{'.'.join(table)}` is no object")
    if holder and name in holder:
        return _raised(path, text, (*table, name), version)
    return _added(path, text, table, name, version.removeprefix("v"))


def _table(document: dict[str, Any]) -> tuple[str, ...]:
    if "resolutions" in document or str(document.get("packageManager")).startswith("yarn@"):
        return ("resolutions",)
    if isinstance(_at(document, ("pnpm", "overrides")), dict):
        return ("pnpm", "overrides")
    return ("overrides",)


def _at(document: Any, key: tuple[str, ...]) -> Any:
    for step in key:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _raised(path: str, text: str, key: tuple[str, ...], version: str) -> Edited | Refusal:
    """An override that is there already, moved up."""
    lines = Lines(text)
    for place in jsontext.places(text):
        if place.key == key and text[place.start - 1] == '"':
            constraint = text[place.start : place.end]
            declared = Declared("npm", key[-1], constraint, lines.of(place.start), "runtime", path)
            site = Site(declared, npm, place.start, place.end, key, place.start, refusal=_refused(constraint))
            return raise_sites(FORMAT, path, text, [site], version)
    return Refusal(f"`{'.'.join(key)}` is no version")


def _added(path: str, text: str, table: tuple[str, ...], name: str, version: str) -> Edited | Refusal:
    objects = {place.key: place for place in jsontext.places(text) if text[place.start] == "{"}
    pair = f'"{name}": "{version}"'
    if table in objects:
        at, piece = _first(text, objects[table], pair, depth=len(table) + 1)
    else:
        at, piece = _last(text, objects[()], table[0], pair)
    after = spliced(text, {(at, at): piece})
    expected = _document(text)
    holder = expected
    for step in table:
        holder = holder.setdefault(step, {})
    holder[name] = version
    if _document(after) != expected:
        return Refusal("no edit could be proven to add this override and nothing else")
    line = Lines(after).of(after.index(pair, at))
    return Edited(path, after, "", version, line)


def _indent(text: str) -> str:
    """What the first key of the document is indented by; "" when all stands on one line."""
    matched = re.match(r"\s*\{[ \t]*\r?\n([ \t]*)", text)
    return matched[1] if matched else ""


def _first(text: str, holder: Place, pair: str, depth: int) -> tuple[int, str]:
    """A pair as the first of an object."""
    unit, inside = _indent(text), text[holder.start + 1 : holder.end - 1]
    if not unit or (inside.strip() and "\n" not in inside):
        return holder.start + 1, f"{pair}, " if inside.strip() else pair
    line = newline(text) + unit * depth + pair
    if inside.strip():
        return holder.start + 1, f"{line},"
    return holder.start + 1, line if "\n" in inside else line + newline(text) + unit * (depth - 1)


def _last(text: str, root: Place, table: str, pair: str) -> tuple[int, str]:
    """A table of one pair at the end of the document."""
    unit, end = _indent(text), newline(text)
    inside = text[root.start + 1 : root.end - 1].rstrip()
    comma = "," if inside else ""
    at = root.start + 1 + len(inside)
    if not unit:
        return at, f'{comma} "{table}": {{{pair}}}'
    return at, f'{comma}{end}{unit}"{table}": {{{end}{unit * 2}{pair}{end}{unit}}}'


FORMAT = Format("npm", ("package.json",), sites, _document, override)
