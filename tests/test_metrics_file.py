import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics_file import MOST, BadMetrics, measurements_in
from checks.model import Measurement

HEAD = "a1b2c3d4e5" * 4
NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_.:/-]{0,20}\Z")
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_a_table_of_numbers_texts_and_truths_is_read_in_order_of_names() -> None:
    found = measurements_in('{"tests": "pass", "p95": 212, "lint": true}', "file", HEAD)
    assert found == (
        Measurement("lint", True, source="file"),
        Measurement("p95", 212.0, source="file"),
        Measurement("tests", "pass", source="file"),
    )


def test_a_measurement_may_say_all_that_is_known_of_it() -> None:
    reading = {"value": 0.93, "unit": "share", "interval": [0.91, 0.95], "n": 1204, "url": "https://ci.example/1"}
    (found,) = measurements_in(json.dumps({"coverage": reading}), "api", HEAD)
    assert found == Measurement("coverage", 0.93, "share", (0.91, 0.95), 1204, "api", "https://ci.example/1")


@pytest.mark.parametrize("value", [2, 2.5, 3])
def test_the_ends_of_an_interval_belong_to_it(value: float) -> None:
    (found,) = measurements_in(json.dumps({"p95": {"value": value, "interval": [2, 3]}}), "api", HEAD)
    assert (found.value, found.interval) == (value, (2, 3))


def test_the_form_of_the_api_is_read_too() -> None:
    wrapped = json.dumps({"repository": "o/r", "sha": HEAD, "measurements": {"p95": 212}})
    assert measurements_in(wrapped, "api", HEAD) == measurements_in('{"p95": 212}', "api", HEAD)


@pytest.mark.parametrize("stated", [HEAD, HEAD.upper(), HEAD[:7], HEAD[:12]])
def test_the_commit_that_a_table_states_may_be_shortened(stated: str) -> None:
    (found,) = measurements_in(json.dumps({"sha": stated, "measurements": {"p95": 212}}), "file", HEAD)
    assert found.value == 212


@pytest.mark.parametrize(
    "stated", ["0" * 40, HEAD[:6], HEAD[1:9], HEAD + "0", "", "HEAD", "\x1b[31m", "x" * 9_000, None, 7, [HEAD], {}]
)
def test_a_table_of_another_commit_is_refused(stated: object) -> None:
    with pytest.raises(BadMetrics, match=r"^measured at commit .*, which is not ") as refused:
        measurements_in(json.dumps({"sha": stated, "measurements": {"p95": 212}}), "file", HEAD)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


def test_without_measurements_beside_it_a_sha_is_a_name_like_any_other() -> None:
    (found,) = measurements_in('{"sha": "0000000"}', "file", HEAD)
    assert found == Measurement("sha", "0000000", source="file")


def test_nothing_measured_is_no_error() -> None:
    assert measurements_in("{}", "file", HEAD) == measurements_in('{"measurements": {}}', "file", HEAD) == ()


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
        ('{"a": {"value": 1, "interval": [2, 3]}}', "'a': an interval holds the value it is of"),
        ('{"a": {"value": 3.01, "interval": [2, 3]}}', "'a': an interval holds the value it is of"),
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
        measurements_in(text, "api", HEAD)
    assert str(refused.value).startswith(complaint)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_as_many_as_allowed_are_read() -> None:
    assert len(measurements_in(json.dumps({f"m{n}": n for n in range(MOST)}), "api", HEAD)) == MOST


@given(st.dictionaries(NAMES, FINITE | st.booleans() | st.text(max_size=200), max_size=6))
def test_every_table_comes_back_as_it_was_sent(table: dict[str, float | bool | str]) -> None:
    found = measurements_in(json.dumps({"measurements": table}), "api", HEAD)
    assert {one.name: one.value for one in found} == table
    assert all(type(one.value) is type(table[one.name]) for one in found)


def answered(sent: bytes) -> tuple[Measurement, ...] | BadMetrics:
    try:
        return measurements_in(sent, "api", HEAD)
    except BadMetrics as error:
        return error


@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_whatever_is_sent_is_measurements_or_refused(sent: bytes) -> None:
    answer = answered(sent)
    if isinstance(answer, BadMetrics):
        assert str(answer).isprintable()
    else:
        assert all(not isinstance(one.value, float) or math.isfinite(one.value) for one in answer)


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"measurements": {"a": 1, "a": 2}}', '{"a": {"value": 1, "value": 2}}']
)
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    with pytest.raises(BadMetrics, match="stands twice"):
        measurements_in(text, "api", "a" * 40)


@pytest.mark.parametrize("name", ["risk", "sbom.added", "tests", "contract.x"])
def test_what_maestro_finds_out_itself_cannot_be_sent(name: str) -> None:
    with pytest.raises(BadMetrics, match="cannot be sent"):
        measurements_in(f'{{"{name}": 0, "mine": 1}}', "api", "a" * 40)
    (kept,) = measurements_in(f'{{"{name}": 0, "mine": 1}}', "artifact", "a" * 40)
    assert kept.name == "mine"


def test_a_laptop_may_say_how_its_tests_ended() -> None:
    (kept,) = measurements_in('{"tests": "pass"}', "file", "a" * 40)
    assert (kept.name, kept.value) == ("tests", "pass")
