from __future__ import annotations

import pytest
from rich.cells import cell_len

from app.render.terminal import terminal
from checks.model import Finding, Measure, State

from .decisions import CONTRACT_BLOCK, FORK, STORY, decision, pull, result, row
from .test_escape import HOSTILE


def test_the_verdict_is_the_first_line_and_why_and_what_next_follow() -> None:
    said = terminal(CONTRACT_BLOCK, 80, color=False).splitlines()
    assert said[0] == "BLOCK · 1 of 2 checks in the way · risk 0.41 (limit ≤ 0.65)"
    assert said[1] == "Change acme/shop #7 · a1b2c3d onto main at 9f8e7d6"
    assert said[2] == "Why    `perf_p95_ms` is 261 ms, limit < 250 (contract)."
    assert said[3].startswith("Next   Make the checkout faster by 11 ms")


def test_what_is_not_measured_is_said_in_words() -> None:
    assert "— not measured  contract" in terminal(FORK, 80, color=False)


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", STORY)
def test_every_line_fits_the_screen(name: str, width: int) -> None:
    assert all(cell_len(said) <= width for said in terminal(STORY[name], width, color=False).splitlines())


def test_colour_is_used_only_where_asked_for() -> None:
    assert "\x1b" not in terminal(CONTRACT_BLOCK, 80, color=False)
    assert "\x1b[1;31mBLOCK" in terminal(CONTRACT_BLOCK, 80, color=True)


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_text_of_others_moves_the_cursor_or_colours_the_screen(payload: str) -> None:
    checked = result(
        payload,
        State.BLOCK,
        payload,
        reasons=tuple(f"{payload} {index}" for index in range(9)),
        measures=(Measure(payload, payload, payload, payload),),
        findings=(Finding(payload, payload, payload, payload, 1),),
    )
    shown = terminal(decision(row(checked), notes=(payload,), pull=pull(base_ref=payload)), 80, color=False)
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert "- and 4 more" in shown


def test_an_overridden_check_says_so_and_who_said_it() -> None:
    shown = terminal(STORY["overridden-ship"], 120, color=False)
    assert "⚠️ overridden" in shown
    assert (
        "Note   contract (block) is overridden by root: the load generator was broken all morning, see OPS-12" in shown
    )
