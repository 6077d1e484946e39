import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom.licences import conjunction, evaluate, expression, recognised, same
from checks.sbom.licences.spellings import ALIASES, LADDERS, VAGUE
from checks.sbom.licences.terms import identifiers

GPL3 = ["GPL-3.0-only"]
GPL2 = ["GPL-2.0-only"]
COPYLEFT = ["AGPL-3.0-only", "GPL-3.0-only"]
CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"
ALL_GPL = ["GPL-1.0-or-later"]

DENY = [
    # one licence
    ("MIT", GPL3, "pass"),
    ("GPL-3.0-only", GPL3, "deny"),
    ("gpl-3.0-ONLY", GPL3, "deny"),
    ("GPL-3.0", GPL3, "deny"),
    ("GPLv3", GPL3, "deny"),
    ("GPL-3.0-only", ["GPLv3"], "deny"),
    ("LGPL-3.0-only", GPL3, "pass"),
    ("LGPL-2.1-or-later", COPYLEFT, "pass"),
    ("AGPL-3.0-only", COPYLEFT, "deny"),
    ("SSPL-1.0", COPYLEFT, "pass"),
    ("SSPL-1.0", ["SSPL-1.0"], "deny"),
    ("BUSL-1.1", ["BUSL-1.1"], "deny"),
    # OR: one permitted branch is enough
    ("MIT OR GPL-3.0-only", GPL3, "pass"),
    ("MIT OR GPL-3.0-or-later", GPL3, "pass"),
    ("(BSD-3-Clause OR GPL-2.0)", GPL2, "pass"),
    ("MIT OR (Artistic-2.0 OR GPL-2.0-or-later)", GPL2, "pass"),
    ("GPL-2.0-only OR GPL-3.0-only", COPYLEFT, "pass"),
    ("AGPL-3.0-only OR GPL-3.0-only", COPYLEFT, "deny"),
    ("mit or gpl-3.0-only", GPL3, "pass"),
    ("MIT/GPL-3.0-only", GPL3, "pass"),
    # AND: one denied branch is enough
    ("MIT AND GPL-3.0-only", GPL3, "deny"),
    ("(MIT AND Zlib)", GPL3, "pass"),
    ("MIT AND (Apache-2.0 OR GPL-3.0-only)", GPL3, "pass"),
    ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", COPYLEFT, "deny"),
    ("(MIT AND GPL-3.0-only) OR AGPL-3.0-only", COPYLEFT, "deny"),
    ("(MIT AND GPL-3.0-only) OR ISC", COPYLEFT, "pass"),
    ("MIT OR ISC AND GPL-3.0-only", GPL3, "pass"),
    ("MIT AND ISC OR GPL-3.0-only AND MIT", GPL3, "pass"),
    # or later: a choice of versions
    ("GPL-3.0-or-later", GPL3, "deny"),
    ("GPL-3.0+", GPL3, "deny"),
    ("GPL-2.0-or-later", GPL3, "pass"),
    ("GPL-2.0-or-later", GPL2, "pass"),
    ("GPL-2.0-or-later", [*GPL2, *GPL3], "deny"),
    ("GPL-2.0-only", ["GPL-2.0-or-later"], "deny"),
    ("GPL-3.0-only", ["GPL-2.0-or-later"], "deny"),
    ("GPL-1.0-only", ["GPL-2.0-or-later"], "pass"),
    ("GPL-1.0-or-later", ["GPL-2.0-or-later"], "pass"),
    ("GPL-1.0-or-later", ALL_GPL, "deny"),
    ("AGPL-3.0-or-later", COPYLEFT, "deny"),
    ("Apache-2.0+", ["Apache-2.0"], "deny"),
    ("Apache-1.1+", ["Apache-1.1"], "pass"),
    # names that fit several licences
    ("GPL", GPL3, "unknown"),
    ("GPL", [*GPL2, *GPL3], "deny"),
    ("GPL", ["GPL-2.0-or-later"], "deny"),
    ("GPL", ALL_GPL, "deny"),
    ("GPL", ["AGPL-3.0-only"], "pass"),
    ("GPL-2.0-only", ["GPL"], "deny"),
    ("GPL-1.0-only", ["GPL"], "deny"),
    ("LGPL", ["GPL"], "pass"),
    ("LGPL", ["LGPL"], "deny"),
    ("BSD", ["BSD-3-Clause"], "unknown"),
    ("BSD OR MIT", ["BSD-3-Clause"], "pass"),
    ("AGPL", COPYLEFT, "deny"),
    # exceptions
    (CLASSPATH, GPL3, "pass"),
    (CLASSPATH, GPL2, "unknown"),
    (CLASSPATH, [CLASSPATH], "deny"),
    ("GPL-2.0-only", [CLASSPATH], "pass"),
    ("GPL-2.0-with-classpath-exception", [CLASSPATH], "deny"),
    ("GPL-2.0-or-later WITH Classpath-exception-2.0", GPL2, "pass"),
    ("GPL-2.0-or-later WITH Classpath-exception-2.0", [*GPL2, *GPL3], "unknown"),
    ("GPL-2.0-or-later WITH Classpath-exception-2.0", ["GPL-2.0-or-later WITH Classpath-exception-2.0"], "deny"),
    ("GPL-2.0-or-later WITH Classpath-exception-2.0", [CLASSPATH], "pass"),
    ("GPL-3.0-only WITH Made-up-exception", GPL3, "deny"),
    ("MIT WITH Made-up-exception", GPL3, "unknown"),
    ("Apache-2.0 WITH LLVM-exception", GPL3, "pass"),
    (f"MIT OR {CLASSPATH}", GPL2, "pass"),
    # private licences, and texts that say nothing
    ("LicenseRef-Acme", GPL3, "unknown"),
    ("LicenseRef-Acme", ["LicenseRef-Acme"], "deny"),
    ("DocumentRef-x:LicenseRef-y", ["DocumentRef-x:LicenseRef-y"], "deny"),
    ("LicenseRef-GPL", ALL_GPL, "unknown"),
    ("LicenseRef-Acme OR MIT", GPL3, "pass"),
    ("LicenseRef-Acme AND MIT", GPL3, "unknown"),
    ("LicenseRef-Acme AND GPL-3.0-only", GPL3, "deny"),
    ("LicenseRef-Acme OR GPL-3.0-only", GPL3, "unknown"),
    ("UNLICENSED", GPL3, "unknown"),
    ("UNLICENSED", ["UNLICENSED"], "deny"),
    ("SEE LICENSE IN GPL.txt", GPL3, "unknown"),
    ("NOASSERTION", GPL3, "unknown"),
    ("NONE", GPL3, "unknown"),
    ("", GPL3, "unknown"),
    (None, GPL3, "unknown"),
    ("MIT OR", GPL3, "unknown"),
    ("((MIT", GPL3, "unknown"),
    ("( )", GPL3, "unknown"),
    ("Classpath-exception-2.0", GPL3, "unknown"),
    # spellings in the wild
    ("License :: OSI Approved :: MIT License", GPL3, "pass"),
    ("License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)", GPL3, "deny"),
    ("License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)", GPL2, "pass"),
    ("License :: OSI Approved", GPL3, "unknown"),
    ("License :: Other/Proprietary License", GPL3, "unknown"),
    ("GNU Affero General Public License v3", COPYLEFT, "deny"),
    ("The MIT License OR Apache License 2.0", GPL3, "pass"),
]

