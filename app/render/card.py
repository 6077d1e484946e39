"""The Decision Card: one comment a pull request, read in ten seconds. docs/card.md tells how to read it.

At most 12 lines and 1,500 characters are visible; everything else folds. A card that changes nothing keeps
its digest.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from app.github.limits import COMMENT_CUT
from app.model import CARD_MARKER, Beside, Seal
from app.render import commanded, remediated, words
from app.render.cut import BLANK, fit_all, size
from app.render.escape import Markdown, markdown
from app.render.evidence import figures
from app.render.sections import sections
from app.render.spent import spending
from app.render.templates import render
from checks.model import Decision, Row, State, Verdict

VISIBLE_LINES = 12
VISIBLE_CHARACTERS = 1_500
PASSING_SHOWN = 5
NAMES_SHOWN = 8  # checks named in the summary of the evidence
NOTHING_BESIDE = Beside()
BELOW = 320  # characters that the visible lines below the table may take: summaries and footer

_ALERTS = {
    Verdict.SHIP: "TIP",
    Verdict.HOLD: "WARNING",
    Verdict.BLOCK: "CAUTION",
    Verdict.ROLLBACK: "CAUTION",
}
_LONGEST_SEAL = Seal(10**12, "f" * 64)  # room for any, so that how much evidence fits does not depend on which it is
_FOREIGN = re.compile(r"[^A-Za-z0-9._/-]")
_UNSEEN = re.compile(r"<!--.*?-->|<[^>]*>|\]\([^)]*\)|[*`|\[\\]|^> ?|:?-+:?(?=\|)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Card:
    """The comment's text, and the digest of all of it but its time and its seal, which merely age."""

    body: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Level:
    """How much the visible part says: characters of a sentence and of a title, figures a row."""

    sentence: int
    title: int
    figures: int


@dataclass(frozen=True, slots=True)
class _Lines:
    """What the box says below verdict, *Why* and *Next*, a line each; "" for none."""

    repair: str
    spent: str
    notes: str

    @classmethod
    def of(cls, decision: Decision, beside: Beside) -> _Lines:
        repair = "" if decision.merged else remediated.telling(beside.remediation, decision.verdict is Verdict.SHIP)
        return cls(repair, spending(beside.spent, beside.reported), "; ".join(words.notes(decision)))

    @property
    def count(self) -> int:
        """Of the whole box."""
        return 3 + sum(map(bool, (self.repair, self.spent, self.notes)))


_LEVELS = (_Level(300, 120, 3), _Level(240, 90, 2), _Level(180, 60, 1), _Level(120, 40, 1), _Level(80, 30, 0))


def marker(repository: str, number: int | None) -> Markdown:
    """The card's first line."""
    shown = "local" if number is None else number
    return Markdown(f"{CARD_MARKER}v1 repo={_FOREIGN.sub('', repository)} pr={shown} -->")


def card(
    decision: Decision,
    *,
    now: datetime,
    seal: Seal | None = None,
    page: str = "",
    beside: Beside = NOTHING_BESIDE,
) -> Card:
    """The card of `decision` as of `now` (aware). At most COMMENT_CUT bytes, whatever the decision holds.

    `seal` is that of its entry in the provenance log, `page` the address of its page in the Decision Center: a decision
    of no server has neither. `beside`: what is known beside the decision.
    """
    summary, done = _summary(beside), _done(decision, beside)
    folds, below = bool(decision.rows or decision.risk) + bool(done), BELOW + len(summary)
    head = _head(decision, _Lines.of(decision, beside), VISIBLE_LINES - folds - 1, VISIBLE_CHARACTERS - below)
    taken = (head, done, _footer(decision, _minute(now), _LONGEST_SEAL, page))
    evidence = _evidence(decision, COMMENT_CUT - sum(size(part) + len(BLANK) for part in taken))

    def body(stamp: str, seal: Seal | None) -> str:
        return BLANK.join(filter(None, [head, evidence, done, _footer(decision, stamp, seal, page)])) + "\n"

    return Card(body(_minute(now), seal), sha256(body("", None).encode()).hexdigest())


