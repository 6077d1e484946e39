import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.impact.multiplicity import q_values

PS = st.lists(st.none() | st.floats(0, 1), max_size=12)


def test_a_single_metric_has_its_p_for_q() -> None:
    assert q_values([0.04]) == (0.04,)


def test_the_published_example_has_its_published_answer() -> None:
    """The fifteen of Benjamini and Hochberg (1995, section 4.1): at 0.05 the first four are rejected, no other."""
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    ps += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert [q is not None and q <= 0.05 for q in q_values(ps)] == [True] * 4 + [False] * 11


@given(PS)
def test_q_keeps_the_order_of_p_and_never_lies_below_it(ps: list[float | None]) -> None:
    pairs = sorted((p, q) for p, q in zip(ps, q_values(ps), strict=True) if p is not None and q is not None)
    assert all(p <= q * (1 + 1e-12) <= 1 + 1e-9 for p, q in pairs)
    assert [q for _, q in pairs] == sorted(q for _, q in pairs)


@given(PS, st.randoms())
def test_the_order_of_the_metrics_makes_no_difference(ps: list[float | None], chance: object) -> None:
    backwards = q_values(ps[::-1])[::-1]
    for one, other in zip(q_values(ps), backwards, strict=True):
        assert one == pytest.approx(other) if one is not None else other is None
