"""What a verification says of each way to tamper with a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from app.model import Seal
from app.store.chain import GENESIS, sealed
from app.store.tampering import MOST_SOUGHT, Row, Verification
from tests.store.logs import chained, entry, judged, seal

pytestmark = pytest.mark.slow

LOG = chained([entry(number) for number in range(1, 11)])
FORGED = entry(99, "block")


def renumbered(rows: Sequence[Row]) -> list[Row]:
    return [(seq, text, shown) for seq, (_, text, shown) in enumerate(rows, 1)]


def edited(rows: Sequence[Row], seq: int, text: bytes = b"{}") -> list[Row]:
    return [(at, text if at == seq else was, shown) for at, was, shown in rows]


def rehashed(rows: Sequence[Row], seq: int, shown: str) -> list[Row]:
    return [(at, text, shown.encode() if at == seq else was) for at, text, was in rows]


def rewritten(rows: Sequence[Row], seq: int) -> list[Row]:
    """The entry of one row replaced, and the hash of this row made to fit."""
    before = rows[seq - 2][2].decode() if seq > 1 else GENESIS
    return rehashed(edited(rows, seq), seq, sealed(before, "{}"))


def swapped(rows: Sequence[Row], one: int, other: int) -> list[Row]:
    moved = list(rows)
    moved[one - 1], moved[other - 1] = moved[other - 1], moved[one - 1]
    return renumbered(moved)


def inserted(rows: Sequence[Row], seq: int, shown: str) -> list[Row]:
    """A row of one's own in place `seq`, all later ones pushed on."""
    return renumbered([*rows[: seq - 1], (seq, b"{}", shown.encode()), *rows[seq - 1 :]])


def said(rows: Sequence[Row], *witnessed: Seal) -> list[str]:
    return [str(flaw) for flaw in judged(rows, *witnessed).flaws]


def doubt(seq: int) -> str:
    before = f"row {seq - 1}"
    changed = f"its entry was changed, or {before} was rewritten or inserted, or what stood between was removed"
    return f"row {seq}: does not follow from {before}: {changed}"


def test_a_sound_log_has_no_flaw_and_tells_its_head() -> None:
    report = judged(LOG, seal(LOG[4]), Seal(10, seal(LOG[9]).hash[:12]))
    assert (report.rows, report.head, report.flaws) == (10, seal(LOG[9]), ())
    assert (judged([]).head, judged([]).flaws) == (Seal(0, GENESIS), ())


@pytest.mark.parametrize("seq", [1, 5, 10])
def test_an_edited_entry_is_named_and_does_not_spoil_the_rest(seq: int) -> None:
    assert said(edited(LOG, seq)) == [doubt(seq)]


@pytest.mark.parametrize("seq", [1, 5, 9])
def test_an_edited_hash_is_told_from_an_edited_entry(seq: int) -> None:
    assert said(rehashed(LOG, seq, "0" * 64)) == [f"row {seq}: its hash was changed"]
    assert said(rehashed(LOG, seq, "no hash")) == [f"row {seq}: its hash was changed"]


def test_an_edited_hash_of_the_last_row_may_be_an_edited_entry_too() -> None:
    assert said(rehashed(LOG, 10, "0" * 64)) == [doubt(10)]


@pytest.mark.parametrize("seq", [1, 5, 9])
def test_a_row_rewritten_with_its_hash_shows_at_the_next(seq: int) -> None:
    assert said(rewritten(LOG, seq)) == [doubt(seq + 1)]


def test_the_last_row_rewritten_with_its_hash_shows_only_to_a_witness() -> None:
    assert said(rewritten(LOG, 10)) == []
    (flaw,) = said(rewritten(LOG, 10), seal(LOG[9]))
    assert flaw.startswith(f"row 10: {seal(LOG[9]).short} was witnessed and ")


@pytest.mark.parametrize(
    ("gone", "flaw"),
    [
        ({1}, "row 1: missing"),
        ({5}, "row 5: missing"),
        ({5, 6, 7}, "row 5: missing, with all rows up to 7"),
    ],
)
def test_a_removed_row_leaves_a_gap(gone: set[int], flaw: str) -> None:
    assert said([row for row in LOG if row[0] not in gone]) == [flaw]


def test_a_removed_row_whose_gap_was_closed_is_missed_by_the_next() -> None:
    assert said(renumbered([*LOG[:4], *LOG[5:]])) == [doubt(5)]


def test_a_gap_that_was_only_numbered_is_told_from_one_that_was_cut() -> None:
    (flaw,) = said([*LOG[:4], *((seq + 1, text, shown) for seq, text, shown in LOG[4:])])
    assert flaw == "row 5: missing; nothing is, if row 6 was renumbered, for it follows from row 4"


def test_a_truncated_tail_shows_only_to_a_witness() -> None:
    assert said(LOG[:7]) == []
    flaw = "row 8: missing, with all rows up to 10: the log ends with row 7, and row 10 was witnessed"
    assert said(LOG[:7], seal(LOG[9])) == [flaw]
    assert said([], seal(LOG[0])) == ["row 1: missing: the log ends with row 0, and row 1 was witnessed"]


