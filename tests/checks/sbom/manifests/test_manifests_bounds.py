import pytest

from checks.sbom.manifests import syntaxes
from checks.sbom.manifests.bounds import next_after
from checks.sbom.manifests.words import Refusal, Rule

RULES: dict[str, Rule] = {
    "pep440": syntaxes.pep440,
    "poetry": syntaxes.poetry,
    "npm": syntaxes.npm,
    "cargo": syntaxes.cargo,
    "gem": syntaxes.gem("'"),
    "maven": syntaxes.maven,
    "go": syntaxes.go,
}
RAISED = [
    # PEP 440: what is exact stays exact, what is open stays open
    ("pep440", "==1.2", "1.3", "==1.3"),
    ("pep440", "===1.2", "1.3", "===1.3"),
    ("pep440", "== 1.2", "1.3", "== 1.3"),
    ("pep440", ">=1.2,<2", "1.3", ">=1.3,<2"),
    ("pep440", ">=1.2, <2", "1.3", ">=1.3, <2"),
    ("pep440", "<2,>=1.2", "1.3", "<2,>=1.3"),
    ("pep440", ">1.2", "1.3", ">=1.3"),
    ("pep440", "> 1.2", "1.3", ">= 1.3"),
    ("pep440", "", "2.0", ">=2.0"),
    ("pep440", "<3", "2.0", ">=2.0,<3"),
    ("pep440", "!=1.9", "2.0", ">=2.0,!=1.9"),
    ("pep440", ">=1,!=1.9", "2.0", ">=2.0,!=1.9"),
    ("pep440", ">=1,!=1.9.*", "2.0", ">=2.0,!=1.9.*"),
    ("pep440", "==1.2.*", "1.2.9", "==1.2.*,>=1.2.9"),
    ("pep440", "==1.2.*", "1.4.1", "==1.4.*,>=1.4.1"),
    ("pep440", "==1.*", "2.5", "==2.*,>=2.5"),
    ("pep440", "==1.4.*,>=1.4.1", "1.4.3", "==1.4.*,>=1.4.3"),
    # `~=` fixes all numbers but the last: as many are kept, a floor says the rest
    ("pep440", "~=1.2", "1.3", "~=1.3"),
    ("pep440", "~=1.2", "1.3.4", "~=1.3,>=1.3.4"),
    ("pep440", "~=1.2", "1.3.0", "~=1.3"),
    ("pep440", "~=1.2.3", "1.2.9", "~=1.2.9"),
    ("pep440", "~=1.2.3", "1.4", "~=1.4.0"),
    ("pep440", "~=1.3,>=1.3.4", "1.3.6", "~=1.3,>=1.3.6"),
    ("pep440", "~=1.2", "1.3.1rc1", "~=1.3,>=1.3.1rc1"),
    # an upper bound that excludes the version goes up where it counted
    ("pep440", ">=4,<5", "5.1", ">=5.1,<6"),
    ("pep440", ">=4,<5", "5", ">=5,<6"),
    ("pep440", ">=4,<4.2", "4.3.1", ">=4.3.1,<4.4"),
    ("pep440", ">=1,<2.0.0", "2.31.0", ">=2.31.0,<3.0.0"),
    ("pep440", ">=0.1,<0.3.0", "0.7.2", ">=0.7.2,<0.8.0"),
    ("pep440", ">=4,<=4.2", "4.3.1", ">=4.3.1,<=4.3.1"),
    ("pep440", ">=4,<=4.3", "4.3", ">=4.3,<=4.3"),
    ("pep440", ">=4,<=5", "4.3", ">=4.3,<=5"),
    ("pep440", "< 5", "5.1", ">=5.1,< 6"),
    # Poetry
    ("poetry", "^1.2.3", "1.2.9", "^1.2.9"),
    ("poetry", "^1.2", "2.0.1", "^2.0.1"),
    ("poetry", "~1.2", "1.2.5", "~1.2.5"),
    ("poetry", "~1", "1.5.2", "^1.5.2"),
    ("poetry", "~0", "0.5.2", ">=0.5.2, <1"),
    ("poetry", "1.2.3", "1.2.4", "1.2.4"),
    ("poetry", "=1.2.3", "1.2.4", "=1.2.4"),
    ("poetry", "*", "1.2", ">=1.2"),
    ("poetry", "1.*", "1.5.2", "^1.5.2"),
    ("poetry", "1.2.*", "1.2.9", "~1.2.9"),
    ("poetry", "==1.2.*", "1.2.9", "~1.2.9"),
    ("poetry", ">=1.2,<2.0", "1.3", ">=1.3,<2.0"),
    ("poetry", "^1.2,!=1.2.5", "1.2.9", "^1.2.9,!=1.2.5"),
    # npm
    ("npm", "^1.2.3", "1.2.9", "^1.2.9"),
    ("npm", "^1.2.3", "2.0.0", "^2.0.0"),
    ("npm", "^1", "1.5.2", "^1.5.2"),
    ("npm", "~4.2.1", "4.2.5", "~4.2.5"),
    ("npm", "~4.2", "4.3.1", "~4.3.1"),
    ("npm", "~4", "4.3.1", "^4.3.1"),
    ("npm", "~0", "0.3.1", ">=0.3.1 <1"),
    ("npm", "1.2.3", "1.2.4", "1.2.4"),
    ("npm", "=1.2.3", "1.2.4", "=1.2.4"),
    ("npm", "v1.2.3", "1.2.4", "v1.2.4"),
    ("npm", "1.2.3", "v1.2.4", "1.2.4"),
    ("npm", "1.2.3", "1.2.4+build.5", "1.2.4"),
    ("npm", "1.x", "1.5.2", "^1.5.2"),
    ("npm", "1.x.x", "1.5.2", "^1.5.2"),
    ("npm", "1.2.X", "1.2.9", "~1.2.9"),
    ("npm", "1", "1.5.2", "^1.5.2"),
    ("npm", "0", "0.5.2", ">=0.5.2 <1"),
    ("npm", "1.2", "1.2.9", "~1.2.9"),
    ("npm", "*", "1.2.9", ">=1.2.9"),
    ("npm", "x", "1.2.9", ">=1.2.9"),
    ("npm", "", "1.2.9", ">=1.2.9"),
    ("npm", "* <3", "1.2.9", ">=1.2.9 <3"),
    ("npm", ">=1.2.3 <2", "1.4.0", ">=1.4.0 <2"),
    ("npm", ">= 1.2.3 < 2.0.0", "2.1.0", ">= 2.1.0 < 3.0.0"),
    ("npm", "<2", "1.4.0", ">=1.4.0 <2"),
    ("npm", ">1.2.3", "1.4.0", ">=1.4.0"),
    ("npm", "^2.0.0-rc.1", "2.0.0", "^2.0.0"),
    # Cargo
    ("cargo", "1.2", "1.2.9", "1.2.9"),
    ("cargo", "1", "1.5.2", "1.5.2"),
    ("cargo", "^1.2", "1.2.9", "^1.2.9"),
    ("cargo", "~0.3", "0.3.7", "~0.3.7"),
    ("cargo", "=1.2.3", "1.2.4", "=1.2.4"),
    ("cargo", "1.*", "1.5.2", "^1.5.2"),
    ("cargo", "0.*", "0.5.2", ">=0.5.2, <1"),
    ("cargo", ">=1.2, <1.5", "1.6.1", ">=1.6.1, <1.7"),
    ("cargo", "*", "1.2.3", ">=1.2.3"),
    ("cargo", "1.2", "1.2.9+zstd.1", "1.2.9"),
    # RubyGems
    ("gem", "'~> 1.2'", "1.4.3", "'~> 1.4', '>= 1.4.3'"),
    ("gem", "'~> 1.2'", "1.4", "'~> 1.4'"),
    ("gem", "'~> 1.2.3'", "1.2.9", "'~> 1.2.9'"),
    ("gem", "'~>1.2.3'", "2", "'~>2.0.0'"),
    ("gem", "'~> 1.4', '>= 1.4.3'", "1.4.5", "'~> 1.4', '>= 1.4.5'"),
    ("gem", "'1.2.3'", "1.2.4", "'1.2.4'"),
    ("gem", "'= 1.2.3'", "1.2.4", "'= 1.2.4'"),
    ("gem", "'>= 1', '< 2'", "2.1", "'>= 2.1', '< 3'"),
    ("gem", "", "1.2", "'>= 1.2'"),
    ("gem", "'!= 1.5.0'", "1.6", "'>= 1.6', '!= 1.5.0'"),
    # Maven
    ("maven", "1.2", "1.3", "1.3"),
    ("maven", "2.0.0-M1", "2.0.0", "2.0.0"),
    ("maven", "[1.2]", "1.3", "[1.3]"),
    ("maven", "[1.2,2.0)", "1.3", "[1.3,2.0)"),
    ("maven", "[1.2, 2.0]", "2.0", "[2.0, 2.0]"),
    ("maven", "(1.2,2.0)", "1.3", "[1.3,2.0)"),
    ("maven", "[1.2,)", "1.3", "[1.3,)"),
    # Go
    ("go", "v1.2.3", "1.2.4", "v1.2.4"),
    ("go", "v1.2.3", "v1.2.4", "v1.2.4"),
    ("go", "v0.0.0-20180306012644-bacd9c7ef1dd", "0.1.0", "v0.1.0"),
    ("go", "v2.0.0+incompatible", "v2.0.1+incompatible", "v2.0.1+incompatible"),
]


