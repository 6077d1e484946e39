"""What the checks of some rules want to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checks import sbom, speclive
from checks.decide import Policy, asked
from checks.judge import Removed, Unreadable
from checks.model import Check, CheckConfig, ContractText, Need
from checks.registry import BY_NAME


@dataclass(frozen=True, slots=True)
class Wanted:
    """The checks asked for, with their settings."""

    checks: tuple[tuple[Check, CheckConfig], ...]

    def needs(self, need: Need) -> bool:
        """Whether any check needs such facts."""
        return any(need in check.needs for check, _ in self.checks)

    def paths(self, need: Need) -> tuple[str, ...]:
        """The globs of the files that such facts are read from."""
        return tuple(path for check, config in self.checks if need in check.needs for path in check.paths(config))

    def supply(self) -> sbom.Config | None:
        """The settings of the SBOM check; where both want it, the base's, not those that the change would bring."""
        return next((config for _, config in self.checks if isinstance(config, sbom.Config)), None)

    def guarding(self) -> speclive.Config | None:
        """The settings of the check of Spec Cards, the base's first."""
        return next((config for _, config in self.checks if isinstance(config, speclive.Config)), None)

    def measurements(self, contracts: tuple[ContractText, ...]) -> frozenset[str]:
        """The names that somebody outside must measure: no check of ours does."""
        return _outside(check.names(config, contracts) for check, config in self.checks)

    def baselines(self, contracts: tuple[ContractText, ...]) -> frozenset[str]:
        """Those of them that must have been measured on the base as well."""
        return _outside(check.baselines(config, contracts) for check, config in self.checks)


def _outside(names: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(name for name in frozenset[str]().union(*names) if name.partition(".")[0] not in BY_NAME)


def wanted_by(*rules: Policy | Unreadable | Removed | None) -> Wanted:
    """What `rules` want together; those that cannot be read want nothing."""
    return Wanted(tuple(pair for policy in rules if isinstance(policy, Policy) for pair in asked(policy)))
