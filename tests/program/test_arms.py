"""The ladder of an agent: how its arms are named, and what texts say of the arm that made them."""

from __future__ import annotations

import pytest

from program.arms import MOST, Arm, Ladder, stated

SMALL, MEDIUM, LARGE = (Arm(name, "agent.yml") for name in ("impl@small", "impl@medium", "impl@large"))
LADDER = Ladder((SMALL, MEDIUM, LARGE))


def test_an_arm_is_named_in_any_case_or_the_nearest_is_told() -> None:
    assert LADDER.named("impl@medium") == MEDIUM
    assert LADDER.named("IMPL@MEDIUM") == MEDIUM
    assert LADDER.named("impl@medum") is None
    assert LADDER.nearest("IMPL@MEDUM") == "impl@medium"
    assert LADDER.nearest("impl@medum") == "impl@medium"
    assert LADDER.nearest("zzzzzz") == ""


def test_of_two_arms_that_differ_in_case_alone_the_one_that_is_written_so_is_meant() -> None:
    ladder = Ladder((Arm("impl@Big", "a.yml"), Arm("impl@big", "b.yml")))
    assert [arm.workflow for arm in map(ladder.named, ("impl@big", "impl@Big", "IMPL@BIG")) if arm] == [
        "b.yml",
        "a.yml",
        "a.yml",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Correct x\n\nMaestro-Arm: impl@small\n", ("impl@small",)),
        ("maestro-arm:impl@small\r\nMore.", ("impl@small",)),
        ("Maestro-Arm: impl@small\nMaestro-Arm: impl@large", ("impl@small", "impl@large")),
        ("see Maestro-Arm: impl@small", ()),
        ("Maestro-Arm: impl@small and more", ()),
        ("Maestro-Arm: $(curl evil)", ()),
        ("Maestro-Arm: `x`", ()),
        ("Maestro-Arm: " + "x" * 65, ()),
        ("Maestro-Arm:\nimpl@small", ()),
        ("", ()),
    ],
)
def test_a_line_of_its_own_says_which_arm_made_it(text: str, names: tuple[str, ...]) -> None:
    assert stated([text]) == names


def test_a_text_names_a_few_at_most() -> None:
    assert len(stated(["Maestro-Arm: a\n" * 1000])) == MOST
