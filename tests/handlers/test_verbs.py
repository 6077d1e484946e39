"""The commands as they declare themselves: what is said of them is made of that, and of nothing else."""

from __future__ import annotations

import pytest

from app.github import limits
from app.model import ANSWERING
from handlers.commands import VERBS
from handlers.commands.choose import chosen, meant
from handlers.commands.parse import bare, parse
from handlers.commands.roles import suffices

ROLES = ["read", "triage", "write", "maintain", "admin"]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_example_is_a_use_of_its_verb(verb: object) -> None:
    (declared,) = (one for one in VERBS if one is verb)
    command = parse(declared.example)
    assert command is not None
    found = chosen(command, VERBS)
    assert found is not None
    assert found[0] is declared
    assert declared.usage.startswith(f"/maestro {declared.name}")
    assert declared.effect.endswith(".")
    assert declared.role in ROLES


def test_whatever_changes_something_takes_write_or_more_and_an_opinion_more_than_anybody_has() -> None:
    answers, opinions = ["help", "explain", "plan"], ["agree", "disagree"]
    assert [verb.name for verb in VERBS if not suffices(verb.role, "write")] == [*answers, *opinions]
    assert [verb.name for verb in VERBS if not suffices(verb.role, "triage")] == answers
    assert [verb.name for verb in VERBS if verb.about == "nothing"] == [*answers, "remediate stop"]
    assert set(answers) == ANSWERING


def test_what_stands_on_a_button_fits_it() -> None:
    assert all(len(verb.label) <= limits.ACTION_LABEL for verb in VERBS)
    assert all(len(verb.name) <= limits.ACTION_IDENTIFIER for verb in VERBS)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("overide risk", ("override",)),
        ("overide withdrw risk", ("override withdraw",)),
        ("cannary start", ("canary start",)),
        ("canary strt", ("canary start",)),
        ("canary Stopp.", ("canary stop",)),
        ("canary", ("canary start", "canary stop")),
        ("canary begin", ("canary start", "canary stop")),
        ("revert 1a2b3c4", ("rollback",)),
        ("rerun", ("retry",)),
        ("retri", ("retry",)),
        ("zzz", ()),
    ],
)
def test_whoever_misspells_a_verb_is_told_each_that_may_be_meant(said: str, names: tuple[str, ...]) -> None:
    command = parse(f"/maestro {said}")
    assert command is not None
    assert chosen(command, VERBS) is None
    assert meant(command, VERBS)[1] == names


def test_a_check_may_be_named_as_github_shows_its_run() -> None:
    for said in ("explain maestro / contract", "explain `maestro / contract`", "explain contract."):
        command = parse(f"/maestro {said}")
        assert command is not None
        found = chosen(command, VERBS)
        assert found is not None
        assert (found[0].name, [bare(word) for word in found[1]]) == ("explain", ["contract"])


@pytest.mark.parametrize("least", ROLES)
@pytest.mark.parametrize("role", [*ROLES, "none", "", "Write", "security-lead"])
def test_a_role_does_what_weaker_ones_may_and_a_name_that_is_not_githubs_does_nothing(role: str, least: str) -> None:
    assert suffices(role, least) == (role in ROLES and ROLES.index(role) >= ROLES.index(least))
