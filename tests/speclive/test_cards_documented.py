"""The page of the cards says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from speclive import allowed, feature, reading, refusing
from speclive.calls import CALLS
from speclive.cards import Mode, parse
from speclive.tags import FLAGS
from tests.speclive.features import PAY

PAGE = Path(__file__).parents[2].joinpath("docs", "spec-cards.md").read_text("utf-8")


def test_the_card_of_the_page_is_read_as_those_of_the_tests_are() -> None:
    (example,) = re.findall(r"^```gherkin\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (card,), (expected,) = parse(example, "a"), parse(PAY, "a")
    assert [clause.digest for clause in card.clauses] == [clause.digest for clause in expected.clauses]


def test_the_page_names_every_function_tag_mode_and_limit() -> None:
    functions = PAGE.partition("<!-- functions -->")[2].partition("<!-- /functions -->")[0]
    assert re.findall(r"`(\w+)`", functions) == sorted(CALLS)
    assert [flag for flag in FLAGS if f"`@{flag}`" not in PAGE and f"@{flag} " not in PAGE] == []
    assert [mode for mode in Mode if f"`{mode}`" not in PAGE] == []
    parts = (allowed.MOST_CHARACTERS, allowed.MOST_PARTS, allowed.MOST_DEPTH, allowed.MOST_GROWING)
    assert "more than {:,} characters, {} parts, {} levels, {} additions".format(*parts) in PAGE
    whole = (reading.MOST_CHARACTERS, reading.MOST_LINES, feature.MOST_STEPS, feature.MOST_TAGS, refusing.MOST_STEPS)
    assert "{:,} characters, {:,} lines, {} steps or {} tags of a card, {:,} steps".format(*whole) in PAGE
