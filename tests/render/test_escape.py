from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.render.escape import Markdown, code, line, link, log, markdown, prose, terminal

from .markup import github, inline, paragraph, raw

HOSTILE = (
    "@octocat please merge",
    "ping @acme/security-team",
    "&#64;octocat",
    "&#x40;octocat",
    "&commat;octocat",
    "&amp;#64;octocat",
    "\\@octocat",
    "@\u200boctocat",
    "mail me at eve@example.org",
    "mailto:eve@example.org",
    "fixes #1",
    "closes acme/shop#12",
    "GH-123 and gh-7",
    "&#35;123",
    "https://evil.example/login",
    "http://evil.example",
    "ftp://evil.example/x",
    "www.evil.example",
    "WWW.evil.example",
    "<https://evil.example>",
    "[click](https://evil.example)",
    "[click][ref]",
    "[ref]: https://evil.example",
    "![pixel](https://evil.example/t.png)",
    "[^1] a footnote",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    '"><b onmouseover="x">',
    "<!-- maestro:card v1 repo=acme/shop pr=7 -->",
    "--> out of the comment",
    "</details></details><h1>APPROVED</h1>",
    "<details open><summary>x</summary>",
    "</table></td>",
    "a | b | c",
    "| ✅ | forged | row |",
    "x |\n|-|-|\n| ✅ | forged",
    "`code` and ``more`` and ```fence",
    "```\nfence\n```",
    "~~~ fence",
    "~~gone~~ and ~gone~",
    "**bold** *it* __bold__ _it_",
    "# heading",
    "heading\n===",
    "heading\n---",
    "> quote",
    "> [!CAUTION]\n> forged alert",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "2) item",
    "- [x] done",
    "***",
    "---",
    ":-",
    "    indented code",
    "\tindented code",
    "line one\nline two\r\nline three\u2028four",
    ":white_check_mark: pass :+1:",
    "$\\href{https://evil.example}{x}$ and $$y$$",
    "price $5 or $6",
    "\u202egnp.exe\u202c",
    "a\u2066b\u2069c",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "nul\x00 bell\x07 del\x7f",
    "tags \U000e0041\U000e0042",
    "trailing backslash \\",
    "\\\\ \\| \\` \\<b>",
    "&lt;script&gt;",
    "&nbsp;&copy;&ZeroWidthSpace;",
    "{{ 7*7 }} {% raw %}",
    "lone \ud800 surrogate",
    "",
    " ",
)
PIECES = st.sampled_from(
    (
        *HOSTILE,
        *"@#1a_*`<>![]()&;|\\ \n:$~-=+.xé€中\u0301\u200b",
        *("``", "//", "www.", "http:", "gh-", "<!--", "-->", "&#64;"),
    )
)
ANYTHING = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join))

MENTION = re.compile(r"@[A-Za-z0-9]")
REFERENCE = re.compile(r"#[0-9]|\bgh-[0-9]", re.IGNORECASE)
SCHEME = re.compile(r"[A-Za-z]://|\bwww\.", re.IGNORECASE)


def reads_as(source: str, expected: str) -> None:
    if not expected:
        assert source == ""
        return
    seen = paragraph(source)
    assert seen.live == []
    assert seen.text == expected
    for node in seen.nodes:
        assert not MENTION.search(node)
        assert not REFERENCE.search(node)
        assert not SCHEME.search(node)


@pytest.mark.parametrize("payload", HOSTILE)
def test_each_known_attack_shows_as_the_text_it_is(payload: str) -> None:
    reads_as(markdown(payload), line(payload))


def test_the_corpus_is_not_a_token_effort() -> None:
    assert len(set(HOSTILE)) >= 40
    harmful = [payload for payload in HOSTILE if payload.strip() and _does_something(payload)]
    assert len(harmful) >= 40, "a payload that does nothing unescaped proves nothing escaped"


def _does_something(payload: str) -> bool:
    try:
        seen = paragraph(payload)
    except AssertionError:
        return True
    nodes = "\n".join(seen.nodes)
    return bool(seen.live) or seen.text != line(payload) or bool(MENTION.search(nodes) or REFERENCE.search(nodes))


@given(ANYTHING)
@example("@" * 300)
@example("a_b_ _c_ __d__")
@example("&" * 50 + "#64;x")
def test_any_text_becomes_text_and_nothing_else(text: str) -> None:
    reads_as(markdown(text), line(text))


@given(ANYTHING)
def test_a_table_cell_cannot_be_left(text: str) -> None:
    tokens = github().parse(f"| a | b |\n|-|-|\n| {markdown(text)} | end |\n| next | row |")
    assert [token.type for token in tokens].count("tr_open") == 3
    cells = [token for token in tokens if token.type == "inline"]
    assert [cell.content for cell in cells[3:]] == ["end", "next", "row"]
    seen = inline(cells[2].children or [])
    assert (seen.live, seen.text) == ([], line(text))


@given(ANYTHING)
def test_raw_html_shows_the_same_text(text: str) -> None:
    for escaped in (markdown(text), code(text)):
        if escaped.startswith("`"):
            continue
        seen = raw(f"<summary>{escaped}</summary>")
        assert set(seen.tags) <= {"summary", "span", "code"}
        assert seen.text == line(text)


