"""What is refused of a feature file: the line, and a reason that tells the remedy."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speclive.cards import CardError, Refusal, parse
from tests.speclive.features import PAY, feature, then

HOLDS = then("result > 0")  # four lines


def refused(text: str) -> list[tuple[int, str]]:
    """The lines and reasons of what is refused of a text."""
    with pytest.raises(CardError) as error:
        parse(text, "specs/shop.feature")
    assert {refusal.path for refusal in error.value.refusals} == {"specs/shop.feature"}
    assert str(error.value).splitlines() == [str(refusal) for refusal in error.value.refusals]
    return [(refusal.line, refusal.reason) for refusal in error.value.refusals]


@pytest.mark.parametrize(
    ("steps", "line", "reason"),
    [
        ("Given a customer\n" + HOLDS, 6, "nothing that can be decided: give it a doc string that begins with"),
        ("Then all is well\n", 6, "or tag the scenario @manual if a person checks it"),
        ('Given the endpoint "PAY /x"\n' + HOLDS, 6, 'write its method and its path, as "POST /pay"'),
        ('Given the endpoint "* /x"\n' + HOLDS, 6, "each method has its own card"),
        ('Given the endpoint "POST /x" handled by "pay"\n' + HOLDS, 6, 'write "package.module:function"'),
        ('Given the function "shop.pay"\n' + HOLDS, 6, 'write "package.module:function"'),
        ('Given the task "a:b" handled by "a:b"\n' + HOLDS, 6, "leave out `handled by"),
        ('Given the task "a:b"\nGiven the task "a:c"\n' + HOLDS, 7, "a second binding: make it a scenario of its own"),
        (HOLDS + 'And the task "a:b"\n', 10, "told by a Given"),
        ('Given the task "a:b"\n  """expr\n  a\n  """\n' + HOLDS, 7, "give it a step of its own"),
        (
            HOLDS + "Given it is late\n  | watch | a |\n",
            10,
            "it stands too late: first Given, then one When",
        ),
        ("When it is paid\nAnd it is paid again\n" + HOLDS, 7, "a second When: a card is about one call"),
        ('When it is paid\n  """expr\n  a\n  """\n' + HOLDS, 7, "a When is the call itself: move the doc string"),
        ('Gven a customer\n  """expr\n  a\n  """\n' + HOLDS, 5, "`Gven a customer` begins with no keyword of a step"),
        (then("result > 0", ""), 7, 'a doc string must begin with """expr'),
        (then("result > 0", "python"), 7, 'and not with """python'),
        (then("result >\n0 +"), 9, "not a Python expression"),
        (then("\nresult\n  ._secret"), 10, "no attribute that begins with an underscore"),
        ('Given late\n  """expr\n  result > 0\n  """\n' + HOLDS, 8, "there is no `result` yet, so make it a Then"),
        ('Given late\n  """expr\n  old(a) > 0\n  """\n' + HOLDS, 8, "leave `old` out"),
        ('Given late\n  """expr\n  a > 0\n  """\n', 5, "it promises nothing: add a Then"),
        ("Given late\n  | raises | Declined |\n" + HOLDS, 6, "what a call may raise is told by a Then"),
        ("Then it raises\n  | raises |\n", 7, "name what it raises"),
        ("Then it raises\n  | raises | not-a-class |\n", 7, "write its class, as `PaymentDeclined`"),
        ("Then it raises\n  | raises | nothing | Declined |\n", 7, "`nothing` stands alone"),
        (HOLDS + "And so\n  | hide | a |\n", 11, "begin each row with one of raises, redact, allow, watch"),
        (HOLDS + "And so\n  | redact | a | b |\n  | watch | $x | |\n", 12, "`$x` does not name an input or output"),
        (HOLDS + "And so\n  |\n", 11, "begin each row with one of raises"),
        (HOLDS + "And so\n  | allow | |\n", 11, "it names nothing"),
        (HOLDS + "And so\n  | redact | a |\n  | watch | a |\n", 5, "`a` is redacted, so `a` cannot be in `watch`"),
        (HOLDS + "And so\n  | redact | email |\n  | allow | user.email |\n", 5, "`email` is redacted, so `user.email`"),
        (HOLDS + "And so\n  | redact | User |\n  | watch | user.email |\n", 5, "`User` is redacted, so `user.email`"),
    ],
)
def test_a_step_is_refused_where_it_stands(steps: str, line: int, reason: str) -> None:
    ((at, told),) = refused(feature(steps))
    assert at == line
    assert reason in told


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("@mode:strict", "write one of observe, enforce, shadow, off"),
        ("@sample:0", "write a number above 0 and at most 1"),
        ("@sample:1.01", "write a number above 0 and at most 1"),
        ("@sample:nan", "write a number above 0 and at most 1"),
        ("@owner:", "write `@owner:payments`"),
        ("@spec-id:a#b", "letters, digits"),
        ("@spec-id:" + "a" * 121, "at most 120"),
        ("@critical:yes", "write `@critical`"),
        ("@mode:off @mode:enforce", "`@mode` is said twice"),
        (" ".join(f"@t{number}" for number in range(51)), "more than 50 tags"),
        ("@citical", "`@citical` says nothing, but `@critical` does"),
        ("@spec_id:pay", "`@spec_id:pay` says nothing, but `@spec-id` does"),
    ],
)
def test_a_tag_is_refused_with_what_may_be_said(tags: str, reason: str) -> None:
    ((line, told),) = refused(feature(HOLDS, tags))
    assert line == (5 if "@t50" in tags else 4)  # too many of them are told of the scenario
    assert reason in told


