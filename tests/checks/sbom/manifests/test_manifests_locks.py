import json
from collections.abc import Mapping

import pytest

from checks.sbom.manifests import lock_of, parents
from checks.sbom.manifests.locks import MAX_LOCK_BYTES
from tests.checks.sbom.manifests.editing import real

SEND = {
    ("send", "debug"): "2.6.9",
    ("send", "depd"): "~1.1.2",
    ("send", "destroy"): "~1.0.4",
    ("send", "encodeurl"): "~1.0.2",
    ("send", "escape-html"): "~1.0.3",
    ("send", "etag"): "~1.8.1",
    ("send", "fresh"): "0.5.2",
    ("send", "http-errors"): "~1.6.2",
    ("send", "mime"): "1.4.1",
    ("send", "ms"): "2.0.0",
    ("send", "on-finished"): "~2.3.0",
    ("send", "range-parser"): "~1.2.0",
    ("send", "statuses"): "~1.4.0",
    ("debug", "ms"): "2.0.0",
    ("http-errors", "depd"): "~1.1.2",
    ("http-errors", "inherits"): "2.0.3",
    ("http-errors", "setprototypeof"): "1.1.0",
    ("http-errors", "statuses"): ">= 1.4.0 < 2",
    ("on-finished", "ee-first"): "1.1.1",
}


def test_the_lock_of_npm_tells_what_each_parent_asks_for() -> None:
    asked = parents("app/package-lock.json", real("locks/package-lock.json"))
    assert asked == SEND | {("", "debug"): "^2.6.0", ("", "send"): "0.16.2"}


def test_the_lock_of_yarn_tells_the_same_of_the_same_packages() -> None:
    assert parents("yarn.lock", real("locks/yarn.lock")) == SEND


def test_the_lock_of_uv_tells_the_ranges_of_its_own_packages() -> None:
    assert parents("uv.lock", real("locks/uv.lock").encode()) == {
        ("app", "jinja2"): ">=3.1,<4",
        ("app", "iniconfig"): ">=2",
    }


def test_the_lock_of_poetry_tells_ranges_in_each_way_it_writes_them() -> None:
    lock = """\
[[package]]
name = "flask"
version = "3.0"

[package.dependencies]
jinja2 = ">=3.1.2"
importlib-metadata = {version = ">=3.6.0", markers = "python_version < \\"3.10\\""}
numpy = [
    {version = ">=1.21,<2", markers = "python_version < \\"3.11\\""},
    {version = ">=1.23", markers = "python_version >= \\"3.11\\""},
]
odd = {git = "somewhere"}

[[package]]
name = "jinja2"
version = "3.1"
"""
    assert parents("poetry.lock", lock) == {
        ("flask", "jinja2"): ">=3.1.2",
        ("flask", "importlib-metadata"): ">=3.6.0",
        ("flask", "numpy"): ">=1.21,<2,>=1.23",
    }


def locked(*packages: tuple[str, Mapping[str, object]]) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": dict(packages)})


def test_several_versions_of_a_parent_ask_for_what_all_of_them_allow() -> None:
    lock = locked(
        ("node_modules/a", {"dependencies": {"x": "^1.0 || ^2.0"}}),
        ("node_modules/b/node_modules/a", {"dependencies": {"x": ">=1.2 || 3"}}),
        ("node_modules/c/node_modules/a", {"dependencies": {"x": "^1.0 || ^2.0"}}),
    )
    assert parents("package-lock.json", lock) == {
        ("a", "x"): "^1.0 >=1.2 || ^1.0 3 || ^2.0 >=1.2 || ^2.0 3",
    }


def test_optional_and_peer_dependencies_are_asked_for_too() -> None:
    package = {"optionalDependencies": {"x": "1"}, "peerDependencies": {"y": "2"}, "devDependencies": {"z": "3"}}
    lock = locked(("node_modules/@s/a", package))
    assert parents("npm-shrinkwrap.json", lock) == {("@s/a", "x"): "1", ("@s/a", "y"): "2"}


