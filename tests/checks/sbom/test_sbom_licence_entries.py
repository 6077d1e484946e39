"""What may stand in a licence list: expressions as well as licences, and nothing that could never match."""

import json
import re
from importlib.resources import files

import pytest
from pydantic import ValidationError

from checks.sbom.licences import evaluate, expression, recognised
from checks.sbom.rules.policy import Licences

GPL3 = ["GPL-3.0-only"]
CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"


@pytest.fixture(autouse=True)
def _afresh() -> None:
    """What an earlier test worked out is no answer to this one."""
    expression._evaluate.cache_clear()
    expression._terms.cache_clear()


# An entry of several licences means just that conjunction, or choice.
DENY = [
    ("MIT AND GPL-3.0-only", ["GPL-3.0-only AND MIT"], "deny"),
    ("GPL-3.0-only AND MIT", ["mit and GPLv3"], "deny"),
    ("MIT", ["GPL-3.0-only AND MIT"], "pass"),
    ("GPL-3.0-only", ["GPL-3.0-only AND MIT"], "pass"),
    ("MIT AND ISC", ["GPL-3.0-only AND MIT"], "pass"),
    ("MIT OR GPL-3.0-only", ["GPL-3.0-only AND MIT"], "pass"),
    ("MIT AND ISC AND GPL-3.0-only", ["GPL-3.0-only AND MIT"], "deny"),
    ("(MIT AND GPL-3.0-only) OR ISC", ["GPL-3.0-only AND MIT"], "pass"),
    ("(MIT AND GPL-3.0-only) OR AGPL-3.0-only", ["GPL-3.0-only AND MIT", "AGPL-3.0-only"], "deny"),
    ("MIT AND GPL-3.0-or-later", ["GPL-3.0-only AND MIT"], "deny"),
    ("MIT AND GPL-2.0-or-later", ["GPL-3.0-only AND MIT"], "pass"),
    ("MIT AND GPL-3.0-only", ["GPL-2.0-or-later AND MIT"], "deny"),
    ("MIT AND GPL", ["GPL-3.0-only AND MIT"], "unknown"),
    ("MIT AND GPL", ["GPL AND MIT"], "deny"),
    ("MIT AND BSD", ["GPL-3.0-only AND MIT"], "pass"),
    ("ISC AND (MIT OR GPL-2.0-or-later)", ["ISC AND (MIT OR GPL-2.0-or-later)"], "deny"),
    ("ISC AND (MIT OR GPL-2.0-or-later)", ["ISC AND (MIT OR GPL-2.0-only)"], "pass"),
    ("MIT AND GPL AND GPL-3.0-only", ["GPL-3.0-only AND MIT"], "deny"),
    ("MIT AND GPL", ["GPL-3.0-only AND MIT", "GPL"], "deny"),
    ("MIT OR Apache-2.0", ["Apache-2.0 OR MIT"], "deny"),
    ("MIT", ["Apache-2.0 OR MIT"], "pass"),
    ("MIT OR Apache-2.0 OR ISC", ["Apache-2.0 OR MIT"], "pass"),
    ("ISC AND (MIT OR Zlib)", ["(Zlib OR MIT) AND ISC"], "deny"),
    ("ISC AND (MIT OR BSD-2-Clause)", ["(Zlib OR MIT) AND ISC"], "pass"),
    (f"MIT AND {CLASSPATH}", [f"{CLASSPATH} AND MIT"], "deny"),
    ("MIT AND GPL-2.0-only", [f"{CLASSPATH} AND MIT"], "pass"),
    ("LicenseRef-Acme AND MIT", ["LicenseRef-Acme AND MIT"], "deny"),
]

ALLOW = [
    ("MIT OR Apache-2.0", ["Apache-2.0 OR MIT"], "pass"),
    ("MIT", ["Apache-2.0 OR MIT"], "deny"),
    ("MIT AND Apache-2.0", ["Apache-2.0 OR MIT"], "deny"),
    ("MIT OR Apache-2.0 OR ISC", ["Apache-2.0 OR MIT"], "pass"),
    ("MIT OR ISC", ["Apache-2.0 OR MIT"], "deny"),
    ("ISC AND (MIT OR Apache-2.0)", ["Apache-2.0 OR MIT", "ISC"], "pass"),
    ("MIT AND ISC", ["ISC AND MIT"], "pass"),
    ("MIT AND ISC AND Zlib", ["ISC AND MIT"], "deny"),
    ("MIT AND ISC AND Zlib", ["ISC AND MIT", "MIT AND Zlib"], "pass"),
    ("MIT AND GPL-2.0-or-later", ["GPL-3.0-only AND MIT"], "pass"),
    ("MIT AND BSD", ["BSD-3-Clause AND MIT"], "unknown"),
    ("LicenseRef-Acme AND MIT", ["LicenseRef-Acme AND MIT"], "pass"),
]