ALLOW = [
    ("MIT", ["MIT"], "pass"),
    ("ISC", ["MIT"], "deny"),
    ("mit", ["MIT"], "pass"),
    ("MIT License", ["MIT"], "pass"),
    ("Apache 2.0", ["Apache-2.0"], "pass"),
    ("Apache-2.0", ["Apache 2.0"], "pass"),
    ("License :: OSI Approved :: Apache Software License", ["Apache-2.0"], "pass"),
    ("MIT AND Zlib", ["MIT"], "deny"),
    ("MIT AND Zlib", ["MIT", "Zlib"], "pass"),
    ("MIT OR GPL-3.0-only", ["MIT"], "pass"),
    ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", ["MIT", "GPL-3.0-only"], "deny"),
    ("(MIT OR GPL-3.0-only) AND Zlib", ["MIT", "Zlib"], "pass"),
    ("Apache-2.0 WITH LLVM-exception", ["Apache-2.0"], "pass"),
    ("Apache-2.0 WITH LLVM-exception", ["MIT"], "deny"),
    (CLASSPATH, [CLASSPATH], "pass"),
    ("GPL-2.0-only", [CLASSPATH], "deny"),
    ("GPL-3.0-only WITH Classpath-exception-2.0", [CLASSPATH], "deny"),
    ("MIT WITH Made-up-exception", ["MIT"], "unknown"),
    ("GPL-2.0-or-later", ["GPL-3.0-only"], "pass"),
    ("GPL-2.0-or-later WITH Classpath-exception-2.0", [CLASSPATH], "pass"),
    ("GPL-2.0-only", ["GPL-2.0-or-later"], "pass"),
    ("GPL-1.0-only", ["GPL-2.0-or-later"], "deny"),
    ("BSD", ["BSD-3-Clause"], "unknown"),
    ("BSD", ["BSD-2-Clause", "BSD-3-Clause"], "pass"),
    ("BSD", ["MIT"], "deny"),
    ("LicenseRef-Acme", ["MIT"], "unknown"),
    ("LicenseRef-Acme", ["LicenseRef-Acme"], "pass"),
    ("LicenseRef-Acme OR MIT", ["MIT"], "pass"),
    ("LicenseRef-Acme AND ISC", ["MIT"], "deny"),
    ("", ["MIT"], "unknown"),
    ("SEE LICENSE IN LICENSE", ["MIT"], "unknown"),
    ("MIT", [], "deny"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _afresh() -> None:
    """What an earlier test worked out is no answer to this one."""
    expression._evaluate.cache_clear()
    expression._terms.cache_clear()


def test_the_truth_table_has_the_size_it_promises() -> None:
    assert len(DENY) + len(ALLOW) >= 60
    assert len({(expression, *names) for expression, names, _ in DENY}) == len(DENY)


@pytest.mark.parametrize(("expression", "names", "answer"), DENY)
def test_deny(expression: str | None, names: list[str], answer: str) -> None:
    assert evaluate(expression, {"deny": names}) == answer


@pytest.mark.parametrize(("expression", "names", "answer"), ALLOW)
def test_allow(expression: str, names: list[str], answer: str) -> None:
    assert evaluate(expression, {"allow": names}) == answer


@pytest.mark.parametrize(
    ("expression", "answer"),
    [("MIT", "pass"), ("GPL-2.0-only", "deny"), ("ISC", "deny"), (CLASSPATH, "pass"), ("MIT OR GPL-2.0-only", "pass")],
)
def test_deny_and_allow_together_let_only_the_allowed_pass(expression: str, answer: str) -> None:
    assert evaluate(expression, {"deny": GPL2, "allow": ["MIT", CLASSPATH]}) == answer


def test_what_is_both_denied_and_allowed_is_denied() -> None:
    assert evaluate("MIT", {"deny": ["MIT"], "allow": ["MIT"]}) == "deny"


def test_without_any_rule_a_known_licence_passes() -> None:
    assert evaluate("GPL-3.0-only", {}) == "pass"
    assert evaluate("LicenseRef-x", {}) == "unknown"


@pytest.mark.parametrize("size", [100, 3_000, 200_000])
def test_a_hostile_expression_costs_no_time(size: int) -> None:
    started = time.process_time()
    assert evaluate(" AND ".join(f"LicenseRef-{n}" for n in range(size)), {"deny": GPL3}) == "unknown"
    assert evaluate("(" * size + "MIT", {"deny": GPL3}) == "unknown"
    assert time.process_time() - started < 2


WORDS = ["MIT", "GPL-3.0-only", "AND", "OR", "WITH", "(", ")", "+", "/", "GPL", "LicenseRef-x", "License ::", ",", "é"]


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=20))
def test_any_text_gets_an_answer_and_a_stable_normal_form(text: str) -> None:
    assert evaluate(text, {"deny": GPL3}) in {"pass", "deny", "unknown"}
    normal = conjunction([text])
    assert conjunction([normal]) == normal


