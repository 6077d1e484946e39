"""What we count, for Prometheus. Labels take only values from short closed lists."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

WEBHOOKS = Counter("maestro_webhooks_total", "Webhooks by event and result", ["event", "result"])
EVALUATIONS = Counter("maestro_evaluations_total", "Evaluations by verdict", ["verdict"])
EVALUATION_SECONDS = Histogram("maestro_evaluation_seconds", "From opening a change to its last write")
EVALUATION_CALLS = Histogram(
    "maestro_evaluation_github_calls",
    "Calls to GitHub an evaluation",
    buckets=(1, 2, 4, 6, 8, 10, 12, 15, 20, 30, 50),
)

_EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "issue_comment",
        "merge_group",
        "ping",
        "pull_request",
        "push",
        "workflow_run",
    }
)


def known_event(event: str) -> str:
    """`event` as a label: senders must not be able to grow the number of series."""
    return event if event in _EVENTS else "other"
