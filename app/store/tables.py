"""The tables, in one place. Times are epoch microseconds (SQLite has no time zones); long texts are zlib."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

metadata = MetaData()


class Folded(TypeDecorator[str]):
    """A text with the name of a repository, or of a person: GitHub takes Octo/Shop and octo/shop for one, and so do
    we."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.lower()


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements only INTEGER

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("guid", String(200), nullable=False, unique=True),
    Column("event", String(100), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),  # app.store.deliveries.Standing
    Column("error", Text, nullable=False, default=""),
    Column("received_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    sqlite_autoincrement=True,  # an id is never used twice: the worker asks for what came after the last it saw
)
_WAITING = text("state = 'new'")
Index("deliveries_waiting", deliveries.c.id, sqlite_where=_WAITING, postgresql_where=_WAITING)

effects = Table(
    "effects",
    metadata,
    Column("key", Folded(400), primary_key=True),
    Column("remote_id", BigInteger),  # NULL: begun, and we never learned how it ended
    Column("digest", String(64), nullable=False, default=""),
    Column("completed", Boolean, nullable=False, default=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("sent", Text, nullable=False, default="[]"),  # annotations it has: GitHub appends, never replaces
    Column("written_at", BigInteger, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("number", Integer),
    Column("head_sha", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(200), nullable=False),  # of the trigger: "pull_request.opened"
    Column("record", LargeBinary, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
)
Index("decisions_of_head", decisions.c.repository, decisions.c.head_sha)
Index("decisions_of_pull", decisions.c.repository, decisions.c.number, decisions.c.id)

measurements = Table(
    "measurements",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("value", Text, nullable=False),  # JSON
    Column("source", String(16), nullable=False),  # api, artifact
    Column("trusted", Boolean, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
Index("measurements_of_sha", measurements.c.repository, measurements.c.sha, measurements.c.id)

bills = Table(  # SBOMs that CI sent
    "bills",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("path", String(200), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("base_of", String(255), nullable=False, server_default=""),  # the branch that was last held against it
    Column("based_at", BigInteger),  # when that was, to the day
    UniqueConstraint("repository", "sha", "path"),
)
Index("bills_of_path", bills.c.repository, bills.c.path, bills.c.received_at)

advisories = Table(  # OSV records as they were last read
    "advisories",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("modified", String(40), nullable=False),  # as its database says
    Column("record", LargeBinary, nullable=False),
    Column("used_at", BigInteger, nullable=False),  # to the day
)
Index("advisories_by_use", advisories.c.used_at)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("sha", String(64), nullable=False, server_default=""),  # "": of any commit
    Column("path", String(200), nullable=False, server_default=""),  # "": of any bill
    Column("expires_at", BigInteger),  # NULL: never
    UniqueConstraint("digest"),
)

provenance = Table(
    "provenance",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("entry", Text, nullable=False),  # canonical JSON
    Column("hash", String(64), nullable=False),  # SHA-256 over the hash before it and the entry
)

fixes = Table(
    "fixes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("target", String(255), nullable=False),
    Column("purl", String(400), nullable=False),
    Column("version", String(100), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("branch", String(255), nullable=False),
    Column("source", Integer),  # NULL: the target itself has what is mended
    Column("parent", String(64), nullable=False),
    Column("number", Integer),
    Column("state", String(16), nullable=False),  # app.model.FixState
    Column("ending", String(16)),
    Column("advisories", Text, nullable=False),  # JSON
    Column("severity", String(16), nullable=False),
    Column("published", BigInteger),
    Column("opened_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),
    Column("green_at", BigInteger),
    Column("refusal", Text, nullable=False, server_default=""),
    Column("edits", String(64), nullable=False, server_default=""),
    UniqueConstraint("repository", "target", "purl", "version", "attempt"),
)
Index("fixes_of_source", fixes.c.repository, fixes.c.source)
Index("fixes_of_number", fixes.c.repository, fixes.c.number)

experiments = Table(
    "experiments",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("environment", Folded(255), nullable=False),  # GitHub takes Canary and canary for one, too
    Column("base_ref", String(255), nullable=False),
    Column("number", Integer),
    Column("installation", BigInteger),
    Column("deployment", BigInteger),
    Column("rules", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),  # JSON
    Column("status", String(16), nullable=False),  # checks.experiment.Status; once final, a trigger keeps the row
    Column("reason", String(16), nullable=False),
    Column("acted", Text, nullable=False),  # "": its consequences are owed
    Column("course", String(16), nullable=False, server_default=""),  # what was done: promote, rollback, hold
    Column("feed", Text),  # JSON: the source of its figures, as it was when last asked
    Column("taken", BigInteger, nullable=False),  # the last tick that the state knows of
    Column("started_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("repository", "sha", "environment"),
)
Index("experiments_of_status", experiments.c.status, experiments.c.acted)

experiment_ticks = Table(  # as they were sent; append-only
    "experiment_ticks",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("experiment", BigInteger, nullable=False),
    Column("t", Double, nullable=False),  # epoch seconds, as it says itself
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("experiment", "t", "digest"),
)
Index("ticks_of_experiment", experiment_ticks.c.experiment, experiment_ticks.c.id)

experiment_looks = Table(  # each step of a state, from which it can be made again; append-only
    "experiment_looks",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("experiment", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),  # with all ticks up to this one
    Column("rules", Text, nullable=False),  # JSON; "": those of the look before
    Column("stopped", String(16), nullable=False),  # the reason why it was ended from outside, or ""
    Column("digest", String(64), nullable=False),  # of the state after it
)
Index("looks_of_experiment", experiment_looks.c.experiment, experiment_looks.c.id)

experiment_points = Table(  # how the evidence went, thinned out: enough for a picture
    "experiment_points",
    metadata,
    Column("experiment", BigInteger, primary_key=True, autoincrement=False),
    Column("restarts", Integer, primary_key=True, autoincrement=False),
    Column("t", Double, primary_key=True, autoincrement=False),  # epoch seconds, of the last tick that was scored
    Column("ticks", Integer, nullable=False),
    Column("unused", BigInteger, nullable=False),
    Column("log_es", Text, nullable=False),  # JSON
)

experiment_triples = Table(  # mirrored requests and their answers
    "experiment_triples",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("experiment", BigInteger, nullable=False),
    Column("triple", String(400), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("experiment", "triple", "digest"),
    sqlite_autoincrement=True,  # an id is never used twice: whoever compares asks for what came after the last it saw
)
Index("triples_of_experiment", experiment_triples.c.experiment, experiment_triples.c.id)

experiment_shadows = Table(  # what the mirrored answers of an experiment add up to; it outlives them
    "experiment_shadows",
    metadata,
    Column("experiment", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", Text, nullable=False),  # JSON
    Column("noise", Text, nullable=False),  # JSON; "": no earlier experiment measured any
    Column("counts", Text, nullable=False),  # JSON
    Column("told", Text, nullable=False),  # JSON: what there is to say of the counts
    Column("taken", BigInteger, nullable=False),  # the last triple that the counts know of
)

series = Table(  # what is measured again and again, each under its name
    "series",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("environment", Folded(255), nullable=False),
    Column("side", String(16), nullable=False),  # "", canary or control
    Column("name", String(120), nullable=False),
    Column("points", BigInteger, nullable=False),  # how many there are of it
    UniqueConstraint("repository", "environment", "side", "name"),
)

series_points = Table(
    "series_points",
    metadata,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Double),  # NULL: it was looked at, and there was none
    sqlite_with_rowid=False,  # a series lies together, in the order of time
)

drift_modules = Table(
    "drift_modules",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("name", String(64), nullable=False),
    Column("rules", Text, nullable=False),  # JSON; "": it is watched no more
    Column("installation", BigInteger),
    Column("since_at", BigInteger, nullable=False),
    Column("heard_at", BigInteger),  # NULL: no batch came yet
    Column("revision", Integer, nullable=False),  # counts what bears on days that are closed
    Column("closed", Integer, nullable=False),  # the last day that was compared; 0: none
    Column("version", Integer, nullable=False),  # of the reference that counts; 0: none
    Column("course", Text, nullable=False),  # JSON; "": nobody looked yet
    UniqueConstraint("repository", "name"),
)

drift_batches = Table(  # which came: what was sent is added to its day
    "drift_batches",
    metadata,
    Column("module", BigInteger, primary_key=True, autoincrement=False),
    Column("batch", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
Index("drift_batches_by_age", drift_batches.c.received_at)

drift_days = Table(
    "drift_days",
    metadata,
    Column("module", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),  # sketches by feature
    Column("rows", BigInteger, nullable=False),
    Column("batches", Integer, nullable=False),
)

drift_references = Table(
    "drift_references",
    metadata,
    Column("module", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rules", Text, nullable=False),  # JSON: what it was made under
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

drift_steps = Table(  # how a module stood after each day
    "drift_steps",
    metadata,
    Column("module", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("watch", LargeBinary, nullable=False),  # JSON
    Column("told", LargeBinary, nullable=False),  # JSON
)

studies = Table(  # of what a deployment did to metrics
    "studies",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("environment", Folded(255), nullable=False),
    Column("deployment", BigInteger, nullable=False),  # GitHub's id of it
    Column("sha", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("side", String(16), nullable=False),  # canary; "": all that serves
    Column("installation", BigInteger),
    Column("cut", Boolean, nullable=False),  # it brought more commits than were looked at
    Column("rules", Text, nullable=False),  # JSON
    Column("until", BigInteger, nullable=False),
    Column("look_at", BigInteger, nullable=False),  # when it is looked at next
    Column("told", LargeBinary, nullable=False),  # JSON: what the last look said
    Column("answered_at", BigInteger),  # when the first one was
    Column("done", Boolean, nullable=False),
    UniqueConstraint("repository", "environment", "deployment"),
)
Index("studies_to_look_at", studies.c.done, studies.c.look_at)

study_pulls = Table(  # the pull requests that a deployment brought
    "study_pulls",
    metadata,
    Column("study", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
)
Index("studies_of_number", study_pulls.c.number)

study_panels = Table(  # the points behind what was told, for a picture
    "study_panels",
    metadata,
    Column("study", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),  # JSON
)
study_opinions = Table(  # one of each person, the latest
    "study_opinions",
    metadata,
    Column("study", BigInteger, primary_key=True, autoincrement=False),
    Column("login", Folded(100), primary_key=True),
    Column("agree", Boolean, nullable=False),
    Column("metric", String(120), nullable=False),  # "": of all
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

writes = Table(  # content writes, for the sliding windows of GitHub's limits
    "writes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("installation", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("writes_of_installation", writes.c.installation, writes.c.at)

silences = Table(  # GitHub said stop
    "silences",
    metadata,
    Column("installation", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
    Column("strikes", Integer, nullable=False),
)
