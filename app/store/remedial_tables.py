"""The tables of what is done about failing changes, and of what that costs: beside all others in `app.store.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, String, Table, Text, UniqueConstraint, text

from app.store.asked_tables import metadata
from app.store.tables import Folded, Id, decisions, measurements

__all__ = ["attempts", "ci_jobs", "metadata", "pull_lists", "pull_times", "remediations", "usage"]

remediations = Table(  # from the first failure of a pull request to the end of what was done about it
    "remediations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("failure", String(16), nullable=False),
    Column("who", String(100), nullable=False),
    Column("course", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("word", String(100), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),  # NULL: it goes on, and a pull request has one such at most
    Column("repository_id", BigInteger, nullable=False, server_default="0"),  # GitHub's; 0: not told
    Column("most", Integer, nullable=False, server_default="3"),  # attempts that were left when it began
    Column("seconds", BigInteger, nullable=False, server_default="86400"),  # that it may take
)
Index("remediations_of_id", remediations.c.repository_id, remediations.c.number)
Index("remediations_of_pull", remediations.c.repository, remediations.c.number)
Index(
    "remediations_open",
    remediations.c.repository,
    remediations.c.number,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("remediation", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),  # from 1
    Column("repository", Folded(200), nullable=False),
    Column("step", String(16), nullable=False),
    Column("failure", String(16), nullable=False),
    Column("arm", String(100), nullable=False),
    Column("task_class", String(64), nullable=False),
    Column("expected", Text, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("trace", String(64), nullable=False, unique=True),
    Column("run", BigInteger),
    Column("result", String(16), nullable=False),
    Column("usd", Double),
    Column("note", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("remediation", "n"),
)
Index("attempts_of_repository", attempts.c.repository, attempts.c.ended_at)

usage = Table(  # what work on a head was reported to have used
    "usage",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("number", Integer),  # of the pull request, where the sender said it
    Column("trace", String(64), nullable=False),  # of the attempt; "": none was named
    Column("report", String(100), nullable=False),  # the sender's own name for it: of one name the newest counts
    Column("trusted", Integer, nullable=False),  # 0: a fork's run reported it
    Column("usd", Double),  # of models
    Column("ci_minutes", Double),
    Column("tokens", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("model", String(100), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("repository", "sha", "report"),
)
Index("usage_of_trace", usage.c.trace)

pull_times = Table(  # closed pull requests as GitHub lists them: how long each was open
    "pull_times",
    metadata,
    Column("repository", Folded(200), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("merged", Boolean, nullable=False),
    Column("bot", Boolean, nullable=False),  # an App opened it
    Column("draft", Boolean, nullable=False),  # when it was closed
)

pull_lists = Table(  # how far the list of a repository's closed pull requests is known
    "pull_lists",
    metadata,
    Column("repository", Folded(200), primary_key=True),
    Column("looked_at", BigInteger, nullable=False),
    Column("known_to", BigInteger, nullable=False),  # what was changed up to then is known; 0: none is
)
Index(
    "decisions_in_time",
    *(decisions.c[name] for name in ("repository", "number", "id", "verdict", "decided_at")),
)
Index("measurements_by_name", measurements.c.name, measurements.c.received_at)

ci_jobs = Table(  # that ended on a head, as GitHub showed them to an evaluation
    "ci_jobs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("job", BigInteger, nullable=False),  # GitHub's id of its check run: a job that runs again has another
    Column("minutes", Integer, nullable=False),  # whole ones, as GitHub bills them
    UniqueConstraint("repository", "job"),
)
Index("ci_jobs_of_head", ci_jobs.c.repository, ci_jobs.c.sha)
