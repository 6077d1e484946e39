"""What an agent is asked for, and what came of asking."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_BRIEF = 20_000
"""Characters of a brief."""


@dataclass(frozen=True, slots=True)
class Task:
    """One try of an agent. `trace` names it to the agent; `key` to us: one key is sent once, whatever is killed.

    `attempt` counts from 1; `head_sha`: the commit that it is to go on from. `brief`: what is asked, in Markdown, our
    words and what we quote, escaped; at most LONGEST_BRIEF characters.
    """

    trace: str
    key: str
    attempt: int
    head_sha: str
    brief: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The agent was asked. `run`: the workflow run, where GitHub names one; `said`: how, in our words, with `code`."""

    run: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """The agent was not asked, and `why`, in our words, in which `code` may stand.

    `moved`: the head is another one. `doubt`: GitHub never said whether it took it, so it is never asked again.
    """

    why: str
    moved: bool = False
    doubt: bool = False
