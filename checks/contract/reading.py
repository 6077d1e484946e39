"""What is known of one measurement: its value, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from checks.contract.predicate import Scalar
from checks.model import Missing, State


@dataclass(frozen=True, slots=True)
class Known:
    """A measured value. `words`: how to say it where the bare value says too little."""

    value: Scalar
    unit: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None
    evidence: str = ""
    trusted: bool = True
    words: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No value: WAIT (it will come), UNMEASURED (nobody sent it) or ERROR (we failed), and the reason."""

    state: State
    reason: str
    remedy: str = ""
    evidence: str = ""


Reading = Known | Unknown


def unavailable(name: str, missing: Missing | None) -> Unknown:
    """The reading where a section of the facts is missing. None: nobody read it, which is our failure."""
    if missing is None:
        return Unknown(State.ERROR, f"{name}: not read", "Ask for the evaluation again.")
    return Unknown(missing.state, f"{name}: {missing.reason}")


def measure_trusted(name: str) -> str:
    """What to do where all that is known of `name` comes from a fork's own run."""
    return f"Measure {name} in a run that this repository trusts."
