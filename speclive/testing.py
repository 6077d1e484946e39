"""What `pytest --speclive` does: guards for the run, cards as properties, tests by card, and reports of all of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from speclive import guards, telling
from speclive.cards import Card, CardError, Cards, Clause, Mode, load_all
from speclive.patching import Patches
from speclive.properties import Property, Vacuous, Violated, property_of
from speclive.recording import Recorder
from speclive.seats import Guard
from speclive.telling import Told


def begun(config: pytest.Config) -> Run:
    """One process of the run that `config` asks for. UsageError where the cards cannot be read."""
    given = config.getoption("--speclive")
    paths = [given] if given else config.getini("speclive_cards")
    try:
        cards = load_all([os.path.relpath(config.rootpath / path) for path in paths])
    except CardError as error:
        raise pytest.UsageError(f"cards that cannot be used:\n{error}") from error
    run = Run(config, cards, report=config.getoption("--speclive-report") or "")
    if run.report:
        run.recorder.start()
    return run


@dataclass(slots=True, eq=False)  # pytest keeps its plugins in sets
class Run:
    """One process of a test run. `seen`: violations by clause, as far as a test was told of them."""

    config: pytest.Config
    cards: Cards
    report: str = ""
    refused: str = ""
    patches: Patches = field(default_factory=Patches)
    recorder: Recorder = field(default_factory=Recorder)
    began: float = field(default_factory=time.time)
    seen: dict[str, int] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    vacuous: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    others: list[Told] = field(default_factory=list)

    @property
    def observe(self) -> bool:
        """Fail no test."""
        return bool(self.config.getoption("--speclive-observe"))

    @property
    def leads(self) -> bool:
        """Whether the tests run in other processes, which are told apart by what they are given."""
        return self.config.getoption("dist", "no") != "no" and not hasattr(self.config, "workerinput")

    # --- guards, for as long as the run lasts -------------------------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """Guard what can be imported already, before a test takes it over by its name."""
        if not self.leads:
            self.patches.bind(self.cards)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Guard the rest, note the tests of each card, and add the cards that are properties."""
        try:
            self._collected(session, items)
        except pytest.UsageError as error:
            if not hasattr(self.config, "workerinput"):
                raise
            self.refused = str(error)  # a worker of pytest-xdist that ends before its tests tells nobody why
        self._violated()

    def _collected(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        refused = self.patches.bind(self.cards)
        if refused:
            raise pytest.UsageError("cards that cannot be bound:\n" + "\n".join(map(str, refused)))
        self.patches.spread()
        self._mark(items)
        if find_spec("hypothesis") is not None:
            items.extend(self._properties(session))

    def pytest_runtest_setup(self) -> None:
        """In a worker, no test runs with cards that cannot be used."""
        if self.refused:
            pytest.fail(self.refused, pytrace=False)

    def pytest_unconfigure(self) -> None:
        """Take the guards back."""
        self.recorder.stop()
        self.patches.undo()

    # --- tests and their cards ----------------------------------------------------------------------------------------

    def _mark(self, items: list[pytest.Item]) -> None:
        known = {card.id for card in self.cards}
        for item in items:
            for ident in (ident for mark in item.iter_markers("spec") for ident in mark.args):
                if ident not in known:
                    raise pytest.UsageError(f"{item.nodeid} is marked with {ident!r}, and there is no such card")
                self.tests.setdefault(ident, []).append(item.nodeid)

    def _properties(self, session: pytest.Session) -> Iterator[pytest.Item]:
        for card in self.cards:
            try:
                found = property_of(card)
            except ValueError as error:
                raise pytest.UsageError(f"{card.path}:{card.line}: {error}") from error
            if found is not None:
                item = PropertyItem.of(session, found, self)
                self.tests.setdefault(card.id, []).append(item.nodeid)
                yield item

    # --- violations ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test, or what sets it up or clears it away, fails where a clause was violated meanwhile."""
        report = yield
        found = self._violated()
        if not found:
            return report
        words = "\n\n".join(found)
        self.violations.append(f"{item.nodeid}: {words}")
        if not self.observe and report.passed:
            report.outcome, report.longrepr = "failed", words
        else:
            report.sections.append(("Spec Cards that were violated", words))
        return report

    def _violated(self) -> list[str]:
        """In words, what was violated since the last time. What is enforced has told the test by itself."""
        told: list[str] = []
        for guard in guards.guards():
            for clause in guard.card.clauses:
                now, before = guard.counts()[clause.id].violated, self.seen.get(clause.id, 0)
                self.seen[clause.id] = now
                if now > before and guard.card.mode is not Mode.ENFORCE:
                    told.append(_words(guard, clause))
        return told

    # --- what is told at the end --------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """A worker tells whoever started it; who has no other to tell writes the reports."""
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["speclive"] = json.dumps(self._told())
        elif self.report:
            root, ini = self.config.rootpath, self.config.getini
            try:
                targets = telling.targets(self.cards, ini("speclive_targets"), tuple(ini("speclive_critical")))
            except ValueError as error:
                raise pytest.UsageError(str(error)) from error
            everybody = [*self.others, self._told()]
            telling.write(self.report, root, self.began, self.cards, targets, everybody)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker of pytest-xdist told."""
        told = getattr(node, "workeroutput", {}).get("speclive")
        if told:
            self.others.append(json.loads(told))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What no single test shows."""
        vacuous = {*self.vacuous, *(one for told in self.others for one in told["vacuous"])}
        violations = [*self.violations, *(one for told in self.others for one in told["violations"])]
        lines = [f"vacuous: {one}" for one in sorted(vacuous)]
        lines += [f"violated: {one}" for one in violations] if self.observe else []
        if lines or self.report:
            terminalreporter.section("Spec Cards")
        for line in lines:
            terminalreporter.write_line(line)
        if self.report:
            terminalreporter.write_line(f"reports: {self.report}")

    def _told(self) -> Told:
        trials = self.recorder.trials
        return telling.told(trials, self.tests, self.vacuous, self.violations)


class PropertyItem(pytest.Item):
    """A card that is run as a property."""

    found: Property
    run: Run

    @classmethod
    def of(cls, session: pytest.Session, found: Property, run: Run) -> PropertyItem:
        """The item of a property, which is called by the file of its card and its id."""
        card = found.card
        item: PropertyItem = cls.from_parent(session, name=card.id, nodeid=f"{card.path}::{card.id}")
        item.found, item.run = found, run
        return item

    def runtest(self) -> None:
        """Look for inputs that violate the card; where none is met by it, say so."""
        trials = self.run.recorder.trials
        try:
            self.found.run(lambda one, *call: trials.try_all([one], *call))
        except Vacuous as reason:
            self.run.vacuous.append(str(reason))
            pytest.skip(str(reason))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A violation in words; whatever else happened with all that is known of it."""
        if isinstance(excinfo.value, Violated):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the card is written."""
        card: Card = self.found.card
        return Path(card.path).absolute(), card.line - 1, f"card {card.id}"


def _words(guard: Guard, clause: Clause) -> str:
    """A violation: the clause, where it is written, and of the newest example what may be told."""
    lines = [f"{clause.id} does not hold: {clause.text}", f"{guard.card.path}:{clause.line}"]
    examples = [one for one in tuple(guard.exemplars.kept) if one["clause"] == clause.id]
    if examples:
        newest = examples[-1]
        inputs = ", ".join(f"{name}={value!r}" for name, value in newest["inputs"].items())
        ended = f"raised {newest['raised']}" if "raised" in newest else f"-> {newest['result']!r}"
        lines += [line for line in (newest["code"], f"({inputs}) {ended}") if line]
    return "\n".join(lines)
