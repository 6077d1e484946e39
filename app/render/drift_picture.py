"""How a module drifts, as pictures: bins before and now side by side, and a strip of days. SVG, styled by class.

Nothing is told by colour alone: a bar before stands above the bar now and both carry their share, a day is as tall as
it is bad. The page says the same in words and in a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from markupsafe import Markup

from app.render.escape import line
from checks.drift import Bin, Standing

WIDTH = 720
LABEL = 28  # characters of a bin's
_LEFT, _RIGHT, _ROW, _BAR = 210, 60, 38, 12  # where bars begin, room for shares, height of a pair and of a bar
_STRIP, _FOOT = 40, 18  # height of the strip of days, and of the words below it
_TALL = {Standing.OK: 8, Standing.WATCH: 18, Standing.BLIND: 29, Standing.DRIFT: 40}
_WIDEST = 24  # of a day


def pairs(bins: Sequence[Bin], label: str) -> Markup:
    """A pair of bars for each of `bins`, in their order. `label`: what they show in words."""
    most = max((max(one.before, one.after) for one in bins), default=0.0) or 1.0
    drawn = Markup("").join(part for at, one in enumerate(bins) for part in _pair(one, at * _ROW, most))
    return _frame("shares", len(bins) * _ROW, label, drawn)


def _pair(one: Bin, top: int, most: float) -> Iterator[Markup]:
    name = Markup('<text class="bin" x="{}" y="{}" text-anchor="end">{}<title>{}</title></text>')
    yield name.format(_LEFT - 8, top + _BAR + 6, line(one.label, LABEL), line(one.label))
    for kind, share, y in (("before", one.before, top + 3), ("now", one.after, top + _BAR + 5)):
        width = max(share / most * (WIDTH - _LEFT - _RIGHT), 0.5)
        yield Markup('<rect class="{}" x="{}" y="{}" width="{:.1f}" height="{}"/>').format(kind, _LEFT, y, width, _BAR)
        words = Markup('<text class="share" x="{:.1f}" y="{}">{}</text>')
        yield words.format(_LEFT + width + 6, y + _BAR - 2, percent(share))


def strip(days: Sequence[tuple[int, Standing]], label: str) -> Markup:
    """Each day, as of `date.toordinal`, where it is in time. `label`: how they stood in words."""
    if not days:
        return Markup("")
    first, last = days[0][0], days[-1][0]
    wide = min(WIDTH / (last - first + 1), _WIDEST)
    drawn = Markup("").join(_day(day, state, (day - first) * wide, wide) for day, state in days)
    ends = Markup('<text class="time" x="0" y="{}">{}</text>').format(_STRIP + _FOOT - 4, date.fromordinal(first))
    if last > first:
        last_word = Markup('<text class="time" x="{:.1f}" y="{}" text-anchor="end">{}</text>')
        ends += last_word.format(max((last - first + 1) * wide, 160), _STRIP + _FOOT - 4, date.fromordinal(last))
    return _frame("days", _STRIP + _FOOT, label, drawn + ends)


def _day(day: int, state: Standing, x: float, wide: float) -> Markup:
    tall = _TALL[state]
    shape = Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{}: {}</title></rect>')
    return shape.format(state.value, x, _STRIP - tall, max(wide - 2, 1), tall, date.fromordinal(day), state.value)


def _frame(kind: str, height: int, label: str, drawn: Markup) -> Markup:
    frame = Markup('<svg class="{}" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}</svg>')
    return frame.format(kind, WIDTH, height, WIDTH, height, line(label, 1_000), drawn)


def percent(share: float) -> str:
    """`12.5 %`; of a fraction."""
    return f"{100 * share:.3g} %"
