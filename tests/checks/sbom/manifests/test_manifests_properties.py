"""Whatever the text, there is an edit or a refusal; and an edit says what was asked for and leaves the rest alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.globs import matches
from checks.sbom import manifests
from checks.sbom.manifests import KNOWN, MAX_BYTES, Edited, Refusal
from checks.sbom.versions.comparison import compare
from tests.checks.sbom.manifests.editing import constraints, real

pytestmark = pytest.mark.slow

FILES = {
    "requirements.txt": ("pypi", "requests/requirements-dev.txt"),
    "pyproject.toml": ("pypi", "flask/pyproject.toml"),
    "package.json": ("npm", "express/package.json"),
    "go.mod": ("golang", "client_golang/go.mod"),
    "pom.xml": ("maven", "petclinic/pom.xml"),
    "Cargo.toml": ("cargo", "ripgrep/Cargo.toml"),
    "Gemfile": ("gem", "rubocop/Gemfile"),
}
PATHS = st.sampled_from(sorted(FILES))
FRAGMENTS = st.sampled_from(
    ["x", "==", ">=", "1.0", "<2", "~>", "'", '"', "\\", "\n", "\r\n", " ", ",", ";", "#", "@", "[", "]", "{", "}", "=",
     ":", "gem ", "require ", "(", ")", "//", "<dependency>", "<version>", "</", ">", "<!--", "-->", "<![CDATA[",
     "${x}", "&amp;", "[dependencies]", '"dependencies":', "--hash=", "-e ", "\ufeff", "\x00", "dependencies = [",
     "[project]", '"""']
)  # fmt: skip


def an_answer(path: str, text: str | bytes, name: str, version: str) -> None:
    ecosystem = FILES[path][0]
    for edit in (manifests.raise_to, manifests.override):
        answer = edit(path, text, ecosystem, name, version)
        assert isinstance(answer, Edited | Refusal)
        assert isinstance(answer, Edited) or answer.reason
    assert isinstance(manifests.declared(path, text), tuple)
    manifests.line(path, text, ecosystem, name)


@given(PATHS, st.binary(max_size=200) | st.text(max_size=200), st.text(max_size=5), st.text(max_size=8))
def test_any_bytes_get_an_answer(path: str, text: str | bytes, name: str, version: str) -> None:
    an_answer(path, text, name, version)


@given(PATHS, st.lists(FRAGMENTS, max_size=30).map("".join))
def test_any_fragments_of_the_grammars_get_an_answer(path: str, text: str) -> None:
    an_answer(path, text, "x", "1.5.1")


@given(PATHS, st.data())
def test_any_damage_to_a_real_manifest_gets_an_answer(path: str, data: st.DataObject) -> None:
    text = real(FILES[path][1])
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 40)))
    names = [each.name for each in manifests.declared(path, text)]
    damaged = text[:at] + data.draw(FRAGMENTS) + text[end:]
    an_answer(path, damaged, data.draw(st.sampled_from(names)), "99.1.1")


def shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


VERSIONS = st.tuples(*[st.integers(0, 30)] * 3).map(lambda parts: "{}.{}.{}".format(*parts))


@given(PATHS, st.data(), VERSIONS, st.booleans())
def test_an_edit_says_what_was_wanted_and_all_else_is_byte_for_byte_the_same(
    path: str, data: st.DataObject, version: str, windows: bool
) -> None:
    ecosystem, file = FILES[path]
    text = real(file).replace("\n", "\r\n") if windows else real(file)
    before = constraints(path, text)
    name = data.draw(st.sampled_from(sorted(before)))
    answer = manifests.raise_to(path, text, ecosystem, name, version)
    if isinstance(answer, Refusal):
        return
    after = constraints(path, answer.text)
    assert {key for key in before if before[key] != after[key]} == {name}
    assert (before[name], after[name]) == (answer.before, answer.after)
    assert version in answer.after
    start, end = shared(text, answer.text), shared(text[::-1], answer.text[::-1])
    assert len(text) - end - start <= len(answer.before)  # nothing outside one constraint differs
    again = manifests.raise_to(path, answer.text, ecosystem, name, version)
    assert isinstance(again, Refusal)
    assert "or above already" in again.reason


