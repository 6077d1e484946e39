import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom.versions.comparison import compare

# From the text of Semantic Versioning 2.0.0, section 11, oldest first.
PRECEDENCE = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
              "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0"]  # fmt: skip


@pytest.mark.parametrize("ecosystem", ["npm", "cargo", "golang", "hex"])
def test_the_order_of_the_semver_text_holds(ecosystem: str) -> None:
    for place, older in enumerate(PRECEDENCE):
        assert compare(ecosystem, older, older) == 0
        for newer in PRECEDENCE[place + 1 :]:
            assert (compare(ecosystem, older, newer), compare(ecosystem, newer, older)) == (-1, 1)


@pytest.mark.parametrize(
    ("ecosystem", "older", "newer"),
    [
        ("golang", "v0.0.0-20200423100218-dcfd1b7d2b41", "v0.0.0-20210203125329-619074823f3c"),
        ("golang", "v1.2.2", "v1.2.3-0.20210101000000-abcdefabcdef"),
        ("golang", "v1.9.0+incompatible", "v1.10.0+incompatible"),
        ("pypi", "1.0rc1", "1.0"),
        ("pypi", "2.10", "3.10"),
        ("pypi", "1.0", "1.0.post1"),
        ("pypi", "9.0", "1!1.0"),
        ("maven", "1.0-SNAPSHOT", "1.0"),
        ("maven", "1.0-alpha-1", "1.0-beta-1"),
        ("deb", "1.0~rc1", "1.0"),
        ("deb", "9.9-1", "1:1.0-1"),
        ("rpm", "1.0~rc1", "1.0"),
        ("gem", "1.0.0.pre", "1.0.0"),
        ("nuget", "1.0.0-beta", "1.0.0"),
        ("composer", "1.0.0-RC1", "1.0.0"),
        ("apk", "1.2.3-r0", "1.2.3-r1"),
        ("alpm", "1.0-1", "1:0.1-1"),
        ("conan", "1.0", "1.1"),
        ("ebuild", "1.0", "1.0-r1"),
        ("", "1.2.3", "1.10"),
        ("swift", "v1.9", "2"),
    ],
)
def test_each_ecosystem_orders_by_its_own_rules(ecosystem: str, older: str, newer: str) -> None:
    assert compare(ecosystem, older, newer) == -1
    assert compare(ecosystem, newer, older) == 1


@pytest.mark.parametrize(
    ("ecosystem", "a", "b"),
    [
        ("npm", "v1.0.0", "1.0.0"),
        ("npm", "1.0", "1.0.0"),
        ("npm", "1.0.0+a", "1.0.0+b"),
        ("npm", "0", "0.0.0"),
        ("pypi", "1.0", "1.0.0"),
        ("pypi", "1.0-1", "1.0.post1"),
        ("", "1.0", "1"),
        ("npm", "=1.2.3", "1.2.3"),
    ],
)
def test_two_spellings_of_one_version_rank_alike(ecosystem: str, a: str, b: str) -> None:
    assert compare(ecosystem, a, b) == 0


@pytest.mark.parametrize(
    ("ecosystem", "a", "b"),
    [
        ("npm", "latest", "1.0.0"),
        ("npm", "1.0.0", ""),
        ("npm", "1.0.0", "git+ssh://x"),
        ("pypi", "1.0", "unknown"),
        ("maven", "", "1.0"),
        ("nuget", ":", "1.0"),
        ("", "1.0.0-rc1", "1.0.0"),
        ("generic", "2021a", "2021b"),
        ("npm", "1." + "0" * 300, "1.0.0"),
    ],
)
def test_what_has_no_order_is_incomparable_both_ways(ecosystem: str, a: str, b: str) -> None:
    assert compare(ecosystem, a, b) is None
    assert compare(ecosystem, b, a) is None


def test_a_version_of_256_characters_is_the_longest_looked_at() -> None:
    long = "1." + "0" * 253 + "1"
    assert len(long) == 256
    assert compare("npm", long, "1.0") == 1
    assert compare("npm", long + "0", "1.0") is None


ECOSYSTEMS = ["npm", "pypi", "maven", "deb", "rpm", "gem", "nuget", "composer", "apk", "alpm", "ebuild", "conan", ""]


@given(st.sampled_from(ECOSYSTEMS), st.text(max_size=12), st.text("0123456789.-abv+~:", max_size=12))
def test_any_two_texts_get_an_answer_and_the_reverse_agrees(ecosystem: str, a: str, b: str) -> None:
    for left, right in ((a, b), (b, b)):
        there, back = compare(ecosystem, left, right), compare(ecosystem, right, left)
        assert there == (None if back is None else -back)


def test_importing_the_room_loads_neither_univers_nor_the_licence_list() -> None:
    heavy = "{'univers', 'license_expression', 'packageurl', 'cyclonedx'}"
    code = f"import sys, checks.sbom; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
