"""Slash commands: one module a verb, each with its declaration and its answer; help is made of the declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.model import Verb
from handlers.commands import help as help_verb
from handlers.commands.parse import Command
from handlers.ports import Renderer

Answer = Callable[[Command, Sequence[Verb], Renderer], str]

ANSWERS: Mapping[Verb, Answer] = {
    help_verb.VERB: help_verb.answer,
}

VERBS = tuple(ANSWERS)


def answer_to(command: Command, renderer: Renderer) -> str | None:
    """What the command's verb answers; None when there is no such verb."""
    verb = next((verb for verb in VERBS if verb.name == command.verb), None)
    return None if verb is None else ANSWERS[verb](command, VERBS, renderer)
