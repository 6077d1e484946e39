from typing import Any

from app.gather.wanted import Wanted, wanted_by
from checks import contract, risk, sbom
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import (
    Check,
    CheckConfig,
    CheckResult,
    ContractText,
    Finding,
    Measured,
    Mode,
    Need,
    Origin,
    Snapshot,
    State,
)


def policy(**checks: CheckConfig) -> Policy:
    return Policy(checks)


def evaluate(_snapshot: Snapshot, _config: Any, _measured: Measured) -> CheckResult:
    return CheckResult("new", State.PASS, "")


def test_a_check_that_gather_never_heard_of_says_itself_what_it_needs() -> None:
    new = Check(
        "new",
        CheckConfig,
        frozenset({Need.SBOMS}),
        evaluate,
        paths=lambda config: (f"{config.mode.value}.json",),
        names=lambda _config, contracts: frozenset(text.path for text in contracts),
    )
    wanted = Wanted(((new, CheckConfig(mode=Mode.WARN)),))
    assert (wanted.needs(Need.SBOMS), wanted.needs(Need.TESTS)) == (True, False)
    assert (wanted.paths(Need.SBOMS), wanted.paths(Need.CONTRACTS)) == (("warn.json",), ())
    assert wanted.measurements((ContractText(Origin.BASE, "a", "{}"),)) == {"a"}


def test_a_check_that_says_nothing_needs_neither_files_nor_measurements() -> None:
    wanted = wanted_by(policy(risk=risk.Config()))
    assert (wanted.paths(Need.CHANGE), wanted.measurements(())) == ((), frozenset())


def test_the_rules_of_both_ends_are_wanted_together_but_not_what_is_off_or_unreadable() -> None:
    here, off = sbom.Config(paths=("a.json",)), sbom.Config(mode=Mode.OFF, paths=("off.json",))
    broken = Unreadable((Finding("config", "broken"),))
    assert wanted_by(policy(sbom=here), policy(sbom=off)).paths(Need.SBOMS) == ("a.json",)
    assert wanted_by(broken, policy(sbom=here)).paths(Need.SBOMS) == ("a.json",)
    assert wanted_by(broken, None) == Wanted(())


def test_of_the_names_in_a_contract_only_those_that_no_check_of_ours_measures() -> None:
    post = {"tests": "pass", "risk": {"lt": 1}, "sbom.added": {"lt": 1}, "p95_ms": {"lt": 1}}
    written = ContractText(Origin.BASE, "c.json", '{"id": "c", "post": {"rss_mb": {"lt": 1}}}')
    wanted = wanted_by(policy(contract=contract.Config(post=post)))
    assert wanted.measurements((written,)) == {"p95_ms", "rss_mb"}
