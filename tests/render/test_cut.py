from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.render.cut import BLANK, blocks, fit, fit_all, size

DOCUMENT = """A sentence
of two lines.

| a | b |
|-|-|
| 1 | 2 |

<details><summary>More</summary>

Inside, <details><summary>nested</summary>

deep

</details>

still inside

</details>

```text
a fence

with a blank and </details>
```

The end."""


def note(count: int) -> str:
    return f"[{count} left out]"


def test_blocks_are_what_stands_between_blank_lines_but_a_fold_and_a_fence_are_whole() -> None:
    found = blocks(DOCUMENT)
    assert [block.splitlines()[0] for block in found] == [
        "A sentence",
        "| a | b |",
        "<details><summary>More</summary>",
        "```text",
        "The end.",
    ]
    assert found[2].endswith("still inside\n\n</details>")


def test_what_fits_is_left_alone() -> None:
    assert fit(blocks(DOCUMENT), 10_000, note) == DOCUMENT


def test_what_does_not_fit_is_left_out_whole_and_counted() -> None:
    assert fit(blocks(DOCUMENT), 60, note) == "A sentence\nof two lines.\n\n[4 left out]"


def test_a_short_section_leaves_its_room_to_a_long_one() -> None:
    long = BLANK.join(["x" * 8] * 50)
    fitted = fit_all(["short", long, "brief"], 200, note)
    assert fitted.startswith("short\n\nxxxxxxxx")
    assert fitted.endswith("left out]\n\nbrief")
    assert 170 <= size(fitted) <= 200


@given(st.lists(st.lists(st.text("aé😀\n|", max_size=30), max_size=6).map(BLANK.join), max_size=5), st.integers(0, 300))
def test_the_room_is_never_exceeded(sections: list[str], room: int) -> None:
    assert size(fit_all(sections, room, note)) <= room


@given(st.lists(st.sampled_from([*DOCUMENT.split(BLANK), DOCUMENT]), max_size=8), st.integers(0, 400))
def test_no_fold_is_ever_left_open(parts: list[str], room: int) -> None:
    whole = [part for part in parts if part.count("<details>") == part.count("</details>")]
    fitted = fit_all(whole, room, note)
    assert fitted.count("<details>") == fitted.count("</details>") - fitted.count("blank and </details>")
