"""What a repository may ask of this check: its block in `.github/maestro.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from checks.model import CheckConfig, Strict

Names = Annotated[tuple[str, ...], Field(strict=False)]


class Licences(Strict):
    """Which licences may come in with a change; what is already there is left alone."""

    deny: Names = ()
    """SPDX identifiers that must not arrive; `X-or-later` covers every version from X on."""

    allow: Names = ()
    """If not empty, only these may arrive."""

    @field_validator("deny", "allow")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """A misspelt licence would never match, and its gate would stand open."""
        from checks.sbom.licences import recognised

        strange = [name for name in names if not recognised(name)]
        if strange:
            raise ValueError(f"{strange[0]!r} is no SPDX licence identifier and no LicenseRef")
        return names

    def terms(self) -> Mapping[str, tuple[str, ...]]:
        """The form that `licences.evaluate` takes; empty when nothing is asked."""
        stated = {"deny": self.deny, "allow": self.allow}
        return {key: names for key, names in stated.items() if names}


class Config(CheckConfig):
    """SBOM drift: what the change brings in, judged against the bill of materials of its base."""

    paths: Annotated[Names, Field(min_length=1)] = ("sbom/*.json", "sbom.json", "bom.json", "*.cdx.json")
    """Where the CycloneDX files are, as glob patterns from the top of the repository."""

    severity: Literal["low", "medium", "high", "critical"] = "high"
    """From this severity on, an advisory that the change introduces stops it. Unknown severities are remarked
    on.
    """

    licenses: Licences = Licences()
    """The licence rule: `deny`, `allow`, or both."""
