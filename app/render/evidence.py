"""Figures and places, each linked to what a reader can check."""

from __future__ import annotations

import re
from urllib.parse import quote

from app.render import words
from app.render.escape import URL_LIMIT, Markdown, code, destination, link, markdown, prose
from checks.model import CheckResult, Finding, Measure, Pull

_PULL = re.compile(r"(https?://[^/\s]+/[^/\s]+/[^/\s]+)/pull/\d+")
_PATH = re.compile(r"[^\s:]*[/.][^\s:]*")  # "perf.json", "sbom/app.json": not "check runs", not "api"
_THREAD = re.compile(r"https://github\.com/[^/]+/[^/]+/(?:issues|pull|discussions|commit)/[^?#]+", re.IGNORECASE)
_OPERATOR = re.compile(r"(?<=&lt;) |(?<=&gt;) |(?<=[≤≥]) ")  # the space between an operator and its limit
_FIGURE = 60  # characters of one figure's name, of its value, of its qualifiers


def figures(result: CheckResult, most: int, pull: Pull) -> Markdown:
    """Up to `most` measures that tell something of a check, the worst first, how many there are beyond, and how near
    the nearest limit is, where the check says so.
    """
    telling = words.telling(result.measures)
    said = [_figure(measure, pull, result) for measure in telling[:most]]
    beyond = len(telling) - len(said)
    margin = result.detail.get("margin") if result.name == words.CONTRACT and said else None
    near = [f"margin {markdown(margin, _FIGURE)}"] if margin else []
    return Markdown(" · ".join([*said, *([f"+{beyond} more"] if beyond and said else []), *near]))


def _name(measure: Measure, result: CheckResult) -> Markdown:
    """An identifier as code, words as words; nothing where the row says it already."""
    shown = "" if measure.name == result.name else words.label(measure, result.name)
    return code(shown, _FIGURE) if "_" in shown else markdown(shown, _FIGURE)


def _figure(measure: Measure, pull: Pull, result: CheckResult) -> Markdown:
    """Name and measured value, linked to its evidence, with limit, interval and n in parentheses."""
    qualified = words.qualifiers(measure)
    said = (
        _name(measure, result),
        cited(words.value(measure, result.name), measure.evidence, pull),
        f"({_OPERATOR.sub('&nbsp;', markdown(qualified, _FIGURE))})" if qualified else "",
    )
    return Markdown(" ".join(filter(None, said)))


def cited(text: str, source: str, pull: Pull) -> Markdown:
    """`text` linked to `source`: an address, or a path at the head. Only the text where neither can be
    linked.
    """
    label = text if isinstance(text, Markdown) else prose(text, _FIGURE)
    return link(label, target(source, pull))


def target(source: str, pull: Pull) -> str:
    """Where `source` can be read, an address or a path at the head; "" where neither can be linked."""
    if len(source) > URL_LIMIT:
        return ""
    if source.startswith(("http://", "https://")):
        return destination(_quiet(source, pull))
    path, _, anchor = source.partition("#")
    return blob(path, pull, anchor) if _PATH.fullmatch(path) else ""


def place(finding: Finding, pull: Pull) -> Markdown:
    """Where a finding is: its file and line, linked at the head."""
    if not finding.path:
        return Markdown("")
    shown = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return link(markdown(shown, 120), blob(finding.path, pull, f"L{finding.line}" if finding.line else ""))


def blob(path: str, pull: Pull, anchor: str = "") -> str:
    """The page of a file at the head, or "" where the pull request has no address of its own."""
    root = _PULL.match(pull.url)
    if root is None or len(path) > URL_LIMIT or not in_repository(path):
        return ""
    return f"{root[1]}/blob/{quote(pull.head_sha)}/{quote(path.lstrip('/'), errors='replace')}" + (
        f"#{quote(anchor)}" if anchor else ""
    )


def in_repository(path: str) -> bool:
    """May there be such a file in a repository? `..` and `//` would lead a browser out of it."""
    return {"", ".", ".."}.isdisjoint(path.removeprefix("/").split("/"))


def _quiet(url: str, pull: Pull) -> str:
    """A link to somebody else's thread would leave a "mentioned this" there; GitHub's own redirect host does
    not.

    Dependabot and Renovate link that way (renovatebot/renovate#3082, dependabot/dependabot-core#2134).
    """
    home = _PULL.match(pull.url)
    if home and url.startswith(home[1] + "/"):
        return url
    return url.replace("https://github.com/", "https://redirect.github.com/", 1) if _THREAD.match(url) else url
