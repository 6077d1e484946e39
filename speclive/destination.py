"""Where reports go and what they say of their sender: as it was told in code, else in the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["", "control", "canary"]

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SIDES: Mapping[str, Side] = {"control": "control", "canary": "canary"}


@dataclass(frozen=True, slots=True)
class Destination:
    """`allow`: hosts that may be spoken to without TLS."""

    url: str
    token: str
    service: str = ""
    environment: str = ""
    sha: str = ""
    side: Side = ""
    allow: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Destination({self.url!r}, {self.service!r}, {self.environment!r}, {self.sha!r})"

    @staticmethod
    def of(environ: Mapping[str, str], **said: str | None) -> Destination | None:
        """What was `said`, and from the environment what was not; None where neither names an address nor a token.

        ValueError where only one of the two is there.
        """
        told = {name: said.get(name) or _first(environ, *where) for name, where in _VARIABLES.items()}
        url, token = told["url"], told["token"]
        if not url and not token:
            return None
        if not url or not token:
            raise ValueError(f"set {'MAESTRO_URL' if token else 'MAESTRO_TOKEN'} as well: nothing can be told without")
        return Destination(
            url,
            token,
            told["service"] or "service",
            told["environment"] or "production",
            told["sha"].lower(),
            _SIDES.get(told["side"].lower(), ""),
            tuple(told["allow"].replace(",", " ").split()),
        )

    def running(self) -> Destination:
        """Itself, where it says which commit runs; else ValueError."""
        if not _SHA.fullmatch(self.sha):
            raise ValueError("set MAESTRO_SHA to the commit that runs, in full: 40 hex digits")
        return self


_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "url": ("MAESTRO_URL",),
    "token": ("MAESTRO_TOKEN",),
    "service": ("MAESTRO_SERVICE",),
    "environment": ("MAESTRO_ENVIRONMENT",),
    "sha": ("MAESTRO_SHA", "GITHUB_SHA"),
    "side": ("MAESTRO_SPECLIVE_SIDE",),
    "allow": ("MAESTRO_PLAIN_HTTP",),
}


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((environ[name].strip() for name in names if environ.get(name, "").strip()), "")