EXPRESSIONS = st.recursive(
    st.sampled_from(["MIT", "ISC", "GPL-3.0-only", "GPL-2.0-or-later", "LicenseRef-x", "GPL", CLASSPATH]),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=6,
)
RANK = {"pass": 0, "unknown": 1, "deny": 2}


@given(
    EXPRESSIONS, EXPRESSIONS, st.sampled_from(["deny", "allow"]), st.lists(EXPRESSIONS.filter(recognised), max_size=3)
)
def test_or_is_the_better_and_and_the_worse_of_its_branches(a: str, b: str, rule: str, names: list[str]) -> None:
    policy = {rule: names}
    ranks = [RANK[evaluate(text, policy)] for text in (a, b)]
    assert RANK[evaluate(f"({a}) OR ({b})", policy)] <= min(ranks)
    assert RANK[evaluate(f"({a}) AND ({b})", policy)] >= min(ranks)
    assert RANK[evaluate(f"({a}) AND ({b})", policy)] <= max(ranks)


@given(
    EXPRESSIONS,
    st.lists(st.sampled_from([*GPL3, *GPL2, "MIT", "LicenseRef-x"]), max_size=3),
    st.sampled_from(["MIT", *GPL3]),
)
def test_denying_more_never_lets_more_through(expression: str, names: list[str], further: str) -> None:
    assert RANK[evaluate(expression, {"deny": [*names, further]})] >= RANK[evaluate(expression, {"deny": names})]


