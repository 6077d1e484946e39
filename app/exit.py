"""Exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """0 ship (or pass, warn), 1 block or roll back, 2 usage or unreadable input, 3 hold, 4 infrastructure."""

    SHIP = 0
    BLOCK = 1
    USAGE = 2
    HOLD = 3
    INFRASTRUCTURE = 4


BY_VERDICT = {"ship": Exit.SHIP, "hold": Exit.HOLD, "block": Exit.BLOCK, "rollback": Exit.BLOCK}
