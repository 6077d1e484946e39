"""What somebody asked of us, by a comment, a button or the Decision Center; kept from the asking to its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum

from app.model.triggers import Surface

ASKED = "maestro_asked"
"""The event of our own deliveries: somebody asked for something in the Decision Center, and its row is stored."""


ANSWERING = frozenset({"help", "explain", "plan"})
"""The verbs that only answer: nothing comes of them that a card would have to show."""


class Progress(StrEnum):
    """How far a command has come."""

    PENDING = "pending"  # it is stored, and nobody has taken it up
    RUNNING = "running"  # it is acknowledged
    DONE = "done"  # it was carried out
    REFUSED = "refused"  # it was not, and `said` is why
    FAILED = "failed"  # we failed; `said` is what is known of it

    @property
    def ended(self) -> bool:
        """Nothing more will come of it."""
        return self in {Progress.DONE, Progress.REFUSED, Progress.FAILED}


@dataclass(frozen=True, slots=True)
class KeptCommand:
    """One command as it is kept. `id` names it to whoever asked; `key` is what it is known again by: of two with the
    same key, the first counts. `arguments`: what follows the verb, as it was said.

    `said`, `before` and `after` are our own words, in which `code` may stand: what came of it, and what it changed.
    """

    id: str  # 32 hexadecimal digits
    key: str
    repository: str
    number: int | None
    head_sha: str  # what it is to act on; "" where a comment names none
    verb: str
    arguments: str
    who: str
    surface: Surface
    asked: float  # epoch seconds
    state: Progress = Progress.PENDING
    role: str = ""  # of `who`, when it was carried out
    said: str = ""
    before: str = ""
    after: str = ""
    ended: float | None = None

    @property
    def delivered(self) -> bytes:
        """The body of the delivery by which the worker hears of it, where it was asked for in the Decision Center."""
        said = {
            "repository": {"full_name": self.repository},
            "number": self.number,
            "head_sha": self.head_sha,
            "command": self.id,
            "verb": self.verb,
            "arguments": self.arguments,
            "sender": {"login": self.who, "type": "User"},
        }
        return json.dumps(said).encode()


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A workflow that a command had run for a pull request, on a head. `name`: of the arm, or of the tests."""

    kind: str  # ARM or TESTS
    name: str
    workflow: str
    head_sha: str
    at: float  # epoch seconds
    run: int | None = None  # GitHub's id of the run, where it is known
    command: str = field(default="", compare=False)  # by which it is kept


@dataclass(frozen=True, slots=True)
class Escalation:
    """The heavier tests that a repository has: their workflow, and the inputs that it is dispatched with."""

    workflow: str
    inputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a rollback by hand does: in which environments ("" for all), by which workflow, and whether it reverts."""

    environments: tuple[str, ...] = ()
    workflow: str = ""
    revert: bool = True


WHEREVER = Undoing()
"""Where the rules say nothing of it."""

SHORTEST_REASON = 10
"""Characters that whoever overrides a check says at least: everybody will read why."""

ARM, TESTS = "arm", "tests"
"""What a workflow is dispatched as: an agent's next try, or heavier tests."""
