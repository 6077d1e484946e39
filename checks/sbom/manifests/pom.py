"""pom.xml: the version of a dependency, the property that holds it, or dependencyManagement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from checks.sbom.manifests import xmltext
from checks.sbom.manifests.edit import raise_sites
from checks.sbom.manifests.syntaxes import maven
from checks.sbom.manifests.text import Lines, newline
from checks.sbom.manifests.words import Declared, Edited, Format, Refusal, Site
from checks.sbom.manifests.xmltext import Element

_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_NAME = re.compile(r"[A-Za-z0-9._\-]+:[A-Za-z0-9._\-]+")
_SCOPES = {"test": "development", "provided": "runtime", "runtime": "runtime", "compile": "runtime"}
_BELOW = frozenset({"dependencies", "repositories", "pluginRepositories", "build", "reporting", "profiles"})
_PARENT = "its version comes from a parent or an imported list: put it into dependencyManagement"


@dataclass(frozen=True, slots=True)
class _Project:
    text: str
    root: Element
    lines: Lines
    own: Mapping[str, Element]  # the children of the root, the first of each name
    properties: Mapping[str, Sequence[Element]]  # of the project and of its profiles

    def said(self, element: Element | None) -> str:
        return self.text[element.start : element.end].strip() if element else ""


class _Managed(NamedTuple):
    dependency: Element
    manages: bool  # under dependencyManagement


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each dependency that states a version or has none from here, profiles included, in the order of the text."""
    project = _project(text)
    listed = list(_dependencies(project))
    managed = {_name(project, each.dependency) for each in listed if each.manages}
    found = (_site(path, project, each, managed) for each in listed)
    return tuple(site for site in found if site)


def _project(text: str) -> _Project:
    xmltext.parse(text)
    root = xmltext.root(text)
    properties: dict[str, list[Element]] = {}
    for holder in _holders(root):
        for table in holder.all("properties"):
            for each in table.children:
                properties.setdefault(each.name, []).append(each)
    own = {child.name: child for child in reversed(root.children)}
    return _Project(text, root, Lines(text), own, properties)


def _holders(root: Element) -> list[Element]:
    """The project and its profiles, each of which can declare."""
    profiles = root.one("profiles")
    return [root, *(profiles.all("profile") if profiles else ())]


def _dependencies(project: _Project) -> Iterator[_Managed]:
    for holder in _holders(project.root):
        for way in (("dependencyManagement", "dependencies"), ("dependencies",)):
            table = holder.one(*way)
            for dependency in table.all("dependency") if table else ():
                yield _Managed(dependency, len(way) > 1)


def _name(project: _Project, dependency: Element) -> str:
    group, artifact = (project.said(dependency.one(part)) for part in ("groupId", "artifactId"))
    return f"{_filled(project, group)}:{_filled(project, artifact)}"


def _filled(project: _Project, value: str) -> str:
    """The value with the project's own coordinates and properties for `${...}`, as far as this file tells them."""
    return _PROPERTY.sub(lambda found: project.said(_property(project, found[1])) or found[0], value)


def _property(project: _Project, name: str) -> Element | None:
    """The element that holds a property, when this file has exactly one and no profile has its own."""
    if name.startswith("project."):
        own, parent = name.removeprefix("project."), project.own.get("parent")
        return project.own.get(own) or (parent.one(own) if parent else None)
    found = project.properties.get(name, ())
    return found[0] if len(found) == 1 else None


def _site(path: str, project: _Project, each: _Managed, managed: set[str]) -> Site | None:
    name, version = _name(project, each.dependency), each.dependency.one("version")
    if not _NAME.fullmatch(name) or (version is None and name in managed):
        return None
    optional = project.said(each.dependency.one("optional")) == "true"
    scope = "optional" if optional else _SCOPES.get(project.said(each.dependency.one("scope")), "runtime")
    holder, refusal = _version_holder(project, version)
    at = holder or version or each.dependency
    start, end = _trimmed(project.text, at) if holder else (at.start, at.start)
    constraint = project.text[start:end]
    row = project.lines.of((version or each.dependency).opens)
    declared = Declared("maven", name, constraint, row, scope, path)
    return Site(declared, maven, start, end, xmltext.leaf(at), at.start, refusal)


