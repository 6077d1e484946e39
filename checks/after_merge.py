"""A merged change: what had been decided of it stays, and what its deployment did is told beside that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from checks.decide import Policy
from checks.impact.block import Config
from checks.impact.check import NAME
from checks.judge import Case
from checks.model import CheckConfig, Verdict
from checks.studied import Studied


def merged(case: Case, decided: Verdict) -> Case:
    """`case`, the last one before the merge, of a change that is merged now: what was `decided` stays."""
    snapshot = case.snapshot
    pull = replace(snapshot.pull, open=False)
    return replace(
        case, snapshot=replace(snapshot, pull=pull, merged_as=snapshot.merged_as or decided, attempts_left=0)
    )


def after_merge(case: Case, decided: Verdict, studies: tuple[Studied, ...], rules: Config) -> Case:
    """`case`, the last one before the merge, with what is known since: `studies`, and the `rules` they go by."""
    known = replace(merged(case, decided).snapshot, studies=studies)
    policy = case.policy if isinstance(case.policy, Policy) else Policy({})
    checks: Mapping[str, CheckConfig] = {**policy.checks, NAME: rules}
    return replace(case, snapshot=known, policy=replace(policy, checks=checks))
