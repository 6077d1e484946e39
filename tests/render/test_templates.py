from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from app.render.escape import code, line, markdown
from app.render.sections import body
from app.render.templates import ROOT, environment, exists, finalize, render
from checks import risk
from checks.model import ChangeFacts, FileChange, Snapshot, State
from checks.registry import CHECKS

from .decisions import pull, result, row
from .markup import github, inline
from .test_escape import HOSTILE

TEMPLATES = sorted(ROOT.rglob("*.md.j2"))
EVIL = "<b>@octocat</b> | [x](https://evil.example)"


def written(source: str, **context: object) -> str:
    return environment().from_string(source).render(context)


@pytest.mark.parametrize(
    "source",
    [
        "{{ evil }}",
        "{{ evil | safe }}",
        "{{ evil | upper | lower | replace('octocat', 'octocat') }}",
        "{{ [safe, evil] | join(' ') }}",
        "{{ safe ~ evil }}",
        "{{ safe + evil }}",
        "{{ '%s %s' | format(safe, evil) }}",
        "{{ '{} {}'.format(safe, evil) }}",
        "{% set kept %}{{ evil }}{% endset %}{{ kept }}",
        "{% macro say(it) %}{{ it }}{% endmacro %}{{ say(evil) }}",
        "{{ link(evil, evil) }}",
        "{{ evil | prose }} {{ evil | code }}",
    ],
)
def test_no_way_of_writing_a_value_makes_it_live(source: str) -> None:
    tokens = github().parse(written(source, evil=EVIL, safe=code("x")))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert inline(tokens[1].children or []).live == []


@pytest.mark.parametrize("payload", HOSTILE)
def test_an_expression_writes_the_text_it_holds(payload: str) -> None:
    assert written("{{ it }}", it=payload) == markdown(payload)


def test_nothing_reads_as_not_measured_and_safe_text_stays() -> None:
    assert finalize(None) == "—"
    assert finalize(0.5) == "0.5"
    assert finalize(code("a|b")) == "<code>a&#124;b</code>"


def test_a_name_that_the_context_lacks_is_a_bug_and_not_a_blank() -> None:
    with pytest.raises(UndefinedError):
        render("pending_run.md.j2")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_builds_a_mention_or_a_reference_around_a_value(path: Path) -> None:
    assert not re.search(r"[@#]\{\{|://\{\{|<[^>]*=[^>]*\{\{", path.read_text(encoding="utf-8"))


def test_every_check_has_its_template_where_the_card_looks_for_it() -> None:
    assert all(exists(f"checks/{check.name}.md.j2") for check in CHECKS)


@pytest.mark.parametrize("payload", [payload for payload in HOSTILE if line(payload)])
def test_a_hostile_path_is_inert_in_a_rooms_own_template(payload: str) -> None:
    change = ChangeFacts((FileChange(payload, 500, 20), FileChange("README.md", 1, 0)), messages=(payload,))
    found = risk.CHECK.evaluate(Snapshot(pull(), change=change), risk.Config(hot=("**",)), {})
    document = body(row(found), pull())
    for token in github().parse(document):
        assert token.type not in {"html_block", "fence", "code_block", "heading_open", "blockquote_open"}
        assert [
            live for live in inline(token.children or []).live if "strong" not in live and "softbreak" not in live
        ] == []


def test_a_result_without_detail_needs_no_template() -> None:
    assert "The change was not read" in body(row(result("risk", State.ERROR, "The change was not read")), pull())
