"""What a look said, as JSON: written by whoever compares, read by whoever shows it."""

from __future__ import annotations

import msgspec

from checks.shadow.counts import StateError
from checks.shadow.report import Report, Told

_DECODER = msgspec.json.Decoder(Told)


def dump(report: Report) -> str:
    """The report as a card needs it; the same report is the same bytes."""
    return msgspec.json.encode(report.told(), order="deterministic").decode()


def load(text: str | bytes) -> Told:
    """What `dump` wrote. Raises StateError for any other text."""
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise StateError(f"no report of a shadow diff: {error}") from None
