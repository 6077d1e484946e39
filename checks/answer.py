"""What becomes of a canary, once its gate and its mirrored answers are put together.

Neither touches the other's evidence: the gate's answer stays as it was proven, and so does a flag. Put together they
can only be stricter than the gate alone, but for a critical field, which takes a canary back by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from types import MappingProxyType

from checks.model import Mode
from checks.shadow import Config, Stance, load

WAIT, PROMOTE, ROLLBACK, HOLD = "wait", "promote", "rollback", "hold"

ANSWERS: Mapping[str, Mapping[Stance, str]] = MappingProxyType(
    {
        WAIT: {Stance.AGREES: WAIT, Stance.UNSURE: WAIT, Stance.OBJECTS: WAIT, Stance.CRITICAL: ROLLBACK},
        PROMOTE: {Stance.AGREES: PROMOTE, Stance.UNSURE: WAIT, Stance.OBJECTS: HOLD, Stance.CRITICAL: ROLLBACK},
        HOLD: {Stance.AGREES: HOLD, Stance.UNSURE: HOLD, Stance.OBJECTS: HOLD, Stance.CRITICAL: ROLLBACK},
        ROLLBACK: dict.fromkeys(Stance, ROLLBACK),  # a metric is proven bad: whatever the answers say
    }
)
"""What is done, by the gate's `action` and by what the mirrored answers say to it."""


def answer(gate: str, stance: Stance | None, waited: float, patience: float) -> str:
    """What is done: wait, promote, rollback or hold.

    `gate`: its own `action`. `stance`: None where nobody compares answers, or they may only remark. `waited`: seconds
    since the gate's answer; after `patience` of them a promotion that waits for mirrored answers is not had.
    """
    if stance is None:
        return gate
    found = ANSWERS[gate][stance]
    return HOLD if gate == PROMOTE and found == WAIT and waited >= patience else found


def unread(gate: str, stance: Stance | None) -> str:
    """The same while answers that came are not compared yet: they never promote, however patient anybody is."""
    return answer(gate, Stance.UNSURE if stance is Stance.AGREES else stance, 0.0, inf)


def stance(rules: str, told: str) -> Stance | None:
    """What stored answers say: `rules` is the block `shadow`, `told` what its last look said, both JSON."""
    return load(told).stance if Config.model_validate_json(rules).mode is Mode.BLOCK else None


def patience(rules: str) -> float:
    """Seconds for which a promotion waits for mirrored answers under `rules`, the block `shadow` as JSON."""
    return 60.0 * Config.model_validate_json(rules).wait_minutes
