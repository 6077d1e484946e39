"""`/maestro help`: the list, or what was asked for."""

import pytest

from app.model import Verb
from app.render.actions import GitHubRenderer
from handlers.commands.help import explained
from handlers.commands.parse import parse

VERBS = (
    Verb("help", "/maestro help [command]", "/maestro help ship", "List the commands.", "read"),
    Verb("ship", "/maestro ship", "/maestro ship", "Ship it.", "write"),
)


def answered(body: str) -> str:
    command = parse(body)
    assert command is not None
    return explained(command.arguments, VERBS, GitHubRenderer())


def test_without_a_name_every_command_is_listed() -> None:
    assert "List the commands." in answered("/maestro help")
    assert "Ship it." in answered("/maestro help")


@pytest.mark.parametrize("body", ["/maestro help ship", "/maestro help SHIP"])
def test_a_command_that_is_named_is_explained_alone(body: str) -> None:
    assert "Ship it." in answered(body)
    assert "List the commands." not in answered(body)


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    said = "There is no command `shp`; did you mean `/maestro ship`? Say `/maestro help` for the list."
    assert answered("/maestro help shp") == said


@pytest.mark.parametrize("name", ["@octo/team", "<img/src=x>", "`@octo`", "#1", "https://evil.example", "x" * 400])
def test_a_hostile_name_stays_inert(name: str) -> None:
    said = answered(f"/maestro help {name}")
    assert said.startswith("There is no command ")
    assert not any(live in said for live in ("@octo", "<img", "#1", "://"))