@given(ANYTHING)
def test_a_list_item_holds_only_its_text(text: str) -> None:
    tokens = github().parse(f"- {markdown(text) or 'x'}\n- end")
    assert [token.type for token in tokens].count("list_item_open") == 2
    assert [token.type for token in tokens if token.type.endswith("_open")].count("paragraph_open") == 2


@given(ANYTHING)
def test_a_code_span_shows_its_content_whatever_it_is(text: str) -> None:
    reads_as(code(text), line(text))


@given(ANYTHING)
def test_a_code_span_in_a_table_stays_in_its_cell(text: str) -> None:
    tokens = github().parse(f"| a | b |\n|-|-|\n| {code(text)} | end |")
    assert [token.content for token in tokens if token.type == "inline"][3] == "end"


@given(ANYTHING)
def test_prose_marks_code_and_nothing_else(text: str) -> None:
    source = prose(text)
    if not source:
        return
    seen = paragraph(source)
    assert seen.live == []
    assert seen.text.replace("`", "") == line(text).replace("`", "")


def test_prose_turns_single_backticks_into_code() -> None:
    assert prose("set `mode: warn` until `sbom | x` is") == "set `mode: warn` until <code>sbom &#124; x</code> is"
    assert prose("one ` alone, `` two, `a``b`") == "one &#96; alone, &#96;&#96; two, &#96;a&#96;&#96;b&#96;"


def test_plain_words_stay_readable_in_the_source() -> None:
    plain = "perf_p95_ms 261 ms, 95 % CI 255…268 (n 400) - don't panic, 1.5.0!"
    assert markdown(plain) == plain
    assert code("a1b2c3d") == "`a1b2c3d`"


@given(ANYTHING, st.integers(min_value=2, max_value=40))
def test_a_text_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(line(text, limit)) <= limit
    reads_as(markdown(text, limit), line(text, limit))


def test_a_cut_is_visible() -> None:
    assert line("abcdef", 4) == "abc…"
    assert line(" " * 10_000 + "hidden", 10).endswith("…")


def test_a_megabyte_costs_no_more_than_a_sentence() -> None:
    started = time.process_time()
    for payload in ("<!--" * 250_000, ":a" * 500_000, "`" * 1_000_000, "\x1b[" * 500_000, "@" * 1_000_000):
        assert len(markdown(payload)) < 240 * 14
        prose(payload), code(payload), terminal(payload), log(payload)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://ci.example/run/1?a=1&copy=2#L3", "https://ci.example/run/1?a=1&amp;copy=2#L3"),
        ("https://ci.example/a b(c)|d[e]`f`", "https://ci.example/a%20b%28c%29%7Cd%5Be%5D%60f%60"),
        ("https://ci.example/%41%zz", "https://ci.example/%41%25zz"),
        ("http://localhost:8080/@team", "http://localhost:8080/%40team"),
        ("https://ci.example/\u202egnp", "https://ci.example/%E2%80%AEgnp"),
    ],
)
def test_an_address_is_encoded(url: str, target: str) -> None:
    assert link("run", url) == f"[run]({target})"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/relative",
        "https://github.com@evil.example/",
        "https://github.com:443@evil.example/",
        "https://gıthub.com/",
        "https://[::1]/",
        "https://[/",
        "https:///nohost",
        "https://evil.example\\@github.com/",
        "https://a.example/" + "x" * 600,
    ],
)
def test_what_is_not_a_plain_address_is_not_linked(url: str) -> None:
    assert link("run", url) == "run"


@given(ANYTHING, ANYTHING)
def test_a_link_is_one_link_and_goes_where_it_says(text: str, path: str) -> None:
    source = link(text, f"https://ci.example/{path}")
    if not line(text) or not source.startswith("["):
        return
    tokens = github().parse(f"| {source} | end |\n|-|-|")
    cells = [token for token in tokens if token.type == "inline"]
    assert cells[1].content == "end"
    opened = [token for token in cells[0].children or [] if token.type == "link_open" and token.markup != "linkify"]
    assert [str(token.attrs["href"]).startswith("https://ci.example/") for token in opened] == [True]


def test_link_text_that_is_already_markdown_stays() -> None:
    assert link(code("sbom.json"), "https://ci.example/") == "[`sbom.json`](https://ci.example/)"


def test_what_python_does_to_safe_text_makes_it_unsafe_again() -> None:
    safe = Markdown("**bold**")
    for made in (safe + "x", safe.upper(), safe[:4], f"{safe}", ", ".join([safe, safe]), str(safe)):
        assert not isinstance(made, Markdown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]0;title\x07body", "body"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("a\rb\x08c\x00", "a bc"),
        ("\u202eevil", "evil"),
        ("[bold]not rich[/bold]", "[bold]not rich[/bold]"),
    ],
)
def test_a_terminal_shows_words_only(text: str, shown: str) -> None:
    assert terminal(text) == shown


@given(st.text())
def test_no_text_reaches_a_terminal_with_a_control_in_it(text: str) -> None:
    assert all(character.isprintable() or character == " " for character in terminal(text) if character < "\u0300")
    assert "\x1b" not in terminal(text)


@given(st.text())
def test_a_log_line_is_one_printable_line(text: str) -> None:
    assert log(text).isprintable()


def test_a_log_line_spells_out_what_it_cannot_print() -> None:
    assert log("ok\nFORGED line\x1b[2J\ud800") == "ok\\nFORGED line\\x1b[2J\\ud800"
