"""Contracts that cannot do their work: one that never can pass, whatever is measured, and one that promises nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.contract.book import Book, Entry, in_file
from checks.contract.config import Config
from checks.contract.judge import Remark
from checks.contract.parse import parse_post
from checks.contract.position import line_of
from checks.contract.predicate import RISK, AllOf, Clause, Postcondition, conjuncts, postconditions, say
from checks.contract.reach import impossible, vacuous
from checks.model import Finding, Origin, State

IMPOSSIBLE = "contract.impossible"
VACUOUS = "contract.vacuous"

_BROUGHT = frozenset({Origin.HEAD, Origin.BODY})

Said = tuple[Remark, Finding]


def futile(book: Book) -> tuple[Said, ...]:
    """What is to be said of the contracts that apply: at most one contradiction, and each empty promise of the change.

    Of empty promises that the base makes, nothing is said at every change: they stand in the way of nobody.
    """
    return (*_contradiction(book), *_empty(book))


def hollow(book: Book) -> tuple[Clause, ...]:
    """All that is demanded, where none of it proves anything; nothing where something does."""
    clauses = book.clauses
    return clauses if all(_proves_nothing(clause) for clause in clauses) else ()


def _proves_nothing(clause: Clause) -> bool:
    """Does it hold whatever is measured, or can it hold by the risk alone, which nobody has to measure?"""
    if isinstance(clause, Postcondition):
        return clause.name == RISK or clause.name.startswith(f"{RISK}.") or vacuous(clause)
    if isinstance(clause, AllOf):
        return all(map(_proves_nothing, clause.clauses))
    return any(map(_proves_nothing, clause.clauses)) or vacuous(clause)


def warns(config: Config) -> tuple[str, ...]:
    """What somebody who writes `contract.post` should know of it."""
    if config.post is None:
        return ()
    clauses = conjuncts(parse_post(config.post))
    few = impossible(clauses)
    never = [f"post can never pass: {' and '.join(map(say, few))} cannot hold"] if few else []
    empty = [f"post: {say(clause)} holds whatever is measured" for clause in clauses if vacuous(clause)]
    return (*never, *empty)


def _contradiction(book: Book) -> Iterator[Said]:
    few = impossible(book.clauses)
    if not few:
        return
    said = " and ".join(say(clause) for clause in few)
    owners = [entry for entry in book.entries if any(clause in entry.clauses for clause in few)]
    last = owners[-1]
    where = ", ".join(dict.fromkeys(entry.id for entry in owners))
    verb = "cannot hold" if len(few) == 1 else "cannot hold together"
    message = f"can never pass: {said} {verb} (contract {where})"
    yield (
        Remark(State.BLOCK, message, f"{message}, whatever is measured", _REMEDIES[last.origin].format(last.id)),
        Finding(IMPOSSIBLE, message, path=_path(last), line=_line(last, few), state=State.BLOCK),
    )


_REMEDIES = {
    Origin.CONFIG: "Correct `contract.post` on the base branch: no change can fulfil it.",
    Origin.BASE: "Correct contract {} on the base branch: no change can fulfil it.",
    Origin.HEAD: "Correct contract {}, which this change itself adds.",
    Origin.BODY: "Correct contract {} in the description.",
}


def _empty(book: Book) -> Iterator[Said]:
    for entry in book.entries:
        if entry.origin not in _BROUGHT:
            continue
        for clause in entry.clauses:
            if vacuous(clause):
                message = f"contract {entry.id} promises nothing: {say(clause)} holds whatever is measured"
                line = _line(entry, (clause,))
                yield (
                    Remark(State.WARN, message, message),
                    Finding(VACUOUS, message, path=_path(entry), line=line, state=State.WARN),
                )


def _path(entry: Entry) -> str:
    return in_file(entry.source) if entry.source else ""


def _line(entry: Entry, clauses: Sequence[Clause]) -> int | None:
    """The line of the first of `clauses` that `entry` itself makes."""
    if entry.source is None:
        return None
    name = next(leaf.name for clause in clauses if clause in entry.clauses for leaf in postconditions(clause))
    return line_of(entry.source.text, (*entry.place, "post", name))
