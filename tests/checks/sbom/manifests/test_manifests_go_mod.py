import pytest

from checks.sbom import manifests
from tests.checks.sbom.manifests.editing import changed, constraints, edited, not_overridden, overridden, refused

MOD = """\
module example.org/app // require a.b/commented v1.0.0

go 1.22

require a.b/single v1.0.0 // why
require	a.b/tab	v1.0.0
require (
	a.b/c v1.2.3
	a.b/d/v2 v2.1.0 // indirect
	// a.b/commented v1.0.0
	gopkg.in/yaml.v2 v2.2.1
	a.b/old v3.0.0+incompatible
	a.b/replaced v1.0.0
	a.b/blocked v1.0.0
)

replace a.b/replaced v1.0.0 => ../replaced

replace (
	a.b/blocked => a.b/fork v1.0.0
	a.b/unknown => ./unknown
)

exclude a.b/c v1.2.4

exclude (
	a.b/c v1.2.5
	a.b/single v1.1.0
)

retract v0.1.0
"""


def test_every_required_module_is_declared_once() -> None:
    assert constraints("go.mod", MOD) == {
        "a.b/single": "v1.0.0",
        "a.b/tab": "v1.0.0",
        "a.b/c": "v1.2.3",
        "a.b/d/v2": "v2.1.0",
        "gopkg.in/yaml.v2": "v2.2.1",
        "a.b/old": "v3.0.0+incompatible",
        "a.b/replaced": "v1.0.0",
        "a.b/blocked": "v1.0.0",
    }
    found = manifests.declared("tools/go.mod", MOD)
    assert [each.line for each in found] == [5, 6, 8, 9, 11, 12, 13, 14]
    assert {(each.scope, each.path, each.ecosystem) for each in found} == {("runtime", "tools/go.mod", "golang")}


@pytest.mark.parametrize(
    ("name", "version", "before", "after"),
    [
        ("a.b/single", "1.0.1", "require a.b/single v1.0.0 // why", "require a.b/single v1.0.1 // why"),
        ("a.b/tab", "v1.0.1", "require\ta.b/tab\tv1.0.0", "require\ta.b/tab\tv1.0.1"),
        ("a.b/c", "1.2.6", "\ta.b/c v1.2.3", "\ta.b/c v1.2.6"),
        ("a.b/d/v2", "2.1.1", "\ta.b/d/v2 v2.1.0 // indirect", "\ta.b/d/v2 v2.1.1 // indirect"),
        ("gopkg.in/yaml.v2", "2.2.8", "\tgopkg.in/yaml.v2 v2.2.1", "\tgopkg.in/yaml.v2 v2.2.8"),
        ("a.b/old", "4.0.0+incompatible", "\ta.b/old v3.0.0+incompatible", "\ta.b/old v4.0.0+incompatible"),
    ],
)
def test_a_module_is_raised_on_its_line(name: str, version: str, before: str, after: str) -> None:
    edit = edited("go.mod", MOD, "golang", name, version)
    assert changed(MOD, edit.text) == [(before, after)]
    assert edit.after == "v" + version.removeprefix("v")


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [
        ("a.b/replaced", "1.0.1", "a replace directive decides its version"),
        ("a.b/blocked", "1.0.1", "a replace directive decides its version"),
        ("a.b/c", "1.2.4", "an exclude directive rules out v1.2.4"),
        ("a.b/c", "1.2.5", "an exclude directive rules out v1.2.5"),
        ("a.b/c", "2.0.0", "v2.0.0 is another module than `a.b/c`"),
        ("a.b/d/v2", "3.0.0", "v3.0.0 is another module than `a.b/d/v2`"),
        ("gopkg.in/yaml.v2", "3.0.0", "v3.0.0 is another module"),
        ("a.b/c", "1.3", "`1.3` is not a module version"),
        ("a.b/c", "1.2.2", "above already"),
        ("a.b/commented", "1.2.2", "is not declared"),
        ("a.b/fork", "1.2.2", "is not declared"),
        ("A.B/c", "1.2.6", "is not declared"),
    ],
)
def test_what_the_file_says_of_a_module_is_respected(name: str, version: str, reason: str) -> None:
    assert reason in refused("go.mod", MOD, "golang", name, version)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("module m\n", "module m\n\nrequire x.y/z v1.2.3 // indirect\n"),
        ("module m", "module m\n\nrequire x.y/z v1.2.3 // indirect\n"),
        ("module m\r\n", "module m\r\n\r\nrequire x.y/z v1.2.3 // indirect\r\n"),
        (
            "require (\n\ta.b/c v1.0.0\n)\n\nrequire (\n\ta.b/d v1.0.0 // indirect\n)\n\nexclude a.b/c v0.1.0\n",
            "require (\n\ta.b/c v1.0.0\n)\n\nrequire (\n\ta.b/d v1.0.0 // indirect\n\tx.y/z v1.2.3 // indirect\n)\n"
            "\nexclude a.b/c v0.1.0\n",
        ),
        (
            "require (\n\ta.b/c v1.0.0\n)\nexclude (\n\ta.b/c v0.1.0\n)\n",
            "require (\n\ta.b/c v1.0.0\n)\nexclude (\n\ta.b/c v0.1.0\n)\n\nrequire x.y/z v1.2.3 // indirect\n",
        ),
    ],
)
def test_an_override_joins_the_modules_that_others_brought(text: str, expected: str) -> None:
    edit = overridden("go.mod", text, "golang", "x.y/z", "1.2.3")
    assert edit.text == expected
    assert "x.y/z v1.2.3 // indirect" in edit.text.split("\n")[edit.line - 1]
    assert (edit.before, edit.after) == ("", "v1.2.3")


def test_an_override_of_what_is_required_raises_that() -> None:
    assert overridden("go.mod", MOD, "golang", "a.b/d/v2", "2.1.1").text == MOD.replace("v2.1.0", "v2.1.1")
    assert "above already" in not_overridden("go.mod", MOD, "golang", "a.b/d/v2", "2.0.0")


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [
        ("a.b/unknown", "1.0.0", "a replace directive decides its version"),
        ("x.y/z", "2.0.0", "another module"),
        ("x.y/z", "1.0", "is not a module version"),
        ("x y/z", "1.0.0", "cannot be required"),
        ("nodomain", "1.0.0", "cannot be required"),
    ],
)
def test_an_override_that_cannot_hold_is_refused(name: str, version: str, reason: str) -> None:
    assert reason in not_overridden("go.mod", MOD, "golang", name, version)


def test_a_module_that_is_required_more_than_a_hundred_times_is_refused() -> None:
    text = "require a.b/c v1.0.0\n" * 100
    assert edited("go.mod", text, "golang", "a.b/c", "1.0.1").text == text.replace("v1.0.0", "v1.0.1")
    assert "more than 100 times" in refused("go.mod", text + "require a.b/c v1.0.0\n", "golang", "a.b/c", "1.0.1")


def test_a_block_that_never_ends_takes_no_override() -> None:
    edit = manifests.override("go.mod", "module m\nexclude (\n", "golang", "x.y/z", "1.2.3")
    assert isinstance(edit, manifests.Refusal)
    assert "proven" in edit.reason
