"""What our client sends while GitHub has told it to be silent: seen at the client, where times are exact.

At the server a call that was under way before the refusal was heard cannot be told from one that ignored it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from app.github.exchange import Answer, Request, Wire

_LIMITED = (403, 429)


@dataclass(slots=True)
class Silences:
    """By account: when it was told to wait and for how long (steady seconds), and every call that went out."""

    told: list[tuple[str, float, float]] = field(default_factory=list)
    sent: list[tuple[str, float, str]] = field(default_factory=list)

    def note(self, request: Request, began: float, answer: Answer) -> None:
        """One exchange."""
        account = account_of(request.url.path)
        self.sent.append((account, began, request.call))
        wait = answer.headers.get("Retry-After")
        if answer.status in _LIMITED and wait is not None:
            self.told.append((account, time.monotonic(), float(wait)))

    def broken(self) -> list[str]:
        """Calls that began before the time was over."""
        return [
            f"{call} went out {began - since:.2f} s after {account} was told to wait {wait:.0f} s"
            for account, since, wait in self.told
            for whose, began, call in self.sent
            if whose == account and since < began < since + wait
        ]


def account_of(path: str) -> str:
    """Whose budget a call comes off: an owner's installation, or the App itself."""
    parts = path.split("/")
    return parts[2] if parts[1] == "repos" else "the App"


@contextmanager
def watched() -> Iterator[Silences]:
    """Watch every exchange of this process."""
    seen, send = Silences(), Wire.send

    async def noted(wire: Wire, request: Request) -> Answer:
        began = time.monotonic()
        answer = await send(wire, request)
        seen.note(request, began, answer)
        return answer

    with patch.object(Wire, "send", noted):
        yield seen
