"""All contracts that apply to one change, and what the change may not do to them.

What the configuration and the base branch demand always holds. Contracts of the head and of the pull
request body are added to it; where they demand less, they are ignored and the reader is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from checks.contract.config import Config
from checks.contract.judge import Remark
from checks.contract.parse import Contract, ContractError, parse_contract, parse_post
from checks.contract.position import line_of
from checks.contract.predicate import RISK, TESTS, Clause, all_of, conjuncts, postconditions, say
from checks.contract.reading import unavailable
from checks.contract.tighten import implies, loosened
from checks.model import ChangeFacts, ContractText, Finding, Missing, Origin, Snapshot, State

UNREADABLE = "contract.unreadable"
LOOSENED = "contract.loosened"

_BINDING = frozenset({Origin.CONFIG, Origin.BASE})  # they hold whatever the change says
_ORDER = {origin: rank for rank, origin in enumerate(Origin)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract as it applies: the clauses that nothing above it already demands."""

    id: str
    origin: Origin
    path: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The contracts that apply, and what is to be said about those that do not."""

    entries: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Unreadable:
    source: ContractText
    error: ContractError


def assemble(snapshot: Snapshot, config: Config) -> Book:
    """Gather what applies to this change, in the order config, base, head, body."""
    texts = snapshot.contracts
    if texts is None or isinstance(texts, Missing):
        unknown = unavailable("contracts", texts)
        remark = Remark(unknown.state, unknown.reason, unknown.reason, unknown.remedy)
        return Book(tuple(_entries(config, ())), (remark,), ())
    contracts, unreadable = _read(_news(texts))
    broken = [_report(each, snapshot.pull.base_ref) for each in unreadable]
    loose = [_ignore(*each) for each in _looser(contracts, _removed(snapshot))]
    remarks, findings = zip(*broken, *loose, strict=True) if broken or loose else ((), ())
    return Book(tuple(_entries(config, contracts)), remarks, findings)


def names(config: Config, texts: Sequence[ContractText]) -> frozenset[str]:
    """The measurements that somebody must send: all asked for but `tests` and `risk`, which we read."""
    contracts, _ = _read(_news(texts))
    clauses = [clause for entry in _entries(config, contracts) for clause in entry.clauses]
    return frozenset(leaf.name for clause in clauses for leaf in postconditions(clause)) - {TESTS, RISK}


def _news(texts: Sequence[ContractText]) -> list[ContractText]:
    """The texts in their order, without head copies of what the base already says word for word."""
    binding = {(text.path, text.text) for text in texts if text.origin in _BINDING}
    news = {text for text in texts if text.origin in _BINDING or (text.path, text.text) not in binding}
    return sorted(news, key=lambda text: (_ORDER[text.origin], text.path, text.text))


def _read(texts: Iterable[ContractText]) -> tuple[list[Contract], list[_Unreadable]]:
    contracts, unreadable = [], []
    for text in texts:
        try:
            contracts.append(parse_contract(text))
        except ContractError as error:
            unreadable.append(_Unreadable(text, error))
    return contracts, unreadable


def _entries(config: Config, contracts: Sequence[Contract]) -> Iterator[Entry]:
    """Each contract with its new clauses; one that adds none is left out.

    Weighed against binding clauses alone, and otherwise only word for word: a change may bring thousands.
    """
    binding: list[Clause] = []
    said: set[str] = set()
    for id_, origin, path, post in _all(config, contracts):
        clauses = {repr(clause): clause for clause in conjuncts(post)}
        fresh = {
            words: clause
            for words, clause in clauses.items()
            if words not in said and not any(implies(bound, clause) for bound in binding)
        }
        said |= fresh.keys()
        binding += fresh.values() if origin in _BINDING else ()
        if fresh:
            yield Entry(id_, origin, path, tuple(fresh.values()))


def _all(config: Config, contracts: Sequence[Contract]) -> Iterator[tuple[str, Origin, str, Clause]]:
    if config.post is not None:
        yield "repository", Origin.CONFIG, "", parse_post(config.post)
    for contract in contracts:
        yield contract.id, contract.source.origin, contract.source.path, contract.post


def _report(unreadable: _Unreadable, base_ref: str) -> tuple[Remark, Finding]:
    """Unreadable on the base: its demands are unknown. Brought by the change: the change must correct it."""
    source, line = unreadable.source, unreadable.error.line
    binding = source.origin in _BINDING
    state = State.UNMEASURED if binding else State.BLOCK
    message = f"{source.path} cannot be read: {unreadable.error} (line {line})"
    where = f" on {base_ref}" if binding else ""
    remark = Remark(state, message, message, f"Correct {source.path}{where}.")
    return remark, Finding(UNREADABLE, message, path=_file(source), line=line, state=state)


def _removed(snapshot: Snapshot) -> frozenset[str]:
    change = snapshot.change
    if not isinstance(change, ChangeFacts):
        return frozenset()
    gone = {file.path for file in change.files if file.status == "removed"}
    return frozenset(gone | {file.previous for file in change.files if file.status == "renamed"})


def _looser(
    contracts: Sequence[Contract], removed: frozenset[str]
) -> Iterator[tuple[Contract, ContractText, tuple[Clause, ...]]]:
    """Each contract of the base, the text of the change that demands less, and what it does not keep."""
    for base in contracts:
        if base.source.origin is not Origin.BASE:
            continue
        editions = [contract for contract in contracts if _is_edition(contract, base)]
        if editions:
            edition = all_of(contract.post for contract in editions)
            lost = loosened(base.post, edition)
        else:
            lost = conjuncts(base.post) if base.source.path in removed else ()
        if lost:
            yield base, editions[0].source if editions else base.source, lost


def _is_edition(contract: Contract, base: Contract) -> bool:
    """Whether the change states `base` anew: under its id, or in its file."""
    if contract.source.origin in _BINDING:
        return False
    return contract.id == base.id or contract.source.path == base.source.path


def _ignore(base: Contract, by: ContractText, lost: tuple[Clause, ...]) -> tuple[Remark, Finding]:
    verb = "drops" if by is base.source else "loosens"
    kept = "; ".join(say(clause) for clause in lost)
    message = f"ignored: {by.path} {verb} contract {base.id}; the base's {kept} still holds"
    line = None if by is base.source else line_of(by.text, ("post", _first_name(lost)))
    remark = Remark(State.WARN, f"{by.path} {verb} contract {base.id}: ignored", message)
    return remark, Finding(LOOSENED, message, path=_file(by), line=line, state=State.WARN)


def _first_name(clauses: Sequence[Clause]) -> str:
    return next(leaf.name for clause in clauses for leaf in postconditions(clause))


def _file(source: ContractText) -> str:
    """The path that an annotation can point at; a pull request body is no file."""
    return "" if source.origin is Origin.BODY else source.path
