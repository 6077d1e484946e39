"""What a reader of GitHub would see: Markdown parsed as GitHub parses it, as far as a test needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

GITHUB_LINKS = re.compile(r"^[a-z][a-z0-9+.-]*://|^www\.|^[^/]*@|^mailto:|^xmpp:", re.IGNORECASE)
INERT_HTML = {"<!-- -->", "<span>", "</span>", "<code>", "</code>"}


def github() -> MarkdownIt:
    """GFM with raw HTML and bare links."""
    return MarkdownIt("gfm-like", {"html": True})


@dataclass
class Seen:
    """The text a paragraph shows, and every token in it that does more than show text."""

    text: str = ""
    live: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)  # the text nodes, where GitHub looks for mentions and references


def inline(tokens: list[Token]) -> Seen:
    """Read inline tokens; what GitHub would not link is text, whatever the parser made of it."""
    seen = Seen()
    ignored = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        if token.type in {"text", "code_inline"}:
            seen.text += token.content
        elif token.type == "html_inline" and token.content in INERT_HTML:
            pass
        elif token.type == "link_open" and following and _never_linked(token, following.content):
            ignored += 1
        elif token.type == "link_close" and ignored:
            ignored -= 1
        else:
            seen.live.append(f"{token.type} {token.content}")
        if token.type == "text":
            seen.nodes.append(token.content)
    return seen


def _never_linked(token: Token, shown: str) -> bool:
    """GitHub links bare text only after a scheme or `www.`, and addresses with an `@` (GFM, section 6.9)."""
    return token.markup == "linkify" and not GITHUB_LINKS.search(shown)


def paragraph(source: str) -> Seen:
    """Read a document that must be one paragraph and nothing else."""
    tokens = github().parse(source)
    kinds = [token.type for token in tokens]
    assert kinds == ["paragraph_open", "inline", "paragraph_close"], kinds
    return inline(tokens[1].children or [])


class RawHtml(HTMLParser):
    """The text and the elements of raw HTML, where Markdown is not parsed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag}{attrs or ''}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name))

    def handle_entityref(self, name: str) -> None:
        self.text += {"amp": "&", "lt": "<", "gt": ">"}[name]


def raw(source: str) -> RawHtml:
    """Read `source` as a browser reads raw HTML."""
    parser = RawHtml()
    parser.feed(source)
    parser.close()
    return parser
