"""Which files of cards are read, at which commits, and what is said of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.gather import guarded as module
from app.gather.checkout import Checkout
from app.gather.checkout_rules import Rules
from app.gather.files import Files, decoded, files_of, too_large
from app.gather.git import Git
from app.gather.guarded import NoGuards, Window, cards, guarded
from checks.guarded import Feature, Guarded, Live, Mutants, Seen, Target
from checks.model import ChangeFacts, Document, FileChange, Pull
from checks.speclive import Config
from tests.gather.repositories import repository

FORKED, BASE, HEAD = "f" * 40, "b" * 40, "a" * 40
PULL = Pull("octo/shop", 7, "A title", "mona", HEAD, "topic", BASE, "main", merge_base_sha=FORKED)
A, B, C = "specs/a.feature", "specs/b.feature", "specs/c.feature"


@dataclass
class Store:
    """Files at commits; who asked for what."""

    files: Mapping[str, Mapping[str, bytes]]
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, path: str, sha: str, max_bytes: int) -> Document | None:
        self.asked.append((path, sha[0]))
        content = self.files[sha].get(path)
        if content is None:
            return None
        return too_large(path, sha, max_bytes) if len(content) > max_bytes else decoded(path, sha, content)


def store(base: Mapping[str, bytes], head: Mapping[str, bytes]) -> Store:
    return Store({FORKED: base, BASE: base, HEAD: head})


def change(*changed: FileChange, base: tuple[str, ...] = (A, B), truncated: bool = False, whole: bool = True) -> Files:
    return files_of(ChangeFacts(changed, truncated=truncated), base, whole)


EDITED = FileChange(A, 1, 1)


@dataclass(frozen=True)
class Told(NoGuards):
    """Somebody who was told of the head, and of what serves."""

    since: list[float] = field(default_factory=list)

    async def static(
        self, repository: str, sha: str
    ) -> tuple[tuple[Target, ...], Mutants | None, Mapping[str, tuple[str, ...]]] | None:
        return (Target("POST /pay", True),), Mutants(3, 2), {}

    async def serving(self, repository: str, since: float) -> Live | None:
        self.since.append(since)
        return Live("c" * 40, (), (), ("production",))


async def test_what_the_change_touches_is_read_where_it_left_its_base_and_at_the_head() -> None:
    read = store({A: b"old", B: b"same"}, {A: b"new", B: b"same"})
    features, unread = await cards(read, PULL, change(EDITED), everything=False)
    assert (features, unread) == ((Feature(A, "old", "new"),), ())
    assert read.asked == [(A, "f"), (A, "a")]


async def test_what_it_leaves_alone_is_read_once_and_only_where_nobody_told_of_the_head() -> None:
    read = store({A: b"old", B: b"same"}, {A: b"new", B: b"same"})
    features, _ = await cards(read, PULL, change(EDITED), everything=True)
    assert features == (Feature(A, "old", "new"), Feature(B, "same", "same"))
    assert (B, "b") in read.asked
    assert len(read.asked) == 3


async def test_files_come_go_and_move() -> None:
    moved = FileChange(C, 0, 0, "renamed", B)
    read = store({B: b"b"}, {A: b"a", C: b"b"})
    features, _ = await cards(read, PULL, change(FileChange(A, 9, 0, "added"), moved, base=(B,)), everything=True)
    assert set(features) == {Feature(A, None, "a"), Feature(B, "b", None), Feature(C, None, "b")}


@pytest.mark.parametrize(
    ("content", "said"), [(b"x" * 70_000, "larger than 65536 bytes"), (b"\xff\xfe", "is not UTF-8 text")]
)
async def test_a_file_that_cannot_be_read_says_why_and_counts_where_it_is_the_heads(content: bytes, said: str) -> None:
    features, (told,) = await cards(store({A: b"old"}, {A: content}), PULL, change(EDITED), everything=False)
    assert features == (Feature(A, "old", None),)
    assert (told.path, told.touched) == (A, True)
    assert said in told.reason
    features, (told,) = await cards(store({A: content}, {A: b"new"}), PULL, change(EDITED), everything=False)
    assert features == (Feature(A, None, "new"),)
    assert (told.path, told.touched) == ("", False)


async def test_number_and_size_are_bounded_and_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    read = store({A: b"12345", B: b"12345", C: b"1"}, {A: b"12345", B: b"12345", C: b"2"})
    monkeypatch.setattr(module, "MOST_FILES", 2)
    both = (EDITED, FileChange(C, 1, 1))
    _, (few,) = await cards(read, PULL, change(*both, base=(A, B, C)), everything=True)
    assert (few.path, few.reason) == ("", "of 3 files of cards 2 were read")
    _, (many,) = await cards(read, PULL, change(*both, FileChange(B, 1, 1), base=(A, B, C)), everything=False)
    assert (many.path, many.touched) == (C, True)
    assert many.reason == "the change touches more than 2 files of cards"
    monkeypatch.setattr(module, "MOST_TEXT", 7)
    features, told = await cards(read, PULL, change(EDITED), everything=True)
    assert features == (Feature(A, "12345", "12345"),)
    assert [(one.path, one.touched) for one in told] == [(B, False)]


async def test_what_github_does_not_list_is_said() -> None:
    read = store({A: b"a", B: b"b"}, {A: b"a", B: b"b"})
    features, told = await cards(read, PULL, change(truncated=True, whole=False), everything=False)
    assert features == (Feature(A, "a", "a"), Feature(B, "b", "b"))
    assert [one.reason.partition(":")[0] for one in told] == [
        "GitHub did not list the whole change",
        "GitHub did not list so large a repository whole",
    ]


async def test_what_was_told_is_of_the_window_that_the_rules_name() -> None:
    told = Told()
    config = Config(window_hours=48)
    facts = await guarded(told, store({}, {}), PULL, change(base=()), config, Window(1_000_000.0, coming=True))
    assert (facts.told, facts.coming, facts.targets, facts.live) == (True, False, (Target("POST /pay", True),), None)
    assert told.since == [1_000_000.0 - 48 * 3_600]
    assert facts.serving is not None
    assert facts.serving.hours == 48


@pytest.mark.parametrize("coming", [True, False])
async def test_without_a_report_it_may_be_coming(coming: bool) -> None:
    facts = await guarded(NoGuards(), store({}, {}), PULL, change(base=()), Config(), Window(0.0, coming))
    assert (facts.told, facts.coming) == (False, coming)


@pytest.mark.parametrize(("environment", "calls"), [("tests", []), ("production", ["POST /pay"])])
async def test_a_fork_that_speaks_of_itself_covers_nothing_and_breaks_what_it_breaks(
    environment: str, calls: list[str]
) -> None:
    class Seeing(Told):
        async def live(self, repository: str, sha: str, since: float) -> Live | None:
            broken = Seen("pay#t1", "pay", "then", "POST /pay", "it holds", A, 3, True, 50, violated=1)
            return Live(sha, (Target("POST /pay", True, calls=50, guarded=50),), (broken,), (environment,))

    fork = replace(PULL, from_fork=True)
    found = await guarded(Seeing(), store({}, {}), fork, change(base=()), Config(), Window(0.0))
    assert (found.told, found.targets, found.mutants) == (False, (), None)
    assert found.live is not None
    assert [target.name for target in found.live.targets] == calls
    assert [seen.violated for seen in found.live.clauses] == [1]


@pytest.mark.slow
async def test_cards_are_compared_in_a_checkout_too(tmp_path: Path) -> None:
    repo = repository(tmp_path / "shop", {A: "old\n", B: "same\n"})
    repo.branch("topic")
    repo.commit({A: "new\n"})
    git = await Git.at(repo.root)
    for text, held in (
        ("version: 1\nspeclive: {}\n", Guarded((Feature(A, "old\n", "new\n"), Feature(B, "same\n", "same\n")))),
        ("version: 1\n", None),
    ):
        found = await Checkout(git, "main", "HEAD", lambda _sha: (), Rules(text.encode(), "given.yml"), "1").case()
        assert found.snapshot.guarded == held
