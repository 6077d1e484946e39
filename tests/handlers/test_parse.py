"""From a comment's body to a command: what counts, and what only looks as if it did."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.commands.parse import Command, bare, parse, spoken_to

_HELP = Command("help")

COMMANDS: dict[str, Command] = {
    "/maestro": _HELP,
    "/maestro help": _HELP,
    "/maestro help ": _HELP,
    "/maestro\thelp": _HELP,
    "/maestro  \t help": _HELP,
    "/MAESTRO HELP": _HELP,
    "/Maestro Help": _HELP,
    "/maestro help\n": _HELP,
    "/maestro help\r\n": _HELP,
    "/maestro help\r": _HELP,
    "\n/maestro help": _HELP,
    "\r\n\r\n/maestro help": _HELP,
    "  \n\t\n/maestro help": _HELP,
    "/maestro help\nThanks!": _HELP,
    "/maestro help\r\n\r\n> quoted\r\n": _HELP,
    "/maestro help\r> quoted": _HELP,
    "/maestro help\n/maestro ship": _HELP,
    "<!-- a template's note -->\n/maestro help": _HELP,
    "<!-- one --><!-- two -->\r\n/maestro help": _HELP,
    "<!-- /maestro ship -->\n/maestro help": _HELP,
    "/maestro help <!-- never mind -->": _HELP,
    "/maestro help <!-- never\nmind": _HELP,
    "<!-- a -->/maestro help": _HELP,
    "<!-- /maestro ship\n-->/maestro help": _HELP,
    "<!-- > -->\n/maestro help": _HELP,
    "/maestro help\n```\n/maestro ship\n```": _HELP,
    "/maestro help\n<!-- /maestro ship": _HELP,
    "/maestro help\n" + "x" * 65_000: _HELP,
    "\n" * 60_000 + "/maestro help": _HELP,
    "/maestro help" + " " * 65_000: _HELP,
    "/maestro help\u00a0": _HELP,
    "/maestro\u00a0help": _HELP,
    "/maestro: help": _HELP,
    "/maestro, help": _HELP,
    "/maestro,": _HELP,
    "/maestro help.": _HELP,
    "/maestro `help`, please": Command("help", ("please",)),
    "/maestro <ship>": Command("ship"),
    "/maestro ship!": Command("ship"),
    "/maestro ship " + "x" * 600: Command("ship", ("x" * 600,)),
    "/maestro help " + "x" * 65_522: Command("help", ("x" * 65_522,)),
    "/maestro ship": Command("ship"),
    "/maestro override risk 1a2b3c4 it was <b>tried</b> by hand": Command(
        "override", ("risk", "1a2b3c4", "it", "was", "<b>tried</b>", "by", "hand")
    ),
    "/maestro override contract 1a2b3c4 @octo/all /maestro ship": Command(
        "override", ("contract", "1a2b3c4", "@octo/all", "/maestro", "ship")
    ),
    "/maestro ship [1](https://evil.example)": Command("ship", ("[1](https://evil.example)",)),
    "/maestro re-run": Command("re-run"),
    "/maestro help ship": Command("help", ("ship",)),
    "/maestro rollback 1a2b3c4 --now": Command("rollback", ("1a2b3c4", "--now")),
    "/maestro say `rm -rf /` && $(boom)": Command("say", ("`rm", "-rf", "/`", "&&", "$(boom)")),
    "/maestro ship a\u2028b": Command("ship", ("a", "b")),
    "/maestro ship \u202egnp.exe": Command("ship", ("\u202egnp.exe",)),
    "/maestro ship " + "x" * 499: Command("ship", ("x" * 499,)),
}

MALFORMED = (
    "/maestro 7",
    "/maestro -h",
    "/maestro --help",
    "/maestro ../../etc",
    "/maestro \u200bship",
    "/maestro \u017fhip",
    "/maestro \u0455hip",
    "/maestro " + "a" * 33,
    "/maestro ship\x00",
    "/maestro &#115;hip",
    "/maestro [ship](https://evil.example)",
    "/maestro **ship**",
    "/maestro /maestro ship",
    "/maestro @octo ship",
)
"""Meant for us, though no command: they get an answer that says so."""

OTHER_TALK = (
    "",
    " ",
    "\n\n",
    "Thanks!",
    "maestro help",
    "see /maestro help",
    "please\n/maestro help",
    " /maestro help",
    "\t/maestro help",
    "    /maestro help",
    "\n    /maestro help",
    "> /maestro help",
    ">/maestro help",
    "- /maestro help",
    "1. /maestro help",
    "# /maestro help",
    "**/maestro help**",
    "`/maestro help`",
    "```\n/maestro help\n```",
    "```sh\r\n/maestro help\r\n```",
    "~~~\n/maestro help\n~~~",
    "````\n```\n/maestro help\n```\n````",
    "```\n/maestro help",
    "<!--\n/maestro help\n-->",
    "<!-- /maestro help -->",
    "<!-- /maestro help",
    "<!-- a -- > \n/maestro help",
    "<!--> \n/maestro help",
    "<!-- x --> Thanks!\n/maestro help",
    "<details>\n/maestro help\n</details>",
    "<pre>\n/maestro help\n</pre>",
    "| /maestro help |",
    "[//]: # (\n/maestro help)",
    "@octo /maestro help",
    "\u200b/maestro help",
    "\ufeff/maestro help",
    "\u2060/maestro help",
    "/\u200bmaestro help",
    "/maestro\u200b help",
    "/mae\u017ftro help",
    "/m\u0430estro help",
    "\\/maestro help",
    "//maestro help",
    "/maestrohelp",
    "/maestro-help",
    "/maestro/help",
    "/maestro,help",
    "/maestro_bot ship",
    "/conductor help",
    "&#47;maestro help",
    "&sol;maestro help",
    "&#x2f;maestro help",
    "/maestro&nbsp;help",
    "/maestro&#32;help",
    ">> /maestro help",
    "> > /maestro help",
    "> \n> /maestro help",
    "> ```\n> /maestro help\n> ```",
    "* /maestro help",
    "+ /maestro help",
    "1) /maestro help",
    "- [ ] /maestro help",
    "- [x] /maestro help",
    "[/maestro help](https://evil.example)",
    "[x](/maestro help)",
    "![/maestro help](https://evil.example/x.png)",
    "<https://evil.example/maestro help>",
    "https://github.com/maestro help",
    "<a href='x'>/maestro help</a>",
    "<p>/maestro help</p>",
    "<!---->> /maestro help",
    "<!-- a --> /maestro help",
    "<!-- --!> \n/maestro help",
    "<!-- a --\n>\n/maestro help",
    "<![CDATA[\n/maestro help\n]]>",
    "<?\n/maestro help\n?>",
    "$$\n/maestro help\n$$",
    "[^1]: /maestro help",
    "@maestro help",
    "@maestro /maestro help",
    "#1 /maestro help",
    "> [!NOTE]\n> /maestro help",
    "``````\n/maestro help\n``````",
    "~~~~ sh\n/maestro help\n~~~~",
    "\n\n\t/maestro help",
    "\u00a0/maestro help",
    "\u3000/maestro help",
    "\u2028/maestro help",
    "\u202e/maestro help",
    "x" * 65_536,
    "<!--" * 16_384,
    "> " * 32_768,
    "\x0b/maestro help",
    "\x0c/maestro help",
)


@pytest.mark.parametrize(("body", "command"), COMMANDS.items())
def test_a_comment_that_begins_with_a_command_is_one(body: str, command: Command) -> None:
    assert spoken_to(body)
    assert parse(body) == command


@pytest.mark.parametrize("body", MALFORMED)
def test_a_command_that_cannot_be_read_is_answered_but_not_obeyed(body: str) -> None:
    assert spoken_to(body)
    assert parse(body) is None


@pytest.mark.parametrize("word", ["risk", "`risk`", "<risk>", "risk:", "`risk`,", "risk.", "`<risk>`!"])
def test_a_name_is_read_without_the_marks_around_it(word: str) -> None:
    assert bare(word) == "risk"


@pytest.mark.parametrize("body", OTHER_TALK)
def test_what_is_quoted_fenced_hidden_or_disguised_is_no_command(body: str) -> None:
    assert not spoken_to(body)
    assert parse(body) is None


def test_the_corpus_holds_more_bodies_than_anybody_claims() -> None:
    assert len(COMMANDS) + len(MALFORMED) + len(OTHER_TALK) >= 60
    assert len(set(MALFORMED) | set(OTHER_TALK)) == len(MALFORMED) + len(OTHER_TALK) >= 25


@given(st.text())
def test_any_text_is_a_command_or_not_and_every_command_was_meant_for_us(body: str) -> None:
    assert spoken_to(body) or parse(body) is None


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.sampled_from(["> ", "`", "<!-- ", "x "]))
def test_behind_a_mark_nothing_is_a_command(rest: str, mark: str) -> None:
    line = rest.splitlines()[0] if rest.splitlines() else ""
    assert parse(f"{mark}/maestro {line.replace('-->', '')}") is None


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<!---->", "<!-- -->", "-->", "\n", "\r\n", " ", " \n", "\t", "/maestro ", "`", ">", "\u200b", "a", "<!-"],
)
@pytest.mark.parametrize("begin", ["", "/maestro ", "/maestro help ", "<!-- ", "/maestro help\n"])
def test_sixty_thousand_characters_take_no_more_than_linear_time(begin: str, piece: str) -> None:
    body = begin + piece * (60_000 // len(piece))
    started = process_time()
    parse(body)
    assert process_time() - started < 1, "a hundredth is usual; what is not linear takes minutes"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_reason_goes_on_below_and_ends_at_a_blank_line_or_another_command(end: str) -> None:
    said = end.join(["/maestro override risk 1a2b3c4", "because of this", "and that", "", "Thanks!"])
    assert parse(said) == Command("override", ("risk", "1a2b3c4", "because", "of", "this", "and", "that"))
    assert parse(end.join(["/maestro disagree p95", "why", "/maestro plan"])) == Command("disagree", ("p95", "why"))
    for other in ("retry", "rollback 1a2b3c4", "override withdraw risk 1a2b3c4"):
        assert parse(f"/maestro {other}{end}because of this") == parse(f"/maestro {other}")