@pytest.mark.parametrize(("syntax", "constraint", "version", "expected"), RAISED)
def test_a_constraint_is_raised_in_its_own_style(syntax: str, constraint: str, version: str, expected: str) -> None:
    assert RULES[syntax](constraint, version) == expected


@pytest.mark.parametrize(("syntax", "constraint", "version", "expected"), RAISED)
def test_what_was_raised_once_has_nothing_left_to_raise(
    syntax: str, constraint: str, version: str, expected: str
) -> None:
    assert RULES[syntax](expected, version) is None


@pytest.mark.parametrize(
    ("syntax", "constraint", "version"),
    [
        ("pep440", "==1.3", "1.3"),
        ("pep440", "==1.3", "1.2.9"),
        ("pep440", ">=1.3,<2", "1.2"),
        ("pep440", ">1.3", "1.3"),
        ("pep440", "~=1.4", "1.3.9"),
        ("npm", "^2.0.0", "1.9.9"),
        ("npm", "2.x", "1.9.9"),
        ("cargo", "1.5", "1.4.9"),
        ("gem", "'~> 1.4', '>= 1.4.5'", "1.4.3"),
        ("maven", "1.3", "1.3"),
        ("maven", "1.3", "1.2"),
        ("maven", "[1.3,2)", "1.2"),
        ("go", "v1.2.4", "1.2.3"),
        ("poetry", "^1.3", "1.2"),
    ],
)
def test_a_floor_never_goes_down(syntax: str, constraint: str, version: str) -> None:
    assert RULES[syntax](constraint, version) is None


