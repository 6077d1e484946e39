"""What the operator is told of a file of sources of several kinds."""

import pytest

from app.config import ConfigErrors, settings
from app.sources import Sources
from checks.experiment import Watched


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("kind: datadog, repositories: [octo/shop], api_key: x", "did you mean `api_key_env`?"),
        ("kind: datadog, repositories: [octo/shop], sites: eu1", "the keys here are "),
        ("kind: cloudwatch, repositories: [octo/shop]", "`sources.it.region` is required"),
        (
            "kind: cloudwatch, region: Frankfurt, repositories: [octo/shop]",
            "`Frankfurt` cannot be `sources.it.region`; it should look like `eu-central-1`",
        ),
        (
            "kind: cloudwatch, region: eu-central-1, repositories: [octo/shop], finest_seconds: 7",
            "must be `1, 5, 10, 20, 30 or 60`",
        ),
        (
            "kind: influx, repositories: [octo/shop]",
            "sources.yml:1:22: `influx` is not a value of `sources.it.kind`; "
            "it must be `prometheus`, `datadog` or `cloudwatch`",
        ),
        ("kind: datadoc, repositories: [octo/shop]", "did you mean `datadog`?"),
        ("repositories: [octo/shop]", "`sources.it.kind` is required"),
    ],
)
def test_each_kind_explains_its_own_keys(entry: str, said: str) -> None:
    found = settings(f"sources: {{it: {{{entry}}}}}", "sources.yml", Sources)
    assert isinstance(found, ConfigErrors)
    assert said in str(found)


@pytest.mark.parametrize("value", ["hunter2-secret", "hunter2_secret", "[hunter2]", "{hunter2: 1}", "2222", "x" * 101])
@pytest.mark.parametrize(
    "key", ["kind: prometheus, url: http://x, token_env", "kind: datadog, application_key_file: x, api_key_env"]
)
def test_a_secret_that_stands_where_the_name_of_its_variable_should_is_not_shown(key: str, value: str) -> None:
    found = settings(f"sources: {{it: {{repositories: [octo/shop], {key}: {value}}}}}", "sources.yml", Sources)
    assert isinstance(found, ConfigErrors)
    assert "sources.it" in str(found)
    assert not any(secret in str(found) for secret in ("hunter2", "2222", "xxx"))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "url: http://x, repositories: ['*']",
            "`sources.it.repositories[0]`: String should have at least 3 characters",
        ),
        ("url: 'http://x:99999', repositories: [octo/shop]", "`sources.it.url`: cannot be read as an address: a port"),
    ],
)
def test_one_mistake_is_one_line(entry: str, said: str) -> None:
    found = settings(f"sources: {{it: {{kind: prometheus, {entry}}}}}", "sources.yml", Sources)
    assert isinstance(found, ConfigErrors)
    (line,) = str(found).splitlines()
    assert said in line


def test_an_empty_file_of_sources_is_told_what_it_may_hold() -> None:
    assert "the file is empty; its keys are `sources`" in str(settings("", "sources.yml", Sources))


@pytest.mark.parametrize(
    ("kind", "total", "said"),
    [
        ("prometheus, url: http://metrics.example", "rate(requests[5m])", "no selector of the form"),
        ("prometheus, url: http://metrics.example", 'requests{version="{short_sha}"}', None),
        ("datadog, api_key_env: KEY, application_key_env: KEY", "requests", "no metric of the form"),
        ("cloudwatch, region: eu-central-1", "requests", "other periods here: a multiple of 60"),
    ],
)
def test_a_query_that_could_never_be_asked_is_foreseen(
    monkeypatch: pytest.MonkeyPatch, kind: str, total: str, said: str | None
) -> None:
    monkeypatch.setenv("KEY", "secret")
    text = f"sources: {{it: {{kind: {kind}, repositories: [octo/shop], lag_seconds: 1}}}}"
    found = settings(text, "sources.yml", Sources)
    assert isinstance(found, Sources), found
    side = {"total": total, "bad": "errors{}"}
    rules = {"baseline": 0.01, "source": "it", "queries": {"errors": {"control": side, "canary": side}}}
    warnings = found.warnings(Watched.model_validate(rules), "octo/shop")
    if said is None:
        assert warnings == ()
    else:
        assert len(warnings) == 1
        assert warnings[0].startswith("source `it`: ")
        assert said in warnings[0]
