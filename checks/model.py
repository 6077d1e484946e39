"""The words of every check, all frozen: facts in (Snapshot), an answer each (CheckResult), all of them (Decision)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from checks.advised import Listing, Unread
from checks.assessed import Risk
from checks.dispatching import Dispatching
from checks.drifting import Drifting
from checks.guarded import Guarded
from checks.held import Experiment
from checks.known_fix import KnownFix
from checks.overridden import Overridden
from checks.studied import Studied
from checks.tested import TestFacts as TestFacts  # noqa: PLC0414 - two of the model's words, kept beside a third
from checks.tested import TestRun as TestRun  # noqa: PLC0414


class State(StrEnum):
    """What one check found. In mode `block` only PASS and WARN let a change through."""

    PASS = "pass"  # measured, within limits
    WARN = "warn"  # a soft limit crossed
    WAIT = "wait"  # the answer will come: never red
    UNMEASURED = "unmeasured"  # a configured input is missing, and the reason why
    BLOCK = "block"  # measured, outside limits
    ERROR = "error"  # we failed, not the change


class Verdict(StrEnum):
    """What the whole change may do; the worst of all checks wins (declared from best to worst)."""

    SHIP = "ship"
    HOLD = "hold"
    BLOCK = "block"
    ROLLBACK = "rollback"


class Mode(StrEnum):
    """How much a check may say: stop the change, remark on it, or stay silent."""

    BLOCK = "block"
    WARN = "warn"
    OFF = "off"


class Need(StrEnum):
    """A section of the Snapshot that a check reads; gather fetches only what some configured check needs."""

    CHANGE = "change"
    TESTS = "tests"
    MEASUREMENTS = "measurements"
    CONTRACTS = "contracts"
    SBOMS = "sboms"
    ADVISORIES = "advisories"
    MANIFESTS = "manifests"
    EXPERIMENTS = "experiments"
    STUDIES = "studies"
    DRIFT = "drift"
    SPECLIVE = "speclive"


class Strict(BaseModel):
    """Base of every config block: unknown keys are errors, values are never coerced, nothing mutates."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class CheckConfig(Strict):
    """What every check's block in `.github/maestro.yml` has in common."""

    mode: Mode = Field(default=Mode.BLOCK, strict=False)
    """`block` stops the change, `warn` only remarks on it, `off` switches the check off."""


# --- facts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that could not be had. `coming`: the answer will come by itself; `ours`: we failed, not the change."""

    reason: str
    coming: bool = False
    ours: bool = False

    @property
    def state(self) -> State:
        """What a check that needed the fact can say. Our own failure weighs more than the hope of an answer."""
        if self.ours:
            return State.ERROR
        return State.WAIT if self.coming else State.UNMEASURED


@dataclass(frozen=True, slots=True)
class Pull:
    """The change being judged, read once from GitHub (or from git): one head, one base."""

    repository: str  # "owner/name"
    number: int | None  # None: a merge group, or a local checkout
    title: str
    author: str
    head_sha: str
    head_ref: str
    base_sha: str  # tip of the base branch
    base_ref: str
    merge_base_sha: str = ""  # where head left base; "" when unknown
    body: str = ""
    labels: tuple[str, ...] = ()
    from_fork: bool = False
    draft: bool = False
    open: bool = True
    url: str = ""
    repository_id: int = 0  # GitHub's, which no other repository ever bears; 0: not told


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of the change: lines added and deleted, and where it was before a rename."""

    path: str
    added: int
    deleted: int
    status: str = "modified"  # GitHub's words: added removed modified renamed copied changed unchanged
    previous: str = ""
    blob_sha: str = ""


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What the change touches. `messages`: of its commits, newest last; `truncated`: GitHub did not list all files."""

    files: tuple[FileChange, ...]
    messages: tuple[str, ...] = ()
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """One named number of this head, or why there is none: then `value` is None.

    Not `trusted`: it may tighten a verdict, never turn a gate green.
    """

    name: str
    value: float | str | bool | None
    unit: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None
    source: str = ""  # "api", "artifact", "file", "git", "check runs"
    url: str = ""
    trusted: bool = True
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A text file at a commit, or the reason it could not be read."""

    path: str
    sha: str
    text: str = ""
    missing: Missing | None = None


class Origin(StrEnum):
    """Where a contract was written; only BASE and CONFIG may loosen anything."""

    CONFIG = "config"
    BASE = "base"
    HEAD = "head"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class ContractText:
    """One contract as written, unparsed: JSON (a file) or the JSON of a fenced block in the pull request body."""

    origin: Origin
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """A commit that the head is held against: the newest ancestor on the base branch that has what is compared.

    For an SBOM it must have been green as well.

    `behind`: how many commits it lies before the point where the change left its base; 0 is that very point.
    """

    sha: str
    at: str = ""  # when it was committed, RFC 3339 in UTC; "" when nobody says
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Before:
    """What was measured under one name on the base, and on which of its commits; or why nothing that counts was.

    Then the measurement is `missing`, and `baseline` is None. What it holds is trusted, always.
    """

    measurement: Measurement
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class SbomPair:
    """One SBOM at both ends. None: there is none. Equal texts mean the change leaves it alone.

    `path` names it within the repository, or within what CI sent. `base` is that of the `baseline`; without one it is
    simply where the change left its base.
    """

    path: str
    base: Document | None
    head: Document | None
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Advisories:
    """Published advisories on the packages of the bills, each an OSV record as JSON text, in the order of their ids.

    `source` says who was asked, in words; `unasked` names the packages that nobody could be asked about. `listed`: what
    the source names for the versions of the bills. `unread`: what is known to exist, and no more.
    """

    records: tuple[str, ...]
    source: str = ""
    unasked: tuple[str, ...] = ()
    listed: tuple[Listing, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All facts of one evaluation, frozen. A section that no configured check needs stays None."""

    pull: Pull
    agent: str = ""  # why the author counts as an agent under the policy in force; "" for people
    change: ChangeFacts | Missing | None = None
    tests: TestFacts | Missing | None = None
    measurements: tuple[Measurement, ...] | Missing | None = None
    before: tuple[Before, ...] | Missing | None = None  # baselines of measurements, one a name that is wanted
    contracts: tuple[ContractText, ...] | Missing | None = None
    sboms: tuple[SbomPair, ...] | Missing | None = None
    advisories: Advisories | Missing | None = None
    vex: tuple[Document, ...] | Missing | None = None  # from the base alone: a change does not excuse itself
    manifests: tuple[Document, ...] | Missing | None = None  # at the head: where dependencies are declared
    fixes: tuple[KnownFix, ...] | None = None  # of the head's branch, the oldest first; None: nobody remembers any
    experiments: tuple[Experiment, ...] | Missing | None = None  # of the head, the oldest first
    studies: tuple[Studied, ...] | Missing | None = None  # of what was deployed of this change, the oldest first
    drift: tuple[Drifting, ...] | Missing | None = None  # of the repository's watched modules, by name
    guarded: Guarded | Missing | None = None  # its Spec Cards, and what their guards saw
    overrides: tuple[Overridden, ...] = ()  # of this head onto this base, one a check at most
    dispatching: Dispatching | None = None  # what may be had run for it, and what was; None: the rules name nothing
    merged_as: Verdict | None = None  # of a merged change: what had been decided of it, which stays as it was
    day: str = ""  # the day of the evaluation, ISO 8601 in UTC: exceptions end, advisories are new
    attempts_left: int = 0  # how often we shall try again if we fail ourselves; 0: this answer stands


