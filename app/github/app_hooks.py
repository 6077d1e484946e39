"""The App's own webhook: what GitHub failed to deliver, and once more please.

GitHub never sends a failed delivery again by itself (docs content/webhooks/using-webhooks/
handling-failed-webhook-deliveries.md); it keeps each for `limits.REDELIVERY_DAYS`, and a redelivery has the same GUID.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from app.github.client import Client
from app.github.records import read_id
from app.model import Attempt


class AppHooks:
    """Calls on the App's webhook, signed by the App itself (`GitHub.app`). Any error of `app.github.errors`."""

    def __init__(self, app: Client) -> None:
        self._app = app

    def failed(self) -> AsyncGenerator[tuple[Attempt, ...], None]:
        """The attempts that failed (GitHub: a status of 400 to 599), page by page, the newest first.

        A server that does not know the filter sends all, so each says whether it arrived.
        """
        return self._app.pages("/app/hook/deliveries{?status,per_page}", {"status": "failure"}, _read_attempt)

    async def again(self, attempt: int) -> None:
        """Send this delivery once more. Asked twice it comes twice, which its GUID makes harmless."""
        template = "/app/hook/deliveries/{delivery_id}/attempts"
        await self._app.mint(template, {"delivery_id": attempt}, {}, lambda _answer: None)


def _read_attempt(data: Any) -> Attempt:
    at = datetime.fromisoformat(data["delivered_at"]).timestamp()
    return Attempt(read_id(data), str(data["guid"]), at, arrived=200 <= data["status_code"] < 400)
