"""How the steps of one scenario become a card, and what they are refused for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from speclive.binding import LIKE, READABLE, binding_of
from speclive.expression import ExpressionError, vetted
from speclive.refusing import Refusals
from speclive.steps import Doc, Kind, Step
from speclive.table import Table, read
from speclive.tags import Told
from speclive.words import Binding, Card, Clause, Expression, Mode, Part

EXPR = "expr"
_ORDER = {Kind.GIVEN: 0, Kind.WHEN: 1, Kind.THEN: 2}
_LETTER = {Part.GIVEN: "g", Part.THEN: "t", Part.RAISES: "r"}
_NO_BINDING = f"it is bound to nothing: begin it, or a Background, with a step such as: Given {LIKE}"
_UNBOUND = (
    'this step says nothing that can be decided: give it a doc string that begins with """expr, or a table, or tag the '
    f"scenario @manual if a person checks it; a step that binds is {LIKE}"
)


@dataclass(slots=True)
class Draft:
    """A card in the making. `blocks`: the steps of the backgrounds, the feature's first, and of the scenario itself."""

    id: str
    name: str
    line: int
    told: Told
    blocks: Sequence[tuple[Step, ...]]
    refusals: Refusals
    binding: Binding = field(default_factory=Binding)
    clauses: list[Clause] = field(default_factory=list)
    table: Table = field(default_factory=Table)
    manual: list[str] = field(default_factory=list)
    spoilt: int = 0  # steps that would bind or promise something, but are refused for a reason of their own

    def card(self) -> Card:
        """The card. What is wrong with it goes to the refusals; it is not to be used then."""
        self._bind()
        for block in self.blocks[:-1]:
            self._only_givens(block)
        self._in_order(self.blocks[-1])
        for block in self.blocks:
            for step in block:
                self._take(step)
        self._complete()
        told, values = self.told, self.told.values
        return Card(
            id=self.id,
            name=self.name,
            path=self.refusals.path,
            line=self.line,
            binding=self.binding,
            clauses=tuple(self.clauses),
            mode=Mode(values.get("mode", Mode.OBSERVE)),
            sample=float(values.get("sample", 1)),
            critical=told.has("critical"),
            require=told.has("require"),
            owner=values.get("owner", ""),
            tags=told.names,
            redact=self.table.redact,
            allow=self.table.allow,
            watch=self.table.watch,
            manual=tuple(self.manual),
        )

    def _bind(self) -> None:
        """The nearest binding counts; two in one block are one too many."""
        for block in self.blocks:
            bound = [(step, found) for step in block if isinstance(found := binding_of(step.text), Binding)]
            if bound:
                self.binding = bound[0][1]
            for step, _ in bound[1:]:
                self.refusals.refuse(step.line, "a second binding: make it a scenario of its own")

    def _only_givens(self, background: tuple[Step, ...]) -> None:
        for step in background:
            if step.kind is not Kind.GIVEN:
                self.refusals.refuse(step.line, "a Background holds Given steps only: move it to the scenarios")

    def _in_order(self, steps: tuple[Step, ...]) -> None:
        last = Kind.GIVEN
        for step in steps:
            if _ORDER[step.kind] < _ORDER[last]:
                self.refusals.refuse(step.line, "it stands too late: first Given, then one When, then Then")
            elif step.kind is Kind.WHEN is last:
                self.refusals.refuse(step.line, "a second When: a card is about one call, so make it two scenarios")
            elif step.kind is not Kind.GIVEN and binding_of(step.text) is not None:
                self.refusals.refuse(step.line, "what a card is bound to is told by a Given: write it so")
            last = max(last, step.kind, key=_ORDER.__getitem__)

    def _take(self, step: Step) -> None:
        bound = binding_of(step.text)
        table = read(step.rows)
        for line, reason in table.refused:
            self.spoilt += 1
            self.refusals.refuse(line, reason)
        self.table.take(table)
        if bound is not None:
            self._take_binding(step, bound)
        elif step.doc is not None:
            self._take_doc(step, step.doc)
        elif not step.rows and step.kind is not Kind.WHEN:
            self._take_prose(step)
        if table.raises is not None:
            self._take_raises(step, table.raises)

    def _take_binding(self, step: Step, bound: Binding | str) -> None:
        if isinstance(bound, str):
            self.spoilt += 1
            self.refusals.refuse(step.line, bound)
        elif step.doc is not None:
            self.refusals.refuse(step.doc.line, "a step that binds has no doc string: give it a step of its own")

    def _take_doc(self, step: Step, doc: Doc) -> None:
        if step.kind is Kind.WHEN:
            self.spoilt += 1
            self.refusals.refuse(doc.line, "a When is the call itself: move the doc string to a Given or a Then")
        elif doc.media == EXPR:
            self._take_expression(step, doc)
        elif self.told.has("manual"):
            self.manual.append(step.text)
        else:
            self.spoilt += 1
            self.refusals.refuse(doc.line, f'a doc string must begin with """{EXPR}, and not with """{doc.media}')

    def _take_expression(self, step: Step, doc: Doc) -> None:
        endpoint = self.binding.endpoint and not self.binding.handler
        try:
            expression = vetted(doc.text, READABLE if endpoint else None)
        except ExpressionError as error:
            self.spoilt += 1
            self.refusals.refuse(doc.line + error.line, error.reason)
            return
        part = Part.GIVEN if step.kind is Kind.GIVEN else Part.THEN
        if part is Part.GIVEN and (reason := _too_early(expression)):
            self.refusals.refuse(doc.line + 1, reason)
        self._add(part, step, expression, expression.digest)

    def _take_raises(self, step: Step, raises: tuple[str, ...]) -> None:
        if step.kind is not Kind.THEN:
            self.refusals.refuse(step.line, "what a call may raise is told by a Then: move the table there")
        self._add(Part.RAISES, step, None, hashlib.sha256("\n".join(sorted(raises)).encode()).hexdigest()[:12], raises)

    def _take_prose(self, step: Step) -> None:
        if self.told.has("manual"):
            self.manual.append(step.text)
        else:
            self.spoilt += 1
            self.refusals.refuse(step.line, _UNBOUND)

    def _add(
        self, part: Part, step: Step, expression: Expression | None, digest: str, raises: tuple[str, ...] = ()
    ) -> None:
        number = 1 + sum(clause.part is part for clause in self.clauses)
        id_ = f"{self.id}#{_LETTER[part]}{number}"
        self.clauses.append(Clause(id_, part, step.text, step.line, expression, raises, digest))

    def _complete(self) -> None:
        if conflict := self.table.conflict():
            self.refusals.refuse(self.line, conflict)
        if self.spoilt:
            return
        if not self.binding.target and (self.clauses or self.table.watch or not self.manual):
            self.refusals.refuse(self.line, _NO_BINDING)
        promised = any(clause.part is not Part.GIVEN for clause in self.clauses) or self.table.watch or self.manual
        if not promised and not (self.told.has("require") and self.clauses):
            self.refusals.refuse(
                self.line, 'it promises nothing: add a Then with a doc string that begins with """expr'
            )


def _too_early(expression: Expression) -> str:
    if "result" in expression.names:
        return "a Given is of the moment before the call: there is no `result` yet, so make it a Then"
    return "a Given is of the moment before the call: leave `old` out" if expression.old else ""
