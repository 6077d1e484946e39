"""The figures that are told, each declared once: what is counted, among what, what is left out, and why it is so.

The page, the command, the metrics and the table of docs/kpi.md are made of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from program.kpi import computed
from program.kpi.computed import FARTHEST, Compute


class Unit(StrEnum):
    """What a figure is measured in."""

    SHARE = "share"  # of 1
    SECONDS = "seconds"
    USD = "usd"
    MINUTES = "minutes"
    SCORE = "score"  # as whoever reports it means it


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure. `counted`: its numerator, or of what it is the median; `among`: its denominator, or the rows.

    `none`: what is said where it rests on nothing.
    """

    name: str
    title: str
    unit: Unit
    counted: str
    among: str
    left_out: str
    why: str
    compute: Compute
    none: str = "none in this period"


_UNREPORTED = "not reported"
_HEADS = (
    "Commits for which a trusted run of CI sent it to `POST /api/measurements` in the period; of one commit the newest "
    "counts"
)
_FORKS = "What the run of a fork sent, and what is no number{}. Who reports nothing is left out, and never counted as 0"
_SCORES = _FORKS.format(f" from {-FARTHEST:g} to {FARTHEST:g}")
_JUDGED = "Pull requests whose first verdict was given in the period"

KPIS: tuple[Kpi, ...] = (
    Kpi(
        "eval_score",
        "Eval score",
        Unit.SCORE,
        "Median of the measurement `eval_score`",
        _HEADS,
        _SCORES,
        "How well the changes do in the team's own evaluation. The scale is the team's: compare it with itself alone",
        computed.reported("eval_score"),
        _UNREPORTED,
    ),
    Kpi(
        "robustness_delta",
        "Robustness delta",
        Unit.SCORE,
        "Median of the measurement `robustness_delta`",
        _HEADS,
        _SCORES,
        "What a change loses or gains under disturbed inputs, in the team's own unit; 0 is no change",
        computed.reported("robustness_delta"),
        _UNREPORTED,
    ),
    Kpi(
        "cache_hit_share",
        "Cache hits",
        Unit.SHARE,
        "Median of the measurement `cache_hit_share`",
        _HEADS,
        _FORKS.format(" from 0 to 1, such as a percentage"),
        "How much of what CI builds it need not build again, as the team's own cache counts it",
        computed.reported("cache_hit_share", 0.0, 1.0),
        _UNREPORTED,
    ),
    Kpi(
        "cached_tokens",
        "Tokens from a cache",
        Unit.SHARE,
        "Tokens that a model read from its cache",
        "All tokens that were read, over the trusted reports of usage that came in the period and say both",
        "Reports without tokens, and a fork's. There is no interval: the tokens of one report hang together",
        "Cached tokens cost a fraction of others: a fall shows in the bill",
        computed.cached_tokens,
        _UNREPORTED,
    ),
    Kpi(
        "overrides",
        "Reviewer overrides",
        Unit.SHARE,
        "Those for which a person said, at any head, that a check does not count, and did not take it back",
        _JUDGED,
        "Overrides that were withdrawn. By check: a pull request with two is in both",
        "People who overrule a check often have stopped to believe it",
        computed.overrides,
    ),
    Kpi(
        "adoption",
        "Adoption",
        Unit.SHARE,
        "Those on which a command was carried out, asked for by a comment, a button or in the Decision Center",
        _JUDGED,
        "Commands that were refused or failed, and those that only answer (`help`, `explain`, `plan`). Pull requests "
        "that are merely read: nobody is watched while reading",
        "Whether people work with the App, or around it",
        computed.adoption,
    ),
    Kpi(
        "self_resolved",
        "Self-resolved",
        Unit.SHARE,
        "Those after which the change may ship, by an attempt of the App or of an agent that mended it, and in which "
        "no attempt was overtaken by somebody else",
        "Remediations that ended in the period, however: mended, handed over, stopped, or taken over by a person",
        "Those that go on, and those that wait for the word of a maintainer. Failures for which no remediation began. "
        "What passed by itself, or by a person's push or override, is among them and not counted",
        "The purpose of remediation: what fails and is mended without a person",
        computed.self_resolved,
    ),
    Kpi(
        "self_resolved_time",
        "Time to self-resolve",
        Unit.SECONDS,
        "Median from the beginning of a remediation to its end",
        "Remediations that count as self-resolved, and ended in the period",
        "All others: their time is that of people",
        "Whether waiting for it is shorter than doing it",
        computed.self_resolved_time,
    ),
    Kpi(
        "disagreement",
        "False alarms: people disagree",
        Unit.SHARE,
        "Opinions that disagree with what a study says",
        "Opinions on studies that were given or changed in the period; of one person on one study the last counts",
        "Studies of which nobody said anything: silence is no consent",
        "Nobody knows better whether an alarm was one than those whom it woke. They choose themselves to answer: it is "
        "no sample of all alarms",
        computed.disagreement,
    ),
    Kpi(
        "overruled",
        "False alarms: overruled and merged",
        Unit.SHARE,
        "Those that merged, and had an override that was not taken back",
        "Pull requests whose first verdict was given in the period, that were once BLOCK or ROLL BACK, and are closed",
        "Those that are open, or that GitHub's list of closed ones has not told of yet",
        "A block that a person removes to merge was, to them, a false alarm. Not each of them was right",
        computed.overruled,
    ),
    Kpi(
        "mttr",
        "Time to recovery (MTTR)",
        Unit.SECONDS,
        "Median from the first bad word to the next good one: BLOCK or ROLL BACK to SHIP of a pull request; a rollback "
        "of an experiment to the next promotion in that environment; a module's first day of drift to its next day "
        "that is `ok` (whole days)",
        "What recovered in the period",
        "What goes on, and pull requests that were closed or lost their rules before they were good again. HOLD ends "
        "nothing",
        "How long something that was found wrong stays wrong",
        computed.recovery,
        "nothing recovered in this period",
    ),
    Kpi(
        "review_time",
        "Reviewer time (open to decision)",
        Unit.SECONDS,
        "Median from the opening of a pull request to a person's decision: its merge or closing. Beside it the same of "
        "the repository before the App, from as many days before its first verdict there as the period has since",
        "Pull requests of people that were opened, and are closed, in the period since the App's first verdict in the "
        "repository",
        "Pull requests of bots, and those that were drafts when they were closed. Those that are open: on both sides "
        "of the comparison the same number of days leaves them out alike. Time as a draft counts, for the list does "
        "not tell it",
        "What the App is to shorten. It compares before with after and is no experiment: whatever else changed "
        "meanwhile is in it",
        computed.review,
        "no closed pull request is known in this period",
    ),
    Kpi(
        "first_verdict",
        "Open to first verdict",
        Unit.SECONDS,
        "Median from the opening of a pull request to our first verdict",
        _JUDGED + ", and that GitHub's list of closed ones tells of",
        "Those that are open yet. One that was open before the App came counts from its opening",
        "How long an author waits for our first word, tests included",
        computed.first_verdict,
        "no closed pull request is known in this period",
    ),
    Kpi(
        "cost_usd",
        "Cost a pull request",
        Unit.USD,
        "Median of the US dollars that were reported of all its heads: by `POST /api/usage`, and of a head without "
        "such a report by the measurement `cost_usd`. A head of several pull requests counts for each",
        _JUDGED,
        "A fork's reports, and pull requests of which nobody reported a cost: they are not counted as 0, but told as n "
        "of how many",
        "What agents cost, where it is decided whether their change ships",
        computed.cost,
        _UNREPORTED,
    ),
    Kpi(
        "ci_minutes",
        "CI minutes a pull request",
        Unit.MINUTES,
        "Median of the whole minutes of the jobs that GitHub showed on all its heads; where it showed none, of those "
        "that were reported by `POST /api/usage`. A head of several pull requests counts for each",
        _JUDGED,
        "A fork's reports, and pull requests of which no minutes are known",
        "The other part of the cost. It is not turned into money: the price is the team's",
        computed.minutes,
        _UNREPORTED,
    ),
)

BY_NAME: Mapping[str, Kpi] = {one.name: one for one in KPIS}
