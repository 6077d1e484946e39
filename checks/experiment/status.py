"""Where an experiment stands, and what that means to a decision."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from checks.model import State


class Status(StrEnum):
    """`waiting_data` and `continue` go on; the other three are final."""

    WAITING = "waiting_data"
    CONTINUE = "continue"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"

    @property
    def final(self) -> bool:
        """Whether nothing can change it any more."""
        return self is not Status.WAITING and self is not Status.CONTINUE


class Reason(StrEnum):
    """Why an experiment ended without an answer; `NONE` while it runs or where it has one."""

    NONE = ""
    HORIZON = "horizon"  # all the requests it may have, and nothing proven
    SRM = "srm"  # requests were not split as routed, so the sides cannot be compared
    NO_DATA = "no_data"  # ticks came without requests on both sides
    STALE = "stale"  # no ticks came
    CONFIG = "config"  # the rules changed too often, or were taken away
    SHADOW = "shadow"  # a critical field of its mirrored answers differs
    BY_HAND = "by_hand"  # somebody rolled it back
    STOPPED = "stopped"  # somebody ended it, or the canary is gone


STATES = MappingProxyType(
    {
        Status.WAITING: State.WAIT,
        Status.CONTINUE: State.WAIT,
        Status.PROMOTE: State.PASS,
        Status.ROLLBACK: State.BLOCK,
        Status.INCONCLUSIVE: State.UNMEASURED,
    }
)
