"""`pytest --speclive`, as a repository with cards runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from speclive import testing
from speclive.cards import load_all
from speclive.cli import main
from speclive.patching import Patches
from speclive.reports import read
from speclive.wire import Report
from tests.speclive.written import card

pytest_plugins = ["pytester"]

SHOP = """
class PaymentDeclined(Exception):
    pass

def pay(ctx, amount):
    if amount > ctx["balance"]:
        raise PaymentDeclined
    if amount == 13:
        ctx["balance"] -= 1
    return {"balance": ctx["balance"] - amount, "receipt": "r-1"}

def fee(amount: int) -> int:
    return amount // 10

def doubled(amount: int) -> int:
    return amount * 2

def never(amount: int) -> int:
    return amount

TARGETS = [{"name": "POST /pay", "handler": "shop:pay", "critical": True}]

class Till:
    def __init__(self):
        self.balance = 0

    def put(self, amount):
        self.balance += amount
        return self.balance
"""
TESTS = """
import pytest
from shop import PaymentDeclined, Till, fee, pay

@pytest.mark.spec("pay.balance")
def test_it_is_paid():
    assert pay({"balance": 10}, 3)["balance"] == 7

def test_it_is_unlucky():
    assert pay({"balance": 20}, 13)

def test_it_is_declined():
    with pytest.raises(PaymentDeclined):
        pay({"balance": 1}, 3)

def test_it_is_put_into_the_till():
    assert Till().put(3) == 3

def test_it_fails_by_itself():
    assert fee(10) == 2
"""
RAISES = "    And it only raises\n      | raises | PaymentDeclined |\n      | allow | amount |\n"
CARDS = {
    "pay": (
        'the endpoint "POST /pay" handled by "shop:pay"',
        "amount > 0",
        "result['balance'] == old(ctx['balance']) - amount",
    ),
    "fee": ('the function "shop:fee"', "amount > 0", "0 <= result < amount"),
    "doubled": ('the function "shop:doubled"', "True", "result > amount"),
    "never": ('the function "shop:never"', "amount > amount", "result"),
    "till": ('the class "shop:Till"', "amount > 0", "self.balance == old(self.balance) + amount and result"),
}
QUICKLY = ("-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:aiohttp", "-p", "no:timeout")


def _laid(folder: Path) -> Path:
    """A repository with a shop, its tests and its cards."""
    (folder / "specs").mkdir()
    (folder / "shop.py").write_text(SHOP)
    (folder / "test_shop.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    for name in ("near", "far"):  # a conftest that is not of every test
        (folder / name).mkdir()
        (folder / name / "conftest.py").write_text("")
        (folder / name / f"test_{name}.py").write_text("def test_it():\n    pass\n")
    for name, words in CARDS.items():
        ident, more = ("pay.balance", RAISES) if name == "pay" else (name, "")
        (folder / f"specs/{name}.feature").write_text(card(*words, ident=ident, more=more, tags="@critical"))
    return folder


def _run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", *QUICKLY, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Such a repository, and what a run with its cards says."""
    folder = _laid(tmp_path_factory.mktemp("shop"))
    return folder, _run(folder, "--speclive", ".", "--speclive-report=told.jsonl", "-rfs")


def test_a_violation_fails_the_test_with_clause_file_line_code_and_what_may_be_told(ran: tuple[Path, str]) -> None:
    assert (
        "pay.balance#t1 does not hold: it holds\nspecs/pay.feature:11\nshop.py#L5\n"
        "(ctx='<dict>', amount=13) -> '<dict>'"
    ) in ran[1]
    assert "FAILED test_shop.py::test_it_is_unlucky - pay.balance#t1" in ran[1]


def test_cards_of_typed_functions_run_as_properties_and_a_vacuous_one_is_told(ran: tuple[Path, str]) -> None:
    assert "FAILED specs/doubled.feature::doubled - doubled#t1" in ran[1]
    assert "(amount=0) -> 0" in ran[1]
    assert "vacuous: never: no input was found that the card speaks of" in ran[1]
    assert "3 failed, 6 passed, 1 skipped" in ran[1]


def _told(folder: Path, name: str = "told.jsonl") -> tuple[Report, Report]:
    live, static = read([folder / name])
    return live, static


def test_the_report_tells_of_the_calls_and_of_the_commit(ran: tuple[Path, str]) -> None:
    live, static = _told(ran[0])
    assert (live["kind"], live["environment"], static["kind"]) == ("live", "tests", "static")
    calls = [(target["name"], target["calls"], target["guarded"]) for target in live["targets"]]
    assert sorted(calls) == [
        *[("POST /pay", 3, 3), ("shop:Till", 1, 1), ("shop:doubled", 0, 0), ("shop:fee", 1, 1), ("shop:never", 0, 0)]
    ]
    seen = {clause["id"]: (clause["evaluated"], clause["violated"]) for clause in live["clauses"]}
    assert seen["pay.balance#t1"] == (2, 1)
    assert [example["inputs"] for example in live["exemplars"]] == [{"ctx": "<dict>", "amount": 13}]
    assert static["tests"]["pay.balance"] == ["test_shop.py::test_it_is_paid"]
    assert static["tests"]["fee"] == ["specs/fee.feature::fee"]
    clauses = {target["name"]: target["clauses"] for target in static["targets"]}
    assert clauses["POST /pay"] == ["pay.balance#t1", "pay.balance#r1"]
    survivors = {(one["target"], one["mutant"]) for one in static["mutants"]["survivors"]}
    assert ("POST /pay", "result lacks 'receipt'") in survivors
    assert ("POST /pay", "result['balance'] is one more") not in survivors


