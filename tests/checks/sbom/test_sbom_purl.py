import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from checks.sbom.purl import identify, with_version


@pytest.mark.parametrize(
    ("purl", "key", "ecosystem", "name", "version"),
    [
        ("pkg:npm/foo@1.0.0", "pkg:npm/foo", "npm", "foo", "1.0.0"),
        ("pkg:npm/%40a/b@1", "pkg:npm/%40a/b", "npm", "@a/b", "1"),
        ("pkg:npm/@a/b@1", "pkg:npm/%40a/b", "npm", "@a/b", "1"),
        ("pkg:npm/@a/b", "pkg:npm/%40a/b", "npm", "@a/b", ""),
        ("pkg:npm/foo@1?arch=arm64", "pkg:npm/foo", "npm", "foo", "1"),
        ("pkg:npm/foo@1#lib", "pkg:npm/foo", "npm", "foo", "1"),
        ("PKG:NPM/foo@1", "pkg:npm/foo", "npm", "foo", "1"),
        (" pkg:npm/foo@1 ", "pkg:npm/foo", "npm", "foo", "1"),
        ("pkg:pypi/Django_Foo@2", "pkg:pypi/django-foo", "pypi", "django-foo", "2"),
        ("pkg:pypi/zope.interface@7", "pkg:pypi/zope-interface", "pypi", "zope-interface", "7"),
        ("pkg:golang/git.org/A/b/v2@v2.1.0", "pkg:golang/git.org/A/b/v2", "golang", "git.org/A/b/v2", "v2.1.0"),
        ("pkg:golang/x@v2.0.0%2Bincompatible", "pkg:golang/x", "golang", "x", "v2.0.0+incompatible"),
        ("pkg:maven/org.a/b@1?type=jar", "pkg:maven/org.a/b", "maven", "org.a:b", "1"),
        ("pkg:maven/org.a/b@1?type=pom", "pkg:maven/org.a/b?type=pom", "maven", "org.a:b", "1"),
        ("PKG:Maven/org.a/b@1?type=pom", "pkg:maven/org.a/b?type=pom", "maven", "org.a:b", "1"),
        ("pkg:maven/org.a/b@1?classifier=sources&type=jar", "pkg:maven/org.a/b?classifier=sources", "maven",
         "org.a:b", "1"),
        ("pkg:deb/debian/curl@7.5-1?arch=i386&distro=jessie", "pkg:deb/debian/curl", "deb", "debian/curl", "7.5-1"),
        ("pkg:deb/debian/curl@1:7.5", "pkg:deb/debian/curl", "deb", "debian/curl", "1:7.5"),
        ("pkg:cargo/serde@1.0.0", "pkg:cargo/serde", "cargo", "serde", "1.0.0"),
        ("pkg:github/Acme/Tool@v1", "pkg:github/acme/tool", "github", "acme/tool", "v1"),
    ],
)  # fmt: skip
def test_a_purl_is_canonical_without_version_and_volatile_qualifiers(
    purl: str, key: str, ecosystem: str, name: str, version: str
) -> None:
    assert identify(purl) == ((key, ecosystem, name), version)


@pytest.mark.parametrize("text", ["", "foo", "pkg:", "pkg:npm", "pkg:npm/", "http://x/y@1", "pkg:/foo@1"])
def test_what_is_no_purl_has_no_identity(text: str) -> None:
    assert identify(text) is None


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:npm/%40scope/a.b~c@1",
        "pkg:npm/a-b_c@1",
        "pkg:cargo/a_b@1",
        "pkg:gem/Rails@7",
        "pkg:nuget/a.b@1",
        "pkg:golang/golang.org/x/net@v1",
        "pkg:maven/a.b/c.d@1",
        "pkg:pypi/ab-c_D@1",
    ],
)
def test_the_fast_path_gives_what_the_reference_library_gives(purl: str) -> None:
    parsed = PackageURL.from_string(purl)
    found = identify(purl)
    assert found is not None
    assert found[0].purl == PackageURL(parsed.type, parsed.namespace, parsed.name).to_string()
    assert found[1] == parsed.version


TYPES = [
    "alpm",
    "apk",
    "bitbucket",
    "cargo",
    "composer",
    "deb",
    "gem",
    "github",
    "gitlab",
    "golang",
    "hex",
    "maven",
    "nuget",
    "rpm",
]
WORD = st.text("ab1._~-", min_size=1, max_size=4)
VERSION = st.text("v10.:~+-", min_size=1, max_size=5)


@given(st.sampled_from(TYPES), st.lists(WORD, max_size=3), WORD, VERSION, st.sampled_from(["", "?arch=amd64", "#lib"]))
def test_what_is_canonical_already_is_taken_as_the_reference_library_takes_it(
    ecosystem: str, above: list[str], name: str, version: str, rest: str
) -> None:
    text = "/".join([f"pkg:{ecosystem}", *above, f"{name}@{version}{rest}"])
    parsed = PackageURL.from_string(text)
    found = identify(text)
    assert found is not None
    assert found[0].purl == PackageURL(parsed.type, parsed.namespace, parsed.name).to_string()
    assert found[1] == parsed.version
    spelled = [*([parsed.namespace] if parsed.namespace else []), parsed.name]
    assert found[0].name == (":" if ecosystem == "maven" else "/").join(spelled)


def test_a_version_goes_back_in_before_the_qualifiers() -> None:
    assert with_version("pkg:npm/foo", "1.0.0") == "pkg:npm/foo@1.0.0"
    assert with_version("pkg:maven/a/b?type=pom", "1") == "pkg:maven/a/b@1?type=pom"
    assert with_version("pkg:golang/x", "v2+incompatible") == "pkg:golang/x@v2%2Bincompatible"
    assert with_version("pkg:deb/debian/curl", "1:7.5") == "pkg:deb/debian/curl@1:7.5"
    assert with_version("pkg:npm/foo", "") == "pkg:npm/foo"
    assert with_version("", "1") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:pypi/zope.interface@5.0", "pkg:pypi/zope-interface@5.0"),
        ("pkg:pypi/Zope__Interface@5.0", "pkg:pypi/zope-interface@5.0"),
        ("pkg:nuget/Newtonsoft.Json@12.0.3", "pkg:nuget/newtonsoft.json@12.0.3"),
    ],
)
def test_names_that_their_index_takes_for_one_are_one(one: str, other: str) -> None:
    assert identify(one) == identify(other)
