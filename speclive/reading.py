"""From feature files to cards. Every refusal of a file, and of all files of a folder, is told at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from speclive.feature import cards_of
from speclive.refusing import Refusals, TooMuch
from speclive.words import Card, CardError, Cards, Refusal

MOST_CHARACTERS = 1_000_000  # of a file
MOST_LINES = 50_000
MOST_BYTES = 4 * MOST_CHARACTERS
SUFFIX = ".feature"
# What helps against what the parser says of a file.
_HELP = {
    "inconsistent cell count": ": give each row as many cells, empty ones at its end",
    "unexpected end of file": ': close the doc string with """, or write what is missing',
    "expected: ": ": begin the line with one of them, or with a keyword of a step, as Given, When, Then, And",
    "Language not supported": ": take the line out, or name another",
    "may not contain whitespace": ": write an @ before each",
}


def parse(text: str, path: str) -> Cards:
    """The cards of one feature file. `path`: as it is to be named. Raises CardError with all refusals."""
    refusals = Refusals(path)
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    cards: list[Card] = []
    try:
        if len(plain) > MOST_CHARACTERS:
            raise TooMuch(1, f"more than {MOST_CHARACTERS} characters: split it")
        if plain.count("\n") > MOST_LINES:
            raise TooMuch(1, f"more than {MOST_LINES} lines: split it")
        cards.extend(cards_of(_feature(plain, refusals), refusals))
        for card, reason in _twins(cards):
            refusals.refuse(card.line, reason)
    except TooMuch as much:
        refusals.give_up(much)
    if refusals.found:
        raise refusals.error()
    return Cards(tuple(cards))


def load(path: str | os.PathLike[str]) -> Cards:
    """The cards of a file, or of every `*.feature` below a folder, in the order of their paths.

    Raises CardError with the refusals of all files: what cannot be read among them, and ids that are taken twice.
    """
    return load_all((path,))


def load_all(paths: Iterable[str | os.PathLike[str]]) -> Cards:
    """The same of several files and folders; a file counts once, however often it is named."""
    refused: list[Refusal] = []
    cards: list[Card] = []
    seen: set[str] = set()
    for file in [file for path in paths for file in _files(Path(path), refused)]:
        if (real := os.path.realpath(file)) in seen:
            continue
        seen.add(real)
        try:
            cards.extend(parse(_text(file), str(file)))
        except CardError as error:
            refused.extend(error.refusals)
    refused.extend(Refusal(card.path, card.line, reason) for card, reason in _twins(cards))
    if refused:
        raise CardError(tuple(refused))
    return Cards(tuple(cards))


def _feature(text: str, refusals: Refusals) -> Mapping[str, Any] | None:
    from gherkin.errors import CompositeParserException, ParserException
    from gherkin.parser import Parser

    try:
        feature: Mapping[str, Any] | None = Parser().parse(text).get("feature")
    except CompositeParserException as error:
        for each in error.errors:
            refusals.refuse(each.location["line"], _not_gherkin(each.args[0]))
        return None
    except ParserException as error:
        refusals.refuse(error.location["line"], _not_gherkin(error.args[0]))
        return None
    if feature is None:
        refusals.refuse(1, "it holds no Feature: begin it with `Feature:` and a name, or remove the file")
    return feature


def _not_gherkin(message: str) -> str:
    """The parser's word without its place, which the refusal has of its own, and what helps."""
    plain = message.partition("): ")[2] or message
    return f"not Gherkin: {plain}{next((help_ for said, help_ in _HELP.items() if said in plain), '')}"


def _twins(cards: list[Card]) -> Iterator[tuple[Card, str]]:
    first: dict[str, Card] = {}
    for card in cards:
        other = first.setdefault(card.id, card)
        if other is not card:
            where = f"{other.path}:{other.line}"
            yield card, f"the id `{card.id}` is taken by {where}: give one of them another @spec-id"


def _files(path: Path, refused: list[Refusal]) -> list[Path]:
    if not path.is_dir():
        return [path]
    before = len(refused)
    files = list(_below(path, set(), refused))
    if not files and len(refused) == before:
        refused.append(Refusal(str(path), 1, f"the folder holds no *{SUFFIX} file: name another, or add one"))
    return files


def _below(folder: Path, seen: set[str], refused: list[Refusal]) -> Iterator[Path]:
    """The feature files of a folder: not what begins with a dot, and no folder that a link leads back to."""
    seen.add(os.path.realpath(folder))
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        refused.append(Refusal(str(folder), 1, _unreadable(error)))
        return
    for path in inside:
        if path.is_dir():
            if os.path.realpath(path) not in seen:
                yield from _below(path, seen, refused)
        elif path.suffix == SUFFIX:
            yield path


def _text(file: Path) -> str:
    """What a file holds. Raises CardError."""
    try:
        if file.exists() and not file.is_file():
            raise CardError((Refusal(str(file), 1, "it is no regular file: name one, or a folder"),))
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CardError((Refusal(str(file), 1, _unreadable(error)),)) from None
    if len(raw) > MOST_BYTES:
        raise CardError((Refusal(str(file), 1, f"more than {MOST_BYTES} bytes: split it"),))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CardError((Refusal(str(file), line, "it is not UTF-8: save it as UTF-8"),)) from None


def _unreadable(error: OSError) -> str:
    return f"it cannot be read ({error.strerror or error}): name a file or folder that can"
