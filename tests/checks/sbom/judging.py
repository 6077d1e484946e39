"""A whole evaluation of this check, from two texts to a CheckResult."""

from __future__ import annotations

from checks import sbom
from checks.model import CheckResult, Document, Missing, Pull, SbomPair, Snapshot
from checks.sbom import Config

PULL = Pull("acme/shop", 7, "A title", "dev", "h" * 40, "topic", "b" * 40, "main")
STRICT = Config.model_validate({"licenses": {"deny": ["AGPL-3.0-only", "GPL-3.0-only"]}})
ROOT = {"app": ["bar"], "bar": ["foo"]}


def at(sha: str, text: str | Missing | None) -> Document | None:
    if text is None:
        return None
    return Document("p", sha, missing=text) if isinstance(text, Missing) else Document("p", sha, text)


def files(base: str | Missing | None, head: str | Missing | None, path: str = "sbom/app.json") -> SbomPair:
    return SbomPair(path, at("b" * 40, base), at("h" * 40, head))


def judge(*pairs: SbomPair, config: Config = STRICT) -> CheckResult:
    return sbom.evaluate(Snapshot(PULL, sboms=pairs), config, {})


def compare(base: str, head: str, config: Config = STRICT) -> CheckResult:
    return judge(files(base, head), config=config)


def measures(result: CheckResult) -> dict[str, object]:
    return {measure.name: measure.value for measure in result.measures}
