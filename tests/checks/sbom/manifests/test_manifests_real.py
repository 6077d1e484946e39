"""Edits of real manifests: one line differs, and it differs as a maintainer would have written it."""

import pytest

from checks.sbom import manifests
from tests.checks.sbom.manifests.editing import changed, constraints, edited, overridden, real, refused

EDITS = [
    ("express/package.json", "npm", "qs", "6.5.3", '    "qs": "6.5.1",', '    "qs": "6.5.3",'),
    ("express/package.json", "npm", "accepts", "1.3.8", '    "accepts": "~1.3.4",', '    "accepts": "~1.3.8",'),
    ("express/package.json", "npm", "vhost", "3.1.0", '    "vhost": "~3.0.2"', '    "vhost": "~3.1.0"'),
    ("got/package.json", "npm", "@sindresorhus/is", "4.6.0", '\t\t"@sindresorhus/is": "^4.0.0",',
     '\t\t"@sindresorhus/is": "^4.6.0",'),
    ("got/package.json", "npm", "http2-wrapper", "1.0.3", '\t\t"http2-wrapper": "^1.0.0-beta.5.2",',
     '\t\t"http2-wrapper": "^1.0.3",'),
    ("flask/pyproject.toml", "pypi", "werkzeug", "3.1.4", '    "Werkzeug>=3.1",', '    "Werkzeug>=3.1.4",'),
    ("flask/pyproject.toml", "pypi", "importlib.metadata", "8.0",
     "    \"importlib-metadata>=3.6; python_version < '3.10'\",",
     "    \"importlib-metadata>=8.0; python_version < '3.10'\","),
    ("flask/pyproject.toml", "pypi", "python-dotenv", "1.2",
     'dotenv = ["python-dotenv"]', 'dotenv = ["python-dotenv>=1.2"]'),
    ("poetry/pyproject.toml", "pypi", "requests", "2.20.0", 'requests = "^2.18"', 'requests = "^2.20.0"'),
    ("poetry/pyproject.toml", "pypi", "cachecontrol", "0.12.6",
     'cachecontrol = { version = "^0.12.4", extras = ["filecache"] }',
     'cachecontrol = { version = "^0.12.6", extras = ["filecache"] }'),
    ("poetry/pyproject.toml", "pypi", "pygments", "2.7.4", 'pygments = "^2.2"', 'pygments = "^2.7.4"'),
    ("gin/go.mod", "golang", "golang.org/x/net", "0.33.0", "\tgolang.org/x/net v0.25.0", "\tgolang.org/x/net v0.33.0"),
    ("gin/go.mod", "golang", "golang.org/x/crypto", "v0.31.0", "\tgolang.org/x/crypto v0.23.0 // indirect",
     "\tgolang.org/x/crypto v0.31.0 // indirect"),
    ("client_golang/go.mod", "golang", "github.com/golang-jwt/jwt/v5", "5.3.1",
     "\tgithub.com/golang-jwt/jwt/v5 v5.3.0 // indirect", "\tgithub.com/golang-jwt/jwt/v5 v5.3.1 // indirect"),
    ("petclinic/pom.xml", "maven", "org.webjars.npm:bootstrap", "5.3.8",
     "    <webjars-bootstrap.version>5.3.2</webjars-bootstrap.version>",
     "    <webjars-bootstrap.version>5.3.8</webjars-bootstrap.version>"),
    ("gson/pom.xml", "maven", "junit:junit", "4.13.3",
     "        <version>4.13.2</version>", "        <version>4.13.3</version>"),
    ("ripgrep/Cargo.toml", "cargo", "serde_json", "1.0.100", 'serde_json = "1.0.23"', 'serde_json = "1.0.100"'),
    ("ripgrep/Cargo.toml", "cargo", "textwrap", "0.16.2", 'textwrap = { version = "0.16.0", default-features = false }',
     'textwrap = { version = "0.16.2", default-features = false }'),
    ("ripgrep/Cargo.toml", "cargo", "jemallocator", "0.5.4", 'version = "0.5.0"', 'version = "0.5.4"'),
    ("ripgrep/Cargo.toml", "cargo", "walkdir", "2.5.0", 'walkdir = "2"', 'walkdir = "2.5.0"'),
    ("rubocop/Gemfile", "gem", "rake", "12.3.3", "gem 'rake', '~> 12.0'", "gem 'rake', '~> 12.3', '>= 12.3.3'"),
    ("rubocop/Gemfile", "gem", "simplecov", "0.18.5", "gem 'simplecov', '~> 0.10', '< 0.18'",
     "gem 'simplecov', '~> 0.18', '< 0.19', '>= 0.18.5'"),
    ("rubocop/Gemfile", "gem", "webmock", "3.0",
     "  gem 'webmock', require: false", "  gem 'webmock', '>= 3.0', require: false"),
    ("sinatra/Gemfile", "gem", "rack-test", "0.6.1", "gem 'rack-test', '>= 0.5.6'", "gem 'rack-test', '>= 0.6.1'"),
    ("sinatra/Gemfile", "gem", "temple", "0.4", "gem 'temple', '!= 0.3.3'", "gem 'temple', '>= 0.4', '!= 0.3.3'"),
    ("sinatra/Gemfile", "gem", "sass", "3.2",
     "gem 'sass' if RUBY_VERSION < \"2.0\"", "gem 'sass', '>= 3.2' if RUBY_VERSION < \"2.0\""),
    ("requests/requirements-dev.txt", "pypi", "pytest", "9.0.1", "pytest>=2.8.0,<9", "pytest>=9.0.1,<10"),
    ("requests/requirements-dev.txt", "pypi", "httpbin", "0.10.2", "httpbin~=0.10.0", "httpbin~=0.10.2"),
    ("requests/requirements-dev.txt", "pypi", "wheel", "0.46", "wheel", "wheel>=0.46"),
    ("fastapi/requirements-docs.txt", "pypi", "pillow", "10.3.0", "pillow==10.1.0", "pillow==10.3.0"),
    ("fastapi/requirements-docs.txt", "pypi", "typer", "0.9.4",
     "typer[all] >=0.6.1,<0.10.0", "typer[all] >=0.9.4,<0.10.0"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "ecosystem", "name", "version", "before", "after"), EDITS)