def _trimmed(text: str, element: Element) -> tuple[int, int]:
    held = text[element.start : element.end]
    start = element.start + len(held) - len(held.lstrip())
    return start, start + len(held.strip())


def _version_holder(project: _Project, version: Element | None) -> tuple[Element | None, str]:
    """The element whose text is the version, or why there is none."""
    if version is None:
        return None, _PARENT
    stated = project.said(version)
    if not stated or "<" in stated or "&" in stated:
        return None, "its version holds more than text"
    if "${" not in stated:
        return version, ""
    named = _PROPERTY.fullmatch(stated)
    if named is None or named[1].startswith("project."):
        return None, f"`{stated}` is put together from properties"
    found = _property(project, named[1])
    value = project.said(found)
    if found is None or not value or re.search(r"[<&$]", value):
        return None, f"the property of `{stated}` is not set once and plainly in this file"
    return found, ""


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """An entry of dependencyManagement, which beats parents and imported lists."""
    if not _NAME.fullmatch(name) or not re.fullmatch(r"\d[\w.\-+]*", version, re.ASCII):
        return Refusal(f"`{name}` {version} is no artifact and version")
    project = _project(text)
    own = [site for site in sites(path, text) if site.declared.name == name and site.refusal != _PARENT]
    if own:
        return raise_sites(FORMAT, path, text, own, version)
    at, piece = _entry(project, name, version)
    after = text[:at] + piece + text[at:]
    return _proven(path, text, after, name, version)


def _proven(path: str, text: str, after: str, name: str, version: str) -> Edited | Refusal:
    was = [site.declared for site in sites(path, text) if site.declared.name != name]
    new = [site.declared for site in sites(path, after)]
    added = [declared for declared in new if declared.name == name]
    rest = [(declared.name, declared.constraint, declared.scope) for declared in new if declared.name != name]
    if rest != [(each.name, each.constraint, each.scope) for each in was] or [a.constraint for a in added] != [version]:
        return Refusal("no edit could be proven to add this entry and nothing else")
    return Edited(path, after, "", version, added[0].line)


def _entry(project: _Project, name: str, version: str) -> tuple[int, str]:
    """Where the entry goes, and the entry with as many of its holders as are not there."""
    group, artifact = name.split(":")
    tree: tuple[str, ...] = ("dependencyManagement", "dependencies", "dependency")
    holder = project.root
    while (inner := holder.one(tree[0])) and inner.end < inner.closes and len(tree) > 1:
        holder, tree = inner, tree[1:]
    unit, end, prefix = _unit(project), newline(project.text), _prefix(project)
    depth = 4 - len(tree)
    lines = [f"{unit * (depth + i)}<{prefix}{tag}>" for i, tag in enumerate(tree)]
    inner_depth = depth + len(tree)
    parts = (("groupId", group), ("artifactId", artifact), ("version", version))
    lines += [f"{unit * inner_depth}<{prefix}{tag}>{value}</{prefix}{tag}>" for tag, value in parts]
    lines += [f"{unit * (depth + i)}</{prefix}{tag}>" for i, tag in reversed(list(enumerate(tree)))]
    return _after(project, holder), end + end.join(lines)


def _after(project: _Project, holder: Element) -> int:
    """The offset in a holder to add a line of its own: after its last child, so that the end tag keeps its line."""
    last = [child.closes for child in holder.children]
    if holder is project.root:  # where people look for it: above what it manages
        last = [child.closes for child in holder.children if child.name not in _BELOW]
    return last[-1] if last else holder.start


def _prefix(project: _Project) -> str:
    """The prefix that the elements of this file carry, with its colon."""
    tag = project.text[project.root.opens + 1 : project.root.start]
    return tag[: tag.index(f":{project.root.name}") + 1] if f":{project.root.name}" in tag else ""


def _unit(project: _Project) -> str:
    """What one level of this file is indented by."""
    for child in project.root.children:
        line = project.text[project.text.rfind("\n", 0, child.opens) + 1 : child.opens]
        if line and not line.strip():
            return line
    return "  "


FORMAT = Format("maven", ("pom.xml",), sites, xmltext.parse, override)