def test_an_endpoint_without_a_handler_is_read_by_neutral_names_alone() -> None:
    card = feature(then("result['status'] == 200 and body['amount'] > 0"), binding='the endpoint "POST /pay"')
    assert len(parse(card, "a")) == 1
    ((line, told),) = refused(card.replace("body", "amount"))
    assert line == 8
    assert "there is no `amount` here; these are: body, headers, method, params, path, query, result" in told


def test_everything_that_is_wrong_is_told_at_once_and_once() -> None:
    twice = PAY.replace("Given the endpoint", "When the endpoint").replace("@mode:observe", "@mode:strict")
    twice += textwrap.indent("Scenario: Another\n" + then("1 **\n2") + then("f'{a}'"), "  ")
    assert [line for line, _ in refused(twice)] == [4, 5, 21, 26]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "it holds no Feature: begin it with `Feature:` and a name"),
        ("# a remark\n\n", 1, "it holds no Feature"),
        ("Feature: Empty\n", 1, "it holds no Scenario: add one"),
        ("Feature: A\n  Scenario:\n    Then a\n      | raises | B |\n", 2, "it has no name"),
        ("Feature: A\n  Scenario: B\n    Then c\n      | raises | D |\n", 2, "it is bound to nothing"),
        ("Feature: A\n  Scenario: B\n    Then c\n    Whenever\n", 4, "not Gherkin: expected: "),
        ('Feature: A\n  Scenario: B\n    Then c\n      """expr\n      a\n', 6, "not Gherkin: unexpected end of file"),
        ("Feature: A\n  @a b\n  Scenario: B\n", 2, "not Gherkin: A tag may not contain whitespace"),
        ("# language: xx\nFeature: A\n", 1, "not Gherkin: Language not supported: xx"),
        ("Feature: A\n" + " " * 1_000_000, 1, "more than 1000000 characters: split it"),
        ("Feature: A\n" + "\n" * 50_000, 1, "more than 50000 lines: split it"),
        ("Feature: A\n" + "Scenario:\n" * 400, 335, "1000 refusals are told, and what comes after them is not read"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_cards_is_refused(text: str, line: int, reason: str) -> None:
    refusals = refused(text)
    assert any(at == line and reason in told for at, told in refusals)


OUTLINE = """\
Feature: Shop
  Scenario Outline: One
    Given the function "shop:pay"
    Then it holds
      '''expr
      result > <least>
      '''
    Examples:
""".replace("'''", '"""')


@pytest.mark.parametrize(
    ("examples", "line", "reason"),
    [
        ("", 2, "its examples have no row, so it guards nothing"),
        ("| least |\n", 2, "its examples have no row, so it guards nothing"),
        ("| least | least |\n| 1 | 2 |\n", 8, "each of its columns needs a name of its own"),
        ("|\n|\n", 8, "each of its columns needs a name of its own"),
        ("| least |\n| 1 |\n| 2 ** 3 |\n", 6, "`**` is not allowed"),
        ("| least |\n| 1 | 2 |\n", 10, "give each row as many cells"),
    ],
)
def test_examples_are_refused(examples: str, line: int, reason: str) -> None:
    refusals = refused(OUTLINE + textwrap.indent(examples, "      "))
    assert any(at == line and reason in told for at, told in refusals)


@pytest.mark.parametrize(
    ("row", "step", "reason"),
    [
        ("| 1 |\n" * 101, then("True") * 198, "more than 20000 steps, a Background's and each row's counted"),
        (f"| {'1' * 10_000} |\n", f"Then {'<least>' * 600}\n", "too long a text"),
        ("| 1 |\n", then("True") * 200, "more than 200 steps"),
    ],
    ids=["rows", "characters", "steps"],
)
def test_a_file_that_would_become_too_much_is_given_up(row: str, step: str, reason: str) -> None:
    ((_, told),) = refused(OUTLINE.replace("    Examples:\n", f"{step}    Examples:\n| least |\n{row}"))
    assert reason in told


LINES = [*PAY.splitlines(), *OUTLINE.splitlines(), "| a |", "|", "| \\", "\\", "@", "* x", "\0", "Rule: R", "\x0c@a"]


@given(st.lists(st.sampled_from(LINES)))
def test_no_file_brings_the_reader_down(lines: list[str]) -> None:
    refusals: tuple[Refusal, ...] = ()
    try:
        parse("\n".join(lines), "a")
    except CardError as error:
        refusals = error.refusals
    assert all(1 <= refusal.line <= len(lines) + 1 and refusal.reason.isprintable() for refusal in refusals)
    assert refusals or "Feature" in "".join(lines)
