"""How much of what matters is guarded: the share of critical targets with a Then, and of their calls that a Then saw.

A card that never applied while its target was called says nothing, and does not count. Where nothing is critical there
is no coverage: it is not 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from speclive.cards import Card, Cards, Clause, Mode, Part
from speclive.wire import Counted, Report, Target


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the critical targets: `static` is the share with a Then, `live` the share of calls that a Then was seen of.

    `live` None: nobody told of a call. `covered`, `uncovered`: names of targets, `uncalled`: those that have a Then and
    were never called, where calls were told. `vacuous`: ids of cards that never applied though their target was called.
    """

    critical: tuple[str, ...]
    uncovered: tuple[str, ...] = ()
    uncalled: tuple[str, ...] = ()
    vacuous: tuple[str, ...] = ()
    calls: int = 0
    guarded: int = 0
    told: bool = False

    @property
    def static(self) -> float | None:
        """None where nothing is critical."""
        return 1 - len(self.uncovered) / len(self.critical) if self.critical else None

    @property
    def live(self) -> float | None:
        """None where nothing is critical, or no call was told."""
        return self.guarded / self.calls if self.critical and self.told and self.calls else None

    @property
    def share(self) -> float | None:
        """The lesser of both; with reports of calls that tell of none, 0."""
        if self.static is None:
            return None
        return min(self.static, self.live or 0.0) if self.told else self.static


@dataclass(slots=True)
class Seen:
    """What reports of running processes told, added up: `evaluated` by card, `calls` and `guarded` by target."""

    evaluated: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    guarded: dict[str, int] = field(default_factory=dict)


def coverage(targets: Iterable[Target], cards: Cards, reports: Iterable[Report] = ()) -> Coverage:
    """The coverage of the critical ones among `targets`; `reports` of kind live tell of calls."""
    live = [report for report in reports if report["kind"] == "live"]
    seen = added(live)
    critical = {target["name"]: target for target in targets if target["critical"]}
    vacuous = _vacuous(cards, seen, critical.values()) if live else ()
    counting = [card for card in cards if card.mode is not Mode.OFF and card.id not in vacuous]
    covered = {name for name, target in critical.items() if any(speaks(card, target) for card in counting)}
    return Coverage(
        tuple(critical),
        tuple(name for name in critical if name not in covered),
        tuple(name for name in critical if name in covered and not seen.calls.get(name)) if live else (),
        vacuous,
        sum(seen.calls.get(name, 0) for name in critical),
        sum(min(seen.guarded.get(name, 0), seen.calls.get(name, 0)) for name in covered),
        bool(live),
    )


def bound(targets: Iterable[Target], cards: Cards) -> list[Target]:
    """The same targets, each with the clauses that promise something of it."""
    told = [target.copy() for target in targets]
    for target in told:
        target["clauses"] = [clause.id for card in cards if _of(card, target) for clause in _promises(card)]
    return told


def speaks(card: Card, target: Target) -> bool:
    """Whether a card promises something of the results of a target."""
    return _of(card, target) and bool(card.of(Part.THEN))


def added(reports: Iterable[Report]) -> Seen:
    """The sum of several reports, each of a window of its own; the same report counts once."""
    seen, ids = Seen(), set()
    for report in reports:
        if report["id"] in ids:
            continue
        ids.add(report["id"])
        for target in report["targets"]:
            _more(seen.calls, target["name"], target.get("calls", 0))
            _more(seen.guarded, target["name"], target.get("guarded", 0))
        for clause in report["clauses"]:
            if clause["part"] != "given":
                _more(seen.evaluated, clause["card"], decided(clause))
    return seen


def decided(clause: Counted) -> int:
    """How often a clause said yes or no: an error of its own is neither."""
    return max(0, clause["evaluated"] - clause["errors"])


def _of(card: Card, target: Target) -> bool:
    """A card of an endpoint is of that endpoint alone, whatever else its handler answers."""
    endpoint, handler, name = card.binding.endpoint, card.binding.handler, target["name"]
    if endpoint and " " in name:
        return name == endpoint
    return bool(handler) and any(one == handler or one.startswith(f"{handler}.") for one in (name, target["handler"]))


def _promises(card: Card) -> tuple[Clause, ...]:
    return card.of(Part.THEN) + card.of(Part.RAISES)


def _vacuous(cards: Cards, seen: Seen, targets: Iterable[Target]) -> tuple[str, ...]:
    called = [target for target in targets if seen.calls.get(target["name"])]
    return tuple(
        card.id for card in cards if not seen.evaluated.get(card.id) and any(speaks(card, target) for target in called)
    )


def _more(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more


def table(told: Coverage, strength: float | None = None) -> str:
    """The figures for a person, and what is to be done about them."""
    lines = [
        f"critical targets  {len(told.critical):>6}",
        f"static            {percent(told.static):>6}  have a Then",
        f"live              {percent(told.live):>6}  of {told.calls} calls seen by a Then",
        f"coverage          {percent(told.share):>6}  the lesser of both",
    ]
    if strength is not None:
        lines.append(f"strength          {percent(strength):>6}  of wrong results noticed")
    notes: Mapping[str, tuple[str, ...]] = {
        "without a Then that counts": told.uncovered,
        "never called": told.uncalled,
        "never applied": told.vacuous,
    }
    lines.extend(f"{words}: {name}" for words, names in notes.items() for name in names)
    return "\n".join(lines)


def percent(share: float | None) -> str:
    """A share with one decimal, never rounded up to all of it."""
    if share is None:
        return "-"
    shown = f"{share * 100:.1f} %"
    return "99.9 %" if shown == "100.0 %" and share < 1 else shown
