import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics_file import MOST, BadMetrics, measurements_in
from checks.model import Measurement

NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_.:/-]{0,20}\Z")
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_a_table_of_numbers_texts_and_truths_is_read_in_order_of_names() -> None:
    found = measurements_in('{"tests": "pass", "p95": 212, "lint": true}', "file")
    assert found == (
        Measurement("lint", True, source="file"),
        Measurement("p95", 212.0, source="file"),
        Measurement("tests", "pass", source="file"),
    )


def test_a_measurement_may_say_all_that_is_known_of_it() -> None:
    reading = {"value": 0.93, "unit": "share", "interval": [0.91, 0.95], "n": 1204, "url": "https://ci.example/1"}
    (found,) = measurements_in(json.dumps({"coverage": reading}), "api")
    assert found == Measurement("coverage", 0.93, "share", (0.91, 0.95), 1204, "api", "https://ci.example/1")


def test_the_form_of_the_api_is_read_too() -> None:
    wrapped = b'{"repository": "o/r", "sha": "abc", "measurements": {"p95": 212}}'
    assert measurements_in(wrapped, "api") == measurements_in('{"p95": 212}', "api")


def test_nothing_measured_is_no_error() -> None:
    assert measurements_in("{}", "file") == measurements_in('{"measurements": {}}', "file") == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("{", "not a JSON object"),
        (b"\xff", "not a JSON object"),
        ('{"a":' * 100_000, "not a JSON object"),
        ('{"a": null}', "'a': expected a finite number"),
        ('{"a": [1]}', "'a': expected a finite number"),
        ('{"a": NaN}', "'a': expected a finite number"),
        ('{"a": Infinity}', "'a': expected a finite number"),
        ('{"a": 1e999}', "'a': expected a finite number"),
        (f'{{"a": {"9" * 400}}}', "'a': expected a finite number"),
        (f'{{"a": "{"x" * 201}"}}', "'a': expected a finite number"),
        ('{"": 1}', "'': String should match"),
        ('{"9lives": 1}', "'9lives': String should match"),
        ('{"a b": 1}', "'a b': String should match"),
        ('{"a\\n": 1}', "'a\\n': String should match"),
        ('{"\\u001b[31m": 1}', "'\\x1b[31m': String should match"),
        (f'{{"{"a" * 101}": 1}}', f"'{'a' * 100}': String should match"),
        ('{"a": {}}', "'a': Field required"),
        ('{"a": {"value": 1, "uint": "ms"}}', "'a': Extra inputs are not permitted"),
        ('{"a": {"value": NaN}}', "'a': "),
        ('{"a": {"value": 1, "n": -1}}', "'a': Input should be greater than or equal to 0"),
        ('{"a": {"value": 1, "n": 1.5}}', "'a': Input should be a valid integer"),
        ('{"a": {"value": 1, "n": 99999999999999999999}}', "'a': Input should be less than or equal to"),
        ('{"a": {"value": 1, "interval": [2, 1]}}', "'a': an interval goes from its lower to its upper end"),
        ('{"a": {"value": 1, "interval": [1]}}', "'a': Field required"),
        ('{"a": {"value": 1, "interval": ["1", "2"]}}', "'a': Input should be a valid number"),
        ('{"a": {"value": 1, "url": "javascript:alert(1)"}}', "'a': String should match"),
        ('{"measurements": {"p95": 1}, "extra": 1}', "'measurements': "),
        (json.dumps({f"m{n}": n for n in range(MOST + 1)}), f"measurements: Dictionary should have at most {MOST}"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_what_is_no_measurement_is_refused_by_name(text: str | bytes, complaint: str) -> None:
    with pytest.raises(BadMetrics) as refused:
        measurements_in(text, "api")
    assert str(refused.value).startswith(complaint)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_as_many_as_allowed_are_read() -> None:
    assert len(measurements_in(json.dumps({f"m{n}": n for n in range(MOST)}), "api")) == MOST


@given(st.dictionaries(NAMES, FINITE | st.booleans() | st.text(max_size=200), max_size=6))
def test_every_table_comes_back_as_it_was_sent(table: dict[str, float | bool | str]) -> None:
    found = measurements_in(json.dumps({"measurements": table}), "api")
    assert {one.name: one.value for one in found} == table
    assert all(type(one.value) is type(table[one.name]) for one in found)


def answered(sent: bytes) -> tuple[Measurement, ...] | BadMetrics:
    try:
        return measurements_in(sent, "api")
    except BadMetrics as error:
        return error


@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_whatever_is_sent_is_measurements_or_refused(sent: bytes) -> None:
    answer = answered(sent)
    if isinstance(answer, BadMetrics):
        assert str(answer).isprintable()
    else:
        assert all(not isinstance(one.value, float) or math.isfinite(one.value) for one in answer)
