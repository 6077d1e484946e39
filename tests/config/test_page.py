"""The committed page tells the options that the models have, and its examples are read."""

import re
from pathlib import Path

import jsonschema_rs
import pytest

from app.config import Config, parse, reference, schema
from app.config.reference import BEGIN, END, options, renew
from app.config.tree import Block, plain, read
from checks.registry import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_page_holds_the_table_made_from_the_models() -> None:
    assert f"{BEGIN}\n\n{reference(schema(CHECKS))}\n\n{END}" in PAGE
    assert renew(PAGE, schema(CHECKS)) == PAGE


def test_an_old_table_is_renewed_and_the_words_around_it_stay() -> None:
    assert (
        renew(f"before {BEGIN} old {END} after", schema(CHECKS))
        == f"before {BEGIN}\n\n{reference(schema(CHECKS))}\n\n{END} after"
    )


def test_every_option_has_a_row_of_four_cells() -> None:
    rows = reference(schema(CHECKS)).splitlines()[2:]
    assert len(rows) == len(options(CHECKS))
    assert all(len(re.split(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_there_are_examples_to_read() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_page_is_a_configuration(example: str) -> None:
    assert isinstance(parse(example, checks=CHECKS), Config), str(parse(example, checks=CHECKS))
    tree = read(example, "docs/configuration.md")
    assert isinstance(tree, Block)
    assert jsonschema_rs.Draft202012Validator(schema(CHECKS)).is_valid(plain(tree))


def test_no_check_keeps_a_key_whose_order_would_change_the_digest() -> None:
    assert '"uniqueItems"' not in str(schema(CHECKS)).replace("'", '"')
