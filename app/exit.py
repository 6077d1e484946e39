"""Exit codes, the same for every command."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Exit(IntEnum):
    """0 ship (or pass, warn), 1 block or roll back, 2 usage or unreadable input, 3 hold, 4 infrastructure."""

    SHIP = 0
    BLOCK = 1
    USAGE = 2
    HOLD = 3
    INFRASTRUCTURE = 4


# A Verdict is one of these words. The class itself would bring the model's libraries into `maestro --help`.
BY_VERDICT: Mapping[str, Exit] = {
    "ship": Exit.SHIP,
    "hold": Exit.HOLD,
    "block": Exit.BLOCK,
    "rollback": Exit.BLOCK,
}
