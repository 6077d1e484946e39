"""A decision as it would be made now: read, judged, and published nowhere."""

from __future__ import annotations

from app.gather.reader import GitHubReader
from app.model import Trigger
from checks.judge import judge
from checks.model import Decision


async def simulated(reader: GitHubReader, trigger: Trigger) -> Decision | None:
    """The decision on what `trigger` names; None for a pull request that is closed or not configured.

    Raises every error of `app.github.errors`; NotFound too for what the reader's token cannot see.
    """
    opened = await reader.visible(trigger)
    return judge(await reader.gather(opened, 0)) if opened else None
