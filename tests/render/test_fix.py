"""The words of a proposed fix: complete, and inert whatever a package, a path or an advisory is called."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.model import Fix, FixState
from app.render.fix import FixRenderer, title
from checks.sbom.advisories.advisory import Advisory, known
from checks.sbom.repair import Repair
from checks.sbom.repair.splices import Splice

HOSTILE = "@octo/team #1 GH-2 <script>`x`</script> | ](https://evil.example) \u202e\n# Title"


def advisory(identity: str = "GHSA-aaaa-bbbb-cccc", summary: str = "qs runs what strangers send") -> Advisory:
    record = {
        "id": identity,
        "modified": "2026-11-29T00:00:00Z",
        "summary": summary,
        "database_specific": {"severity": "CRITICAL"},
        "affected": [{"package": {"ecosystem": "npm", "name": "qs"}, "versions": ["6.5.1"]}],
    }
    return known([json.dumps(record)]).advisories[0]


QS = Repair(
    ecosystem="npm",
    package="qs",
    purl="pkg:npm/qs",
    current=("6.5.1",),
    version="6.5.3",
    way="override",
    splices=(Splice("package.json", "{}", 7, "", '"qs": "6.5.3"'),),
    mended=(advisory(),),
    locks=("package-lock.json",),
    trail=("express", "body-parser", "qs"),
    reason="the smallest version that no advisory names",
)
FIX = Fix(
    repository="octo/shop",
    target="feature/pay",
    purl=QS.purl,
    version=QS.version,
    branch="maestro/fix/feature-pay/npm-qs-6-5-3-1a2b3c4d",
    source=None,
    parent="1a" * 20,
    opened_at=1_800_000_000.0,
    advisories=QS.names,
    severity="critical",
    published=None,
)
TEXTS = FixRenderer()


def body(repair: Repair = QS, source: int | None = 12, workflow: str = "") -> str:
    return TEXTS.fix(repair, replace(FIX, source=source), workflow).body


def test_it_says_what_why_where_and_whence() -> None:
    said = body()
    for part in (
        "`qs` moves from `6.5.1` to `6.5.3`.",
        "| [GHSA-aaaa-bbbb-cccc](https://github.com/advisories/GHSA-aaaa-bbbb-cccc) | critical |",
        "qs runs what strangers send",
        "#12 brings it into `feature/pay`, by way of `express` → `body-parser` → `qs`.",
        "- `package.json`, line 7: ",
        "**Why this version.** the smallest version that no advisory names",
        "- `package-lock.json`: `npm install --package-lock-only`",
        "Maestro judges this pull request like any other.",
    ):
        assert part in said
    assert "major" not in said


def test_a_fix_of_the_daily_look_names_no_pull_request() -> None:
    said = body(source=None)
    assert "`feature/pay` has it, by way of" in said
    assert "#" not in said.replace("&#", "")


def test_a_major_step_what_remains_and_a_way_back_are_said() -> None:
    assert "**This crosses a major version.**" in body(replace(QS, breaking=True))
    assert "**What remains.** `GHSA-dddd`" in body(replace(QS, remaining=("GHSA-dddd",)))
    assert "**Who would not take it.** `body-parser`:" in body(replace(QS, blocked=("body-parser",)))
    assert "`qs` goes back to `6.5.3`, which the base has." in body(replace(QS, way="revert"))


def test_the_workflow_that_makes_lock_files_is_named_where_there_is_one() -> None:
    assert "The workflow `relock.yml` was asked to make `package-lock.json` anew" in body(workflow="relock.yml")
    assert "If there are any, the workflow `relock.yml`" in body(replace(QS, locks=()), workflow="relock.yml")
    assert "- `package.json`: `npm install --package-lock-only`, or" in body(replace(QS, locks=()))
    pom = (Splice("pom.xml", "", 1, "1", "2"),)
    assert "None follows these manifests." in body(replace(QS, locks=(), splices=pom))


def test_what_is_left_to_people_says_so() -> None:
    left = TEXTS.fix(QS, replace(FIX, state=FixState.LEFT), "").body
    assert "**Left to you.** This branch has commits that are not Maestro's." in left
    assert "Left to you" not in body()


def test_titles_name_the_way_and_the_package() -> None:
    assert title(QS) == "Settle npm/qs at 6.5.3"
    assert title(replace(QS, way="raise")) == "Raise npm/qs to 6.5.3"
    assert title(replace(QS, way="revert")) == "Put back npm/qs to 6.5.3"
    assert title(replace(QS, purl="pkg:npm/%40babel/core")) == "Settle npm/%40babel/core at 6.5.3"


@pytest.mark.parametrize("field", ["package", "purl", "version", "reason"])
def test_nothing_in_it_is_live(field: str) -> None:
    told: Any = {field: HOSTILE}
    repair = replace(QS, **told)
    inert(TEXTS.fix(repair, replace(FIX, target=HOSTILE), HOSTILE).body)
    assert "@" not in title(repair)
    assert "#" not in title(repair)
    assert "\n" not in title(repair)


def test_nothing_that_others_wrote_is_live() -> None:
    repair = replace(
        QS,
        current=(HOSTILE,),
        splices=(Splice(HOSTILE, "", 1, HOSTILE, HOSTILE),),
        mended=(advisory(summary=HOSTILE),),
        remaining=(HOSTILE,),
        locks=(HOSTILE,),
        trail=(HOSTILE,),
        blocked=(HOSTILE,),
    )
    inert(TEXTS.fix(repair, replace(FIX, target=HOSTILE), "").body)


def inert(said: str) -> None:
    assert "<script" not in said
    assert "@octo" not in said
    assert "#1 " not in said
    assert "](https://evil" not in said
    assert not any(line.startswith("# ") for line in said.splitlines())


def test_it_fits_whatever_there_is_to_say() -> None:
    many = replace(
        QS,
        mended=tuple(advisory(f"GHSA-{n}", "x" * 2000) for n in range(500)),
        splices=QS.splices * 500,
        trail=("a",) * 99,
    )
    said = body(many)
    assert len(said) < 20_000
    assert "And 480 more." in said
    assert "and 480 more files" in said


def test_the_last_words_lead_to_what_comes_next() -> None:
    assert TEXTS.superseded(14) == "Superseded by #14."
    assert TEXTS.unmendable("main").startswith("This no longer merges into `main`, and no edit is known")
    assert TEXTS.moot("main") == "Nothing is left to mend: `main` no longer has what this was for."
    assert TEXTS.moot("feature", 12) == "#12, which this was for, is closed."