@pytest.mark.parametrize(
    ("syntax", "constraint", "version", "reason"),
    [
        ("pep440", ">=1,!=1.9", "1.9", "`!=1.9` excludes 1.9 on purpose"),
        ("pep440", ">=1,!=1.9.*", "1.9.4", "`!=1.9.*` excludes 1.9.4 on purpose"),
        ("pep440", ">=1,!=2.*", "2.*", "cannot be compared"),
        ("pep440", "==1.2.3.*", "1.2.4", "has no floor that could be raised"),
        ("pep440", "not a constraint", "1", "is not a single range of versions"),
        ("pep440", ">=1 <2", "1.5", "is not a single range of versions"),
        ("pep440", ">=1 or so", "1.5", "is not a single range of versions"),
        ("pep440", "~=1!2.0", "1!3.0", "does not begin with its numbers"),
        ("pep440", ">=1", "1.0+local", "is no version specifier"),
        ("pep440", ">=1,<2", "2.0rc1", "cannot be raised to 2.0rc1"),
        ("pep440", "~=1.2", "1.3rc1", "`~= 1.3` excludes 1.3rc1"),
        ("gem", "'~> 1.2'", "1.3.rc1", "`~> 1.3` excludes 1.3.rc1"),
        ("pep440", ">=1", "latest", "is not a version that a constraint can name"),
        ("pep440", ">=spam", "1.0", "cannot be compared"),
        ("npm", "^1 || ^2", "2.1.0", "is not a single range of versions"),
        ("npm", "1.2.3 - 2.3.4", "2.1.0", "is not a single range of versions"),
        ("npm", "latest", "2.1.0", "is not a single range of versions"),
        ("npm", "^1.0.0", "beta", "is not a version that a constraint can name"),
        ("poetry", "^1 || ^2", "2.1.0", "is not a single range of versions"),
        ("poetry", "^1|^2", "2.1.0", "is not a single range of versions"),
        ("gem", "'>= 1', \"< 2\"", "1.5", "is not a single range of versions"),
        ("maven", "[1.2,2.0)", "2.0", "ends below 2.0"),
        ("maven", "[1.2,2.0]", "2.1", "ends below 2.1"),
        ("maven", "(,2.0)", "1.5", "has no lower bound to raise"),
        ("maven", "[1,2),[3,4)", "3.5", "is not a version or a single range of versions"),
        ("maven", "LATEST", "3.5", "is not a version or a single range of versions"),
        ("maven", "1.0", "RELEASE", "is not a version that a constraint can name"),
        ("go", "v1.2.3", "1.3", "is not a module version"),
        ("go", "v1.2.3", "abc", "is not a module version"),
        ("go", "vX", "1.2.3", "cannot be compared"),
    ],
)
def test_what_a_syntax_cannot_say_is_refused_with_the_reason(
    syntax: str, constraint: str, version: str, reason: str
) -> None:
    answer = RULES[syntax](constraint, version)
    assert isinstance(answer, Refusal)
    assert reason in answer.reason


@pytest.mark.parametrize(
    ("cap", "version", "bound"),
    [
        ("5", "5.1", "6"),
        ("4.2", "4.3.1", "4.4"),
        ("4.2", "5.0.1", "5.1"),
        ("2.0.0", "2.31.0", "3.0.0"),
        ("2.0.0", "4", "5.0.0"),
        ("1.2.3", "2", "2.0.1"),
        ("0", "0.1", "1"),
        ("0.0", "0.0", "1.0"),
    ],
)
def test_a_bound_goes_up_where_it_counted(cap: str, version: str, bound: str) -> None:
    assert next_after(cap, version) == bound