def test_the_command_line_reads_coverage_and_strength_of_the_report(
    ran: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ran[0])
    monkeypatch.syspath_prepend(ran[0])
    assert main(["check", "specs"]) == 0
    assert "5 cards are bound" in capsys.readouterr().out
    assert main(["coverage", "shop:TARGETS", "--cards", "specs/pay.feature", "--live", "told.jsonl", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["critical"], figures["calls"], figures["coverage"]) == (["POST /pay"], 3, 1.0)
    plain = Path("specs/doubled.feature").read_text(encoding="utf-8").replace("@critical", "")
    Path("plain.feature").write_text(plain, encoding="utf-8")
    assert main(["coverage", "shop:fee", "--cards", "plain.feature", "--critical", "GET *"]) == 3
    assert "nothing is critical" in capsys.readouterr().err
    assert main(["mutate", "told.jsonl", "--fail-under", "99"]) == 1
    assert "POST /pay: no Then notices that result lacks 'receipt'" in capsys.readouterr().out
    assert main(["mutate", "told.jsonl", "--cards", "specs/fee.feature", "--fail-under", "10", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["killed"] < told["made"]
    sys.modules.pop("shop", None)


@pytest.mark.slow
def test_workers_are_added_up_and_observing_fails_nothing(ran: tuple[Path, str]) -> None:
    folder, _ = ran
    out = _run(folder, "--speclive=specs/pay.feature", "-n", "2", "--speclive-observe", "--speclive-report=both.jsonl")
    assert "1 failed, 6 passed" in out
    assert "violated: test_shop.py::test_it_is_unlucky: pay.balance#t1 does not hold" in out
    live, static = _told(folder, "both.jsonl")
    assert [(target["name"], target["calls"]) for target in live["targets"]] == [("POST /pay", 3)]
    assert static["mutants"]["made"] == 8
    assert static["tests"] == {"pay.balance": ["test_shop.py::test_it_is_paid"]}
    refused = _run(folder, "--speclive=specs/fee.feature", "-n", "2", "-x")
    assert "is marked with 'pay.balance', and there is no such card" in refused
    assert "INTERNALERROR" not in refused


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("pay.feature", "Feature: x\n  Scenario: y\n    Given z\n", "specs/pay.feature:3: *"),
        ("pay.feature", card('the function "shop:pays"', "True", "result"), "specs/pay.feature:*did you mean `pay`?"),
        ("pay.feature", card('the function "shop:pay"', "True", "amuont"), "pay.feature:11: *did you mean `amount`?"),
        ("fee.feature", card('the function "shop:pay"', "True", "result", tags="@property"), "fee.feature:*@property*"),
        (
            "../test_shop.py",
            TESTS.replace("pay.balance", "pay.blance"),
            "*with 'pay.blance', and there is no such card",
        ),
    ],
)
def test_what_cannot_be_used_ends_the_run_and_says_where(
    pytester: pytest.Pytester, name: str, text: str, words: str
) -> None:
    _laid(pytester.path)
    (pytester.path / "specs" / name).write_text(text)
    told = pytester.runpytest_inprocess(*QUICKLY, "--speclive")
    assert told.ret == pytest.ExitCode.USAGE_ERROR
    told.stderr.fnmatch_lines([f"*{words}"])


def test_without_hypothesis_cards_guard_and_no_property_is_looked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _laid(pytester.path)
    monkeypatch.setattr(testing, "find_spec", lambda _name: None)
    told = pytester.runpytest_inprocess(*QUICKLY, "--speclive")
    told.assert_outcomes(passed=5, failed=2)


def test_a_run_that_does_not_ask_for_cards_imports_nothing_of_them(ran: tuple[Path, str]) -> None:
    script = (
        "import sys, pytest\n"
        f"pytest.main([{', '.join(map(repr, QUICKLY))}, '--collect-only', 'test_shop.py', '-W', 'error'])\n"
        "print(sorted(name for name in sys.modules if name.startswith(('speclive', 'gherkin'))))"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=ran[0], capture_output=True, text=True, check=False)
    assert told.stdout.splitlines()[-1] == "['speclive', 'speclive.pytest_plugin']"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module of such a repository."""
    monkeypatch.syspath_prepend(_laid(tmp_path))
    monkeypatch.chdir(tmp_path)
    import shop  # type: ignore[import-not-found]

    yield shop
    sys.modules.pop("shop", None)


def test_guards_are_put_wherever_a_function_is_looked_up_and_taken_back(shop: Any) -> None:
    original, put, elsewhere = shop.pay, shop.Till.put, sys.modules[__name__]
    elsewhere.taken_over = original  # type: ignore[attr-defined]
    patches = Patches()
    assert patches.bind(load_all(["specs"])) == ()
    patches.spread()
    assert shop.pay is elsewhere.taken_over is not original
    assert shop.Till.put is not put
    patches.undo()
    assert (shop.pay, elsewhere.taken_over, shop.Till.put) == (original, original, put)
    del elsewhere.taken_over
