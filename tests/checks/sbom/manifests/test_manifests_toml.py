"""pyproject.toml and Cargo.toml, and the walk through TOML that both share."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom import manifests
from checks.sbom.manifests import toml
from tests.checks.sbom.manifests.editing import changed, edited, not_overridden, refused

EVERYTHING = '''\
# comment with "quotes" and [brackets]
title = "plain" # after
'quoted key'."another one".bare-1 = 'literal \\ here'
number = 1_000
when = 1979-05-27 07:32:00
later = 1979-05-27T07:32:00Z
flags = [true, false, +1.5e3, inf]
multi = """
first \\"""
second ""\\
   third"""
exact = \'\'\'it's ''two'' \'\'\'\'
empty = ""
list = [
  "a", # one
  # none
  ["b", 'c'], { d = "e", f.g = "h" },
]

[table.sub]
x = "1"

[[many]]
x = "2"
[[many.inner]]
x = "3"
[[many.inner]]
x = "4"
[many.inner.deep]
x = "5"
[[many]]
y.z = "6"
[[many.inner]]
x = "7"
'''


def leaves(value: Any, way: toml.Key = ()) -> dict[toml.Key, Any]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        return {way: value}
    return {key: leaf for step, inner in pairs for key, leaf in leaves(inner, (*way, step)).items()}


def test_the_walk_finds_every_value_where_the_standard_library_reads_it() -> None:
    found = {place.key: place for place in toml.places(EVERYTHING)}
    expected = leaves(tomllib.loads(EVERYTHING))
    assert found.keys() == expected.keys()
    for key, place in found.items():
        inside = EVERYTHING[place.start : place.end]
        assert place.quoted == isinstance(expected[key], str)
        if place.quoted and "\\" not in inside and "\n" not in inside:
            assert inside == expected[key]


@given(
    st.recursive(
        st.text("ab'\"\\ \t#=[]{},.\u00e9") | st.integers() | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.'\" #=", max_size=4), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)
def test_the_walk_agrees_with_the_standard_library_on_any_document(value: Any) -> None:
    import tomlkit

    text = tomlkit.dumps({"top": {"value": value}})
    parsed = toml.parse(text)
    assert {place.key for place in toml.places(text)} == leaves(parsed).keys() - {
        key for key, leaf in leaves(parsed).items() if leaf in ({}, [])
    }


PROJECT = """\
[build-system]
requires = ["hatchling==1.0"]

[project]
name = "app"
dependencies = [
    "x >= 1.0, < 2",  # http
    'y[extra]==1.0 ; python_version < "4"',
    "z",
    "bad requirement here",
    "u @ https://host/u.whl",
]

[project.optional-dependencies]
fast = ["x~=1.0"]

[dependency-groups]
dev = ["w==1.0", {include-group = "docs"}]

[tool.poetry.dependencies]
python = "^3.11"
p = "^1.2"
q = {version = "~1.2", extras = ["a"], optional = true}
r = {git = "https://host/r.git"}
s = [{version = "^1.0", python = "<3.12"}, {version = "^2.0", python = ">=3.12"}]
t.version = "1.0"
n = {version = 5}

[tool.poetry.group.test.dependencies.v]
version = "*"

[tool.poetry.dev-dependencies]
o = ">=1.0,<2.0"

[tool.other.dependencies]
other = "1.0"
"""


def test_each_place_of_a_project_gives_its_scope() -> None:
    found = {(each.name, each.scope) for each in manifests.declared("pyproject.toml", PROJECT)}
    assert found == {
        *((name, "runtime") for name in "xyzuprstn"),
        *((name, "development") for name in "wvo"),
        ("x", "optional"),
        ("q", "optional"),
    }


def test_declarations_come_in_the_order_of_the_text() -> None:
    lines = [each.line for each in manifests.declared("pyproject.toml", PROJECT)]
    assert lines == sorted(lines)
    assert manifests.line("pyproject.toml", PROJECT, "pypi", "v") == 30


@pytest.mark.parametrize(
    ("name", "version", "changes"),
    [
        ("x", "1.5", [('    "x >= 1.0, < 2",  # http', '    "x >= 1.5, < 2",  # http'),
                      ('fast = ["x~=1.0"]', 'fast = ["x~=1.5"]')]),
        ("y", "1.5",
         [("    'y[extra]==1.0 ; python_version < \"4\"',", "    'y[extra]==1.5 ; python_version < \"4\"',")]),
        ("z", "1.5", [('    "z",', '    "z>=1.5",')]),
        ("w", "1.5", [('dev = ["w==1.0", {include-group = "docs"}]', 'dev = ["w==1.5", {include-group = "docs"}]')]),
        ("p", "1.5", [('p = "^1.2"', 'p = "^1.5"')]),
        ("q", "1.5", [('q = {version = "~1.2", extras = ["a"], optional = true}',
                       'q = {version = "~1.5", extras = ["a"], optional = true}')]),
        ("t", "1.5", [('t.version = "1.0"', 't.version = "1.5"')]),
        ("v", "1.5", [('version = "*"', 'version = ">=1.5"')]),
        ("o", "2.1", [('o = ">=1.0,<2.0"', 'o = ">=2.1,<3.0"')]),
    ],
)  # fmt: skip
def test_a_requirement_of_a_project_is_raised_where_it_stands(
    name: str, version: str, changes: list[tuple[str, str]]
) -> None:
    assert changed(PROJECT, edited("pyproject.toml", PROJECT, "pypi", name, version).text) == changes


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("u", "it comes from a URL, not from an index"),
        ("r", "it comes from a repository, a file or a URL"),
        ("s", "it has several constraints"),
        ("n", "it comes from a repository, a file or a URL"),
        ("hatchling", "is not declared"),
        ("other", "is not declared"),
        ("python", "is not declared"),
    ],
)
def test_what_a_project_takes_from_elsewhere_is_refused(name: str, reason: str) -> None:
    assert reason in refused("pyproject.toml", PROJECT, "pypi", name, "1.5")


def test_a_requirement_in_escapes_is_refused_unless_it_reads_as_it_stands() -> None:
    text = '[project]\ndependencies = ["x\\u003e=1.0", "y>=1.0"]\n'
    assert "is not declared" in refused("pyproject.toml", text, "pypi", "x", "1.5")
    assert edited("pyproject.toml", text, "pypi", "y", "1.5").text == text.replace("y>=1.0", "y>=1.5")
    escaped = '[project]\ndependencies = ["x>=1.0 ; python_version < \\"4\\""]\n'
    assert manifests.declared("pyproject.toml", escaped) == ()


CARGO = """\
[dependencies]
a = "1.0"
b = { version = "1.0", features = ["f"], optional = true }
c = { workspace = true }
d.workspace = true
e = { git = "https://host/e" }
f = { version = "1.0", path = "../f" }
renamed = { package = "g", version = "1.0" }
under_score = "0.4"

[dependencies.h]
version = '~0.3'
default-features = false

[dev-dependencies]
i = "1"

[build-dependencies]
j = "=1.0.0"

[target.'cfg(unix)'.dependencies]
k = ">=1.0, <1.5"

[target.x86_64-pc-windows-gnu.dev-dependencies]
l = "1.0"

[workspace.dependencies]
m = "1.0"

[patch.index]
a = { git = "https://host/a" }

[target.dependencies]
odd = "1.0"
"""


def test_each_table_of_cargo_gives_its_scope() -> None:
    found = {each.name: each.scope for each in manifests.declared("Cargo.toml", CARGO)}
    expected = dict.fromkeys("acdefghkm", "runtime") | {"b": "optional", "under_score": "runtime"}
    assert found == expected | dict.fromkeys("ijl", "development")


@pytest.mark.parametrize(
    ("name", "version", "before", "after"),
    [
        ("a", "1.0.5", 'a = "1.0"', 'a = "1.0.5"'),
        ("b", "1.2.0", 'b = { version = "1.0",', 'b = { version = "1.2.0",'),
        ("g", "1.2.0", 'package = "g", version = "1.0"', 'package = "g", version = "1.2.0"'),
        ("under-score", "0.4.9", 'under_score = "0.4"', 'under_score = "0.4.9"'),
        ("h", "0.3.9", "version = '~0.3'", "version = '~0.3.9'"),
        ("i", "1.9.0", 'i = "1"', 'i = "1.9.0"'),
        ("j", "1.0.1", 'j = "=1.0.0"', 'j = "=1.0.1"'),
        ("k", "1.6.1", 'k = ">=1.0, <1.5"', 'k = ">=1.6.1, <1.7"'),
        ("l", "1.0.1", 'l = "1.0"', 'l = "1.0.1"'),
        ("m", "1.0.1", 'm = "1.0"', 'm = "1.0.1"'),
    ],
)
def test_a_crate_is_raised_where_it_stands(name: str, version: str, before: str, after: str) -> None:
    assert CARGO.count(before) == 1
    assert edited("Cargo.toml", CARGO, "cargo", name, version).text == CARGO.replace(before, after)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("c", "raise it in the workspace's Cargo.toml"),
        ("d", "raise it in the workspace's Cargo.toml"),
        ("e", "it comes from a path or a repository"),
        ("f", "it comes from a path or a repository"),
        ("renamed", "is not declared"),
        ("odd", "is not declared"),
    ],
)
def test_a_crate_that_is_settled_elsewhere_is_refused(name: str, reason: str) -> None:
    assert reason in refused("Cargo.toml", CARGO, "cargo", name, "1.5.0")


def test_an_entry_that_states_no_version_is_refused() -> None:
    assert "it states no version" in refused(
        "Cargo.toml", "[dependencies]\nx = {features = ['a']}\n", "cargo", "x", "1.0.0"
    )


@pytest.mark.parametrize(
    ("path", "ecosystem", "told"),
    [("pyproject.toml", "pypi", "lock it anew at 1.5"), ("Cargo.toml", "cargo", "`cargo update x --precise 1.5`")],
)
def test_an_override_is_a_matter_of_the_lock(path: str, ecosystem: str, told: str) -> None:
    assert told in not_overridden(path, "", ecosystem, "x", "1.5")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = = 1", "it is no TOML"),
        ("a = " + "[" * 100_000, "it nests too deep"),
        (".".join("a" * 40) + " = 1", "it has a key of more than 32 parts"),
        ("[" + ".".join(["'a b'"] * 40) + "]", "it has a key of more than 32 parts"),
    ],
)
def test_what_is_no_document_is_refused(text: str, reason: str) -> None:
    assert reason in refused("Cargo.toml", text, "cargo", "x", "1.0")
    assert reason in refused("pyproject.toml", text, "pypi", "x", "1.0")


def test_a_key_of_32_parts_is_still_read() -> None:
    text = ".".join("a" * 32) + " = 1\n[dependencies]\nx = '1.0'\n"
    assert edited("Cargo.toml", text, "cargo", "x", "1.0.1").text == text.replace("1.0", "1.0.1")
