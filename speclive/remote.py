"""What Maestro says of the guards while they run: modes, samples, and the switch that turns all of them off.

An answer that is not whole, not signed or not understood changes nothing. What the environment turns off stays off.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any, Protocol

from speclive.cards import Mode
from speclive.maestro import Answer, json_of, said
from speclive.wire import VERSION, Remote, Setting

EVERY = 30.0  # seconds between two questions, up to a fifth of them by chance
MOST = 1000  # settings

_log = logging.getLogger("speclive")
_MODES = frozenset(map(str, Mode))


class Asked(Protocol):
    """Where it is asked for."""

    def config(self, etag: str) -> Answer:
        """What holds now, 304 where that is what `etag` said."""


class Poller:
    """Asks again and again, and hands on what is new. `obey`: what sets it."""

    def __init__(
        self, asked: Asked, obey: Callable[[Remote], None], chance: Callable[[], float] = random.random
    ) -> None:
        self._asked = asked
        self._obey = obey
        self._chance = chance
        self._etag = ""
        self._due = float("-inf")
        self._said = ""

    def rest(self, now: float) -> float:
        """The seconds until it should be asked again."""
        return max(0.0, self._due - now)

    def poll(self, now: float) -> None:
        """Ask once."""
        self._due = now + EVERY * (1 - self._chance() / 5)
        answer = self._asked.config(self._etag)
        if answer.status == 304:
            self._tell("")
            return
        remote = understood(json_of(answer)) if answer.status == 200 else None
        if remote is None:
            self._tell(said(answer) if answer.status != 200 else "not understood")
            return
        self._obey(remote)
        self._etag = answer.headers.get("etag", "")
        self._tell("")

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._said:
            _log.warning("Maestro's settings of the guards could not be read, the last ones hold: %s", trouble)
        self._said = trouble


def understood(value: Any) -> Remote | None:
    """What a configuration says, None where any part of it is not as it should be."""
    if not isinstance(value, dict) or value.get("version") != VERSION or not isinstance(value.get("off"), bool):
        return None
    settings = value.get("settings")
    if not isinstance(settings, list) or len(settings) > MOST or not all(map(_is_setting, settings)):
        return None
    return Remote(version=VERSION, off=value["off"], settings=[_setting(each) for each in settings])


def _is_setting(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("cards"), str):
        return False
    mode, sample = value.get("mode", Mode.OBSERVE), value.get("sample", 1.0)
    is_number = isinstance(sample, int | float) and not isinstance(sample, bool)
    return isinstance(mode, str) and mode in _MODES and is_number and 0 < sample <= 1


def _setting(value: dict[str, Any]) -> Setting:
    setting = Setting(cards=value["cards"])
    if "mode" in value:
        setting["mode"] = value["mode"]
    if "sample" in value:
        setting["sample"] = float(value["sample"])
    return setting
