"""A command on its way to its answer: who asks for what, of which head, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.model import Cause, Opened, Trigger
from handlers.commands.parse import bare

_SHA = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """`arguments`: what follows the verb. `cause` names who, in which role. `head_sha` is what the command acts on.

    `older`: a commit that was the head before and that is named, which it acts on in place of the head; "" for none.
    """

    trigger: Trigger
    opened: Opened
    arguments: tuple[str, ...]
    cause: Cause
    older: str = ""

    @property
    def head_sha(self) -> str:
        """The head of the pull request, now; or the older one that is named."""
        return self.older or self.opened.pull.head_sha

    @property
    def commits(self) -> tuple[str, ...]:
        """Each commit that is the change: the head and, once it is merged, what its base has it as."""
        merged = "" if self.older else self.opened.merge_sha
        return tuple(dict.fromkeys(filter(None, (self.head_sha, merged))))

    @property
    def shas(self) -> tuple[str, ...]:
        """The commits that are named, each by seven digits or more, in lower case."""
        return self.shas_among(None)

    def shas_among(self, first: int | None) -> tuple[str, ...]:
        """Those among the `first` words, or among all: what follows may be free text."""
        return tuple(word.lower() for word in map(bare, self.arguments[:first]) if _SHA.fullmatch(word))

    @property
    def words(self) -> tuple[str, ...]:
        """What else is named."""
        return tuple(word for word in map(bare, self.arguments) if word and not _SHA.fullmatch(word))


@dataclass(frozen=True, slots=True)
class Answer:
    """A command that was carried out. `notes`: what is to be said besides the effect; `then`: what follows.

    `said`, `before` and `after` are kept, logged and shown on the page: what came of it, and what it changed; our own
    words, in which `code` may stand. `reply` is the whole Markdown answer of a verb that only answers. Not `whole`: a
    part of it was not had, and `notes` tells which.
    """

    notes: tuple[str, ...] = ()
    then: tuple[Trigger, ...] = ()
    said: str = ""
    before: str = ""
    after: str = ""
    reply: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Declined:
    """A command that was not carried out, and why: our own words, in which `code` may stand.

    `role`: of whoever asked, where it was enough.
    """

    reason: str
    then: tuple[Trigger, ...] = ()
    role: str = ""


Act = Callable[[Asked], Awaitable[Answer | Declined]]
"""What a verb does, once whoever asks is allowed to."""
