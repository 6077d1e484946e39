"""What to say of the source that an experiment is fed by: nothing where all is well, or where somebody sends ticks."""

from __future__ import annotations

from datetime import UTC, datetime

from checks.experiment.config import GateConfig
from checks.experiment.reaction import too_slow
from checks.held import Feed


def trouble(feed: Feed | None) -> tuple[str, ...]:
    """Why it gives no figures, and since when."""
    if feed is None or not feed.trouble:
        return ()
    since = "" if feed.since is None else f", since {datetime.fromtimestamp(feed.since, UTC):%H:%M} UTC"
    return (f"source `{feed.source}`: {feed.trouble}{since}",)


def lateness(feed: Feed | None, gate: GateConfig) -> tuple[str, ...]:
    """Why its figures, or the rules alone, come too late to be of use."""
    slow = too_slow(gate) if feed is None else too_slow(gate, feed.lag or 0.0, feed.source)
    return (slow,) if slow else ()
