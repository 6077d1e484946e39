"""The edit that every format shares: splice, read again, and refuse unless exactly what was wanted has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import getitem
from typing import Any

from checks.sbom.manifests.text import Lines, spliced
from checks.sbom.manifests.words import PEER, Declared, Edited, Format, Refusal, Site

_MOST_TIMES = 100


def raise_sites(form: Format, path: str, text: str, sites: Sequence[Site], version: str) -> Edited | Refusal:
    """The text with all these declarations of one package raised; those that stand higher already stay."""
    wanted = [site for site in sites if site.declared.scope != PEER]
    if len(wanted) > _MOST_TIMES:
        return Refusal(f"it is declared more than {_MOST_TIMES} times")
    if not wanted:
        return Refusal("it is only a peer: whoever installs this package chooses the version")
    news = [(site, Refusal(site.refusal) if site.refusal else _raised(text, site, version)) for site in wanted]
    for _, new in news:
        if isinstance(new, Refusal):
            return new
    moved = [(site, new) for site, new in news if isinstance(new, str)]
    if not moved:
        return Refusal(f"`{wanted[0].declared.constraint}` starts at {version} or above already")
    if len({site.condition for site, _ in moved}) > 1:
        return Refusal("it is declared under several markers; which of them to raise is a person's decision")
    return _checked(form, path, text, moved)


def _raised(text: str, site: Site, version: str) -> str | Refusal | None:
    old = text[site.start : site.end]
    new = site.rule(old, version)
    return site.prefix + new if isinstance(new, str) and not old else new


def _checked(form: Format, path: str, text: str, moved: Sequence[tuple[Site, str]]) -> Edited | Refusal:
    places = {(site.start, site.end): new for site, new in moved}
    after = spliced(text, places)
    try:
        proven = _same_but(form, text, after, moved) and _declares(form, path, text, after, places)
    except (ValueError, LookupError, TypeError, RecursionError):
        proven = False
    if not proven:
        return Refusal("no edit could be proven to change this constraint and nothing else")
    site, new = moved[0]
    return Edited(path, after, site.declared.constraint, _said(site, new), Lines(text).of(site.start))


def _said(site: Site, new: str) -> str:
    return site.said(new.removeprefix(site.prefix))


def _same_but(form: Format, before: str, after: str, moved: Sequence[tuple[Site, str]]) -> bool:
    """Whether an independent reading finds the leaves changed that were meant, and no other."""
    document = form.parse(before)
    leaves: dict[tuple[tuple[Any, ...], int], dict[tuple[int, int], str]] = {}
    for site, new in moved:
        parts = leaves.setdefault((site.key, site.leaf_at), {})
        parts[site.start - site.leaf_at, site.end - site.leaf_at] = new
    for ((*way, last), at), parts in leaves.items():
        holder = reduce(getitem, way, document)
        leaf = holder[last]
        if leaf != before[at : at + len(leaf)]:
            return False  # written with escapes: it reads otherwise than it stands
        holder[last] = spliced(leaf, parts)
    return bool(document == form.parse(after))


def _declares(form: Format, path: str, before: str, after: str, places: dict[tuple[int, int], str]) -> bool:
    was, now = form.sites(path, before), form.sites(path, after)
    return [_expected(site, places) for site in was] == [site.declared for site in now]


def _expected(site: Site, places: dict[tuple[int, int], str]) -> Declared:
    new = places.get((site.start, site.end))
    return site.declared if new is None else replace(site.declared, constraint=_said(site, new))