@pytest.mark.parametrize(
    ("names", "normal"),
    [
        ([], ""),
        (["MIT"], "MIT"),
        (["mit", "MIT License"], "MIT"),
        (["MIT", "Apache 2.0"], "Apache-2.0 AND MIT"),
        (["Zlib", "MIT OR GPL-3.0+"], "(GPL-3.0-or-later OR MIT) AND Zlib"),
        (["BSD-3-Clause", "License :: OSI Approved :: BSD License"], "BSD-3-Clause"),
        (["MIT", "License :: OSI Approved :: BSD License"], "BSD AND MIT"),
        (["GPL"], "GPL"),
        (["NOASSERTION"], ""),
        (["NOASSERTION", "MIT"], "MIT"),
        (["MIT OR"], "LicenseRef-MIT-OR"),
        (["((Acme, Inc.)", "MIT"], "LicenseRef-Acme-Inc AND MIT"),
        (["ISC AND MIT", "Zlib"], "ISC AND MIT AND Zlib"),
        (["SEE LICENSE IN x"], "SEE LICENSE IN x"),
    ],
)
def test_a_list_of_licences_becomes_one_normal_expression(names: list[str], normal: str) -> None:
    assert conjunction(names) == normal
    assert conjunction(reversed(names)) == normal


def test_a_denied_licence_is_found_beside_a_text_that_nobody_can_parse() -> None:
    assert evaluate(conjunction(["AGPL-3.0-only", "weird ((text"]), {"deny": COPYLEFT}) == "deny"


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        ({"MIT"}, {"MIT"}, True),
        ({"MIT"}, {"ISC"}, False),
        ({"MIT"}, {""}, False),
        ({"BSD-3-Clause"}, {"BSD"}, True),
        ({"BSD-2-Clause"}, {"BSD"}, True),
        ({"BSD-4-Clause"}, {"BSD"}, False),
        ({"GPL-2.0-or-later"}, {"GPL"}, True),
        ({"GPL-1.0-only"}, {"GPL"}, False),
        ({"GPL-3.0-only"}, {"LGPL"}, False),
        ({"GPL-2.0-only"}, {"GPL-3.0-only"}, False),
        ({"BSD AND MIT"}, {"BSD-3-Clause AND MIT"}, True),
        ({"BSD AND MIT"}, {"BSD-3-Clause"}, False),
        ({"MIT"}, {"MIT", "AGPL-3.0-only"}, False),
        ({"MIT OR ISC"}, {"MIT"}, False),
        (set(), set(), True),
    ],
)
def test_two_statements_are_the_same_when_a_vague_name_fits(left: set[str], right: set[str], answer: bool) -> None:
    assert same(left, right) is answer
    assert same(right, left) is answer


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("MIT", True),
        ("gplv3", True),
        ("GPL", True),
        ("BSD License", True),
        ("Apache-2.0+", True),
        (CLASSPATH, True),
        ("LicenseRef-x", True),
        ("DocumentRef-a:LicenseRef-b", True),
        ("UNLICENSED", True),
        ("GPL-2.0-or-later", True),
        ("GPL3-only", False),
        ("MIT OR ISC", False),
        ("", False),
        ("NONE", False),
        ("Foo WITH LLVM-exception", False),
        ("MIT WITH Made-up", False),
        ("Classpath-exception-2.0", False),
        ("Foo+", False),
    ],
)
def test_a_policy_may_name_single_licences_that_exist(name: str, answer: bool) -> None:
    assert recognised(name) is answer


def test_every_licence_in_the_tables_is_on_the_spdx_list() -> None:
    named = {spdx.partition(" WITH ")[0] for spdx in ALIASES}
    named |= {member for members, _ in VAGUE.values() for member in members}
    named |= {rung for ladder in LADDERS.values() for rung in ladder}
    assert {name for name in named if name.lower() not in identifiers()} == set()
    assert all(recognised(spdx) for spdx in ALIASES)


@pytest.mark.parametrize(("spdx", "spelling"), [(spdx, text) for spdx, texts in ALIASES.items() for text in texts])
def test_every_spelling_in_the_table_means_its_licence(spdx: str, spelling: str) -> None:
    for text in (spelling, spelling.upper(), f"  {spelling} "):
        assert conjunction([text]) == conjunction([spdx])


def test_no_spelling_stands_for_two_licences() -> None:
    spellings = [text.lower() for texts in ALIASES.values() for text in texts]
    spellings += [text.lower() for _, texts in VAGUE.values() for text in texts]
    assert len(spellings) == len(set(spellings))


def test_answers_are_kept() -> None:
    expression._evaluate.cache_clear()
    for _ in range(3):
        evaluate("MIT OR ISC", {"deny": GPL3})
    assert expression._evaluate.cache_info().misses == 1


def test_one_name_by_itself_is_a_list_of_one_and_nothing_is_no_list() -> None:
    assert evaluate("GPL-3.0-only", {"deny": "GPL-3.0-only"}) == "deny"
    assert evaluate("MIT", {"deny": None, "allow": None}) == "pass"
