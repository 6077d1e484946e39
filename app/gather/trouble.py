"""What went wrong with a source, in words that may be shown."""

from __future__ import annotations

from app.sources import SourceError
from app.wire import WireError

LONGEST = 300  # characters kept of a source's own words
FORESEEN = (SourceError, WireError)


def in_words(error: Exception) -> str:
    """As the source, or whoever asks it, says it; of what nobody foresaw its kind alone."""
    if isinstance(error, SourceError):
        return str(error)[:LONGEST]
    if isinstance(error, WireError):
        return error.said[:LONGEST]
    return f"its answer could not be used: {type(error).__name__}"
