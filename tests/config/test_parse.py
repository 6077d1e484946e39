# ruff: noqa: E501 - the tables of mistakes keep one case a line
"""A person's mistake is told by file, line, key, and what was probably meant."""

import pytest

from app.config import Config, ConfigError, ConfigErrors, parse
from checks.model import Mode

from .registry import CHECKS, Bill, Severity


def valid(text: str) -> Config:
    config = parse(text, checks=CHECKS)
    assert isinstance(config, Config), str(config)
    return config


def errors(text: str | bytes) -> tuple[ConfigError, ...]:
    refused = parse(text, checks=CHECKS)
    assert isinstance(refused, ConfigErrors)
    return refused.errors


def only_error(text: str | bytes) -> ConfigError:
    (error,) = errors(text)
    return error


def test_version_alone_is_a_configuration_and_configures_nothing() -> None:
    config = valid("version: 1\n")
    assert config.version == 1
    assert config.checks == {}
    assert config.notices == ()


def test_a_configured_check_comes_with_its_defaults() -> None:
    config = valid("version: 1\nsbom: {severity: low}\n")
    assert config.checks == {"sbom": Bill(severity=Severity.LOW)}
    assert config.checks["sbom"].mode is Mode.BLOCK


@pytest.mark.parametrize("word", ["off", "'off'", '"off"'])
def test_mode_off_is_a_word_not_a_boolean(word: str) -> None:
    assert valid(f"version: 1\nsbom: {{mode: {word}}}\n").checks["sbom"].mode is Mode.OFF


@pytest.mark.parametrize("word", ["no", "NO", "on", "yes", "y", "12:30:45", "2026-01-01", "0b11", "1_000", "=", "<"])
def test_words_that_older_yaml_turned_into_something_else_stay_text(word: str) -> None:
    config = valid(f"version: 1\nagents:\n  labels: [{word}]\n")
    assert config.agents.labels == (word,)


@pytest.mark.parametrize(
    ("written", "value"), [("010", 10), ("0x1F", 31), ("0o17", 15), ("2.5e2", 250), (".5", 0.5), ("-3", -3)]
)
def test_numbers_are_those_of_yaml_1_2(written: str, value: float) -> None:
    config = valid(f"version: 1\ncontract: {{post: {{latency: {written}}}}}\n")
    assert config.as_json()["contract"]["post"] == {"latency": value}


def test_a_misspelt_key_names_file_line_column_and_the_key_that_was_meant() -> None:
    assert only_error("version: 1\nsbom:\n  severty: high\n") == ConfigError(
        path=".github/maestro.yml",
        line=3,
        column=3,
        key="sbom.severty",
        message="`sbom.severty` is not a key; did you mean `severity`?",
        nearest="severity",
    )


def test_a_key_like_no_other_is_answered_with_the_keys_there_are() -> None:
    error = only_error("version: 1\nsbom: {zzzzzz: 1}\n")
    assert error.nearest is None
    assert error.message.endswith("the keys here are `mode`, `paths`, `severity`, `licenses`")


@pytest.mark.parametrize(
    ("block", "key", "column", "message", "nearest"),
    [
        ("sbom: {severity: hihg}", "sbom.severity", 18, "`hihg` is not a value of `sbom.severity`; did you mean `high`?", "high"),
        ("sbom: {mode: no}", "sbom.mode", 14, "`no` is not a value of `sbom.mode`; it must be `block`, `warn` or `off`", None),
        ("sbom: {mode: false}", "sbom.mode", 14, "`false` is not a value of `sbom.mode`; it must be `block`, `warn` or `off`", None),
        ("sbom: {paths: a.json}", "sbom.paths", 15, "`sbom.paths` must be a list; write `[a.json]`", None),
        ("sbom: {paths: [a, 7]}", "sbom.paths[1]", 19, "`sbom.paths[1]` must be text; put `7` in quotes", None),
        ("sbom:", "sbom", 1, "`sbom` is empty; write `sbom: {}` for its defaults", None),
        ("sbom: block", "sbom", 7, "`sbom` must be a block of keys", None),
        ("commands: {enabled: yes}", "commands.enabled", 21, "`commands.enabled` must be `true` or `false`; did you mean `true`?", "true"),
        ("contract: {retries: 9}", "contract.retries", 21, "`contract.retries`: it must be less than or equal to 5", None),
        ("contract: {retries: 1.5}", "contract.retries", 21, "`contract.retries` must be a whole number, not `1.5`", None),
        ("contract: {post: {a: {lt: x}}}", "contract.post.a.lt", 27, "`contract.post.a.lt` must be a number, not `x`", None),
        ("contract: {post: {a: {lte: 1}}}", "contract.post.a.lte", 23, "`contract.post.a.lte` is not a key; did you mean `lt`?", "lt"),
        ("contract: {post: {a: pas}}", "contract.post.a", 22, "`contract.post.a` must be `pass`, a number or a block of keys; did you mean `pass`?", "pass"),
        ("contract: {post: {a: {between: [2, 1]}}}", "contract.post.a", 19, "`contract.post.a`: `between` must ascend", None),
        ("extends: policies", "extends", 10, "`policies` cannot be `extends`; it should look like `acme/policies` or `acme/policies:teams/web.yml`", None),
        ("extends: acme/policies:../../x", "extends", 10, "`acme/policies:../../x` cannot be `extends`; it should look like `acme/policies` or `acme/policies:teams/web.yml`", None),
        ("agnets: {}", "agnets", 1, "`agnets` is not a key; did you mean `agents`?", "agents"),
    ],
)  # fmt: skip
def test_every_kind_of_mistake_has_its_words(
    block: str, key: str, column: int, message: str, nearest: str | None
) -> None:
    error = only_error(f"version: 1\n{block}\n")
    assert (error.key, error.line, error.column, error.message, error.nearest) == (
        key,
        2,
        column,
        message,
        nearest,
    )


