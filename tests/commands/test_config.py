import json
from pathlib import Path

import jsonschema_rs
import pytest

from tests.commands.conftest import Maestro


def test_a_right_file_is_said_to_be_valid(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text("version: 1\nrisk: {limit: 0.5}\n")
    ended = maestro("config", "validate", str(file))
    assert (ended.code, ended.out) == (0, f"{file}: valid\n")


def test_the_repositorys_own_file_is_the_default(
    maestro: Maestro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert maestro("config", "validate").code == 2
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "maestro.yml").write_text("version: 1\n")
    assert maestro("config", "validate").code == 0


def test_a_wrong_key_is_named_with_its_line_and_the_nearest_key(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text("version: 1\nrisk:\n  limt: 0.5\n")
    ended = maestro("config", "validate", str(file))
    assert (ended.code, ended.out) == (2, "")
    assert f"{file}:3" in ended.err
    assert "limt" in ended.err
    assert "limit" in ended.err


def test_every_mistake_is_named_at_once(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text("version: 1\nrisk: {limt: 0.5}\nsbom:\n  severity: awful\n")
    ended = maestro("config", "validate", str(file))
    assert f"{file}:2" in ended.err
    assert f"{file}:4" in ended.err


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"\x00", b"[", b"- a", b"version: 2", b"{" * 100_000, b"#" * 2_000_000, b"a: &a [*a]"]
)
def test_an_unreadable_file_exits_with_2_and_a_message(maestro: Maestro, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "maestro.yml"
    file.write_bytes(content)
    ended = maestro("config", "validate", str(file))
    assert ended.code == 2
    assert str(file) in ended.err


def test_a_missing_file_exits_with_2(maestro: Maestro, tmp_path: Path) -> None:
    assert maestro("config", "validate", str(tmp_path / "none.yml")).code == 2


@pytest.mark.parametrize("name", ["none.yml", ""])
def test_a_file_that_cannot_be_read_is_an_error_in_json_too(maestro: Maestro, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    ended = maestro("config", "validate", "--json", str(file))
    said = json.loads(ended.out)
    assert (ended.code, ended.err, said["valid"], said["notices"]) == (2, "", False, [])
    ((path, message),) = [(error["path"], error["message"]) for error in said["errors"]]
    assert path == str(file)
    assert message.startswith("the file cannot be read: ")
    plain = maestro("config", "validate", str(file))
    assert (plain.code, plain.out, plain.err) == (2, "", f"{file}:1:1: {message}\n")


def test_a_hostile_key_draws_nothing_on_the_terminal(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text('version: 1\n"\\e[2J\\e[31mboo\\u202e": 1\npools: {"\\e]0;owned\\a": 1}\n')
    ended = maestro("config", "validate", str(file))
    assert ended.code == 2
    assert all(line.isprintable() for line in ended.err.splitlines())


def test_the_outcome_as_json_holds_the_place_of_each_error(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text("version: 1\npools: {}\nrisk: {limt: 1}\n")
    ended = maestro("config", "validate", "--json", str(file))
    said = json.loads(ended.out)
    assert (ended.code, said["valid"]) == (2, False)
    assert [(error["line"], error["key"]) for error in said["errors"]] == [(3, "risk.limt")]
    file.write_text("version: 1\npools: {}\n")
    said = json.loads(maestro("config", "validate", "--json", str(file)).out)
    assert (said["valid"], said["errors"]) == (True, [])
    assert "`pools` has no effect" in said["notices"][0]


def test_what_no_source_of_series_could_be_asked_is_remarked_on(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    metric = '{name: up, better: higher, query: "topk(1, up)", canary_query: "up{sha=\\"{sha}\\"}"}'
    file.write_text(f"version: 1\nimpact: {{source: production, metrics: [{metric}]}}\n")
    said = json.loads(maestro("config", "validate", "--json", str(file)).out)
    assert said["valid"]
    assert ["no past" in said["notices"][0], "metrics.up.query: " in said["notices"][1]] == [True, True]
    assert len(said["notices"]) == 2


def test_a_source_of_series_that_the_operator_does_not_name_is_remarked_on(maestro: Maestro, tmp_path: Path) -> None:
    file, sources = tmp_path / "maestro.yml", tmp_path / "sources.yml"
    file.write_text("version: 1\nimpact: {source: produktion, metrics: [{name: up, better: higher, query: up}]}\n")
    sources.write_text(
        "sources: {production: {kind: prometheus, url: 'https://metrics.example', repositories: ['*/*']}}\n"
    )
    told = ("config", "validate", "--sources", str(sources), str(file))
    assert f"source `produktion` is not in {sources}" in maestro(*told).out
    file.write_text(file.read_text().replace("produktion", "production"))
    assert maestro(*told).out == f"{file}: valid\n"


def test_the_schema_is_a_json_schema(maestro: Maestro) -> None:
    schema = json.loads(maestro("config", "schema").out)
    assert jsonschema_rs.validator_for(schema).is_valid({"version": 1})
    assert not jsonschema_rs.validator_for(schema).is_valid({"version": 1, "rsk": {}})


def test_explain_names_every_check(maestro: Maestro) -> None:
    ended = maestro("config", "explain")
    assert ended.code == 0
    assert all(f"{name}" in ended.out for name in ("contract", "risk", "sbom", "agents"))


EXPERIMENT = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01, watermark_seconds: 60}
  source: production
  queries: {errors: {control: {total: a, bad: b}, canary: {total: c, bad: d}}}
"""
SOURCES = "sources: {production: {kind: prometheus, url: 'https://prometheus.example.com', repositories: ['octo/*']}}"


@pytest.mark.parametrize(
    ("rules", "sources", "said"),
    [
        (EXPERIMENT, "", ""),
        (
            EXPERIMENT.replace("60", "400"),
            "",
            ":2: `experiment`: ticks of 30 s settle after 6.67 min: a rollback within",
        ),
        (EXPERIMENT, SOURCES, ""),
        (EXPERIMENT, SOURCES.replace("production", "staging"), "`experiment`: source `production` is not in"),
        (
            EXPERIMENT,
            SOURCES.replace("url:", "lag_seconds: 55, url:"),
            "too late for watermark_seconds 60: set it to 65",
        ),
        (
            EXPERIMENT.replace("60", "300"),
            SOURCES.replace("url:", "lag_seconds: 120, url:"),
            "figures of `production` are 2 min old and ticks of 30 s settle after 5 min: a rollback within 7 min",
        ),
    ],
)
def test_rules_that_cannot_take_a_canary_back_in_time_are_warned_of(
    maestro: Maestro, tmp_path: Path, rules: str, sources: str, said: str
) -> None:
    file, operators = tmp_path / "maestro.yml", tmp_path / "sources.yml"
    file.write_text(rules)
    operators.write_text(sources)
    ended = maestro("config", "validate", str(file), *(["--sources", str(operators)] if sources else []))
    assert (ended.code, ended.err) == (0, "")
    assert said in ended.out
    assert (ended.out == f"{file}: valid\n") is not bool(said)


ASKING = """version: 1
impact:
  source: production
  metrics: [{name: p95, better: lower, query: 'sum(rate(a{v="{environment}"}[5m]))', controls: [{name: b, query: b}]}]
"""


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (ASKING, ""),
        (ASKING.replace("query: b", "query: 'topk(1, up)'"), "metrics.p95.controls.b: column 1 of the query"),
        (ASKING.replace("environment", "shortenv"), "metrics.p95.query: {shortenv} stands for nothing"),
        (
            ASKING.replace("impact:", "impact:\n  environment: live eu"),
            "metrics.p95.query: {environment} cannot stand in a query",
        ),
    ],
)
def test_what_no_source_is_asked_or_stands_for_nothing_is_remarked_on(
    maestro: Maestro, tmp_path: Path, rules: str, said: str
) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text(rules)
    ended = maestro("config", "validate", str(file))
    assert (ended.code, ended.err) == (0, "")
    assert said in ended.out
    assert (ended.out == f"{file}: valid\n") is not bool(said)


def test_what_an_arm_will_not_do_is_remarked_on(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_text(
        "version: 1\nremediation: {}\n"
        "arms: {workflow: a.yml, budget_usd: 0.5, ladder: [{name: a, cost_usd: 0.4}, {name: b, cost_usd: 1}, "
        "{name: deadbeef, cost_usd: 0.1}, {name: c, cost_usd: 0.1, by: label, to: Needs-Human}]}\n"
    )
    told = maestro("config", "validate", str(file))
    assert told.code == 0
    notices = [line.partition("`arms`: ")[2] for line in told.out.splitlines() if "`arms`: " in line]
    assert notices == [
        "b is never chosen: `allow`, `forbid` and the limits of cost leave it out",
        "deadbeef reads like a commit, so no command can name it",
        "c is started by the label needs-human, which `remediation` puts on what is for people",
    ]
