"""Slash commands: one module a family of verbs. Each declares itself; help and docs/commands.md are made of that."""

from __future__ import annotations

from handlers.commands import canary, explain, opinion, override
from handlers.commands import help as help_verb

VERBS = (
    help_verb.VERB,
    explain.VERB,
    explain.PLAN,
    canary.START,
    canary.STOP,
    opinion.AGREE,
    opinion.DISAGREE,
    override.OVERRIDE,
    override.WITHDRAW,
)
