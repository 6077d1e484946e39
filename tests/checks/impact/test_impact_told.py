import json

import pytest

from checks.impact.outcome import Outcome
from checks.impact.told import Amount, Held, MetricTold, Placebo, Relative, Sparks, Told, ToldError, dump, load

AMOUNT = Amount(212.0, 200.0, 12.0, 4.0, 20.5)
TOLD = Told(
    Outcome.LIKELY_WORSE,
    1_700_000_000.0,
    (
        MetricTold(
            "p95",
            Outcome.LIKELY_WORSE,
            unit="ms",
            better="lower",
            average=AMOUNT,
            relative=Relative(0.06, 0.02, 0.1025),
            p=0.004,
            q=0.012,
            placebo=Placebo(20, 1),
            controls=(Held("traffic", "ok", 0.4), Held("errors", "moved", 0.0001)),
            notes=("the window ends at the deployment of abc1234",),
            n_pre=60,
            n_post=30,
            sparks=Sparks((1.0, None, 2.0), (1.0, 1.0, 1.5), 2),
        ),
        MetricTold("sales", Outcome.INSUFFICIENT_DATA, "12 points before the deployment, 30 are needed"),
    ),
    0.05,
    0.1,
    "auto",
    "0" * 64,
    "1",
)


def test_what_was_told_is_read_back_and_written_to_the_same_bytes() -> None:
    assert load(dump(TOLD)) == TOLD
    assert dump(load(dump(TOLD))) == dump(TOLD)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", dump(TOLD)[:-1], dump(TOLD).replace('"alpha"', '"beta"'), "[" * 100_000],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ToldError, match="not what a study said"):
        load(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [("outcome", "likely"), ("alpha", 2), ("at", -1), ("metrics", [{"name": "p95"}]), ("more", 1), ("digest", None)],
)
def test_a_value_out_of_range_is_refused(key: str, value: object) -> None:
    with pytest.raises(ToldError):
        load(json.dumps(json.loads(dump(TOLD)) | {key: value}))
