"""Whatever is sent as series: it is read, or it is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from app.pages.sent_series import BadSeries, Clock, Sent, TooMany, in_csv, in_json, stream

NOW = 1_700_000_000.0
CLOCK = Clock(NOW, NOW - 86_400)

SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just("2023-11-14T22:00Z")
POINTS = st.lists(st.tuples(st.just(NOW) | SCALARS, SCALARS) | SCALARS, max_size=4)
BODIES = st.fixed_dictionaries(
    {"series": st.dictionaries(st.text(max_size=4), POINTS, max_size=3) | SCALARS},
    optional={"environment": st.just("e") | SCALARS, "side": SCALARS, "repository": SCALARS},
).map(lambda body: json.dumps(body).encode())
CELLS = st.sampled_from(["time", "p95", "", "1", "1700000000", "nan", "1e999", '"', "\x00", "é", "2023-11-14T22:00Z"])
TABLES = st.lists(st.lists(CELLS, max_size=3).map(",".join), max_size=5).map(lambda lines: "\n".join(lines).encode())


def believable(sent: Sent) -> bool:
    moments = [moment for series in sent.series.values() for moment in series.items()]
    return all(CLOCK.since <= at <= NOW + 3_600 and (value is None or isfinite(value)) for at, value in moments)


def said(read: Callable[[], Sent]) -> str:
    """Why it is refused, in words that can be printed; of what is believable, none."""
    try:
        return "" if believable(read()) else "\0"
    except (BadSeries, TooMany) as refused:
        return str(refused)


@given(BODIES | st.binary(max_size=40))
def test_json_is_read_or_refused_and_what_is_read_can_be_kept(body: bytes) -> None:
    def read() -> Sent:
        where, sent = in_json(body, CLOCK)
        stream(where, "octo/shop")
        return sent

    assert said(read).isprintable()


@given(TABLES | st.binary(max_size=40))
def test_tables_are_read_or_refused_and_what_is_read_can_be_kept(table: bytes) -> None:
    assert said(lambda: in_csv(table, CLOCK)).isprintable()
