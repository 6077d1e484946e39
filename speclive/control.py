"""What a service, or Maestro, sets for all guards: off and on, modes and samples, other cards, the arm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from speclive.sites import CHANGING, REGISTRY, Plan, Site
from speclive.state import STATE, forbidden
from speclive.targets import called
from speclive.wire import Remote, Setting
from speclive.words import Card


def off() -> None:
    """The kill switch: every wrapper does nothing but call, until `on()`."""
    with CHANGING:
        STATE.off = True
        _renew()


def on() -> None:
    """Guard again, unless the environment says `MAESTRO_SPECLIVE=off`."""
    with CHANGING:
        STATE.off = forbidden()
        _renew()


def configure(*, side: str | None = None) -> None:
    """`side`: the arm that this process is: `control`, `canary`, `mirror` or ""; cards in mode shadow look at the calls
    of a canary or a mirror alone.
    """
    with CHANGING:
        if side is not None:
            STATE.side = side.strip().lower()
        _renew()


def settings(told: Sequence[Setting]) -> None:
    """Modes and samples by the ids of cards, for guards that are there and that come. The last that fits counts."""
    with CHANGING:
        STATE.settings = tuple(told)
        _renew()


def obey(remote: Remote) -> None:
    """All that Maestro says."""
    with CHANGING:
        STATE.off_afar = remote["off"]
        settings(remote["settings"])


def replace(cards: Iterable[Card]) -> None:
    """Other cards for all that is guarded, which stays the same functions: those that speak of what a function was
    guarded for. Where one does not fit, ValueError is raised, and nothing has changed.
    """
    known = tuple(cards)
    with CHANGING:
        plans: list[tuple[Site, Plan]] = []
        for site in tuple(REGISTRY.sites):
            plans.append((site, site.plan(_meant(site, known))))
        before = REGISTRY.seated()
        for site, plan in plans:
            site.take(plan)
        for guard in before - REGISTRY.seated():
            if REGISTRY.guards.get(guard.card.id) is guard:
                REGISTRY.retire(guard)


def _meant(site: Site, cards: tuple[Card, ...]) -> list[Card]:
    """Those that speak of what it was guarded for, or of the function by name."""
    name = called(site.original)
    handlers = {binding.handler for binding in site.bindings if binding.handler} | {name}
    return [card for card in cards if card.binding in site.bindings or card.binding.handler in handlers]


def _renew() -> None:
    for site in tuple(REGISTRY.sites):
        site.renewed()
