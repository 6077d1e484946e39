"""The benchmark of the arms, small: what is chosen learns, keeps its floor, and costs little more than hindsight."""

from __future__ import annotations

from functools import partial
from itertools import product

from benchmarks.arms import ARMS, FLOOR, Line, Made, World, best, capable, chain, fixed, of_arms, play

COUNT, SEEDS = 400, (1, 2)


def played(world: World) -> tuple[Line, Line, list[Made]]:
    """By the chain; by the best fixed order; and what the chain made of every failure."""
    tasks = [world.tasks(COUNT, seed) for seed in SEEDS]
    orders = product(range(len(ARMS)), repeat=3)
    statics = {str(order): [play(world, each, partial(fixed, order)) for each in tasks] for order in orders}
    runs = [play(world, each, chain) for each in tasks]
    return Line.of("chain", of_arms(runs)), best(statics), [one for run in runs for one in run]


def test_a_few_hundred_tasks_cost_little_more_than_the_best_order_in_hindsight_and_keep_the_floor() -> None:
    found, static, every = played(World("plain"))
    assert found.whole <= 1.25 * static.whole
    assert found.mended + found.half_width >= FLOOR
    assert sum(one.mended for one in every) / len(every) >= 0.7


def test_it_is_cheaper_than_the_cheapest_capable_arm() -> None:
    world = World("plain")
    tasks = world.tasks(COUNT, 1)
    chained, able = (Line.of("", of_arms([play(world, tasks, picks)])) for picks in (chain, capable))
    assert chained.whole < able.whole


def test_no_task_is_tried_more_than_three_times_and_policy_never() -> None:
    tasks = World("plain").tasks(COUNT, 3)
    made = play(World("plain"), tasks, chain)
    assert max(one.attempts for one in made) == 3
    assert {one.attempts for task, one in zip(tasks, made, strict=True) if task.failure.value == "policy"} == {0}
