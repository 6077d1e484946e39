"""No text, however hostile, raises, costs more than a moment, or is half read."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.config import Config, ConfigErrors, parse
from app.config import tree as tree_room
from app.config.tree import MAX_BYTES, Block, merge, plain, read

from .registry import CHECKS

SECONDS = 1.0  # of CPU; what is refused takes a few hundredths, what is not linear takes minutes
BILLION_LAUGHS = "a: &a [lol, lol, lol]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + under] * 9)}]\n" for under, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE: dict[str, str | bytes] = {
    "ten thousand lists deep": "a: " + "[" * 10_000,
    "ten thousand blocks deep": "{a: " * 10_000,
    "ten thousand dashes deep": "- " * 10_000,
    "ten thousand keys deep": "? " * 10_000,
    "a megabyte": b"version: 1\n#" + b"x" * 1_000_000,
    "a billion laughs": BILLION_LAUGHS,
    "a NUL": b"version: 1\n# \x00",
    "an escape character": b"version: 1\n# \x1b[31m",
    "bytes that are not UTF-8": b"version: 1\n# \xff\xfe",
    "UTF-16": "version: 1".encode("utf-16"),
    "a lone surrogate": "version: 1\n# \ud800",
    "an escaped surrogate": 'version: 1\narms: {a: "\\ud800"}',
    "a line separator": "version: 1\n# \u2028version: 2",
    "a second byte order mark": "\ufeff\ufeffversion: 1",
    "more than a thousand unknown keys": "version: 1\n" + "\n".join(f"key{i}: 1" for i in range(1_400)),
    "too many values": "version: 1\nagents: {labels: [" + "a," * 9_000 + "]}",
    "nearly three thousand wrong items": "version: 1\nagents: {labels: [" + "1," * 2_900 + "]}",
    "a key of 200 kB": "version: 1\n? " + "s" * 200_000 + "\n: 1",
    "a word of 200 kB": "version: 1\nsbom: {mode: " + "o" * 200_000 + "}",
    "an integer of 200,000 digits": "version: " + "9" * 200_000,
    "a float of 200,000 digits": "version: " + "9" * 200_000 + ".5",
    "two thousand anchors and aliases": f"a: [{','.join(f'&a{i} 1,*a{i}' for i in range(2_000))}]",
    "an open quote": "version: '" + "x" * 200_000,
    "only tabs": "\t" * 200_000,
    "only colons": ":" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_by_line_in_no_time(text: str | bytes) -> None:
    parse("version: 2", checks=CHECKS)  # the models are built once
    began = time.process_time()
    refused = parse(text, checks=CHECKS)
    assert time.process_time() - began < SECONDS
    assert isinstance(refused, ConfigErrors)
    told(refused)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"version: 1\r\nsbom: \x00", (2, 7)),
        ("version: 1\nsbom: é\x85".encode(), (2, 8)),
        ("version: 1\nsbom: é".encode() + b"\xc3(", (2, 8)),
    ],
)
def test_a_forbidden_byte_is_shown_at_its_place(text: bytes, place: tuple[int, int]) -> None:
    refused = parse(text, checks=CHECKS)
    assert isinstance(refused, ConfigErrors)
    assert [(error.line, error.column) for error in refused.errors] == [place]


def test_a_file_may_be_as_large_as_the_bound_and_not_a_byte_larger() -> None:
    text = b"version: 1\n#"
    assert isinstance(parse(text.ljust(MAX_BYTES, b"x"), checks=CHECKS), Config)
    assert isinstance(parse(text.ljust(MAX_BYTES + 1, b"x"), checks=CHECKS), ConfigErrors)


def test_twenty_levels_are_read_and_twenty_one_are_not() -> None:
    assert isinstance(read("a: " + "[" * 19 + "]" * 19, "f"), Block)
    assert isinstance(read("a: " + "[" * 20 + "]" * 20, "f"), ConfigErrors)


@given(st.text())
def test_any_text_is_read_or_refused_by_line(text: str) -> None:
    answered(parse(text, checks=CHECKS))


@given(st.binary())
def test_any_bytes_are_read_or_refused_by_line(data: bytes) -> None:
    answered(parse(b"version: 1\n" + data, checks=CHECKS))


SYNTAX = st.lists(st.sampled_from([*"[]{}:,-?&*!|>'\"%@`#\t\n ", "\n  ", ": ", "- ", "a", "version: 1\n", "<<", "off"]))


@given(SYNTAX.map("".join))
def test_any_heap_of_yaml_syntax_is_read_or_refused_by_line(text: str) -> None:
    answered(parse(text, checks=CHECKS))


def answered(answer: Config | ConfigErrors) -> None:
    if isinstance(answer, Config):
        assert answer.version == 1
    else:
        told(answer)


def told(refused: ConfigErrors) -> None:
    """Some errors, each with its place and a sentence of bounded length."""
    assert 1 <= len(refused.errors) <= 50
    assert all(error.line >= 1 and error.column >= 1 and error.message for error in refused.errors)
    assert all(len(error.message) < 700 for error in refused.errors)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nsbom:\n  mode: off\n  paths: [a, 'b', \"c\"]\n",
        "version: 1\r\ncontract: {post: {a: 1.5, b: pass, c: {between: [0x1, 2]}}}\r\n",
        "version: 1\nagents:\n  labels:\n  - |\n    two\n    lines\n  - >\n    folded\n    text\n",
        "version: 1\nsbom:\n  severty: 1\n  mode: no\nsbom: 3\n",
    ],
)
def test_the_scanner_in_python_reads_what_the_one_in_c_reads(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_c = parse(text, checks=CHECKS)
    monkeypatch.setattr(tree_room, "LOADER", yaml.SafeLoader)
    assert parse(text, checks=CHECKS) == in_c


SMALL = {"an escaped surrogate", "a billion laughs", *(name for name in HOSTILE if "deep" in name)}


@pytest.mark.parametrize("text", [text for name, text in HOSTILE.items() if name in SMALL])
def test_the_scanner_in_python_refuses_them_too(text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_room, "LOADER", yaml.SafeLoader)
    assert isinstance(parse(text, checks=CHECKS), ConfigErrors)


# --- merge ---------------------------------------------------------------------------------------------------

NAMES = st.sampled_from("abcd")
VALUES = st.recursive(
    st.integers(0, 9),
    lambda part: st.lists(part, max_size=2) | st.dictionaries(NAMES, part, max_size=3),
    max_leaves=8,
)
BLOCKS = st.dictionaries(NAMES, VALUES, max_size=4)


def block(value: object, path: str = "f") -> Block:
    made = read(yaml.safe_dump(value, default_flow_style=True), path)
    assert isinstance(made, Block)
    return made


def test_blocks_are_merged_key_by_key_and_lists_are_replaced() -> None:
    base = block({"sbom": {"mode": "block", "paths": ["a", "b"]}, "card": {"mode": "never"}})
    child = block({"sbom": {"mode": "warn", "paths": ["c"]}, "version": 1})
    assert plain(merge(base, child)) == {
        "sbom": {"mode": "warn", "paths": ["c"]},
        "card": {"mode": "never"},
        "version": 1,
    }


@given(BLOCKS, BLOCKS)
def test_everything_the_child_says_holds_and_the_rest_is_the_bases(base: object, child: object) -> None:
    def holds(part: object, whole: object) -> bool:
        if isinstance(part, dict) and isinstance(whole, dict):
            return all(key in whole and holds(value, whole[key]) for key, value in part.items())
        return part == whole

    merged = plain(merge(block(base), block(child)))
    assert holds(child, merged)
    assert plain(merge(block(base), block({}))) == base
    assert plain(merge(block({}), block(child))) == child
    assert plain(merge(block(merged), block(child))) == merged
