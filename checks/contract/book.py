"""All contracts that apply to one change, and what the change may not do to them.

What the configuration and the base branch demand always holds. Contracts of the head and of the pull
request body are added to it; where they demand less, they are ignored and the reader is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from checks.contract.config import Config
from checks.contract.judge import Remark
from checks.contract.older import older
from checks.contract.parse import Contract, ContractError, Node, Path, parse_contract, parse_post
from checks.contract.position import line_of
from checks.contract.predicate import RISK, TESTS, AllOf, Clause, Postcondition, all_of, conjuncts, postconditions, say
from checks.contract.reading import unavailable
from checks.contract.tighten import implies, loosened
from checks.model import ChangeFacts, ContractText, Finding, Missing, Origin, Snapshot, State

UNREADABLE = "contract.unreadable"
LOOSENED = "contract.loosened"
TOO_MANY = "contract.too_many"

REPOSITORY = "repository"  # what the contract of the configuration is called
MAX_FILES = 50  # contract files that one change may touch
MAX_ADDED = 500  # postconditions that one change may add, in files and description

_BINDING = frozenset({Origin.CONFIG, Origin.BASE})  # they hold whatever the change says
_ORDER = {origin: rank for rank, origin in enumerate(Origin)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of a contract as it applies: the clauses that nothing above it already demands.

    Without clauses it groups those below it, or all that it promises is demanded above. `id`: the path of the node, and
    `path` where its contract is written; `place`: where in it. `demanded`: what the node asks for, and another demands
    already, with the path of that one.
    """

    id: str
    origin: Origin
    path: str
    clauses: tuple[Clause, ...]
    promise: str = ""
    depth: int = 0
    source: ContractText | None = None
    place: Path = ()
    demanded: tuple[tuple[Clause, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """The contracts that apply, and what is to be said about those that do not."""

    entries: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
    findings: tuple[Finding, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All that must hold."""
        return tuple(clause for entry in self.entries for clause in entry.clauses)


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
        return Book(_entries(config, ()), (remark,), ())
    contracts, unreadable = _read(_news(texts), parse_contract if older(snapshot) else _named)
    too_much = "" if older(snapshot) else _too_much(config, texts, contracts)
    if too_much:
        contracts = _bound(contracts)
    broken = [_report(each, snapshot.pull.base_ref) for each in unreadable]
    loose = [_ignore(each) for each in _looser(contracts, _removed(snapshot))]
    told = [*([_refuse(too_much)] if too_much else ()), *broken, *loose]
    remarks, findings = zip(*told, strict=True) if told else ((), ())
    return Book(_entries(config, contracts), remarks, findings)


def names(config: Config, texts: Sequence[ContractText]) -> frozenset[str]:
    """The measurements that somebody must send: all asked for but `tests` and `risk`, which we read."""
    return frozenset(leaf.name for leaf in _demanded(config, texts)) - {TESTS, RISK}


def baselines(config: Config, texts: Sequence[ContractText]) -> frozenset[str]:
    """The measurements whose limit is told from what was measured on the base."""
    return frozenset(leaf.name for leaf in _demanded(config, texts) if leaf.relative)


def _demanded(config: Config, texts: Sequence[ContractText]) -> Iterator[Postcondition]:
    contracts, _ = _read(_news(texts), _named)
    if _too_much(config, texts, contracts):
        contracts = _bound(contracts)
    return (
        leaf for entry in _entries(config, contracts) for clause in entry.clauses for leaf in postconditions(clause)
    )


def _news(texts: Sequence[ContractText]) -> list[ContractText]:
    """The texts in their order, without head copies of what the base already says word for word."""
    binding = {(text.path, text.text) for text in texts if text.origin in _BINDING}
    news = {text for text in texts if text.origin in _BINDING or (text.path, text.text) not in binding}
    return sorted(news, key=lambda text: (_ORDER[text.origin], text.path, text.text))


def _read(
    texts: Iterable[ContractText], parsed: Callable[[ContractText], Contract]
) -> tuple[list[Contract], list[_Unreadable]]:
    contracts, unreadable = [], []
    for text in texts:
        try:
            contracts.append(parsed(text))
        except ContractError as error:
            unreadable.append(_Unreadable(text, error))
    return contracts, unreadable


def _named(source: ContractText) -> Contract:
    """One contract; ContractError too where a change gives its own the name under which the configuration's is told."""
    contract = parse_contract(source)
    if source.origin not in _BINDING and contract.id.strip().casefold() == REPOSITORY:
        line = line_of(source.text, ("id",))
        raise ContractError("is the name of the configuration's own contract; choose another", ("id",), line)
    return contract


def _too_much(config: Config, texts: Sequence[ContractText], contracts: Sequence[Contract]) -> str:
    """Why the contracts of the change are too many to be judged, or "": anybody may open a pull request."""
    if sum(text.origin is Origin.HEAD for text in texts) > MAX_FILES:
        return f"this change has more than {MAX_FILES} contract files"
    added = (entry for entry in _entries(config, contracts) if entry.origin not in _BINDING)
    clauses = (clause for entry in added for clause in (*entry.clauses, *(one for one, _ in entry.demanded)))
    asked = sum(1 for clause in clauses for _ in postconditions(clause))
    return f"the contracts of this change add more than {MAX_ADDED} postconditions" if asked > MAX_ADDED else ""


def _bound(contracts: Sequence[Contract]) -> list[Contract]:
    """Those that hold whatever the change brings."""
    return [contract for contract in contracts if contract.source.origin in _BINDING]


def _refuse(too_much: str) -> tuple[Remark, Finding]:
    message = f"{too_much}: none of them is judged"
    return Remark(State.BLOCK, message, message, "Bring fewer of them."), Finding(TOO_MANY, message, state=State.BLOCK)


def _entries(config: Config, contracts: Sequence[Contract]) -> tuple[Entry, ...]:
    """Each node with its new clauses; one that adds none, promises none and groups none is left out.

    Weighed against binding clauses alone, and otherwise only word for word: a change may bring thousands.
    """
    binding: list[tuple[Clause, str]] = []
    said: dict[str, str] = {}
    found = []
    for entry in _all(config, contracts):
        clauses = {repr(clause): clause for clause in entry.clauses}
        owners = {words: said.get(words) or _owner(clause, binding) for words, clause in clauses.items()}
        fresh = {words: clause for words, clause in clauses.items() if not owners[words]}
        demanded = tuple((clause, owners[words]) for words, clause in clauses.items() if owners[words])
        said |= dict.fromkeys(fresh, entry.id)
        binding += [(clause, entry.id) for clause in fresh.values()] if entry.origin in _BINDING else ()
        found.append(replace(entry, clauses=tuple(fresh.values()), demanded=demanded))
    return tuple(_telling(found))


def _owner(clause: Clause, binding: Sequence[tuple[Clause, str]]) -> str:
    """Who demands as much already, or ""."""
    return next((owner for bound, owner in binding if implies(bound, clause)), "")


def _telling(entries: Sequence[Entry]) -> list[Entry]:
    """Those that say something: by a clause or a promise of their own, or by what is kept right below them.

    What is demanded elsewhere is told where a promise, or a place in a tree, would otherwise stand there with nothing
    measured; of a node that is there already under the same path, only where it promises something.
    """
    kept: list[Entry] = []
    for entry in reversed(entries):
        groups = bool(kept) and kept[-1].depth > entry.depth
        shown = entry.demanded if entry.promise or entry.depth or groups else ()
        shown = tuple(pair for pair in shown if entry.promise or pair[1] != entry.id)
        if entry.clauses or entry.promise or groups or shown:
            kept.append(replace(entry, demanded=shown))
    return kept[::-1]


def _all(config: Config, contracts: Sequence[Contract]) -> Iterator[Entry]:
    if config.post is not None:
        yield Entry(REPOSITORY, Origin.CONFIG, "", conjuncts(parse_post(config.post)))
    for contract in contracts:
        source = contract.source
        for node in contract.nodes:
            clauses = () if node.post is None else conjuncts(node.post)
            yield Entry(node.path, source.origin, source.path, clauses, node.promise, node.depth, source, node.place)


def _report(unreadable: _Unreadable, base_ref: str) -> tuple[Remark, Finding]:
    """Unreadable on the base: its demands are unknown. Brought by the change: the change must correct it."""
    source, line = unreadable.source, unreadable.error.line
    binding = source.origin in _BINDING
    state = State.UNMEASURED if binding else State.BLOCK
    message = f"{source.path} cannot be read: {unreadable.error} (line {line})"
    where = f" on {base_ref}" if binding else ""
    remark = Remark(state, message, message, f"Correct {source.path}{where}.")
    return remark, Finding(UNREADABLE, message, path=in_file(source), line=line, state=state)


def _removed(snapshot: Snapshot) -> frozenset[str]:
    change = snapshot.change
    if not isinstance(change, ChangeFacts):
        return frozenset()
    gone = {file.path for file in change.files if file.status == "removed"}
    return frozenset(gone | {file.previous for file in change.files if file.status == "renamed"})


@dataclass(frozen=True, slots=True)
class _Loosened:
    """A node of the base of which the change does not keep all. `by`: its own text, or None where its file is gone."""

    base: Contract
    node: Node
    by: Contract | None
    lost: tuple[Clause, ...]

    @property
    def edition(self) -> Node | None:
        """The node as the change has it."""
        return next((node for node in self.by.nodes if node.id == self.node.id), None) if self.by else None


def _looser(contracts: Sequence[Contract], removed: frozenset[str]) -> Iterator[_Loosened]:
    """Each node of the base of which the change demands less, and what it does not keep.

    All that the change says of the contract is weighed together: a clause may move from one node to another.
    """
    for base in contracts:
        if base.source.origin is not Origin.BASE:
            continue
        editions = [contract for contract in contracts if _is_edition(contract, base)]
        if not editions and base.source.path not in removed:
            continue
        edition = all_of(contract.post for contract in editions) if editions else AllOf(())
        for node in base.nodes:
            lost = () if node.post is None else loosened(node.post, edition)
            if lost:
                yield _Loosened(base, node, editions[0] if editions else None, lost)


def _is_edition(contract: Contract, base: Contract) -> bool:
    """Whether the change states `base` anew: under its id, or in its file."""
    if contract.source.origin in _BINDING:
        return False
    return contract.id == base.id or contract.source.path == base.source.path


def _ignore(one: _Loosened) -> tuple[Remark, Finding]:
    source = one.by.source if one.by else one.base.source
    gone = one.by is None or (one.edition is None and one.node.depth > 0)
    what = f"{'drops' if gone else 'loosens'} contract {one.node.path}"
    kept = "; ".join(say(clause) for clause in one.lost)
    message = f"ignored: {source.path} {what}; the base's {kept} still holds"
    line = _line(one) if one.by else None
    remark = Remark(State.WARN, f"{source.path} {what}: ignored", message)
    return remark, Finding(LOOSENED, message, path=in_file(source), line=line, state=State.WARN)


def _line(one: _Loosened) -> int:
    assert one.by is not None
    place = () if one.edition is None else (*one.edition.place, "post", _first_name(one.lost))
    return line_of(one.by.source.text, place)


def _first_name(clauses: Sequence[Clause]) -> str:
    return next(leaf.name for clause in clauses for leaf in postconditions(clause))


def in_file(source: ContractText) -> str:
    """The path that an annotation can point at; a pull request body is no file."""
    return "" if source.origin is Origin.BODY else source.path