# --- answers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure a reader may rely on: value and limit in `unit`; interval (95 % unless said); n observations."""

    name: str
    value: float | str | bool | None
    unit: str = ""
    limit: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None
    evidence: str = ""  # where it came from: a URL, or a path in the repository
    state: State = State.PASS


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, at a place a reader can open.

    `kind` is its class within the rule (an advisory is `introduced`, `preexisting` ...); `trail` how it comes in, the
    outermost first; `fix` what would mend it, in one line.
    """

    rule: str
    message: str
    severity: str = ""
    path: str = ""
    line: int | None = None
    id: str = ""  # advisory or rule instance id
    purl: str = ""
    state: State = State.BLOCK
    kind: str = ""
    trail: tuple[str, ...] = ()
    fix: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The whole answer of one check: `title` in one line, `reasons` why, `next_step` what to do about it.

    `detail` feeds the check's own template, in JSON values alone.
    """

    name: str
    state: State
    title: str
    reasons: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    next_step: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    rollback: bool = False  # what blocks is live already, and is to be taken back
    stage: str = ""  # how far an answer that waits has come: it is shown anew when this changes, besides its title


@dataclass(frozen=True, slots=True)
class Row:
    """One check's answer with the weight its mode gives it. `conclusion` None: the check run stays in progress.

    `overridden`: it would stand in the way, and a person said that it does not.
    """

    result: CheckResult
    mode: Mode
    verdict: Verdict
    conclusion: str | None
    overridden: Overridden | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one head: everything that card, check runs, page, terminal and JSON show."""

    verdict: Verdict
    rows: tuple[Row, ...]
    pull: Pull
    risk: Risk | None = None
    agent: str = ""
    config_digest: str = ""
    version: str = ""
    notes: tuple[str, ...] = ()
    merged: bool = False  # it is merged: the verdict is what had been decided, and more may be known since
    configured: bool = True  # False: the base has no rules, so this speaks only of those the change would bring

    @property
    def conclusion(self) -> str | None:
        """GitHub's conclusion for `maestro / decision`; None while it waits."""
        if self.verdict is not Verdict.HOLD:
            return "success" if self.verdict is Verdict.SHIP else "failure"
        held = [row for row in self.rows if row.verdict is Verdict.HOLD]
        return "action_required" if any(row.conclusion == "action_required" for row in held) else None


Measured = Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Check:
    """A check's registration: its block in the config, the facts it needs, its pure function.

    `evaluate(snapshot, config, measured)` gets its own config and, by name, the measures that are known: always `risk`,
    then `<check>.<measure>` of every check that ran before it. `paths(config)` are the globs of the files it needs;
    `names(config, contracts)` the measurements, and `baselines` those wanted of the base as well; `warns(config)` what
    a reader should know of a block that is valid. `absent(snapshot, config)`: why the check has nothing to speak of, so
    that it has no row and no check run but a note; "" where it takes part.
    """

    name: str
    config: type[CheckConfig]
    needs: frozenset[Need]
    evaluate: Callable[[Snapshot, Any, Measured], CheckResult]
    paths: Callable[[Any], tuple[str, ...]] = lambda _config: ()
    names: Callable[[Any, tuple[ContractText, ...]], frozenset[str]] = lambda _config, _contracts: frozenset()
    baselines: Callable[[Any, tuple[ContractText, ...]], frozenset[str]] = lambda _config, _contracts: frozenset()
    warns: Callable[[Any], tuple[str, ...]] = lambda _config: ()
    absent: Callable[[Snapshot, Any], str] = lambda _snapshot, _config: ""
