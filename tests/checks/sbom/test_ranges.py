import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom.versions.ranges import includes_vers, meets

# (declared, versions it takes, versions it does not take)
NPM = [
    ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "1.3.0-rc.1", "2.0.0-rc.1", "2.0.0-0"]),
    ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2", "1.0.0"]),
    ("^0.0.3", ["0.0.3"], ["0.0.4", "0.0.2"]),
    ("^0.0", ["0.0.9"], ["0.1.0"]),
    ("^0", ["0.9.9"], ["1.0.0"]),
    ("^1.x", ["1.0.0", "1.9.0"], ["2.0.0", "0.9.0"]),
    ("^1.2.3-beta.2", ["1.2.3-beta.2", "1.2.3-beta.10", "1.2.3", "1.3.0"], ["1.2.3-beta.1", "1.3.0-beta.3", "2.0.0"]),
    ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2", "1.2.4-rc.1"]),
    ("~1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
    ("~1", ["1.0.0", "1.9.0"], ["2.0.0"]),
    ("~>1.2.3", ["1.2.9"], ["1.3.0"]),
    ("1.2.3", ["1.2.3", "v1.2.3", "1.2.3+build"], ["1.2.4", "1.2.3-rc.1"]),
    ("=v1.2.3", ["1.2.3"], ["1.2.4"]),
    ("1.2.x", ["1.2.0", "1.2.9"], ["1.3.0", "1.1.9"]),
    ("1.X.3", ["1.9.0"], ["2.0.0"]),
    ("1", ["1.0.0", "1.9.9"], ["2.0.0", "2.0.0-0"]),
    ("*", ["0.0.0", "9.9.9"], ["1.0.0-rc.1"]),
    ("", ["0.0.0", "9.9.9"], ["1.0.0-rc.1"]),
    (">1.2", ["1.3.0"], ["1.2.9"]),
    (">1", ["2.0.0"], ["1.9.9"]),
    (">1.2.3", ["1.2.4"], ["1.2.3"]),
    (">=1.2", ["1.2.0", "3.0.0"], ["1.1.9"]),
    ("<1.2", ["1.1.9"], ["1.2.0", "1.2.0-rc.1"]),
    ("<=1.2", ["1.2.9"], ["1.3.0"]),
    ("<=1.2.3", ["1.2.3"], ["1.2.4"]),
    (">*", [], ["0.0.0", "1.0.0"]),
    ("<*", [], ["0.0.0", "1.0.0"]),
    (">=*", ["0.0.0"], []),
    (">=1.2.3 <2.0.0", ["1.2.3", "1.9.0"], ["2.0.0", "1.2.2"]),
    (">= 1.2.3  < 2.0.0", ["1.2.3", "1.9.0"], ["2.0.0"]),
    (">=1.0.0 <2.0.0-rc.1", ["2.0.0-beta.2", "1.5.0"], ["2.0.0-rc.1", "1.5.0-rc.1"]),
    ("1.2.3 - 2.3.4", ["1.2.3", "2.3.4"], ["1.2.2", "2.3.5"]),
    ("1.2 - 2.3", ["1.2.0", "2.3.9"], ["2.4.0"]),
    ("1.2.3 - 2", ["2.9.9"], ["3.0.0"]),
    ("1.2.3 - *", ["9.9.9"], ["1.2.2"]),
    ("^1.2.3 || ^3.0.0", ["1.5.0", "3.1.0"], ["2.0.0", "4.0.0"]),
    ("1.0.0||2.0.0", ["1.0.0", "2.0.0"], ["1.5.0"]),
]
CARGO = [
    ("1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "1.3.0-rc.1"]),
    ("0.2", ["0.2.0", "0.2.9"], ["0.3.0"]),
    ("~1.2", ["1.2.9"], ["1.3.0"]),
    ("1.2.*", ["1.2.9"], ["1.3.0"]),
    ("=1.2.3", ["1.2.3"], ["1.2.4"]),
    ("=1.2", ["1.2.7"], ["1.3.0"]),
    (">=1.2, <1.5", ["1.2.0", "1.4.9"], ["1.5.0", "1.1.0"]),
    (">= 1.2, < 1.5", ["1.4.9"], ["1.5.0"]),
    ("1.0.0-alpha.1", ["1.0.0-alpha.2", "1.0.0"], ["1.0.0-alpha.0", "1.0.1-alpha.2"]),
]
PYPI = [
    (">=1,<2", ["1", "1.9"], ["2", "0.9", "1.5rc1"]),
    ("~=1.4", ["1.4", "1.9"], ["2.0", "1.3"]),
    ("~=1.4.2", ["1.4.9"], ["1.5"]),
    ("==1.2.*", ["1.2.9"], ["1.3"]),
    ("==1.2", ["1.2.0"], ["1.2.1"]),
    ("!=1.2", ["1.3"], ["1.2"]),
    (">=1.5rc1", ["1.5rc1", "1.5", "2.0a1"], ["1.5b1"]),
    ("", ["1"], ["1rc1"]),
    ("^1.2", ["1.2", "1.9"], ["2.0", "1.1", "2.0rc1", "1.5rc1"]),
    ("^1.2rc1", ["1.2rc1", "1.3"], ["1.2b1", "2.0rc1"]),
    ("~1.2", ["1.2.9"], ["1.3"]),
    ("1.2.3", ["1.2.3"], ["1.2.4"]),
    ("1.*", ["1.9"], ["2.0"]),
    ("^1.0 || ^3.0", ["1.5", "3.5"], ["2.0"]),
    (">=1.0,^1.2", ["1.2"], ["2.0"]),
]
OTHERS = {
    "composer": [
        ("^1.2", ["1.2.0", "1.9.0"], ["2.0.0", "2.0.0-beta1", "1.3.0-beta1"]),
        ("^0.3", ["0.3.9"], ["0.4.0"]),
        ("~1.2", ["1.9.0"], ["2.0.0", "1.1.0"]),
        ("~1.2.3", ["1.2.9"], ["1.3.0"]),
        ("~1", ["1.9.0"], ["2.0.0"]),
        ("1.2.*", ["1.2.9"], ["1.3.0"]),
        ("1.2", ["1.2.0"], ["1.2.1"]),
        (">1.2", ["1.2.1"], ["1.2.0"]),
        ("1.0 - 2.0", ["2.0.9", "1.0.0"], ["2.1.0"]),
        ("1.0 - 2.0.0", ["2.0.0"], ["2.0.9"]),
        ("1.0 - 2.0-beta1", ["2.0.0-beta1"], ["2.0.0"]),
        (">=1.0 <1.1 || >=1.2", ["1.0.5", "1.2.0"], ["1.1.0"]),
        (">=1.0,<1.1|^3", ["1.0.5", "3.1.0"], ["1.1.0"]),
        ("^1.0@beta", ["1.1.0-beta1", "1.1.0"], ["2.0.0"]),
        ("^1.0@stable", ["1.1.0"], ["1.1.0-beta1"]),
        ("^1.0-beta1", ["1.1.0-beta1"], ["1.0.0-alpha1"]),
        ("!=1.5", ["1.4.0"], ["1.5.0"]),
    ],
    "gem": [
        ("~> 2.2", ["2.2", "2.9.9"], ["3.0", "2.1", "3.0.0.pre", "2.3.0.pre"]),
        ("~> 2.2.0", ["2.2.9"], ["2.3"]),
        ("~> 2", ["2.9"], ["3.0"]),
        ("~> 2.2.0.pre", ["2.2.0.pre", "2.2.1"], ["2.3.0"]),
        (">= 1, < 2", ["1.5"], ["2.0", "0.9"]),
        (">= 1.0", ["1.0"], ["2.0.0.pre"]),
        ("1.0", ["1.0.0"], ["1.0.1"]),
        ("!= 1.0", ["1.1"], ["1.0"]),
    ],
    "golang": [("v1.2.3", ["v1.2.3", "v1.9.0", "1.3.0", "v1.2.4-0.20210101000000-abcdefabcdef"], ["v1.2.2"])],
    "maven": [
        ("1.0", ["1.0"], ["1.1", "0.9"]),
        ("[1.0,2.0)", ["1.0", "1.5"], ["2.0", "0.9", "1.5-SNAPSHOT"]),
        ("(1.0,2.0]", ["2.0"], ["1.0", "2.1"]),
        ("(,1.0],[1.2,)", ["0.5", "1.0", "1.2", "3"], ["1.1"]),
        ("[1.5]", ["1.5"], ["1.6"]),
        ("[1.0-rc1,2.0)", ["1.0-rc2", "1.0"], ["1.0-beta1"]),
    ],
    "nuget": [
        ("1.0", ["1.0.0", "5.0.0"], ["0.9.0", "1.1.0-rc"]),
        ("1.0.0-rc", ["1.0.0-rc", "1.0.0"], ["1.0.0-beta"]),
        ("[1.0,2.0)", ["1.9.9"], ["2.0.0"]),
        ("[1.0]", ["1.0.0"], ["1.0.1"]),
        ("(1.0,)", ["1.0.1"], ["1.0.0"]),
        ("1.*", ["1.9.0"], ["2.0.0", "1.5.0-rc"]),
        ("1.2.*", ["1.2.5"], ["1.3.0"]),
        ("*", ["9.0.0"], ["1.0.0-rc"]),
    ],
    "hex": [
        ("~> 1.2", ["1.9.0"], ["2.0.0"]),
        ("~> 1.2.0", ["1.2.9"], ["1.3.0"]),
        ("~> 1.2.0 or ~> 2.0", ["1.2.1", "2.5.0"], ["1.3.0"]),
        (">= 1.0.0 and < 2.0.0", ["1.5.0"], ["2.0.0", "1.5.0-rc.1"]),
        ("== 1.0.0", ["1.0.0"], ["1.0.1"]),
    ],
    "pub": [("^1.2.0", ["1.9.0"], ["2.0.0"]), (">=1.0.0 <2.0.0", ["1.0.0"], ["2.0.0"]), ("any", ["7.0.0"], [])],
}  # fmt: skip
TABLE = [
    (ecosystem, *row)
    for ecosystem, rows in {"npm": NPM, "cargo": CARGO, "pypi": PYPI, **OTHERS}.items()
    for row in rows
]


@pytest.mark.parametrize(("ecosystem", "declared", "taken", "refused"), TABLE)
def test_a_declaration_takes_what_its_package_manager_would(
    ecosystem: str, declared: str, taken: list[str], refused: list[str]
) -> None:
    assert [version for version in taken if meets(ecosystem, declared, version) is not True] == []
    assert [version for version in refused if meets(ecosystem, declared, version) is not False] == []


@pytest.mark.parametrize(
    ("ecosystem", "declared"),
    [
        ("npm", "latest"),
        ("npm", "git+https://example.org/y.git#v1"),
        ("npm", "file:../x"),
        ("npm", "workspace:*"),
        ("npm", "npm:other@^1"),
        ("npm", "^1.2.3 and more"),
        ("npm", "1.2.3 - >2"),
        ("npm", "1.2.3 - x.y"),
        ("npm", "^1 || latest"),
        ("npm", "1.2x"),
        ("npm", "1." + "9" * 19),
        ("cargo", ">=1 <2"),
        ("cargo", ">=1,"),
        ("composer", "dev-master"),
        ("composer", "self.version@dev"),
        ("pypi", "@ https://example.org/x.whl"),
        ("maven", "${version}"),
        ("maven", "[1.0,2.0"),
        ("maven", "(1.0)"),
        ("maven", "[1.0,2.0)x"),
        ("maven", "[]"),
        ("nuget", "(1.0)"),
        ("golang", "main"),
        ("hex", "~> 1 but 2"),
        ("swift", "1.0.0"),
        ("npm", "1" * 1001),
    ],
)
def test_what_is_not_understood_is_neither_taken_nor_refused(ecosystem: str, declared: str) -> None:
    assert meets(ecosystem, declared, "1.2.3") is None


@pytest.mark.parametrize("version", ["", "latest", "1" * 1001])
def test_a_version_without_a_place_is_not_judged(version: str) -> None:
    assert meets("npm", "^1.0.0", version) is None


SMALL = st.integers(0, 3)
TRIPLE = st.tuples(SMALL, SMALL, SMALL)


def dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


@given(TRIPLE, TRIPLE, st.sampled_from(["npm", "cargo", "composer", "pub"]))
def test_a_caret_keeps_the_first_number_that_is_not_zero(
    low: tuple[int, ...], at: tuple[int, ...], ecosystem: str
) -> None:
    kept = next((place for place, number in enumerate(low) if number), 2) + 1
    assert meets(ecosystem, f"^{dotted(low)}", dotted(at)) is (at >= low and at[:kept] == low[:kept])


@given(TRIPLE, TRIPLE, st.sampled_from(["npm", "cargo", "pub"]))
def test_a_tilde_keeps_the_first_two_numbers(low: tuple[int, ...], at: tuple[int, ...], ecosystem: str) -> None:
    assert meets(ecosystem, f"~{dotted(low)}", dotted(at)) is (at >= low and at[:2] == low[:2])


@given(TRIPLE, TRIPLE, TRIPLE, st.sampled_from(["npm", "pypi", "maven", "nuget"]))
def test_an_interval_holds_what_lies_between(
    low: tuple[int, ...], high: tuple[int, ...], at: tuple[int, ...], ecosystem: str
) -> None:
    written = {
        "npm": f">={dotted(low)} <{dotted(high)}",
        "pypi": f">={dotted(low)},<{dotted(high)}",
        "maven": f"[{dotted(low)},{dotted(high)})",
        "nuget": f"[{dotted(low)},{dotted(high)})",
    }[ecosystem]
    assert meets(ecosystem, written, dotted(at)) is (low <= at < high)


@given(
    st.sampled_from(["npm", "cargo", "composer", "gem", "golang", "hex", "maven", "nuget", "pub", "pypi", "deb", ""]),
    st.text(max_size=12) | st.text("^~<>=!|,. -*x0123456789[()]@", max_size=14),
    st.sampled_from(["1.0.0", "2.0.0-rc.1", "x", ""]),
)
def test_any_declaration_gets_an_answer(ecosystem: str, declared: str, version: str) -> None:
    assert meets(ecosystem, declared, version) in {True, False, None}
    assert includes_vers(declared, ecosystem, version) in {True, False, None}
    assert includes_vers(f"vers:{ecosystem}/{declared}", ecosystem, version) in {True, False, None}


# --- ranges of policies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ecosystem", "inside", "outside"),
    [
        ("<4.17.21", "npm", ["4.17.20", "4.17.21-rc.1"], ["4.17.21", "5.0.0"]),
        (">=1, <2", "npm", ["1.0.0", "1.9.0"], ["0.9.0", "2.0.0"]),
        (">= 1 < 2", "npm", ["1.0.0"], ["2.0.0"]),
        (">=1,<2 || >=3", "pypi", ["1.5", "3.0"], ["2.0", "0.5"]),
        ("1.2.3", "npm", ["1.2.3", "v1.2.3"], ["1.2.4"]),
        ("==1.2", "pypi", ["1.2.0"], ["1.2.1"]),
        ("!=1.2", "pypi", ["1.3"], ["1.2"]),
        (" * ", "npm", ["1.0.0", "anything"], []),
        ("vers:npm/*", "npm", ["1.0.0"], []),
        ("vers:npm/>=1.0.0|<1.2.0|>=2.0.0|<2.5.0", "npm", ["1.0.0", "2.4.0"], ["0.9.0", "1.2.0", "1.5.0", "2.5.0"]),
        ("vers:npm/>1.0.0|>=1.5.0|<2.0.0", "npm", ["1.0.1", "1.5.0"], ["1.0.0", "2.0.0"]),
        ("vers:npm/<2.5.0|>=2.0.0|>=1.0.0|<1.2.0", "npm", ["1.1.0", "2.4.0"], ["1.5.0", "3.0.0"]),
        ("vers:pypi/1.0|2.0", "pypi", ["1.0.0", "2.0"], ["1.5"]),
        ("vers:pypi/!=1.0|!=2.0", "pypi", ["1.5"], ["1.0", "2.0"]),
        ("vers:pypi/<1.0|!=1.5|<=2.0", "pypi", ["0.5", "2.0", "1.7"], ["1.5", "2.1"]),
        ("vers:pypi/<=1.0|>3.0", "pypi", ["1.0", "0.1", "3.1"], ["2.0", "3.0"]),
        ("vers:golang/<=1.2.3", "golang", ["v1.2.3"], ["v1.2.4"]),
        ("vers:deb/>=1%3A7.5-1", "deb", ["1:7.5-2"], ["7.9-1"]),
        ("vers:semver/<1.0.0", "npm", ["0.9.0"], ["1.0.0"]),
        ("vers:PyPI/<1.0", "pypi", ["0.9"], ["1.0"]),
        ("vers:generic/<1.0", "npm", ["0.9.0"], ["1.0.0"]),
    ],
)  # fmt: skip
def test_a_policy_range_is_told_by_the_order_alone(
    text: str, ecosystem: str, inside: list[str], outside: list[str]
) -> None:
    assert [version for version in inside if includes_vers(text, ecosystem, version) is not True] == []
    assert [version for version in outside if includes_vers(text, ecosystem, version) is not False] == []


@pytest.mark.parametrize(
    "text",
    ["", "  ", "<tbd", "^1.2", ">=1,,<2 x=", "vers:pypi/<1", "vers:npm/", "vers:npm/<1 >2", "vers:npm/<tbd", "<",
     "<" + "1" * 1000],
)  # fmt: skip
def test_a_policy_range_that_is_not_understood_says_nothing(text: str) -> None:
    assert includes_vers(text, "npm", "0.5.0") is None


@given(st.lists(st.tuples(SMALL, SMALL), max_size=3), st.tuples(SMALL, SMALL))
def test_alternatives_hold_where_one_of_them_holds(pairs: list[tuple[int, int]], at: tuple[int, int]) -> None:
    text = " || ".join(f">={low}.0.0 <{high}.0.0" for low, high in pairs)
    expected = any((low, 0) <= at < (high, 0) for low, high in pairs) if pairs else None
    assert includes_vers(text, "npm", f"{at[0]}.{at[1]}.0") is expected