def test_one_line_of_a_real_manifest_changes(
    path: str, ecosystem: str, name: str, version: str, before: str, after: str
) -> None:
    text = real(path)
    edit = edited(path, text, ecosystem, name, version)
    assert changed(text, edit.text) == [(before, after)]
    assert edit.text.split("\n")[edit.line - 1] == after
    assert edit.path == path


@pytest.mark.parametrize(("path", "ecosystem", "name", "version", "before", "after"), EDITS)
def test_the_same_holds_with_the_line_ends_of_windows_and_without_the_last_one(
    path: str, ecosystem: str, name: str, version: str, before: str, after: str
) -> None:
    text = real(path).removesuffix("\n").replace("\n", "\r\n")
    edit = edited(path, text, ecosystem, name, version)
    assert [(old.removesuffix("\r"), new.removesuffix("\r")) for old, new in changed(text, edit.text)] == [
        (before, after)
    ]
    assert edit.text.count("\r\n") == text.count("\r\n") == edit.text.count("\n")


@pytest.mark.parametrize(("path", "ecosystem", "name", "version", "before", "after"), EDITS)
def test_a_second_run_finds_nothing_to_raise(
    path: str, ecosystem: str, name: str, version: str, before: str, after: str
) -> None:
    once = edited(path, real(path), ecosystem, name, version)
    assert "or above already" in refused(path, once.text, ecosystem, name, version)


@pytest.mark.parametrize(("path", "ecosystem", "name", "version", "before", "after"), EDITS)
def test_bytes_with_a_mark_of_their_order_are_the_same_manifest(
    path: str, ecosystem: str, name: str, version: str, before: str, after: str
) -> None:
    text = real(path)
    marked = manifests.raise_to(path, b"\xef\xbb\xbf" + text.encode(), ecosystem, name, version)
    assert isinstance(marked, manifests.Edited)
    assert marked.text == "\ufeff" + edited(path, text, ecosystem, name, version).text


@pytest.mark.parametrize(
    ("path", "ecosystem", "name", "version", "reason"),
    [
        ("petclinic/pom.xml", "maven", "com.h2database:h2", "2.3.232", "put it into dependencyManagement"),
        ("ruff_cache/Cargo.toml", "cargo", "regex", "1.12.0", "raise it in the workspace's Cargo.toml"),
        ("ripgrep/Cargo.toml", "cargo", "ignore", "0.4.23", "it comes from a path or a repository"),
        ("flask/requirements/dev.txt", "pypi", "jinja2", "3.1.6", "compiled from another"),
        ("rubocop/Gemfile", "gem", "rubocop-ast", "1.0", "it comes from a repository or a path"),
        ("sinatra/Gemfile", "gem", "less", "2.1", "under several markers"),
        ("sinatra/Gemfile", "gem", "nokogiri", "1.6", "under several markers"),
        ("sinatra/Gemfile", "gem", "bluecloth", "2.3", "is not declared"),
        ("gin/go.mod", "golang", "github.com/go-playground/validator/v10", "11.0.0", "another module"),
        ("express/package.json", "npm", "debug", "2.6.8", "`2.6.9` starts at 2.6.8 or above already"),
        ("poetry/pyproject.toml", "pypi", "python", "3.12", "is not declared"),
        ("requests/requirements-dev.txt", "pypi", "requests", "2.32", "is not declared"),
    ],
)
def test_what_a_real_manifest_leaves_to_others_is_refused(
    path: str, ecosystem: str, name: str, version: str, reason: str
) -> None:
    assert reason in refused(path, real(path), ecosystem, name, version)


