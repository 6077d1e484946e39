"""Which of GitHub's roles may do what another one may."""

from __future__ import annotations

_RANKS = ("read", "triage", "write", "maintain", "admin")


def suffices(role: str, least: str) -> bool:
    """Whether `role`, GitHub's `role_name`, is `least` or more. No custom one is: who knows what it may do?"""
    return role in _RANKS and _RANKS.index(role) >= _RANKS.index(least)