def test_neighbours_that_changed_places_are_named_with_where_they_belong() -> None:
    assert said(swapped(LOG, 4, 5)) == [
        "row 4: out of order: it was written right after row 5",
        "row 5: out of order: it was written right after row 3",
        "row 6: out of order: it was written right after row 4",
    ]


def test_distant_rows_that_changed_places_are_named_with_where_they_belong() -> None:
    assert said(swapped(LOG, 2, 9)) == [
        "row 2: out of order: it was written right after row 8",
        "row 3: out of order: it was written right after row 9",
        "row 9: out of order: it was written right after row 1",
        "row 10: out of order: it was written right after row 2",
    ]


@pytest.mark.parametrize("shown", [sealed(seal(LOG[3]).hash, "{}"), "0" * 64], ids=["fits", "does not"])
def test_an_inserted_row_is_named_whether_its_hash_fits_or_not(shown: str) -> None:
    assert said(inserted(LOG, 5, shown)) == ["row 5: inserted: row 6 was written right after row 4"]


def test_several_inserted_rows_are_named_as_one_piece() -> None:
    forged = inserted(inserted(LOG, 5, sealed(seal(LOG[3]).hash, "{}")), 6, "0" * 64)
    assert said(forged) == ["row 5: inserted up to row 6: row 7 was written right after row 4"]


def test_what_was_torn_apart_by_the_edge_of_a_batch_is_named_all_the_same() -> None:
    forged = inserted(inserted(LOG, 5, sealed(seal(LOG[3]).hash, "{}")), 6, "0" * 64)
    for edge in range(1, 12):
        reading = Verification()
        for part in (forged[:edge], forged[edge:]):
            reading.read(part)
        assert [flaw.row for flaw in reading.report().flaws] == [5]


def test_a_row_before_the_first_is_no_row_of_ours() -> None:
    assert said([(0, b"{}", b"x"), *LOG]) == ["row 0: inserted: the log begins with row 1"]
    assert said([(-3, b"", b""), *LOG]) == ["row -3: inserted: the log begins with row 1"]


def test_a_log_rewritten_as_a_whole_shows_only_to_a_witness() -> None:
    forged = chained([FORGED] * 10)
    assert said(forged) == []
    assert [flaw.row for flaw in judged(forged, seal(LOG[2]), seal(LOG[6])).flaws] == [3, 7]


def test_what_was_tampered_with_in_many_places_is_named_in_each() -> None:
    rows = rehashed(edited(edited(LOG, 2), 8), 5, "0" * 64)
    assert said([row for row in rows if row[0] != 10], seal(LOG[9])) == [
        doubt(2),
        "row 5: its hash was changed",
        doubt(8),
        "row 10: missing: the log ends with row 9, and row 10 was witnessed",
    ]


def test_a_log_of_nothing_but_garbage_is_read_to_its_end() -> None:
    count = 3 * MOST_SOUGHT
    report = judged([(seq, b"\xff\0", b"\xff") for seq in range(1, count + 1)])
    assert (report.rows, len(report.flaws)) == (count, count)


# --- the campaign ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tampering:
    """A log before and after, and whether the chain alone must tell."""

    name: str
    before: list[Row]
    after: list[Row]

    @property
    def beyond_the_chain(self) -> bool:
        """Is what was left a sound log of its own?"""
        return self.name == "truncate" or (self.name == "rewrite" and self.after[-1][1] == b"{}")


@st.composite
def tamperings(draw: DrawFn) -> Tampering:
    """One tampering with one log."""
    rows = chained([entry(number) for number in range(1, draw(st.integers(2, 40)) + 1)])
    seq, other = draw(st.integers(1, len(rows))), draw(st.integers(1, len(rows)))
    garbage = draw(st.text("0123456789abcdef", min_size=64, max_size=64))
    name = draw(st.sampled_from(["edit", "hash", "rewrite", "delete", "close", "swap", "insert", "truncate"]))
    match name:
        case "edit":
            after = edited(rows, seq, draw(st.binary(max_size=20)))
        case "hash":
            after = rehashed(rows, seq, garbage)
        case "rewrite":
            after = rewritten(rows, seq)
        case "delete":
            after = [row for row in rows if row[0] != seq]
        case "close":
            after = renumbered([row for row in rows if row[0] != seq])
        case "swap":
            after = swapped(rows, seq, other)
        case "insert":
            after = inserted(rows, seq, garbage)
        case _:
            after = rows[:seq]
    assume(after != rows)
    return Tampering(name, rows, after)


@settings(max_examples=200)
@given(tamperings())
@example(Tampering("truncate", LOG, LOG[:1]))
def test_two_hundred_tamperings_are_all_found(tampering: Tampering) -> None:
    last = seal(tampering.before[-1])
    assert judged(tampering.before, last).flaws == ()
    assert judged(tampering.after, last).flaws != ()
    tail_lost = tampering.after == tampering.before[: len(tampering.after)]
    assert judged(tampering.after).flaws or tampering.beyond_the_chain or tail_lost
