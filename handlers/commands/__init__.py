"""Slash commands: one module a family of verbs. Each declares itself; help and docs/commands.md are made of that."""

from __future__ import annotations

from handlers.commands import canary, escalate, explain, opinion, override, remediate, remediating, retry, rollback
from handlers.commands import help as help_verb

VERBS = (
    help_verb.VERB,
    explain.VERB,
    explain.PLAN,
    retry.VERB,
    escalate.VERB,
    remediate.VERB,
    remediating.STOP,
    canary.START,
    canary.STOP,
    opinion.AGREE,
    opinion.DISAGREE,
    rollback.VERB,
    override.OVERRIDE,
    override.WITHDRAW,
)
