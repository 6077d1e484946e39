"""What the operator is told of a file of sources of several kinds."""

import pytest

from app.config import ConfigErrors, settings
from app.sources import Sources


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