def table(decision: Decision, lines: int, level: _Level = _LEVELS[0]) -> Markdown:
    """The table of checks in at most `lines` rows: what stops the change first, passing rows folded where
    many.
    """
    if not decision.rows:
        return Markdown("")
    shown, rest = _open_and_folded(decision, lines)
    said = ", ".join(dict.fromkeys(f"{words.mark(row)} {words.word(row)}" for row in rest))
    return render(
        "table.md.j2",
        rows=shown,
        rest=rest,
        said=f"{said}: see the evidence",
        level=level,
        figures=partial(figures, pull=decision.pull),
    )


def _head(decision: Decision, said: _Lines, lines: int, room: int) -> Markdown:
    """The open part in at most `lines` lines, as generous as `room` visible characters allow."""
    for level in _LEVELS[:-1]:
        head = _head_at(decision, said, lines, level)
        if _seen(head) <= room:
            return head
    return _head_at(decision, said, lines, _LEVELS[-1])


def _head_at(decision: Decision, said: _Lines, lines: int, level: _Level) -> Markdown:
    pull = decision.pull
    return render(
        "card.md.j2",
        marker=marker(pull.repository, pull.number),
        alert=_ALERTS[decision.verdict],
        verdict=words.VERDICTS[decision.verdict],
        counts=words.counts(decision),
        risk=words.risk(decision),
        pull=pull,
        why=words.why(decision),
        next_step=words.next_step(decision),
        said=said,
        level=level,
        table=table(decision, lines - 1 - said.count, level),
    )


def _open_and_folded(decision: Decision, lines: int) -> tuple[list[Row], list[Row]]:
    """The table's rows, and those that its last row merely counts. An agent's contract always stands there."""
    rows = words.ordered(decision)
    pinned = [row for row in rows if decision.agent and row.result.name == words.CONTRACT]
    others = [row for row in rows if row not in pinned]
    passing = [row for row in others if row.result.state is State.PASS]
    if len(passing) > PASSING_SHOWN or len(rows) > lines:
        others = [row for row in others if row not in passing]
        others = others[: max(lines - 1 - len(pinned), 0)]  # one line says how many more there are
    shown = [row for row in rows if row in pinned or row in others]
    return shown, [row for row in rows if row not in shown]


def _footer(decision: Decision, stamp: str, seal: Seal | None, page: str) -> Markdown:
    return render(
        "footer.md.j2",
        pull=decision.pull,
        stamp=stamp,
        digest=decision.config_digest,
        version=decision.version,
        seal=seal,
        page=page,
    )


def _summary(beside: Beside) -> Markdown:
    """What repairs and people's commands fold under: one line for both, so that a row more has room above."""
    said = (remediated.summary(beside.remediation), commanded.summary(beside.commands))
    return Markdown(" · ".join(filter(None, said)))


def _done(decision: Decision, beside: Beside) -> Markdown:
    """What was done about the change, by itself and because people asked; "" where nothing was."""
    parts = (
        remediated.remediated(beside.remediation, decision.pull.url),
        commanded.commanded(beside.commands),
    )
    content = BLANK.join(filter(None, parts))
    return _fold(_summary(beside), content) if content else Markdown("")


def _evidence(decision: Decision, room: int) -> Markdown:
    found = sections(decision)
    if not found:
        return Markdown("")
    names = [row.result.name for row in words.ordered(decision)] or ["risk"]
    summary = Markdown("Evidence: " + ", ".join(markdown(name, 16) for name in names[:NAMES_SHOWN]))
    return _fold(summary, fit_all(found, room - size(_fold(summary, "")), cut_note))


def _fold(summary: Markdown, content: str) -> Markdown:
    return render("details.md.j2", summary=summary, content=Markdown(content))


def cut_note(count: int) -> Markdown:
    """What stands in place of the `count` blocks of evidence that did not fit."""
    return render("cut.md.j2", count=count)


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _seen(text: str) -> int:
    """The characters that a reader sees of our own Markdown."""
    return len(html.unescape(_UNSEEN.sub("", text)))
