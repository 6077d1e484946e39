"""What a repository may ask of this check: its block in `.github/maestro.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from checks.model import CheckConfig, Strict
from checks.sbom.rules.exceptions import PackageException
from checks.sbom.rules.selectors import Names, Rule
from checks.sbom.rules.targets import Target, parse


class Licences(Strict):
    """Which licences may come in with a change; what is already there is left alone."""

    deny: Names = ()
    """SPDX identifiers that must not arrive; `X-or-later` covers every version from X on. An expression of several
    (`MIT AND GPL-3.0-only`) means just that conjunction, or choice.
    """

    allow: Names = ()
    """If not empty, only these may arrive; written alike."""

    @field_validator("deny", "allow")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """A misspelt licence would never match, and its gate would stand open."""
        from checks.sbom.licences import entry_error

        if wrong := next(filter(None, map(entry_error, names)), ""):
            raise ValueError(wrong)
        return names

    def terms(self) -> Mapping[str, tuple[str, ...]]:
        """The form that `licences.evaluate` takes; empty when nothing is asked."""
        stated = {"deny": self.deny, "allow": self.allow}
        return {key: names for key, names in stated.items() if names}


class Packages(Strict):
    """Packages by name, each as a package URL in which `*` stands for any text within a name, `**` for any text."""

    deny: Names = ()
    """Packages that must not arrive: `pkg:npm/event-stream`, `pkg:npm/@evil/*`, `pkg:pypi/foo@<1.2` with a range of
    versions.
    """

    known: Names = ()
    """Packages that you know: none of them is taken for a look-alike."""

    @field_validator("deny", "known")
    @classmethod
    def _readable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            parse(name)
        return names

    def denied(self) -> tuple[Target, ...]:
        """`deny`, ready to be held against a package."""
        return tuple(map(parse, self.deny))

    def familiar(self) -> tuple[Target, ...]:
        """`known`, ready to be held against a package."""
        return tuple(map(parse, self.known))


class Sources(Strict):
    """Where advisories come from, beside those that a bill carries itself."""

    source: Literal["osv", "files", "bill"] = "osv"
    """`osv` asks the OSV service; `files` reads OSV records of the repository at `paths`; `bill` asks nobody."""

    paths: Names = ()
    """OSV records (JSON) in the repository, as globs; read from the base branch. Only with `source: files`."""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if (self.source == "files") != bool(self.paths):
            raise ValueError("`paths` belongs to `source: files`, which needs it")
        return self


class BaselineRule(Strict):
    """What the bill is held against: the newest ancestor on the base branch that was green and has one."""

    max_age_days: int = Field(default=30, ge=1, le=3650)
    """A baseline older than this on the day of the evaluation is stale: nothing is measured against it."""


class Fix(Strict):
    """What is done about a finding that a newer version mends."""

    pull_requests: bool = True
    """Open a pull request with the smallest safe change; never for a fork."""

    workflow: str = ""
    """File name of the workflow that makes lock files anew; it is dispatched on the branch of the fix. Empty: none."""


class Config(CheckConfig):
    """SBOM drift: what the change brings in, judged against the bill of materials of its base."""

    paths: Annotated[Names, Field(min_length=1)] = (
        "sbom/*.json",
        "sbom.json",
        "bom.json",
        "*.cdx.json",
        "*.spdx.json",
        "bom.xml",
        "*.cdx.xml",
    )
    """Where the bills are, as glob patterns from the top of the repository; CI may also send them."""

    severity: Literal["low", "medium", "high", "critical"] = "high"
    """From this severity on, an advisory that the change introduces at runtime scope stops it. Less, and unknown, is
    remarked on.
    """

    licenses: Licences = Licences()
    """The licence rule: `deny`, `allow`, or both."""

    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    """What a finding does to the change: the first rule that fits decides, the defaults come after them all."""

    packages: Packages = Packages()
    """Packages that must not arrive, and packages that are well known."""

    exceptions: Annotated[tuple[PackageException, ...], Field(strict=False)] = ()
    """Findings that are accepted for a while, each with its owner and its end."""

    vex: Names = ("vex/*.json", ".vex/*.json")
    """Where the statements on exploitability are (OpenVEX, CycloneDX VEX), as globs; read from the base branch."""

    advisories: Sources = Sources()
    """Where advisories come from."""

    baseline: BaselineRule = BaselineRule()
    """How old the bill may be that the head is held against."""

    manifests: Names = ()
    """Where dependencies are declared, as globs; empty: every manifest that Maestro can read."""

    fix: Fix = Fix()
    """What is done about a finding that a newer version mends."""
