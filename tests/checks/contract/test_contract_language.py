"""What a contract can say, what it cannot, and where the error points."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checks.contract.parse import ContractError, parse_contract, parse_post
from checks.contract.position import line_of
from checks.contract.predicate import AllOf, AnyOf, Operator, Postcondition, say
from checks.model import ContractText, Origin

from .facts import config


def holds(demand: dict[str, Any], value: object) -> bool | None:
    clause = parse_post({"x": demand})
    assert isinstance(clause, Postcondition)
    return clause.holds(value)


@pytest.mark.parametrize(
    ("demand", "inside", "outside"),
    [
        ({"lt": 5}, 4.999, 5),
        ({"lte": 5}, 5, 5.001),
        ({"gt": 5}, 5.001, 5),
        ({"gte": 5}, 5, 4.999),
        ({"eq": 5}, 5.0, 6),
        ({"ne": 5}, 6, 5),
        ({"in": [1, 2]}, 2, 3),
        ({"between": [1, 5]}, 1, 0.999),
        ({"between": [1, 5]}, 5, 5.001),
        ({"eq": "ok"}, "ok", "OK"),
        ({"ne": "bad"}, "ok", "bad"),
        ({"in": ["a", "b"]}, "a", "c"),
        ({"eq": True}, True, False),
        ({"lt": -1}, -2, -1),
        ({"eq": 10**20}, 10**20, 10**20 + 1),
    ],
)
def test_each_operator_draws_its_line(demand: dict[str, Any], inside: object, outside: object) -> None:
    assert holds(demand, inside) is True
    assert holds(demand, outside) is False


@pytest.mark.parametrize("value", ["4", True, None, float("nan"), float("inf"), float("-inf"), 10**400, [4]])
@pytest.mark.parametrize("demand", [{"lt": 5}, {"ne": 5}, {"in": [4]}, {"between": [1, 5]}])
def test_only_a_finite_number_can_be_held_against_a_number(demand: dict[str, Any], value: object) -> None:
    assert holds(demand, value) is None


@pytest.mark.parametrize(
    ("demand", "value"), [({"eq": "1"}, 1), ({"ne": "1"}, 1), ({"eq": True}, 1), ({"ne": True}, "x")]
)
def test_a_value_of_another_kind_neither_holds_nor_breaks(demand: dict[str, Any], value: object) -> None:
    assert holds(demand, value) is None


def test_the_form_of_the_readme_reads_as_three_postconditions() -> None:
    clause = parse_post({"tests": "pass", "perf_p95_ms": {"lt": 250}, "risk": {"lt": 0.65}})
    assert clause == AllOf(
        (
            Postcondition("tests", Operator.EQ, "pass"),
            Postcondition("perf_p95_ms", Operator.LT, 250),
            Postcondition("risk", Operator.LT, 0.65),
        )
    )


def test_several_operators_on_one_measurement_all_count() -> None:
    assert say(parse_post({"x": {"gte": 1, "lt": 5}})) == "all of (x >= 1; x < 5)"


def test_groups_nest_and_an_all_inside_an_all_is_flat() -> None:
    clause = parse_post(
        {
            "all": [{"a": {"lt": 1}}, {"all": [{"b": {"eq": "y"}}]}],
            "any": [{"c": {"ne": 2}}, {"d": {"gt": 3}}],
        }
    )
    assert say(clause) == 'all of (a < 1; b = "y"; any of (c != 2; d > 3))'


def test_an_any_of_anys_is_flat_and_a_group_of_one_is_no_group() -> None:
    assert (
        say(parse_post({"any": [{"any": [{"a": {"lt": 1}}, {"b": {"lt": 1}}]}, {"c": {"lt": 1}}]}))
        == "any of (a < 1; b < 1; c < 1)"
    )
    assert parse_post({"any": [{"a": {"lt": 1}}]}) == Postcondition("a", Operator.LT, 1)


@pytest.mark.parametrize(
    ("demand", "words"),
    [
        ({"tests": "pass"}, "tests pass"),
        ({"x": {"lte": 0.1}}, "x <= 0.1"),
        ({"x": {"gte": 1e-9}}, "x >= 1e-09"),
        ({"x": {"in": ["a", "b"]}}, 'x one of "a", "b"'),
        ({"x": {"between": [1, 2.5]}}, "x between 1 and 2.5"),
        ({"x": {"eq": False}}, "x = false"),
        ({"x": {"eq": True}}, "x = true"),
        ({"x": {"eq": "é" * 100}}, 'x = "' + "é" * 79 + '…"'),
        ({"x": {"eq": "é" * 80}}, 'x = "' + "é" * 80 + '"'),
    ],
)
def test_a_postcondition_reads_as_words(demand: dict[str, Any], words: str) -> None:
    assert say(parse_post(demand)) == words


WRONG: list[tuple[object, str]] = [
    ([], "must be an object of postconditions, not a list"),
    (None, "must be an object of postconditions, not null"),
    ({}, 'states no postcondition; state one, such as {"tests": "pass"}'),
    ({"tests": "green"}, 'tests: tests can only be asked to "pass"'),
    ({"tests": {"eq": "pass"}}, 'tests: tests can only be asked to "pass"'),
    ({"p95": 250}, 'p95: must be an operator and a limit, such as {"lt": 250}, not 250'),
    ({"p95": {}}, 'p95: states no limit; state one, such as {"lt": 250}'),
    (
        {"p95": {"below": 250}},
        "p95.below: unknown operator; the operators are lt, lte, gt, gte, eq, ne, in, between",
    ),
    ({"p95": {"lte ": 250}}, 'p95."lte ": unknown operator (did you mean `lte`?); the operators are '),
    ({"p95": {"lt": "250"}}, 'p95.lt: must be a finite number, not "250"'),
    ({"p95": {"lt": True}}, "p95.lt: must be a finite number, not true"),
    ({"p95": {"lt": None}}, "p95.lt: must be a finite number, not null"),
    ({"p95": {"lt": float("nan")}}, "p95.lt: must be a finite number, not nan"),
    ({"p95": {"lt": 10**400}}, "p95.lt: must be a finite number, not a number too large to compare"),
    ({"p95": {"eq": [1]}}, "p95.eq: must be a finite number, a text, true or false, not a list"),
    ({"p95": {"ne": {}}}, "p95.ne: must be a finite number, a text, true or false, not an object"),
    ({"p95": {"eq": "x" * 201}}, "p95.eq: must be one line of at most 200 printable characters"),
    ({"p95": {"eq": "a\nb"}}, "p95.eq: must be one line of at most 200 printable characters"),
    ({"p95": {"eq": "\ud800"}}, "p95.eq: must be one line of at most 200 printable characters"),
    ({"p95": {"in": []}}, "p95.in: must be a list of 1 to 50 values"),
    ({"p95": {"in": [*range(51)]}}, "p95.in: must be a list of 1 to 50 values"),
    ({"p95": {"in": "ab"}}, "p95.in: must be a list of 1 to 50 values"),
    ({"p95": {"in": [1, "a"]}}, "p95.in: mixes numbers, texts and truth values"),
    ({"p95": {"in": [1, None]}}, "p95.in.1: must be a finite number, a text, true or false, not null"),
    ({"p95": {"between": [1]}}, "p95.between: must be two numbers, such as [1, 5]"),
    ({"p95": {"between": [5, 1]}}, "p95.between: no value lies between 5 and 1"),
    ({"p95": {"between": [1, "5"]}}, 'p95.between.1: must be a finite number, not "5"'),
    ({"2fast": {"lt": 1}}, '"2fast": not a measurement'),
    ({"_x": {"lt": 1}}, '"_x": not a measurement'),
    ({"": {"lt": 1}}, '"": not a measurement'),
    ({"a b": {"lt": 1}}, '"a b": not a measurement'),
    ({"\ud800\n": {"lt": 1}}, '"\\ud800\\n": not a measurement'),
    ({"x" * 101: {"lt": 1}}, '"' + "x" * 79 + '…": not a measurement'),
    ({True: {"lt": 1}}, "the key true is not a text; put it in quotes"),
    ({"any": {}}, "any: must be a list of postconditions"),
    ({"all": []}, "all: must be a list of postconditions"),
    ({"any": [{}]}, "any.0: states no postcondition"),
    ({"any": [{"x": {"lt": 1}}, 3]}, "any.1: must be an object of postconditions, not 3"),
    (
        {"any": [{"all": [{"any": [{"x": {"lt": 1}}]}]}]},
        "any.0.all.0.any: nested too deep; `all` and `any` go 2 deep",
    ),
    ({f"x{i}": {"lt": 1} for i in range(101)}, "more than 100 postconditions; split the contract"),
]


@pytest.mark.parametrize(("post", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_place_and_its_remedy(post: object, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_post(post)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "post",
    [
        {"x" * 100: {"lt": 1}},
        {"sbom.added": {"lte": 0}},
        {"p95": {"in": [*range(50)]}},
        {"p95": {"between": [1, 1]}},
        {"p95": {"eq": "x" * 200}},
        {f"x{i}": {"lt": 1} for i in range(100)},
        {"any": [{"all": [{"x": {"lt": 1}}]}]},
    ],
)
def test_the_bounds_themselves_are_within(post: dict[str, Any]) -> None:
    assert say(parse_post(post))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["any", "all", "x", "lt", "in"]), inner),
    )
)
def test_no_value_at_all_raises_anything_but_a_contract_error(value: object) -> None:
    with suppress(ContractError):
        assert isinstance(parse_post(value), Postcondition | AllOf | AnyOf)


# --- texts -----------------------------------------------------------------------------------------------------


def error_of(text: str) -> ContractError:
    with pytest.raises(ContractError) as caught:
        parse_contract(ContractText(Origin.HEAD, "c.json", text))
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "not JSON: Expecting value"),
        ('{\n "id": "x",\n oops}', 3, "not JSON: Expecting property name"),
        ("[]", 1, "must be a contract, such as "),
        (
            '{\n "id": "x",\n "post": {\n  "p95": {\n   "ltt": 1}}}',
            5,
            "post.p95.ltt: unknown operator (did you mean `lt`?)",
        ),
        (
            '{"id": "x",\n "pots": {}}',
            2,
            "pots: unknown key (did you mean `post`?); a contract has `id`, `promise`, `post` and `nodes`",
        ),
        ('{"id": "x"}', 1, "`post` is missing"),
        ('{"post": {"tests": "pass"}}', 1, "id: must name the contract in 1 to 100 printable characters"),
        ('{"post": {"tests": "pass"},\n"id": "  "}', 2, "id: must name the contract"),
        ('{"id": "' + "x" * 101 + '", "post": {"tests": "pass"}}', 1, "id: must name the contract"),
        ('{"id": "a\\u0000", "post": {"tests": "pass"}}', 1, "id: must name the contract"),
        ('{"id": 7, "post": {"tests": "pass"}}', 1, "id: must name the contract"),
        ('{"id": "x", "post": {"p95": {"lt": 1}, "p95": {"lt": 9}}}', 1, 'the key "p95" stands twice'),
        ('{"id": "x", "post": {"p95": {"lt": NaN}}}', 1, "NaN is not a number"),
        ('{"id": "x", "post": {"p95": {"lt": -Infinity}}}', 1, "-Infinity is not a number"),
        ('{"id": "x", "post": {"p95": {"lt": 1e999}}}', 1, "post.p95.lt: must be a finite number, not inf"),
        (
            '{"id": "x", "post": {"p95": {"lt": ' + "9" * 5000 + "}}}",
            1,
            "holds a number too large to compare",
        ),
        ("[" * 60_000, 1, "nested too deep; nodes go 4 deep, `all` and `any` 2"),
        (
            '{"id": "x",\n"nodes": ' + '[\n{"nodes": ' * 2_000 + "1" + "}]" * 2_000 + "}",
            9,
            "nested too deep; nodes go 4",
        ),
        ('{"id": "x", "post": ' + " " * 65_536 + '{"tests": "pass"}}', 1, "longer than 65,536 characters"),
    ],
)
def test_an_unreadable_text_names_its_line(text: str, line: int, message: str) -> None:
    error = error_of(text)
    assert (error.line, str(error)[: len(message)]) == (line, message)


def test_a_text_of_the_full_length_is_read() -> None:
    text = '{"id": "x", "post": {"tests": "pass"}}'
    source = ContractText(Origin.HEAD, "c.json", text.ljust(65_536))
    assert parse_contract(source).id == "x"


def test_the_line_is_that_of_the_path_and_not_of_a_word_that_looks_like_it() -> None:
    text = '{"id": "post",\n"post": {"any": [\n{"a": {"lt": 1}}\n,{"a":\n{"lt": "}]\\""}}]}}'
    assert line_of(text, ("post",)) == 2
    assert line_of(text, ("post", "any", 0, "a", "lt")) == 3
    assert line_of(text, ("post", "any", 1)) == 4
    assert line_of(text, ("post", "any", 1, "a", "lt")) == 5
    assert line_of(text, ("post", "any", 1, "b")) == 4
    assert line_of(text, ()) == 1


# --- the configuration -----------------------------------------------------------------------------------------


def test_the_configuration_reads_the_same_language_and_names_the_same_place() -> None:
    with pytest.raises(ValidationError) as caught:
        config({"p95": {"ltt": 1}})
    (error,) = caught.value.errors()
    assert error["loc"] == ("post", "p95", "ltt")
    assert error["msg"].startswith("unknown operator (did you mean `lt`?)")


def test_an_empty_configuration_demands_nothing_and_looks_at_every_test() -> None:
    empty = config()
    assert (empty.post, empty.tests.include, empty.tests.exclude, empty.units) == (None, ("*",), (), {})


def test_a_configuration_written_out_reads_back_the_same() -> None:
    ours = config(
        {"tests": "pass", "any": [{"a": {"eq": True}}, {"b": {"in": [1, 2]}}]},
        tests={"exclude": ["lint*"]},
        units={"a": "ms"},
    )
    assert type(ours).model_validate(json.loads(ours.model_dump_json())) == ours


@pytest.mark.parametrize(
    "fields", [{"tests": {"include": []}}, {"tests": {"only": ["x"]}}, {"units": {"a": 1}}, {"posts": {}}]
)
def test_a_configuration_of_other_words_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(None, **fields)


def test_the_json_schema_knows_the_language() -> None:
    schema = type(config()).model_json_schema()
    post = schema["properties"]["post"]["anyOf"][0]
    assert set(post["additionalProperties"]["properties"]) == {operator.value for operator in Operator}
    deepest = post["properties"]["any"]["items"]["properties"]["all"]["items"]["properties"]
    assert (deepest["tests"], deepest["any"]) == ({"const": "pass"}, False)
