"""What asking OSV can raise, drawn once.

OsvError
├── Unavailable   5xx, 429, network, time-out, an answer that is none: ask again later
├── Refused       400 and its like: OSV will not have this question, today or tomorrow
├── TooLarge      the answer is longer than its reader allowed
└── Unreadable    an answer that is no JSON, however often it is asked for
"""

from __future__ import annotations


class OsvError(Exception):
    """A question that brought no answer. `status` is the HTTP status, 0 when there was none."""

    def __init__(self, call: str, status: int, reason: str) -> None:
        self.call, self.status, self.reason = call, status, reason
        super().__init__(f"{call}: {status or 'no answer'}: {reason}")


class Unavailable(OsvError):
    """Nobody answered, or what came was no answer."""


class Refused(OsvError):
    """The service understood, and says no."""


class TooLarge(OsvError):
    """The answer exceeds the bytes that its reader allowed."""


class Unreadable(OsvError):
    """The answer came whole, and cannot be read."""