def test_a_workspace_and_an_alias_are_known_by_their_own_names() -> None:
    asks = {"dependencies": {"x": "1"}}
    lock = locked(
        ("packages/web", {"name": "@app/web", **asks}),
        ("node_modules/other", {"name": "real", **asks}),
        ("", {"name": "app", **asks}),
    )
    assert parents("package-lock.json", lock) == {("@app/web", "x"): "1", ("real", "x"): "1", ("", "x"): "1"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Cargo.lock", '[[package]]\nname = "a"\ndependencies = ["b"]\n'),
        ("package-lock.json", "no json"),
        ("package-lock.json", "[]"),
        ("package-lock.json", '{"packages": []}'),
        ("package-lock.json", '{"packages": {"": {"dependencies": {"a": null}}, "b": 2}}'),
        ("package-lock.json", "[" * 100_000),
        ("poetry.lock", "not = = toml"),
        ("poetry.lock", "package = 1"),
        ("poetry.lock", "[[package]]\nversion = '1'\n"),
        ("uv.lock", "[[package]]\nname = 'a'\nmetadata = 1\n"),
        (
            "uv.lock",
            "[[package]]\nname = 'a'\nmetadata = {requires-dist = [{name = 'x'}, 1], requires-dev = {d = 1}}\n",
        ),
        ("yarn.lock", "    a b\n"),
        ("uv.lock", b"\xff"),
        ("yarn.lock", "a@1:\n  dependencies:\n    b 1\n" + " " * MAX_LOCK_BYTES),
    ],
)
def test_a_lock_that_tells_no_ranges_tells_nothing(path: str, text: str | bytes) -> None:
    assert parents(path, text) == {}


def test_a_mark_of_byte_order_before_a_lock_is_no_part_of_it() -> None:
    lock = "\ufeff" + locked(("node_modules/a", {"dependencies": {"x": "1"}}))
    assert parents("package-lock.json", lock) == parents("package-lock.json", lock.encode()) == {("a", "x"): "1"}


@pytest.mark.parametrize(
    ("path", "present", "lock"),
    [
        ("package.json", ["package-lock.json"], "package-lock.json"),
        ("package.json", ["yarn.lock", "README.md"], "yarn.lock"),
        ("package.json", ["pnpm-lock.yaml"], "pnpm-lock.yaml"),
        ("package.json", ["npm-shrinkwrap.json"], "npm-shrinkwrap.json"),
        ("package.json", ["bun.lock"], "bun.lock"),
        ("package.json", ["bun.lockb"], "bun.lockb"),
        ("packages/a/package.json", ["yarn.lock", "other/yarn.lock"], "yarn.lock"),
        ("packages/a/package.json", ["yarn.lock", "packages/a/package-lock.json"], "packages/a/package-lock.json"),
        ("pyproject.toml", ["uv.lock"], "uv.lock"),
        ("pyproject.toml", ["poetry.lock"], "poetry.lock"),
        ("lib/pyproject.toml", ["pdm.lock"], "pdm.lock"),
        ("crates/a/Cargo.toml", ["Cargo.lock"], "Cargo.lock"),
        ("go.mod", ["go.sum"], "go.sum"),
        ("tools/go.mod", ["go.sum"], None),
        ("tools/go.mod", ["tools/go.sum", "go.sum"], "tools/go.sum"),
        ("Gemfile", ["Gemfile.lock"], "Gemfile.lock"),
        ("requirements/dev.in", ["requirements/dev.txt", "dev.txt"], "requirements/dev.txt"),
        ("requirements.in", ["requirements.lock"], None),
        ("requirements.txt", ["requirements.lock"], None),
        ("pom.xml", ["pom.xml"], None),
        ("package.json", [], None),
    ],
)
def test_each_manifest_has_the_lock_that_its_tools_write(path: str, present: list[str], lock: str | None) -> None:
    assert lock_of(path, present) == lock
