"""What we count, for Prometheus. Labels take only values from short closed lists."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

WEBHOOKS = Counter("maestro_webhooks_total", "Webhooks by event and result", ["event", "result"])
ACK_SECONDS = Histogram(
    "maestro_ack_seconds",
    "From a webhook's first byte to its acknowledgement",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
WEBHOOK_LAG = Histogram(
    "maestro_webhook_lag_seconds",
    "From what a webhook tells of, by GitHub's clock, to a worker that understands it",
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600),
)
QUEUE_DEPTH = Gauge("maestro_queue_depth", "Webhooks not yet taken by a worker", multiprocess_mode="mostrecent")
QUEUE_SECONDS = Gauge(
    "maestro_queue_age_seconds", "Age of the oldest webhook not yet taken", multiprocess_mode="mostrecent"
)
DELIVERIES = Gauge("maestro_deliveries", "Webhooks kept, by standing", ["standing"], multiprocess_mode="mostrecent")
JOBS = Gauge(
    "maestro_jobs", "Jobs on their lanes: waiting, resting, running", ["state"], multiprocess_mode="mostrecent"
)
JOBS_SECONDS = Gauge(
    "maestro_jobs_age_seconds", "How long the oldest waiting job waits for its turn", multiprocess_mode="mostrecent"
)
DATABASE_UP = Gauge(
    "maestro_database_up", "0 when the database did not say all that these figures need", multiprocess_mode="mostrecent"
)
EVALUATIONS = Counter("maestro_evaluations_total", "Evaluations by verdict", ["verdict"])
RETRIES = Counter("maestro_retries_total", "Runs that failed and will be tried again")
DEAD = Counter("maestro_dead_total", "Jobs given up; `maestro deliveries --dead` lists their webhooks")
EVALUATION_SECONDS = Histogram("maestro_evaluation_seconds", "From opening a change to its last write")
EVALUATION_CALLS = Histogram(
    "maestro_evaluation_github_calls",
    "Calls to GitHub an evaluation",
    buckets=(1, 2, 4, 6, 8, 10, 12, 15, 20, 30, 50),
)
USAGE_REPORTS = Counter(
    "maestro_usage_reports_total", "Reports of what work used, by whether they are trusted: yes, no", ["trusted"]
)
SPEC_REPORTS = Counter("maestro_speclive_reports_total", "Reports of Spec Cards, by kind: live, static", ["kind"])
FIXES = Gauge("maestro_fixes", "Proposed fixes, by what became of them", ["fate"], multiprocess_mode="mostrecent")
OPINIONS = Gauge(
    "maestro_study_opinions",
    "What people say to what deployments are said to have done: agree, disagree",
    ["opinion"],
    multiprocess_mode="mostrecent",
)
FIX_SECONDS = Histogram(
    "maestro_fix_seconds",
    "From an advisory's publication to a branch without what it names, where a fix of ours was merged",
    buckets=(3_600, 14_400, 43_200, 86_400, 172_800, 604_800, 2_592_000, 7_776_000),
)
KPI = Gauge(
    "maestro_kpi",
    "Outcomes over 30 days and all repositories, each as docs/kpi.md defines it, in its unit (a share is of 1)",
    ["kpi"],
    multiprocess_mode="mostrecent",
)
KPI_LOW = Gauge("maestro_kpi_low", "Where its 95 % interval begins", ["kpi"], multiprocess_mode="mostrecent")
KPI_HIGH = Gauge("maestro_kpi_high", "Where its 95 % interval ends", ["kpi"], multiprocess_mode="mostrecent")
KPI_N = Gauge("maestro_kpi_n", "On how many it rests", ["kpi"], multiprocess_mode="mostrecent")

_EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "deployment_status",
        "github_app_authorization",
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