@pytest.mark.parametrize(("text", "names", "answer"), DENY)
def test_deny(text: str, names: list[str], answer: str) -> None:
    assert evaluate(text, {"deny": names}) == answer


@pytest.mark.parametrize(("text", "names", "answer"), ALLOW)
def test_allow(text: str, names: list[str], answer: str) -> None:
    assert evaluate(text, {"allow": names}) == answer


def test_what_is_both_denied_and_allowed_is_denied() -> None:
    for several in ("MIT AND ISC", "MIT OR ISC"):
        assert evaluate(several, {"deny": [several], "allow": [several]}) == "deny"
    assert evaluate("MIT AND ISC", {"deny": ["ISC"], "allow": ["MIT AND ISC"]}) == "deny"
    assert evaluate("MIT OR ISC", {"deny": ["ISC"], "allow": ["MIT OR ISC"]}) == "pass"
    assert evaluate("BSD AND ISC", {"deny": ["ISC"], "allow": ["BSD-2-Clause AND ISC"]}) == "deny"
    assert evaluate("MIT AND GPL", {"deny": ["GPL-3.0-only AND MIT"], "allow": ["MIT"]}) == "deny"
    assert evaluate("MIT AND GPL", {"deny": ["GPL-3.0-only AND MIT"], "allow": ["MIT", "GPL"]}) == "unknown"


@pytest.mark.parametrize("stated", [None, "", " ", 5, 1.5, True, ["MIT"], {"id": "MIT"}, b"MIT", object()])
def test_what_is_no_text_says_nothing(stated: object) -> None:
    assert evaluate(stated, {"deny": GPL3}) == "unknown"
    assert evaluate(stated, {"allow": ["MIT"]}) == "unknown"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("GPL-3.0-onyl", "'GPL-3.0-onyl' is no SPDX licence identifier and no LicenseRef"),
        ("MIT AND GPL-3.0-onyl", "'GPL-3.0-onyl' in 'MIT AND GPL-3.0-onyl' is no SPDX licence identifier"),
        ("MIT AND", "'MIT AND' is no SPDX licence identifier, no LicenseRef and no expression of them"),
        ("", "'' is no SPDX"),
        ("NONE", "'NONE' is no SPDX"),
        ("SEE LICENSE IN x", "'SEE LICENSE IN x' is no SPDX"),
        ("Classpath-exception-2.0", "'Classpath-exception-2.0' is no SPDX"),
        ("MIT WITH Made-up-exception", "'MIT WITH Made-up-exception' is no SPDX"),
        (5, "5 is no text"),
        (None, "None is no text"),
    ],
)
def test_an_entry_that_could_never_match_is_an_error_that_names_it(entry: object, said: str) -> None:
    for side in ("deny", "allow"):
        for text in ("MIT", None):
            with pytest.raises(ValueError, match=re.escape(said)):
                evaluate(text, {side: ["MIT", entry]})  # type: ignore[list-item]
        with pytest.raises(ValidationError, match=re.escape(said) if isinstance(entry, str) else "string"):
            Licences.model_validate({side: ["MIT", entry]})


def test_a_misspelt_side_of_a_policy_is_an_error() -> None:
    with pytest.raises(ValueError, match="'denied' is neither `deny` nor `allow`"):
        evaluate("MIT", {"denied": ["MIT"]})


def test_every_identifier_of_the_spdx_list_is_known_the_deprecated_ones_too() -> None:
    listed = json.loads((files("cyclonedx.schema") / "_res" / "spdx.SNAPSHOT.schema.json").read_text())["enum"]
    assert len(listed) > 800
    known = {name for name in listed if recognised(name) and evaluate(name, {"deny": [name]}) == "deny"}
    left = [name for name in listed if name not in known and not recognised(f"GPL-2.0-only WITH {name}")]
    assert left == []
    assert {"eCos-2.0", "Nunit", "GPL-2.0+", "MPL-2.0-no-copyleft-exception", "GFDL-1.1-invariants-or-later"} <= known
    assert evaluate("eCos-2.0", {"allow": ["MIT"]}) == "deny"
