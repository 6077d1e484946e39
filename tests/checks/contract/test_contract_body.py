"""Which fenced blocks of a pull request body are contracts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.contract import contracts_in
from checks.model import ContractText, Origin

JSON = '{"id": "x"}'


def texts(body: str) -> list[str]:
    return [contract.text for contract in contracts_in(body)]


def test_a_marked_fence_is_a_contract_and_names_its_number() -> None:
    body = f"Faster.\n\n```maestro-contract\n{JSON}\n```\n\nmore\n~~~json contract\n{{}}\n~~~\n"
    assert contracts_in(body) == (
        ContractText(Origin.BODY, "pull request body, contract 1", JSON),
        ContractText(Origin.BODY, "pull request body, contract 2", "{}"),
    )


@pytest.mark.parametrize("info", ["maestro-contract", " Maestro-Contract ", "json contract", "JSON   Contract\t"])
def test_the_mark_is_read_without_regard_to_case_and_spaces(info: str) -> None:
    assert texts(f"```{info}\n{JSON}\n```") == [JSON]


@pytest.mark.parametrize("info", ["", "json", "contract", "maestro-contract x", "maestro-contracts", "contract json"])
def test_any_other_fence_is_not_a_contract(info: str) -> None:
    assert texts(f"```{info}\n{JSON}\n```") == []


@pytest.mark.parametrize(
    "body",
    [
        f"> ```maestro-contract\n> {JSON}\n> ```",
        f"<!--\n```maestro-contract\n{JSON}\n```\n-->",
        f"text <!-- off\n\n```maestro-contract\n{JSON}\n```\n-->",
        f"<!-- never closed\n```maestro-contract\n{JSON}\n```",
        f"<!-- a --> <!--\n```maestro-contract\n{JSON}\n```",
        f"<!--\n--> <!--\n```maestro-contract\n{JSON}\n```",
        f"    ```maestro-contract\n    {JSON}\n    ```",
        f"``maestro-contract\n{JSON}\n``",
        f"```maestro-contract `x`\n{JSON}\n```",
        f"````\n```maestro-contract\n{JSON}\n```\n````",
        f"~~~\n```maestro-contract\n{JSON}\n```\n~~~",
    ],
)
def test_quoted_hidden_or_nested_fences_do_not_count(body: str) -> None:
    assert texts(body) == []


@pytest.mark.parametrize(
    "before",
    [
        "<!-- a template's hint -->",
        "<!-- two\nlines -->",
        "`<!--` opens a comment",
        "`-->` and `<!--`",
        "```\n<!-- code, not a comment\n```",
        "a\n--> stray",
        "<!-->",
    ],
)
def test_what_is_not_inside_a_comment_counts(before: str) -> None:
    assert texts(f"{before}\n```maestro-contract\n{JSON}\n```") == [JSON]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"```maestro-contract\r\n{JSON}\r\n```\r\n", JSON),
        (f"```maestro-contract\r{JSON}\r```", JSON),
        (f"   ```maestro-contract\n{JSON}\n   ```  ", JSON),
        (f"```maestro-contract\n{JSON}\n`````", JSON),
        (f"````maestro-contract\n{JSON}\n```\n````", JSON + "\n```"),
        (f"~~~maestro-contract\n{JSON}\n```\n~~~", JSON + "\n```"),
        (f"```maestro-contract\n{JSON}\n``` x\n```", JSON + "\n``` x"),
        (f"```maestro-contract\n{JSON}", JSON),
        ("```maestro-contract\n\u2028\x0b\n```", "\u2028\x0b"),
        ("```maestro-contract\n```", ""),
    ],
)
def test_a_fence_ends_where_markdown_ends_it(body: str, text: str) -> None:
    assert texts(body) == [text]


def test_nothing_past_the_length_that_github_stores_is_read() -> None:
    fence = f"\n```maestro-contract\n{JSON}\n```"
    assert texts("x" * (65_536 - len(fence)) + fence) == [JSON]
    assert texts("x" * 65_536 + fence) == []


HOSTILE = [
    "```maestro-contract\n",
    ">",
    "- ",
    "<!--\n",
    "<!-- ",
    "--><!--",
    "\t",
    "`",
    "`a",
    "``` `",
    "~~~\n```\n",
    "\n",
    "~~~~~~~~ x\n",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_body_takes_linear_time(piece: str) -> None:
    """64 kB; measured at most 20 ms on one core, so that a second leaves room for any machine but no square."""
    started = time.process_time()
    contracts_in(piece * (65_536 // len(piece)))
    assert time.process_time() - started < 1


@given(st.text(alphabet="`~<!->json maestro-contract\n\r {}", max_size=200))
def test_no_body_breaks_it(body: str) -> None:
    assert all(text in body.replace("\r\n", "\n").replace("\r", "\n") for text in texts(body))
