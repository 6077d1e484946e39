"""Comment and check texts as HTML, about as GitHub shows them: tables, alerts, folding sections; nothing dangerous.

Raw HTML is escaped but for a handful of harmless tags without attributes; HTML comments vanish; images become links.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

ALLOWED = re.compile(r"</?(?:details|summary|sub|sup|b|i|kbd|code|span)>|<details open>|<br ?/?>", re.IGNORECASE)
REMARK = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*\n", re.IGNORECASE)  # alone on its line


def to_html(text: str | None) -> str:
    """Markdown to HTML that is safe to show."""
    rendered: str = _MARKDOWN.render(text or "")
    return rendered


def sanitised(raw: str) -> str:
    """Raw HTML with everything but the allowed tags escaped.

    >>> sanitised("<sub>ok</sub><script>")
    '<sub>ok</sub>&lt;script&gt;'
    """
    kept, at, raw = [], 0, REMARK.sub("", raw)
    for match in ALLOWED.finditer(raw):
        kept += [html.escape(raw[at : match.start()]), match[0].lower()]
        at = match.end()
    return "".join([*kept, html.escape(raw[at:])])


def _raw(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return sanitised(tokens[index].content)


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A page of a local double fetches nothing from elsewhere."""
    token = tokens[index]
    return f'<a href="{html.escape(str(token.attrs["src"]))}">{html.escape(token.content or "image")}</a>'


def _style_alerts(state: StateCore) -> None:
    """A quotation that begins with `[!WARNING]` becomes a block of that class; within lists GitHub leaves it alone."""
    for quote, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        match = ALERT.match(inline.content) if quote.type == "blockquote_open" and inline.type == "inline" else None
        if match is not None and quote.level == 0:
            quote.attrSet("class", f"alert {match[1].lower()}")
            inline.content = inline.content[match.end() :]
            inline.children = _after_first_line(inline.children or [])


def _after_first_line(children: list[Token]) -> list[Token]:
    ends = (at for at, token in enumerate(children) if token.type in {"softbreak", "hardbreak"})
    return children[next(ends, -1) + 1 :]


def _quote(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """An alert has its word as a heading."""
    kind = str(tokens[index].attrGet("class") or "").removeprefix("alert ")
    heading = f'<p class="heading">{kind.capitalize()}</p>\n' if kind else ""
    return self.renderToken(tokens, index, options, env) + heading


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])
    markdown.add_render_rule("html_block", _raw)
    markdown.add_render_rule("html_inline", _raw)
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("blockquote_open", _quote)
    markdown.core.ruler.push("alerts", _style_alerts)
    return markdown


_MARKDOWN = _markdown()