def test_hashes_have_to_be_made_anew_but_what_is_declared_is_read() -> None:
    text = real("hashed/requirements.txt")
    assert "hashes must be made anew" in refused("requirements.txt", text, "pypi", "aiohttp", "99.0")
    assert constraints("requirements.txt", text) == {
        "aiohappyeyeballs": "==2.7.1",
        "aiohttp": "==3.14.5",
        "aiosignal": "==1.4.0",
    }


@pytest.mark.parametrize(
    ("path", "count", "some"),
    [
        ("express/package.json", 48, {"qs": "6.5.1", "mocha": "3.5.3"}),
        ("got/package.json", 47, {"@types/node": "^14.14.0", "typescript": "4.0.3"}),
        ("flask/pyproject.toml", 8, {"click": ">=8.1.3", "python-dotenv": "", "asgiref": ">=3.2"}),
        ("poetry/pyproject.toml", 25, {"cleo": "^0.6.7", "virtualenv": "^16.0", "black": "^18.3-alpha.0"}),
        ("gin/go.mod", 29, {"gopkg.in/yaml.v3": "v3.0.1", "golang.org/x/text": "v0.15.0"}),
        ("client_golang/go.mod", 24, {"go.uber.org/goleak": "v1.3.0"}),
        ("petclinic/pom.xml", 5, {"org.webjars.npm:bootstrap": "5.3.2", "com.h2database:h2": ""}),
        ("gson/pom.xml", 2, {"junit:junit": "4.13.2", "com.google.truth:truth": "1.4.4"}),
        ("ripgrep/Cargo.toml", 15, {"bstr": "1.7.0", "windows-sys": "0.52", "jemallocator": "0.5.0"}),
        ("ruff_cache/Cargo.toml", 8, {"regex": ""}),
        ("rubocop/Gemfile", 12, {"simplecov": "~> 0.10, < 0.18", "pry": ""}),
        ("sinatra/Gemfile", 32, {"slim": "~> 1.0", "rcov": ""}),
        ("requests/requirements-dev.txt", 8, {"pytest": ">=2.8.0,<9", "mypy": ""}),
        ("fastapi/requirements-docs.txt", 13, {"mdx-include": ">=1.4.1,<2.0.0", "mkdocstrings": "==0.23.0"}),
    ],
)
def test_all_that_a_real_manifest_declares_is_read(path: str, count: int, some: dict[str, str]) -> None:
    found = constraints(path, real(path))
    assert len(found) == count
    assert found.items() >= some.items()


@pytest.mark.parametrize(
    ("path", "ecosystem", "name", "version", "added"),
    [
        ("express/package.json", "npm", "minimist", "1.2.8", ['  "overrides": {', '    "minimist": "1.2.8"', "  }"]),
        ("got/package.json", "npm", "minimist", "1.2.8", ['\t"overrides": {', '\t\t"minimist": "1.2.8"', "\t}"]),
        ("gin/go.mod", "golang", "golang.org/x/oauth2", "0.27.0", ["\tgolang.org/x/oauth2 v0.27.0 // indirect"]),
        ("requests/requirements-dev.txt", "pypi", "urllib3", "2.5.0", ["urllib3>=2.5.0"]),
        (
            "gson/pom.xml",
            "maven",
            "com.google.guava:guava",
            "33.4.8-jre",
            [
                "      <dependency>",
                "        <groupId>com.google.guava</groupId>",
                "        <artifactId>guava</artifactId>",
                "        <version>33.4.8-jre</version>",
                "      </dependency>",
            ],
        ),
        (
            "petclinic/pom.xml",
            "maven",
            "com.h2database:h2",
            "2.3.232",
            [
                "  <dependencyManagement>",
                "    <dependencies>",
                "      <dependency>",
                "        <groupId>com.h2database</groupId>",
                "        <artifactId>h2</artifactId>",
                "        <version>2.3.232</version>",
                "      </dependency>",
                "    </dependencies>",
                "  </dependencyManagement>",
            ],
        ),
    ],
)
def test_an_override_adds_its_own_lines_to_a_real_manifest(
    path: str, ecosystem: str, name: str, version: str, added: list[str]
) -> None:
    text = real(path)
    edit = overridden(path, text, ecosystem, name, version)
    new = edit.text.split("\n")
    start = next(i for i in range(len(new)) if new[i : i + len(added)] == added)
    assert start < edit.line <= start + len(added)
    rest = "\n".join(new[:start] + new[start + len(added) :])
    with_comma = text.removesuffix("\n}\n") + ",\n}\n"
    assert rest == (with_comma if path.endswith(".json") else text)
