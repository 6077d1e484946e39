import pytest

from checks.sbom import osv
from checks.sbom.versions.ecosystems import OSV_NAMES, PURL_TYPES, locate

from .advisories import entry, record


@pytest.mark.parametrize(
    ("ecosystem", "name", "asked", "as_name"),
    [
        ("PyPI", "Zope.Interface", "pypi", "zope_interface"),
        ("PyPI", "foo", "PyPI", "Foo"),
        ("pypi", "a--b", "PYPI", "a.b"),
        ("npm", "@a/b", "npm", "@a/b"),
        ("Go", "github.com/Azure/x", "golang", "github.com/azure/x"),
        ("Maven", "org.a:b", "maven", "org.a:b"),
        ("Maven", "org.a:b", "maven", "org.a/b"),
        ("NuGet", "Newtonsoft.Json", "nuget", "newtonsoft.json"),
        ("Packagist", "Symfony/Http", "composer", "symfony/http"),
        (OSV_NAMES["cargo"], "serde_json", "cargo", "serde-json"),
        ("RubyGems", "rails", "gem", "rails"),
        ("Hex", "phoenix", "hex", "phoenix"),
        ("Pub", "http", "pub", "http"),
        ("SwiftURL", "https://github.com/Apple/swift-nio.git", "swift", "github.com/apple/swift-nio"),
        ("GitHub Actions", "Actions/checkout", "githubactions", "actions/checkout"),
        ("GitHub Actions", "actions/checkout", "github", "actions/checkout"),
        ("Debian:11", "curl", "deb", "debian/curl"),
        ("Ubuntu:22.04:LTS", "curl", "deb", "ubuntu/curl"),
        ("Alpine:v3.18", "curl", "apk", "alpine/curl"),
        ("Red Hat:enterprise_linux:9", "curl", "rpm", "redhat/curl"),
        ("Rocky Linux:9", "curl", "rpm", "rocky-linux/curl"),
        ("Photon OS:5.0", "curl", "rpm", "photon/curl"),
        ("Maven:https://repo.example.org", "a:b", "Maven", "a:b"),
        ("Linux", "Kernel", "linux", "Kernel"),
    ],
)
def test_a_package_is_found_under_the_names_that_mean_it(ecosystem: str, name: str, asked: str, as_name: str) -> None:
    one = record(entry("introduced:0", ecosystem=ecosystem, name=name, kind="ECOSYSTEM"))
    assert osv.affected(one, asked, as_name, "1.0.0") is True


@pytest.mark.parametrize(
    ("ecosystem", "name", "asked", "as_name"),
    [
        ("npm", "JSONStream", "npm", "jsonstream"),
        ("Maven", "org.A:b", "maven", "org.a:b"),
        ("RubyGems", "RedCloth", "gem", "redcloth"),
        ("Debian:11", "curl", "deb", "ubuntu/curl"),
        ("PyPI", "foo", "npm", "foo"),
        ("npm", "a_b", "npm", "a-b"),
    ],
)
def test_names_that_a_registry_tells_apart_are_two(ecosystem: str, name: str, asked: str, as_name: str) -> None:
    one = record(entry("introduced:0", ecosystem=ecosystem, name=name, kind="ECOSYSTEM"))
    assert osv.affected(one, asked, as_name, "1.0.0") is False


def test_a_release_of_a_distribution_is_kept_apart_where_it_is_named() -> None:
    two = record(
        entry("introduced:0", "fixed:7.5-1", ecosystem="Debian:11", name="curl", kind="ECOSYSTEM"),
        entry("introduced:0", "fixed:7.9-1", ecosystem="Debian:12", name="curl", kind="ECOSYSTEM"),
    )
    assert osv.affected(two, "Debian:11", "curl", "7.7-1") is False
    assert osv.affected(two, "Debian:12", "curl", "7.7-1") is True
    assert osv.affected(two, "Debian:13", "curl", "7.7-1") is False
    assert osv.affected(two, "Debian", "curl", "7.4-1") is True
    assert osv.affected(two, "deb", "debian/curl", "7.9-1") is False
    assert osv.affected(two, "deb", "debian/curl", "7.7-1") is None  # one release says yes, the other no


def test_an_entry_without_a_release_holds_for_all() -> None:
    any_release = record(entry("introduced:0", "fixed:2-r1", ecosystem="Alpine", name="curl", kind="ECOSYSTEM"))
    assert osv.affected(any_release, "Alpine:v3.18", "curl", "1-r1") is True
    one = record(entry("introduced:0", ecosystem="Alpine:v3.18", name="curl", kind="ECOSYSTEM"))
    assert osv.affected(one, "alpine:3.18", "curl", "1") is True


def test_the_purl_of_an_entry_names_its_package_too() -> None:
    named = entry("introduced:0") | {"package": {"purl": "pkg:npm/%40a/b"}}
    assert osv.affected(record(named), "npm", "@a/b", "1.0.0") is True
    both = entry("introduced:0") | {"package": {"ecosystem": "npm", "name": "old", "purl": "pkg:npm/new@1"}}
    assert [osv.affected(record(both), "npm", name, "1.0.0") for name in ("old", "new")] == [True, True]
    debian = entry("introduced:0", "fixed:2", kind="ECOSYSTEM") | {
        "package": {"ecosystem": "Debian:11", "name": "curl", "purl": "pkg:deb/debian/curl?arch=source"}
    }
    assert osv.affected(record(debian), "Debian:12", "curl", "1") is False


def test_each_type_has_one_osv_name_unless_distributions_share_it() -> None:
    assert (OSV_NAMES["golang"], OSV_NAMES["cargo"].partition(".")[::2]) == ("Go", ("crates", "io"))
    assert {name: PURL_TYPES[name] for name in OSV_NAMES.values()} == {name: kind for kind, name in OSV_NAMES.items()}
    assert OSV_NAMES.keys().isdisjoint({"deb", "rpm", "apk"})


def test_a_place_ends_the_names_that_nobody_bears() -> None:
    assert locate(" PyPI ", " Foo ") == ("pypi", "foo", "")
    assert len(locate("npm", "x" * 5000).name) == 1024
