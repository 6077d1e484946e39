"""The ladder of an agent: its arms from the smallest to the largest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from program.terms import Terms

NAME = r"[A-Za-z0-9][A-Za-z0-9._@/+-]{0,63}"
"""What an arm may be called: fit for an input, a trailer, a command and a page."""

MOST = 20  # arms that one text may name
_STATED = re.compile(rf"^Maestro-Arm:[ \t]{{0,9}}({NAME})[ \t]{{0,9}}\r?$", re.IGNORECASE | re.MULTILINE | re.ASCII)


By = Literal["workflow", "repository", "mention", "label", "assign"]
"""How an arm is started: a workflow is dispatched, an event is sent to the repository, a comment calls an agent, a
label is put on, or an issue is assigned to it.
"""

EVENT, LABEL = "maestro.agent", "fix-me"
"""What an arm by `repository` and one by `label` begin with, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of having an agent try: how it is started, with which model, and what a try costs at most.

    `cost_usd` is what the configuration declares, None where it declares nothing. `workflow`: of an arm by `workflow`,
    else "". `to`: the type of the event, the words that call the agent, the label, or the agent's login. `behalf`: the
    login of the person in whose name an issue is assigned.
    """

    name: str
    workflow: str
    model: str = ""
    cost_usd: float | None = None
    tags: tuple[str, ...] = ()
    by: By = "workflow"
    to: str = ""
    behalf: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The arms in the order they were written, the smallest first; `terms` say how one of them is chosen.

    `classes`: the kinds of task, each with globs of the paths that make a change one of it; the first that fits counts.
    """

    arms: tuple[Arm, ...]
    terms: Terms = field(default_factory=Terms)
    classes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def named(self, name: str) -> Arm | None:
        """The arm of this name; where none is written so, the one that differs in case alone."""
        alike = [arm for arm in self.arms if arm.name.casefold() == name.casefold()]
        return next((arm for arm in alike if arm.name == name), next(iter(alike), None))

    def nearest(self, name: str) -> str:
        """The name that was probably meant, or ""."""
        names = {arm.name.casefold(): arm.name for arm in self.arms}
        return next((names[one] for one in difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.5)), "")


def stated(texts: Iterable[str]) -> tuple[str, ...]:
    """The arms that commit messages, or a description, say they were made by: `Maestro-Arm: name` on a line.

    Whoever wrote the text chose the name; what is no name of an arm is none. Of a text, the first MOST.
    """
    return tuple(name for text in texts for name in _STATED.findall(text)[:MOST])
