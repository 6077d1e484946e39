"""Lengths of time as people say them."""

from __future__ import annotations

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """A time in its two largest units.

    >>> span(93_784), span(59)
    ('1 d 2 h', '59 s')
    """
    whole, parts = round(seconds), list[tuple[int, str]]()
    for size, name in _UNITS:
        amount, whole = divmod(whole, size)
        if amount or parts:
            parts.append((amount, name))
    return " ".join(f"{amount} {name}" for amount, name in parts[:2] if amount) or "0 s"
