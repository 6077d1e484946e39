"""One tick: what was counted on both sides in one stretch of time, as somebody sent it and as the gate keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Annotated, Any, TypeGuard

from msgspec import Meta, Struct

from checks.experiment.config import GateConfig
from checks.experiment.design import Design, Kind
from checks.experiment.quantity import Time, is_number

MOST = 10**12  # requests a tick; whatever is larger was not counted
LARGEST = 1e60  # of a sum, either way: its square is still a float

Counts = tuple[Annotated[int, Meta(ge=0, le=MOST)] | Annotated[float, Meta(ge=-LARGEST, le=LARGEST)], ...]
"""One side. bernoulli: (total, bad); latency_bucket: (total, slow, slower than inner); mean: (total, sum)."""

Pair = tuple[Counts | None, Counts | None]
"""Control and canary; None where a side was not measured."""


class TickError(ValueError):
    """What was sent is no tick at all; the message says why."""


class Tick(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Time in epoch seconds, a pair for each metric in the order of the configuration, and the share as routed."""

    t: Time
    pairs: tuple[Pair, ...]
    share: Annotated[float, Meta(gt=0, lt=1)] | None = None


def read_tick(sent: object, config: GateConfig) -> tuple[Tick, tuple[str, ...]]:
    """The tick in `sent`, and what was wrong with its sides; a side with a flaw counts as not measured.

    `{"t": 1700000000, "control": {"good": 990, "total": 1000}, "canary": {...}}`, or with several metrics
    `{"t": ..., "metrics": {"errors": {"control": {...}, "canary": {...}}, ...}}`; `"share"` where the canary's share
    is not the configured one. Raises TickError where there is no usable time.
    """
    if not isinstance(sent, dict):
        raise TickError("a tick is an object with t, control and canary")
    time, share = sent.get("t"), sent.get("share")
    if not is_time(time):
        raise TickError("t must be a time in epoch seconds")
    if share is not None and not (is_number(share) and 0 < share < 1):
        raise TickError("share must lie between 0 and 1")
    flaws: list[str] = []
    pairs = tuple([_pair(_part(sent, design, config), design, flaws) for design in config.designs])
    return Tick(float(time), pairs, share), tuple(flaws)


def is_time(value: object) -> TypeGuard[float]:
    """Whether `value` can be when a tick ended, in epoch seconds."""
    return is_number(value) and 0 <= value <= 1e11


def merged(one: Tick, other: Tick) -> Tick:
    """Two reports of the same time as one: counts only grow as late data comes in, so the larger is the newer.

    The order of the two makes no difference, nor does it matter how often either was sent.
    """
    pairs = zip(one.pairs, other.pairs, strict=True)
    both = tuple((_larger(a[0], b[0]), _larger(a[1], b[1])) for a, b in pairs)
    return Tick(one.t, both, max(filter(None, (one.share, other.share)), default=None))


def measured(pair: Pair) -> bool:
    """Whether both sides had requests."""
    return pair[0] is not None and pair[1] is not None and pair[0][0] > 0 and pair[1][0] > 0


def _larger(one: Counts | None, other: Counts | None) -> Counts | None:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one[-1], int) and isinstance(other[-1], int):
        return tuple(map(max, one, other))
    return max(one, other)  # a sum belongs to its own total


def _part(sent: Mapping[str, Any], design: Design, config: GateConfig) -> Mapping[str, Any]:
    """Where the two sides of a metric stand."""
    if "metrics" not in sent:
        return sent if len(config.designs) == 1 else {}
    metrics = sent["metrics"]
    part = metrics.get(design.name) if isinstance(metrics, dict) else None
    return part if isinstance(part, dict) else {}


def _pair(part: Mapping[str, Any], design: Design, flaws: list[str]) -> Pair:
    return _side(part, "control", design, flaws), _side(part, "canary", design, flaws)


def _side(part: Mapping[str, Any], name: str, design: Design, flaws: list[str]) -> Counts | None:
    side = part.get(name)
    if side is None:
        return None
    found = _READERS[design.kind](side, design) if isinstance(side, dict) else "is no object"
    if isinstance(found, str):
        flaws.append(f"{name} of {design.name} {found}")
        return None
    return found


# --- one reader a kind: the counts, or what is wrong with them -----------------------------------------------------


def _outcomes(side: Mapping[str, Any], _design: Design) -> Counts | str:
    total, good = _count(side.get("total")), _count(side.get("good"))
    if total is None or good is None:
        return "needs good and total, both whole numbers from 0"
    return (total, total - good) if good <= total else "has more good requests than requests"


def _latencies(side: Mapping[str, Any], design: Design) -> Counts | str:
    """Cumulative buckets, by their upper bound in ms, as Prometheus has them; `+Inf` is the total."""
    buckets = side.get("buckets")
    if not isinstance(buckets, dict):
        return "needs buckets"
    assert design.tau is not None
    assert design.inner is not None
    total = _count(buckets.get("+Inf"))
    fast, faster = _count(_bucket(buckets, design.tau)), _count(_bucket(buckets, design.inner))
    if total is None or fast is None or faster is None:
        return f"needs whole counts in the buckets {design.inner:.6g}, {design.tau:.6g} and +Inf"
    if not faster <= fast <= total:
        return "has buckets that do not add up: counts must be cumulative"
    return total, total - fast, total - faster


def _bucket(buckets: Mapping[Any, Any], bound: float) -> object:
    return next((count for key, count in buckets.items() if _is_bound(key, bound)), None)


def _is_bound(key: object, bound: float) -> bool:
    try:
        return isinstance(key, str) and len(key) < 32 and isclose(float(key), bound, rel_tol=1e-6)
    except ValueError:
        return False


def _sums(side: Mapping[str, Any], _design: Design) -> Counts | str:
    """The spread between ticks says how certain a mean is, so `sumsq` may be sent and is not used."""
    total, value = _count(side.get("n")), side.get("sum")
    if total is None or not is_number(value) or abs(value) > LARGEST:
        return "needs n, a whole number from 0, and sum"
    return total, float(value)


_READERS = {Kind.BERNOULLI: _outcomes, Kind.LATENCY: _latencies, Kind.MEAN: _sums}


def _count(value: object) -> int | None:
    """A count from 0; a float passes if it is whole, for JSON does not tell 5 from 5.0."""
    if type(value) is int:
        return value if 0 <= value <= MOST else None
    whole = int(value) if isinstance(value, float) and 0 <= value <= MOST else None
    return whole if whole == value else None
