"""Untrusted text, made inert: one function for each medium that shows it.

GitHub parses Markdown with cmark-gfm and then looks for mentions, references, bare links and emoji in the
text nodes of the result. A backslash or an entity is gone by then: `\\@team` and `&#64;team` still notify the
team (github/cmark-gfm#181, github/markup#1168), and an escaper that only looks for the character `@` never
sees `&#64;`. So Markdown's own punctuation becomes an entity, `&` first of all, and what the later filters
look for is split in two by an empty comment, `@<!-- -->team`: the sanitizer drops the comment, the text node
stays split, and a reader who copies the name copies nothing invisible with it, as a zero-width space would
have it. A dollar sign, which may open mathematics, is wrapped in `<span>` as GitHub's own documentation
advises. Commit hashes stay links: they tell the truth and notify nobody.

Entities rather than backslashes, because they mean the same in a table cell, in a paragraph and in raw HTML
(`<summary>`), where Markdown is not parsed at all.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

SENTENCE = 240  # characters shown of an untrusted text where nobody asked for another limit
SUBJECT = 120  # characters of a title
URL_LIMIT = 500  # a longer address is not linked; no evidence of ours needs one

_BREAK = "<!-- -->"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})  # controls, format and bidi characters, lone surrogates

_LIVE = re.compile(
    r"""
      \A(?P<number>[0-9]{1,9})(?P<stop>[.)])(?=\ |\Z)  # an ordered list
    | (?P<entity>\A[-+=:]|[&<>"`*\[\]|~\\])       # a list, an underline; Markdown, HTML
    | (?P<emphasis>(?<![^\W_])_|_(?![^\W_]))      # an underscore that is not inside a word
    | (?P<split>[@\#]                             # mentions; issue references, with or without a repository
        | gh-(?=\d)                               # GH-123
        | :(?=//|[a-z0-9_+-]{1,64}:)              # http:// and :emoji:
        | www(?=\.))
    | (?P<math>\$)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAMING = re.compile(r"[@#]|(?i:gh-)(?=\d)")
_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b.?"
)
MARKED = re.compile(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class _Shown(dict[int, str]):
    """For `str.translate`: what a reader sees of each code point, looked up once."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        hidden = unicodedata.category(character) in _INVISIBLE
        self[point] = " " if character.isspace() else "" if hidden else character
        return self[point]


_SHOWN = _Shown()


class Markdown(str):
    """Markdown that is safe as it stands. Whatever Python does to it gives a plain `str`, which is escaped
    again.
    """

    __slots__ = ()


def line(text: str, limit: int = SENTENCE) -> str:
    """`text` as one visible line of at most `limit` characters: no controls, no bidi tricks, spaces
    collapsed.

    Only the first 4 x `limit` characters are looked at, so a hostile megabyte costs no more than a sentence.
    """
    window = text[: 4 * limit]
    seen = " ".join((window if window.isprintable() else window.translate(_SHOWN)).split())
    if len(seen) <= limit and len(window) == len(text):
        return seen
    return seen[: limit - 1].rstrip() + "…"


def markdown(text: str, limit: int = SENTENCE) -> Markdown:
    """`text` as Markdown that shows exactly `line(text, limit)` and does nothing, anywhere in a document."""
    return _escaped(line(text, limit))


def prose(text: str, limit: int = SENTENCE) -> Markdown:
    """As `markdown`, but a stretch between single backticks becomes a code span: the one mark our own words
    may use.
    """
    pieces = MARKED.split(line(text, limit))  # text, marked, text, marked, ..., text
    return Markdown("".join(_span(piece) if at % 2 else _escaped(piece) for at, piece in enumerate(pieces)))


def code(text: str, limit: int = SENTENCE) -> Markdown:
    """`text` as a code span. Backticks only around what is inert without them, else a `<code>` element of
    entities.
    """
    shown = line(text, limit)
    return _span(shown) if shown else Markdown("")


def quoted(text: str, limit: int = SENTENCE) -> Markdown:
    """`text` as a code span of nothing but itself, for a reader of the source: a model reads no entities. Its marks are
    more backticks than `text` has in a row.
    """
    shown = line(text, limit)
    marks = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    blank = " " if shown.startswith("`") or shown.endswith("`") else ""
    return Markdown(f"{marks}{blank}{shown}{blank}{marks}" if shown else "")


def link(text: str, url: str) -> Markdown:
    """`text` linked to `url`; only the text where `url` is not a plain http(s) address. `Markdown` text stays
    as it is.
    """
    label = text if isinstance(text, Markdown) else prose(text)
    target = destination(url).replace("&", "&amp;")
    return Markdown(f"[{label}]({target})") if target and label else Markdown(label)


def reference(number: int) -> Markdown:
    """A pull request, live on purpose: GitHub links it, and tells there where it was spoken of."""
    return Markdown(f"#{number:d}")


def subject(text: str, limit: int = SUBJECT) -> str:
    """`text` as a title, or a commit's first line: nothing can be escaped there, so it names nobody and no issue."""
    return line(_NAMING.sub("", text), limit)


def terminal(text: str, limit: int = SENTENCE) -> str:
    """`text` as one line that cannot move the cursor, colour the screen or set the window's title."""
    return line(_ANSI.sub("", text[: 16 * limit]), limit)


def log(text: str, limit: int = 1000) -> str:
    """`text` as one line of a log: what cannot be printed is spelled out, so nobody can write a line of their
    own.
    """
    spelled = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:limit])
    return spelled if len(spelled) <= limit and len(text) <= limit else spelled[: limit - 1] + "…"


def _escaped(shown: str) -> Markdown:
    return Markdown(_LIVE.sub(_inert, shown))


def _span(shown: str) -> Markdown:
    escaped = _escaped(shown)
    return Markdown(f"`{shown}`" if shown == escaped else f"<code>{escaped}</code>")


def _inert(match: re.Match[str]) -> str:
    found = match.group()
    if match.lastgroup == "stop":
        return f"{match['number']}{_entity(match['stop'])}"
    if match.lastgroup == "split":
        return found + _BREAK
    return "<span>$</span>" if match.lastgroup == "math" else _entity(found)


def _entity(character: str) -> str:
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, f"&#{ord(character)};")


def destination(url: str) -> str:
    """`url` as it may stand in a link, or "" where it should not be one.

    No user part (`https://github.com@evil.example` reads like another host), no host in other scripts.
    """
    if len(url) > URL_LIMIT:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return ""
    rest = url[len(parts.scheme) + 3 + len(parts.netloc) :]
    encoded = quote(_BROKEN_PERCENT.sub("%25", rest), safe="/?#&=%:;,+-._~!", errors="replace")
    target = f"{parts.scheme}://{parts.netloc}{encoded}"
    return target if len(target.replace("&", "&amp;")) <= URL_LIMIT else ""
