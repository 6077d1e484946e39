"""Repairs in each ecosystem whose manifests can be edited: bill, advisory and manifest spell a package their way."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from checks.model import State
from checks.sbom.check import CHECK
from checks.sbom.repair import Repair, Unrepaired, plan
from checks.sbom.rules.policy import Config
from checks.sbom.versions.ecosystems import OSV_NAMES
from tests.checks.sbom.supply import advisory, bill_of, snapshot

POM = """<project>
  <dependencies>
    <dependency><groupId>org.a</groupId><artifactId>a</artifactId><version>1.0</version></dependency>
    <dependency><groupId>org.b</groupId><artifactId>web</artifactId><version>5.0.0</version></dependency>
  </dependencies>
</project>
"""
GO_MOD = "module x\n\ngo 1.21\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/gin v1.7.0\n)\n"
CARGO = '[package]\nname = "x"\nversion = "0.1.0"\n\n[dependencies]\na = "1.0.0"\ntokio = "1.0"\n'
GEMFILE = "source 'https://example.org'\ngem 'a'\ngem 'rails', '~> 6.0.0'\n"
PYPROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["a==1", "Jinja2~=3.0"]\n'


@dataclass(frozen=True)
class Story:
    """`comes` directly, and with it `brought`; the advisory calls the affected one `name` in `ecosystem`."""

    kept: str
    comes: str
    brought: str
    path: str
    text: str
    ecosystem: str
    name: str
    fixed: str


PIP = ("pkg:pypi/a@1", "pkg:pypi/jinja2@3.0.0", "pkg:pypi/markupsafe@2.0.0")
GO = ("pkg:golang/example.org/a@v1.0.0", "pkg:golang/example.org/gin@v1.7.0", "pkg:golang/golang.org/x/net@v0.1.0")
MAVEN = ("pkg:maven/org.a/a@1.0", "pkg:maven/org.b/web@5.0.0", "pkg:maven/org.c/json@2.9.0")
CRATES_IO = OSV_NAMES["cargo"]
CRATES = ("pkg:cargo/a@1.0.0", "pkg:cargo/tokio@1.0.0", "pkg:cargo/mio@0.7.0")
GEMS = ("pkg:gem/a@1.0.0", "pkg:gem/rails@6.0.0", "pkg:gem/nokogiri@1.10.0")


def planned(story: Story) -> Repair | Unrepaired:
    before = bill_of([story.kept], {"app": [story.kept]})
    edges = {"app": [story.kept, story.comes], story.comes: [story.brought]}
    after = bill_of([story.kept, story.comes, story.brought], edges)
    record = advisory(story.name, story.fixed, ecosystem=story.ecosystem)
    facts, config = snapshot(before, after, [record], {story.path: story.text}), Config()
    found = CHECK.evaluate(facts, config, {}).findings
    (answer,) = plan(found, facts, config, lambda one: one.rule == "vulnerability" and one.state is State.BLOCK)
    return answer


@pytest.mark.parametrize(
    ("story", "way", "line", "after"),
    [
        (
            Story(*PIP, "requirements.txt", "a==1\nJinja2>=3.0,<4\n", "PyPI", "Jinja2", "3.1.5"),
            "raise",
            2,
            ">=3.1.5,<4",
        ),
        (Story(*PIP, "requirements.txt", "a==1\njinja2\n", "PyPI", "MarkupSafe", "2.1.0"), "override", 3, ">=2.1.0"),
        (Story(*PIP, "pyproject.toml", PYPROJECT, "PyPI", "jinja2", "3.1.5"), "raise", 4, "~=3.1,>=3.1.5"),
        (Story(*GO, "go.mod", GO_MOD, "Go", "golang.org/x/net", "0.17.0"), "override", 10, "v0.17.0"),
        (Story(*GO, "go.mod", GO_MOD, "Go", "example.org/gin", "1.9.1"), "raise", 7, "v1.9.1"),
        (Story(*MAVEN, "pom.xml", POM, "Maven", "org.c:json", "2.9.10"), "override", 7, "2.9.10"),
        (Story(*MAVEN, "pom.xml", POM, "Maven", "org.b:web", "5.0.3"), "raise", 4, "5.0.3"),
        (Story(*CRATES, "Cargo.toml", CARGO, CRATES_IO, "tokio", "1.8.4"), "raise", 7, "1.8.4"),
        (Story(*GEMS, "Gemfile", GEMFILE, "RubyGems", "rails", "6.0.3"), "raise", 3, "~> 6.0.3"),
    ],
    ids=lambda value: f"{value.path} {value.name}" if isinstance(value, Story) else None,
)
def test_each_format_is_edited_in_its_own_way(story: Story, way: str, line: int, after: str) -> None:
    repair = planned(story)
    assert isinstance(repair, Repair), repair
    (splice,) = repair.splices
    assert (repair.way, splice.line, splice.after) == (way, line, after)
    assert after in splice.text


@pytest.mark.parametrize(
    "story",
    [
        Story(*CRATES, "Cargo.toml", CARGO, CRATES_IO, "mio", "0.7.6"),
        Story(*GEMS, "Gemfile", GEMFILE, "RubyGems", "nokogiri", "1.10.8"),
        Story(*PIP, "pyproject.toml", PYPROJECT, "PyPI", "markupsafe", "2.1.0"),
    ],
    ids=lambda story: story.path,
)
def test_where_the_format_can_say_nothing_of_it_the_reason_is_told(story: Story) -> None:
    answer = planned(story)
    assert isinstance(answer, Unrepaired)
    assert len(answer.reason) > 20