@given(VERSIONS, VERSIONS, st.sampled_from(["^{}", "~{}", ">={}", "{}", "={}", ">={} <40"]))
def test_a_floor_only_ever_rises(old: str, new: str, style: str) -> None:
    text = json.dumps({"dependencies": {"x": style.format(old)}})
    answer = manifests.raise_to("package.json", text, "npm", "x", new)
    assert isinstance(answer, Edited) == (compare("npm", old, new) == -1)
    if isinstance(answer, Edited):
        assert answer.after == style.format(new)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_manifest_of_more_than_two_mebibytes_is_refused(path: str) -> None:
    ecosystem = FILES[path][0]
    text = real(FILES[path][1])
    name = manifests.declared(path, text)[1].name
    large = text.rstrip() + " " * (MAX_BYTES + 1 - len(text.rstrip()))
    assert manifests.raise_to(path, large, ecosystem, name, "99.0.0") == Refusal("it is larger than 2 MiB")
    assert manifests.declared(path, large) == ()
    assert manifests.declared(path, large[:-1]) != ()


@pytest.mark.parametrize(
    ("path", "ecosystem", "version", "reason"),
    [
        ("setup.py", "pypi", "1.0", "setup.py is no manifest that can be edited"),
        ("package.json.bak", "npm", "1.0", "package.json.bak is no manifest"),
        ("package.json", "pypi", "1.0", "package.json declares packages of npm, not of pypi"),
        ("package.json", "npm", "", "`` is not a version"),
        ("package.json", "npm", "1.0\n", "is not a version"),
        ("package.json", "npm", "1.0 || *", "is not a version"),
        ("package.json", "npm", '1"', "is not a version"),
        ("package.json", "npm", "1" * 129, "is not a version"),
    ],
)
def test_what_was_asked_for_is_looked_at_first(path: str, ecosystem: str, version: str, reason: str) -> None:
    for edit in (manifests.raise_to, manifests.override):
        answer = edit(path, "{}", ecosystem, "x", version)
        assert isinstance(answer, Refusal)
        assert reason in answer.reason


def test_text_in_another_encoding_is_refused() -> None:
    assert manifests.raise_to("Gemfile", "gem 'é'".encode("latin-1"), "gem", "x", "1.0") == Refusal(
        "it is not written in UTF-8"
    )


@pytest.mark.parametrize(
    ("path", "known"),
    [
        *((path, True) for path in FILES),
        *((f"deep/down/{path}", True) for path in FILES),
        ("requirements/base.txt", True),
        ("requirements/base.in", True),
        ("dev-requirements.txt", True),
        ("requirements.in", True),
        ("constraints-3.11.txt", True),
        ("notes.txt", False),
        ("requirements.md", False),
        ("package-lock.json", False),
        ("Gemfile.lock", False),
        ("Pipfile", False),
        ("build.gradle", False),
        ("app/cargo.toml", False),
    ],
)
def test_the_known_files_are_those_that_can_be_edited(path: str, known: bool) -> None:
    assert matches(path, KNOWN) == known
    ecosystem = FILES.get(path.rpartition("/")[2], ("pypi", ""))[0]
    answer = manifests.raise_to(path, "", ecosystem, "x", "1.0")
    assert isinstance(answer, Refusal)
    assert ("is no manifest" in answer.reason) != known


def test_a_line_is_found_only_in_the_right_ecosystem() -> None:
    assert manifests.line("package.json", '{"dependencies":\n{"x": "1"}}', "npm", "x") == 2
    assert manifests.line("package.json", '{"dependencies":\n{"x": "1"}}', "npm", "X") is None
    assert manifests.line("package.json", '{"dependencies":\n{"x": "1"}}', "pypi", "x") is None
