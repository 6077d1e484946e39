"""What reading a source can raise, drawn once. Whoever cannot be reached at all raises the wire's own errors.

SourceError
├── BadSelector   what the configuration names is no selector, or the source refuses it
├── NoSeries      a selector that has to match something matches nothing
├── BadAnswer     the answer is not what the source's documentation promises
└── Withheld      the source answers, and says itself that it does not give what was asked, or not all of it
"""

from __future__ import annotations


class SourceError(Exception):
    """A reading that could not be made; the message says what of it and why."""


class BadSelector(SourceError, ValueError):
    """No selector: nothing else is sent to the source."""


class NoSeries(SourceError):
    """The selector is fine, and nothing in the source has these labels."""


class BadAnswer(SourceError):
    """The source answers something else than it should."""


class Withheld(SourceError):
    """What is there may be a part of it, so nothing of it is used; it may come when asked again."""
