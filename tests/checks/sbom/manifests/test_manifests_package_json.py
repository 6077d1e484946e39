import json

import pytest

from checks.sbom import manifests
from tests.checks.sbom.manifests.editing import changed, constraints, edited, not_overridden, overridden, refused


def package(**tables: object) -> str:
    return json.dumps({"name": "app", **tables}, indent=2) + "\n"


@pytest.mark.parametrize(
    "constraint",
    ["workspace:^1.0.0", "file:../x", "link:../x", "git+ssh://host/x.git", "https://host/x.tgz", "owner/x", "catalog:"],
)
def test_what_does_not_come_from_an_index_is_refused(constraint: str) -> None:
    reason = refused("package.json", package(dependencies={"x": constraint}), "npm", "x", "1.2.3")
    assert reason == f"`{constraint}` is no range of versions: it comes from a workspace, a file or a repository"


def test_an_alias_is_refused_as_another_package() -> None:
    reason = refused("package.json", package(dependencies={"x": "npm:y@^1.0.0"}), "npm", "x", "1.2.3")
    assert reason == "`npm:y@^1.0.0` is another package under an alias"


def test_each_table_gives_its_scope() -> None:
    text = package(
        dependencies={"a": "1.0.0"},
        devDependencies={"b": "1.0.0"},
        optionalDependencies={"c": "1.0.0"},
        peerDependencies={"d": "1.0.0"},
        bundledDependencies=["a"],
        other={"e": "1.0.0"},
    )
    found = {each.name: each.scope for each in manifests.declared("web/package.json", text)}
    assert found == {"a": "runtime", "b": "development", "c": "optional", "d": "peer"}
    assert {each.path for each in manifests.declared("web/package.json", text)} == {"web/package.json"}


def test_a_package_of_two_tables_is_raised_in_both_but_not_as_a_peer() -> None:
    text = package(
        dependencies={"x": "^1.0.0"}, devDependencies={"x": "~1.0.0"}, peerDependencies={"x": ">=1", "y": "1.0.0"}
    )
    edit = edited("package.json", text, "npm", "x", "1.2.3")
    assert changed(text, edit.text) == [
        ('    "x": "^1.0.0"', '    "x": "^1.2.3"'),
        ('    "x": "~1.0.0"', '    "x": "~1.2.3"'),
    ]
    assert (edit.before, edit.after, edit.line) == ("^1.0.0", "^1.2.3", 4)
    assert "whoever installs" in refused("package.json", text, "npm", "y", "1.2.3")


def test_the_one_that_stands_higher_already_stays() -> None:
    text = package(dependencies={"x": "^2.0.0"}, devDependencies={"x": "^1.0.0"})
    edit = edited("package.json", text, "npm", "x", "1.2.3")
    assert changed(text, edit.text) == [('    "x": "^1.0.0"', '    "x": "^1.2.3"')]
    assert edit.line == 7


def test_one_refusal_stops_the_whole_edit() -> None:
    text = package(dependencies={"x": "^1.0.0"}, devDependencies={"x": "latest"})
    assert "`latest`" in refused("package.json", text, "npm", "x", "1.2.3")


def test_only_the_tables_at_the_top_count() -> None:
    text = package(nested={"dependencies": {"x": "1.0.0"}}, list=[{"dependencies": {"x": "1.0.0"}}], dependencies=["x"])
    assert manifests.declared("package.json", text) == ()


def test_a_name_or_constraint_in_escapes_is_found_but_never_edited_blindly() -> None:
    text = '{"dependencies": {"\\u0078": "1.0.0", "y": "\\u003e=1.0.0", "z": "1.0.0"}}'
    assert edited("package.json", text, "npm", "x", "1.2.3").text == text.replace("1.0.0", "1.2.3", 1)
    assert "is not a single range" in refused("package.json", text, "npm", "y", "1.2.3")
    assert edited("package.json", text, "npm", "z", "1.2.3").text.endswith('"z": "1.2.3"}}')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is no JSON"),
        ("[]", "it is no JSON object"),
        ('{"a": 1, "a": 2}', "the same key is given twice"),
        ('{"dependencies": {"x": "1.0.0"}, "n": NaN}', "NaN is no number"),
        ('{"a": ' * 100_000, "it nests too deep"),
        ('{"dependencies": {"x": "1.0.0",}}', "it is no JSON"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, reason: str) -> None:
    assert reason in refused("package.json", text, "npm", "x", "1.2.3")
    assert reason in not_overridden("package.json", text, "npm", "x", "1.2.3")
    assert manifests.declared("package.json", text) == ()


