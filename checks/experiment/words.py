"""What a person reads of an experiment: its guarantee, its standing, what the evidence amounts to."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, floor, log

from checks.experiment.config import GateConfig
from checks.experiment.design import Design, Kind, Role
from checks.experiment.status import Reason, Status

SHOWN = 1_000_000  # evidence beyond it needs no digits


def guarantee(config: GateConfig) -> tuple[str, ...]:
    """What the experiment promises, and what it takes for granted, each in a sentence."""
    return (*_promises(config), *_assumptions(config))


def evidence(log_e: float, bound: float) -> str:
    """Evidence against what is needed, both as multiples of where it began: `173 of 200 needed`."""
    needed = round(exp(bound))
    shown = f"over {SHOWN:,}" if log_e > log(SHOWN) else f"{floor(exp(log_e) + 1e-9):,}"
    return f"{shown} of {needed:,} needed"


def title(status: Status, reason: Reason, worst: str = "") -> str:
    """The standing in a line; `worst` names the metric that is proven bad."""
    if status is Status.ROLLBACK:
        return f"Roll back: {worst} is proven worse than tolerated" if worst else "Roll back"
    return _REASONS[reason] if status is Status.INCONCLUSIVE else _STANDINGS[status]


def percent(share: float) -> str:
    """`0.5 %`; three digits."""
    return f"{100 * share:.3g} %"


_STANDINGS = {
    Status.WAITING: "Waiting for requests on both sides",
    Status.CONTINUE: "Not decided yet",
    Status.PROMOTE: "Promote: every gate is proven within its margin",
}

_REASONS = {
    Reason.NONE: "Ended without an answer",
    Reason.HORIZON: "Not proven good within the horizon; not promoted",
    Reason.SRM: "Requests were not split as routed, so the sides cannot be compared; not promoted",
    Reason.NO_DATA: "Data on both sides was missing for too long; not promoted",
    Reason.STALE: "No ticks came for too long; not promoted",
    Reason.CONFIG: "The rules changed too often during the experiment; not promoted",
    Reason.SHADOW: "A critical field of the mirrored answers differs; not promoted",
    Reason.BY_HAND: "Rolled back by hand before there was an answer; not promoted",
    Reason.STOPPED: "Ended before there was an answer; not promoted",
}


def _promises(config: GateConfig) -> Iterator[str]:
    for design in config.designs:
        if design.role is Role.GATE:
            chance = f"with probability {percent(design.alpha)} at most, however often one looks"
            yield f"{design.name}: a canary with {_at_margin(design)} is promoted {chance}"
    deciding = [config.designs[at] for at in config.deciding]
    total = sum(design.beta for design in deciding)
    tolerated = "; ".join(f"{design.name}: {_tolerated(design)}" for design in deciding)
    yield f"a canary within what is tolerated ({tolerated}) is rolled back with probability {percent(total)} at most"


def _at_margin(design: Design) -> str:
    if design.kind is Kind.LATENCY and design.tau is not None and design.inner is not None:
        factor = design.tau / design.inner
        return f"requests {factor:.4g} x as slow as the control's or slower around {design.tau:g} ms"
    return f"{design.margin:g} x the control's risk or more (while that is {percent(design.baseline or 0)} or more)"


def _tolerated(design: Design) -> str:
    return "the control's own" if design.tolerate == 1 else f"{design.tolerate:g} x the control's"


def _assumptions(config: GateConfig) -> Iterator[str]:
    yield "it takes each tick's requests to fail independently of one another, given the tick's own rate"
    if config.dispersion == "auto":
        yield "bursts are allowed for by an estimate from the control, which was measured to work and is not proven"
    if any(config.designs[at].kind is Kind.MEAN for at in config.deciding):
        yield "for means it holds in the limit of many ticks"
