"""What becomes of a canary, by its gate and by its mirrored answers together."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.answer import ANSWERS, HOLD, PROMOTE, ROLLBACK, WAIT, answer, stance, unread
from checks.experiment import Reason, Status, action, advance, begin, stopped
from checks.model import Mode
from checks.shadow import Config, Reply, Shadow, Stance, Triple, dump, load
from tests.checks.experiment.facts import config, even

GATE = config(min_ticks=1)
CRITICAL = Config.model_validate({"critical": ["body.price"], "detect": 0.5})


@pytest.mark.parametrize(
    ("gate", "says", "done"),
    [
        (WAIT, Stance.AGREES, WAIT),
        (WAIT, Stance.UNSURE, WAIT),
        (WAIT, Stance.OBJECTS, WAIT),  # a metric may yet agree
        (WAIT, Stance.CRITICAL, ROLLBACK),
        (PROMOTE, Stance.AGREES, PROMOTE),
        (PROMOTE, Stance.UNSURE, WAIT),
        (PROMOTE, Stance.OBJECTS, HOLD),
        (PROMOTE, Stance.CRITICAL, ROLLBACK),
        (HOLD, Stance.AGREES, HOLD),
        (HOLD, Stance.UNSURE, HOLD),
        (HOLD, Stance.OBJECTS, HOLD),
        (HOLD, Stance.CRITICAL, ROLLBACK),
        (ROLLBACK, Stance.AGREES, ROLLBACK),
        (ROLLBACK, Stance.UNSURE, ROLLBACK),
        (ROLLBACK, Stance.OBJECTS, ROLLBACK),
        (ROLLBACK, Stance.CRITICAL, ROLLBACK),
    ],
)
def test_gate_and_mirrored_answers_together(gate: str, says: Stance, done: str) -> None:
    assert answer(gate, says, 0.0, 60.0) == done


def test_every_pair_is_in_the_table() -> None:
    assert {gate: set(said) for gate, said in ANSWERS.items()} == {
        gate: set(Stance) for gate in (WAIT, PROMOTE, HOLD, ROLLBACK)
    }


@pytest.mark.parametrize("gate", [WAIT, PROMOTE, HOLD, ROLLBACK])
def test_where_nobody_compares_answers_the_gate_decides(gate: str) -> None:
    assert answer(gate, None, 0.0, 60.0) == gate


def test_a_promotion_waits_for_answers_so_long_and_no_longer() -> None:
    assert answer(PROMOTE, Stance.UNSURE, 59.9, 60.0) == WAIT
    assert answer(PROMOTE, Stance.UNSURE, 60.0, 60.0) == HOLD
    assert answer(PROMOTE, Stance.AGREES, 3_600.0, 60.0) == PROMOTE
    assert answer(WAIT, Stance.UNSURE, 3_600.0, 60.0) == WAIT, "the gate's own patience is the horizon"


@pytest.mark.parametrize("says", list(Stance))
@pytest.mark.parametrize("gate", [WAIT, PROMOTE, HOLD, ROLLBACK])
def test_answers_that_nobody_compared_yet_put_off_a_promotion_and_nothing_else(gate: str, says: Stance) -> None:
    put_off = gate == PROMOTE and says is Stance.AGREES
    assert unread(gate, says) == (WAIT if put_off else ANSWERS[gate][says])
    assert unread(gate, None) == gate


def test_what_may_only_remark_has_no_say() -> None:
    told = dump(shadow([(2, 1)] * 40).report())
    assert stance(CRITICAL.model_dump_json(), told) is Stance.CRITICAL
    assert stance(CRITICAL.model_copy(update={"mode": Mode.WARN}).model_dump_json(), told) is None


def shadow(prices: Sequence[tuple[int, int]]) -> Shadow:
    """What the prices of candidate and primary come to; the secondary always says what the primary does."""
    compared = Shadow(CRITICAL)
    for number, pair in enumerate(prices):
        compared.update(triple(number, *pair))
    return compared


def triple(number: int, mine: int, theirs: int) -> Triple:
    old = Reply(200, {"price": theirs})
    return Triple(f"t{number}", "/orders", Reply(200, {"price": mine}), old, old)


GOOD, BAD = even(1, (100_000, 1_000), (100_000, 700))[0], even(1, (100_000, 1_000), (100_000, 3_000))[0]
OFTEN, SELDOM = ["good tick", "same answers", "look", "act"], ["bad tick", "other answers", "stop"]
EVENTS = st.lists(st.sampled_from(OFTEN * 3 + SELDOM), max_size=40)


class Canary:
    """One experiment, as the store moves it and as the worker acts on it."""

    def __init__(self, patience: float) -> None:
        self.gate, self.shadow = begin(GATE), Shadow(CRITICAL)
        self.patience, self.at, self.mirrored = patience, 0, 0
        self.course, self.flagged = "", False

    def happens(self, event: str) -> None:
        match event.split():
            case [kind, "tick"]:
                self.at += 1
                tick: dict[str, Any] = (GOOD if kind == "good" else BAD) | {"t": 30.0 * self.at}
                self.gate = advance(self.gate, [tick], GATE)
            case [kind, "answers"]:
                for _ in range(10):
                    self.mirrored += 1
                    self.shadow.update(triple(self.mirrored, 1 if kind == "same" else 2, 1))
            case ["look"] if not self.gate.status.final and self.says is Stance.CRITICAL:
                self.gate = stopped(self.gate, Reason.SHADOW)
            case ["stop"]:
                self.gate = stopped(self.gate, Reason.STOPPED)
            case ["act"] if self.gate.status.final and self.course in {"", WAIT}:
                self.course = answer(action(self.gate.status, GATE), self.says, 0.0, self.patience)
                self.flagged = any(row.blocks for row in self.shadow.report().rows)

    @property
    def says(self) -> Stance:
        return load(dump(self.shadow.report())).stance


@given(events=EVENTS, patience=st.sampled_from([0.0, 60.0]))
def test_a_promotion_is_never_had_while_a_field_is_flagged(events: list[str], patience: float) -> None:
    canary = Canary(patience)
    for event in (*events, "look", "act"):
        canary.happens(event)
    assert not (canary.course == PROMOTE and canary.flagged)
    assert canary.course != PROMOTE or canary.gate.status is Status.PROMOTE
    assert canary.course != ROLLBACK or canary.flagged or canary.gate.status is Status.ROLLBACK


def test_the_events_of_that_property_reach_every_course() -> None:
    reached = set()
    for events in (
        ["good tick"] * 4 + ["same answers"] * 4,
        ["good tick"] * 4 + ["other answers"] * 4,
        ["bad tick"],
        ["stop"],
    ):
        canary = Canary(60.0)
        for event in (*events, "look", "act"):
            canary.happens(event)
        reached.add(canary.course)
    assert reached == {PROMOTE, ROLLBACK, HOLD}