def test_an_override_goes_first_into_the_overrides_that_are_there() -> None:
    text = package(overrides={"a": "1.0.0"})
    edit = overridden("package.json", text, "npm", "x", "1.2.3")
    assert edit.text == text.replace('"overrides": {\n', '"overrides": {\n    "x": "1.2.3",\n')
    assert (edit.before, edit.after, edit.line) == ("", "1.2.3", 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n  "overrides": {}\n}', '{\n  "overrides": {\n    "x": "1.2.3"\n  }\n}'),
        ('{\n  "overrides": {\n  }\n}', '{\n  "overrides": {\n    "x": "1.2.3"\n  }\n}'),
        ('{\n  "overrides": {"a": "1"}\n}', '{\n  "overrides": {"x": "1.2.3", "a": "1"}\n}'),
        ('{"overrides": {}}', '{"overrides": {"x": "1.2.3"}}'),
        ('{"a": 1}', '{"a": 1, "overrides": {"x": "1.2.3"}}'),
        ("{}", '{ "overrides": {"x": "1.2.3"}}'),
        ("{\n\t\n}", '{\n\t"overrides": {\n\t\t"x": "1.2.3"\n\t}\n\t\n}'),
        ('{\r\n  "a": 1\r\n}', '{\r\n  "a": 1,\r\n  "overrides": {\r\n    "x": "1.2.3"\r\n  }\r\n}'),
    ],
)
def test_an_override_follows_the_form_of_the_file(text: str, expected: str) -> None:
    edit = manifests.override("package.json", text, "npm", "x", "v1.2.3")
    assert isinstance(edit, manifests.Edited)
    assert json.loads(edit.text) == json.loads(expected)
    assert edit.text.replace(" ", "") == expected.replace(" ", "") or "\t" in expected


def test_yarn_and_pnpm_have_tables_of_their_own() -> None:
    yarn = overridden("package.json", package(packageManager="yarn@4.1.0"), "npm", "x", "1.2.3")
    assert json.loads(yarn.text)["resolutions"] == {"x": "1.2.3"}
    resolutions = overridden("package.json", package(resolutions={"a": "1.0.0"}), "npm", "x", "1.2.3")
    assert json.loads(resolutions.text)["resolutions"] == {"x": "1.2.3", "a": "1.0.0"}
    text = package(pnpm={"overrides": {"a": "1.0.0"}})
    pnpm = overridden("package.json", text, "npm", "x", "1.2.3")
    assert changed(text, pnpm.text) == [("", '      "x": "1.2.3",')]
    assert json.loads(pnpm.text)["pnpm"]["overrides"] == {"x": "1.2.3", "a": "1.0.0"}


def test_an_override_that_is_there_already_goes_up_and_never_down() -> None:
    text = package(overrides={"x": "1.0.0"}, dependencies={"a": "1"})
    edit = overridden("package.json", text, "npm", "x", "1.2.3")
    assert changed(text, edit.text) == [('    "x": "1.0.0"', '    "x": "1.2.3"')]
    assert "above already" in not_overridden("package.json", text, "npm", "x", "0.9.0")


@pytest.mark.parametrize(
    ("tables", "version", "reason"),
    [
        ({"dependencies": {"x": "1.0.0"}}, "1.2.3", "`x` is declared here: raise that instead"),
        ({"overrides": {"x": {".": "1.0.0"}}}, "1.2.3", "`overrides.x` is no version"),
        ({"overrides": {"x": "$y"}}, "1.2.3", "is not a single range"),
        ({"overrides": "x"}, "1.2.3", "`overrides` is no object"),
        ({"resolutions": []}, "1.2.3", "`resolutions` is no object"),
        ({}, "1.2", "`x` 1.2 is not a package and version that an override can name"),
        ({}, "latest", "`x` latest is not a package and version"),
    ],
)
def test_what_an_override_cannot_settle_is_refused(tables: dict[str, object], version: str, reason: str) -> None:
    assert reason in not_overridden("package.json", package(**tables), "npm", "x", version)


def test_a_peer_can_be_overridden() -> None:
    text = package(peerDependencies={"x": "1.0.0"})
    assert json.loads(overridden("package.json", text, "npm", "x", "1.2.3").text)["overrides"] == {"x": "1.2.3"}


def test_a_name_that_is_no_name_breaks_nothing() -> None:
    assert "is not a package and version" in not_overridden("package.json", package(), "npm", 'x", "y', "1.2.3")
    assert constraints("package.json", package()) == {}
