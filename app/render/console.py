"""Parts of an answer as a terminal shows them: plain text, and colours only where they are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def shown(parts: Iterable[Text | Table | str], *, width: int, colour: bool) -> str:
    """`parts` one below the other, `width` columns wide; not `colour` (NO_COLOR, a pipe): no escape sequence at all."""
    from rich.console import Console  # takes as long to load as all the rest

    written = StringIO()
    console = Console(
        file=written,
        width=width,
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    return "\n".join(row.rstrip() for row in written.getvalue().rstrip().splitlines())
