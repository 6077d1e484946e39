"""How often each target was called, guarded or not: what the share of guarded calls is taken of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock

from speclive.counting import Counter
from speclive.wire import Target

_KNOWN: dict[str, Target] = {}
_COUNTERS: dict[str, Counter] = {}
_TOLD: dict[str, int] = {}
_ONE = Lock()


def know(targets: Iterable[Target]) -> None:
    """Tell of targets, whether or not a card is bound to them."""
    for target in targets:
        _KNOWN[target["name"]] = target


def tick(name: str) -> Callable[[], object]:
    """What counts one call of a target."""
    return _COUNTERS.setdefault(name, Counter()).tick


def drain() -> list[Target]:
    """The targets, each with its calls since the last time."""
    with _ONE:
        return [target | {"calls": _since(name)} for name, target in _KNOWN.copy().items()]


def merged(counted: Iterable[Target], guarded: Sequence[Target]) -> list[Target]:
    """What was counted of targets, and what guards say of theirs: each target once.

    A guard may see calls that no route counted, and is read a moment apart: never are more guarded than there were.
    """
    found = {target["name"]: target for target in counted}
    for guard in guarded:
        found[guard["name"]] = _both(found.get(guard["name"], guard), guard)
    named = {guard["name"]: guard for guard in guarded}
    for route in found.values():
        for name in _led_to(route["handler"]):
            if name in named and name != route["name"]:
                _lend(route, named[name])
    return list(found.values())


def _led_to(handler: str) -> Iterator[str]:
    """What a card may name by itself of what answers a route: the function, or the class that it is of."""
    yield handler
    while "." in handler.partition(":")[2]:
        handler = handler.rpartition(".")[0]
        yield handler


def _lend(route: Target, guard: Target) -> None:
    """Of the calls of a route, the share that was guarded where it leads to."""
    share = guard.get("guarded", 0) / max(guard.get("calls", 0), 1)
    route["guarded"] = max(route.get("guarded", 0), int(route.get("calls", 0) * min(share, 1.0)))
    route["clauses"] = list(dict.fromkeys([*route.get("clauses", []), *guard.get("clauses", [])]))


def _both(there: Target, guard: Target) -> Target:
    """What answers a route is what the route leads to; what is guarded twice is guarded as far as either is."""
    both = guard | there
    both["critical"] = there["critical"] or guard["critical"]
    both["clauses"] = list(dict.fromkeys([*there.get("clauses", []), *guard.get("clauses", [])]))
    both["guarded"] = max(there.get("guarded", 0), guard.get("guarded", 0))
    both["calls"] = max(there.get("calls", 0), guard.get("calls", 0), both["guarded"])
    both["handler"] = there["handler"] or guard["handler"]
    return both


def _since(name: str) -> int:
    counter = _COUNTERS.get(name)
    value = counter.value() if counter is not None else 0
    calls, _TOLD[name] = value - _TOLD.get(name, 0), value
    return calls
