"""Files and folders of cards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from speclive.cards import CardError, load
from tests.speclive.features import PAY, feature, then

ONE = feature(then("result > 0"))


def refused(path: Path) -> list[str]:
    """The refusals of a path, as they are printed, without the folder that they are in."""
    with pytest.raises(CardError) as error:
        load(path)
    root = path if path.is_dir() else path.parent
    return [str(refusal).replace(f"{root}/", "") for refusal in error.value.refusals]


def test_a_folder_is_read_with_all_that_is_below_it_in_the_order_of_its_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.feature").write_text(ONE, encoding="utf-8")
    (tmp_path / "a.feature").write_text(PAY, encoding="utf-8")
    (tmp_path / "a.txt").write_text("none", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.feature").write_text("none", encoding="utf-8")
    cards = load(tmp_path)
    assert [(card.id, card.path) for card in cards] == [
        ("pay.balance", str(tmp_path / "a.feature")),
        ("shop.one", str(tmp_path / "b" / "a.feature")),
    ]
    assert load(str(tmp_path / "a.feature")).cards == cards.cards[:1]


def test_links_lead_to_each_file_once_and_never_round_in_circles(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "one.feature").write_text(ONE, encoding="utf-8")
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "one.feature").symlink_to(tmp_path / "real" / "one.feature")
    assert [card.id for card in load(tmp_path)] == ["shop.one"]
    (tmp_path / "self.feature").symlink_to(tmp_path / "self.feature")
    (line,) = refused(tmp_path)
    assert line.startswith("self.feature:1: it cannot be read (Too many levels of symbolic links)")


def test_an_id_that_two_files_have_is_refused_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.feature").write_text(ONE, encoding="utf-8")
    (tmp_path / "b.feature").write_text(ONE + ONE[ONE.index("  Scenario") :], encoding="utf-8")
    assert refused(tmp_path) == [
        "b.feature:10: the id `shop.one` is taken by b.feature:5: give one of them another @spec-id"
    ]
    (tmp_path / "b.feature").write_text(ONE, encoding="utf-8")
    assert refused(tmp_path) == [
        "b.feature:5: the id `shop.one` is taken by a.feature:5: give one of them another @spec-id"
    ]


def test_what_cannot_be_read_is_refused_beside_all_else(tmp_path: Path) -> None:
    (tmp_path / "a.feature").write_bytes(b"Feature: A\n  # \xff\n")
    (tmp_path / "b.feature").write_bytes(ONE.encode("utf-16"))
    (tmp_path / "c.feature").write_text(ONE.replace("result > 0", "result >"), encoding="utf-8")
    lines = refused(tmp_path)
    assert lines[:2] == [
        "a.feature:2: it is not UTF-8: save it as UTF-8",
        "b.feature:1: it is not UTF-8: save it as UTF-8",
    ]
    assert lines[2].startswith("c.feature:8: not a Python expression")
    assert refused(tmp_path / "none.feature")[0].startswith("none.feature:1: it cannot be read (No such file")


def test_a_folder_without_cards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r":1: the folder holds no \*\.feature file: name another, or add one"):
        load(tmp_path)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.feature")
    with pytest.raises(CardError, match="no regular file"):
        load(tmp_path)