def test_a_version_of_the_future_is_refused() -> None:
    assert only_error("version: 2").message == "`2` is not a value of `version`; it must be `1`"


def test_a_missing_version_says_what_to_write() -> None:
    error = only_error("sbom: {}")
    assert (error.key, error.line, error.message) == (
        "version",
        1,
        "`version` is required; write `version: 1`",
    )


def test_many_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    found = errors("sbom:\n  severty: high\n  mode: of\ncard: {mode: allways}\nversion: 3\n")
    assert [(error.line, error.nearest) for error in found] == [
        (2, "severity"),
        (3, "off"),
        (4, "always"),
        (5, None),
    ]


def test_more_mistakes_than_anyone_reads_are_counted() -> None:
    refused = parse("version: 1\n" + "\n".join(f"key{i}: 1" for i in range(80)), checks=CHECKS)
    assert isinstance(refused, ConfigErrors)
    assert len(refused.errors) == 50
    assert refused.more == 30
    assert str(refused).endswith("and 30 more")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("version: 1\nsbom: {}\nsbom: {}\n", 3, "`sbom` is written twice; the first is on line 2"),
        ("version: 1\nsbom:\n  mode: off\n  mode: warn\n", 4, "`sbom.mode` is written twice; the first is on line 3"),
        ("version: 1\narms: &a {}\n", 2, "the anchor `&a` has no use here; remove it"),
        ("version: 1\narms: *a\n", 2, "the alias `*a` is not followed; write the value out"),
        ("version: 1\narms:\n  <<: {}\n", 3, "the merge key `<<` is not followed; write the keys out, or use `extends`"),
        ("version: 1\narms: !!python/object:os.system {}\n", 2, "the tag `!!python/object:os.system` has no use here; remove it"),
        ("version: !!int 1\n", 1, "the tag `!!int` has no use here; remove it"),
        ("version: 1\n1: x\n", 2, "a key must be text; put it in quotes"),
        ("version: 1\ntrue: x\n", 2, "a key must be text; put it in quotes"),
        ("version: 1\n[a]: x\n", 2, "a key must be text; put it in quotes"),
        ("version: 1\nsbom:\n\tmode: off\n", 3, "a tab indents this line; YAML wants spaces"),
        ("version: 1\nsbom: @x\n", 2, "`@` cannot start a value; put the value in quotes"),
        ("version: 1\n---\nversion: 1\n", 2, "a second document starts here; only one is read"),
        ("version: 1\narms: {a: .nan}\n", 2, "`.nan` is not a number that anything can be compared with"),
        ("version: 1\narms: {a: -.inf}\n", 2, "`-.inf` is not a number that anything can be compared with"),
        ("version: 1\narms: {a: 1e999}\n", 2, "`1e999` is too large a number; if it is a name, put it in quotes"),
        ("version: 1\narms: {a: 1234567890123456789}\n", 2, "`1234567890123456789` is too large a number; if it is a name, put it in quotes"),
        ("", 1, "the file is empty; a configuration starts with `version: 1`"),
        ("# nothing yet\n", 1, "the file is empty; a configuration starts with `version: 1`"),
        ("[version, 1]", 1, "the file must be a block of keys; a configuration starts with `version: 1`"),
        ("null", 1, "the file must be a block of keys; a configuration starts with `version: 1`"),
    ],
)  # fmt: skip
def test_yaml_is_read_exactly_or_refused_by_line(text: str, line: int, message: str) -> None:
    error = only_error(text)
    assert (error.line, error.message) == (line, message)


def test_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert valid("version: 1\npools: {'<<': 1}\n").notices[0].key == "pools"


def test_structural_mistakes_are_told_together() -> None:
    found = errors("version: 1\nversion: 1\narms: *a\nsbom: &b {}\n")
    assert [error.line for error in found] == [2, 3, 4]


def test_foreign_text_in_a_message_is_one_short_line_without_backticks() -> None:
    error = only_error('version: 1\n"a`\\n\\u202e' + "x" * 200 + '": 1\n')
    assert len(error.key) == 80
    assert not set(error.key) & {"`", "\n", "\u202e"}
    assert error.key.endswith("…")
