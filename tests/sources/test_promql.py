"""Each selector of a query gets the labels that the operator demands, and what could do without them is not sent."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources import BadSelector
from app.sources.promql import demanding

DEMANDED = {"team": "shop"}
OURS = '{team="shop"}'


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("up", f"up{OURS}"),
        ('{__name__="up"}', '{__name__="up",team="shop"}'),
        ('up{team="other"}', 'up{team="other",team="shop"}'),
        ("rate ( x [ 5m ] )", f"rate(x{OURS}[5m])"),
        ('increase(job:x{a="}[5m])"}[90s])', 'increase(job:x{a="}[5m])",team="shop"}[90s])'),
        ("avg_over_time(x[1d])", f"avg_over_time(x{OURS}[1d])"),
        ("sum(rate(x[5m]))", f"sum(rate(x{OURS}[5m]))"),
        ("sum by (le, a) (x)", f"sum by (le, a) (x{OURS})"),
        ("sum(x)without(a,)", f"sum(x{OURS}) without (a)"),
        ("max by () (x)", f"max by () (x{OURS})"),
        (
            "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))",
            f"histogram_quantile(0.95, sum by (le) (rate(x_bucket{OURS}[5m])))",
        ),
        ("100 * sum(a) / (sum(b) - min(c))", f"100 * sum(a{OURS}) / (sum(b{OURS}) - min(c{OURS}))"),
        ("count(x) + sum_total", f"count(x{OURS}) + sum_total{OURS}"),
        ("a-b", f"a{OURS} - b{OURS}"),
        ("\n rate_x \t", f"rate_x{OURS}"),
    ],
)
def test_every_selector_demands_what_the_operator_does(text: str, sent: str) -> None:
    assert demanding(text, DEMANDED) == sent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column 1 of the query: a metric is expected"),
        ("100", "names no series"),
        ("{}", "no selector"),
        ("x[5m]", "column 2 of the query: an operator or the end"),
        ("rate(x)", "column 7 of the query: `[` is expected"),
        ("rate(sum(x)[5m])", "column 9 of the query: `[` is expected"),
        ("rate(x[5m] offset 1d)", "column 12 of the query: `)` is expected"),
        ("rate(x[5m:1m])", "column 10 of the query: `]` is expected"),
        ("rate(x[1h30m])", "column 8 of the query: a time as `5m`"),
        ("rate(x[2d])", "column 8 of the query: a point may look back for a day"),
        ("sum(x[5m])", "column 6 of the query: `)` is expected"),
        ("x offset 5m", "column 3 of the query: an operator or the end"),
        ("x @ 0", "column 3 of the query"),
        ("a or b", "column 3 of the query: an operator or the end"),
        ("a / on (b) c", "column 5 of the query: `on` is not among"),
        ("a > 1", "column 3 of the query"),
        ("a ^ 2", "column 3 of the query"),
        ("-a", "column 1 of the query: a metric is expected"),
        ("a / ", "column 5 of the query: a metric is expected"),
        ("offset", "column 1 of the query: `offset` is not among"),
        ("a + NaN", "column 5 of the query: `NaN` is not among"),
        ("0x1F * a", "column 1 of the query: a metric is expected"),
        ("1e3 * a", "column 1 of the query: a metric is expected"),
        ("vector(1)", "column 1 of the query: `vector` is not among"),
        ('label_replace(x, "team", "shop", "", "")', "column 1 of the query: `label_replace` is not among"),
        ("topk(5, x)", "`topk` is not among"),
        ("absent(x)", "`absent` is not among"),
        ("time()", "`time` is not among"),
        ("sum by le (x)", "column 8 of the query: `(` is expected"),
        ("sum by (1) (x)", "column 9 of the query: a label is expected"),
        ("sum by (a:b) (x)", "column 9 of the query: a label is expected"),
        ("sum by (a) (x) by (b)", "column 16 of the query: an operator or the end"),
        ("sum", "column 4 of the query: `(` is expected"),
        ("histogram_quantile(2, x)", "column 20 of the query: a share from 0 to 1"),
        ("histogram_quantile(x, 1)", "column 20 of the query: a share from 0 to 1"),
        ("x{a='b'}", 'column 2 of the query: matchers of the form `{label="value"}`'),
        ('x{"a"="b"}', "column 2 of the query: matchers"),
        ('x{a="b"', "column 2 of the query: matchers"),
        ("x # comment", "column 3 of the query"),
        ("x{} {}", "column 5 of the query: matchers"),
        ("(x", "column 3 of the query: `)` is expected"),
        ("x)", "column 2 of the query: an operator or the end"),
        ("(" * 21 + "x" + ")" * 21, "more than 20 brackets"),
        ("ééé", "column 1 of the query: a metric is expected"),
        ("xé", "column 2 of the query"),
        ("x" * 2_001, "more than 2,000 characters"),
    ],
)
def test_what_is_not_of_the_small_language_is_refused_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(BadSelector, match=re.escape(said)):
        demanding(text, DEMANDED)


NAMES = ("x", 'y{a="b"}', '{a="b"}', "rate", "increase", "sum", "by", "without", "histogram_quantile", "or", "offset")
SIGNS = ("@", "(", ")", "[5m]", "[", "]", ",", "0.5", "1", "+", "-", "/", "*", "le", '"')
PIECES = st.sampled_from(NAMES + SIGNS)


@given(st.lists(PIECES, max_size=12).map(" ".join) | st.text(max_size=30))
def test_no_query_is_sent_with_a_selector_that_demands_nothing(text: str) -> None:
    """Without strings, and without what follows a demand, no name is left but those of the language itself."""
    try:
        sent = demanding(text, DEMANDED)
    except BadSelector:
        return
    known = re.sub(r'[A-Za-z_:][A-Za-z0-9_:]*\{[^{}]*team="shop"\}|\{[^{}]*team="shop"\}', "", sent)
    words = re.findall(r"[A-Za-z_:{}]+", re.sub(r"\[[0-9]+(ms|s|m|h|d)\]|(by|without) \([^)]*\)", "", known))
    assert set(words) <= {"rate", "increase", "sum", "histogram_quantile"}
    assert demanding(sent, {}) == sent.replace("{}", ""), "what was written can be read again"


def test_values_of_the_operator_cannot_end_their_string() -> None:
    assert demanding("x", {"team": 'a"} or y{b="'}) == 'x{team="a\\"} or y{b=\\""}'
