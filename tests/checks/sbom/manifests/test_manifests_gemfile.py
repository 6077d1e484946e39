import pytest

from checks.sbom import manifests
from tests.checks.sbom.manifests.editing import changed, constraints, edited, not_overridden, refused


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("gem 'x'", "gem 'x', '>= 1.5.1'"),
        ('gem "x"', 'gem "x", ">= 1.5.1"'),
        ("gem('x', '1.0')", "gem('x', '1.5.1')"),
        ("gem( 'x' )", "gem( 'x', '>= 1.5.1' )"),
        ("gem 'x', '~> 1.0', require: false", "gem 'x', '~> 1.5', '>= 1.5.1', require: false"),
        ('gem "x", "~> 1.0.2", :require => false', 'gem "x", "~> 1.5.1", :require => false'),
        ("gem 'x', \"~> 1.0.2\"", "gem 'x', \"~> 1.5.1\""),
        ("gem 'x', '>= 1', '< 1.2' # why", "gem 'x', '>= 1.5.1', '< 1.6' # why"),
        ("gem 'x', :require => 'x/y'", "gem 'x', '>= 1.5.1', :require => 'x/y'"),
        ("gem 'x' unless old", "gem 'x', '>= 1.5.1' unless old"),
        ("  gem 'x', '1.0', platforms: [:mri]", "  gem 'x', '1.5.1', platforms: [:mri]"),
    ],
)
def test_a_call_keeps_all_but_its_versions(line: str, after: str) -> None:
    text = f"# gem 'x'\n{line}\ngem 'y'"
    assert edited("Gemfile", text, "gem", "x", "1.5.1").text == f"# gem 'x'\n{after}\ngem 'y'"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("gem 'x', git: 'https://host/x'", "it comes from a repository or a path"),
        ("gem 'x', :path => '../x'", "it comes from a repository or a path"),
        ("gem 'x', '1.0', github: 'a/x'", "it comes from a repository or a path"),
        ("gem 'x', ENV['VERSION']", "its version is computed, or the call goes on"),
        ("gem 'x', version", "its version is computed, or the call goes on"),
        ("gem 'x',", "its version is computed, or the call goes on"),
        ("gem 'x', '1.0',", "its version is computed, or the call goes on"),
        ("gem 'x', ['>= 1', '< 2']", "its version is computed, or the call goes on"),
        ('gem "x", "~> #{version}"', "its version is computed, or the call goes on"),
        ("gem 'x', '>= 1', \"< 2\"", "its strings are quoted in two ways"),
        ("gem 'x', 'spam'", "is not a single range of versions"),
        ("gem 'x', '!= 1.5.1'", "excludes 1.5.1 on purpose"),
        ("gem name, '1.0'", "is not declared"),
        ("gemspec name: 'x'", "is not declared"),
        ("#gem 'x'", "is not declared"),
        ("=begin\ngem 'x'\n=end", "is not declared"),
        ("__END__\ngem 'x'", "is not declared"),
    ],
)
def test_what_is_not_plainly_on_one_line_is_refused(line: str, reason: str) -> None:
    assert reason in refused("Gemfile", f"{line}\n", "gem", "x", "1.5.1")


def test_the_program_goes_on_after_its_documentation() -> None:
    assert constraints("Gemfile", "=begin\ngem 'a'\n=end\ngem 'b'\n") == {"b": ""}


GROUPS = """\
gem 'a'
gem 'b', group: :development
gem 'c', :groups => [:test, :ci]
group :development, :test do
  gem 'd'
  if true
    gem 'e'
  end
  platforms :ruby do # why
    gem 'f'
  end
  gem 'g'
end
gem 'h'
group :production do |x|
  gem 'i'
end
end
gem 'j'
"""


def test_the_group_of_a_gem_tells_its_scope() -> None:
    found = {each.name: each.scope for each in manifests.declared("Gemfile", GROUPS)}
    assert found == dict.fromkeys("ahij", "runtime") | dict.fromkeys("bcdefg", "development")
    assert [each.line for each in manifests.declared("Gemfile", GROUPS)] == [1, 2, 3, 5, 7, 10, 12, 14, 16, 19]


@pytest.mark.parametrize(
    "text",
    [
        "if a\n  gem 'x', '1.0'\nelse\n  gem 'x', '1.1'\nend\n",
        "case a\nwhen 1\n  gem 'x', '1.0'\nwhen 2\n  gem 'x', '1.1'\nend\n",
        "gem 'x', '1.0' if a\ngem 'x', '1.1' unless a\n",
        "gem 'x', '1.0'\nunless a\n  gem 'x', '1.1'\nend\n",
    ],
)
def test_gems_under_different_conditions_are_a_persons_decision(text: str) -> None:
    assert "under several markers" in refused("Gemfile", text, "gem", "x", "1.5.1")


def test_gems_under_one_condition_are_raised_together() -> None:
    text = "if a\n  gem 'x', '1.0'\n  gem 'x', '1.1'\nend\ngem 'y' if b\n"
    assert len(changed(text, edited("Gemfile", text, "gem", "x", "1.5.1").text)) == 2


def test_constraints_are_told_without_their_quotes() -> None:
    edit = edited("Gemfile", "gem 'x', '>= 1', '< 2'\n", "gem", "x", "1.5.1")
    assert (edit.before, edit.after, edit.line) == (">= 1, < 2", ">= 1.5.1, < 2", 1)
    fresh = edited("Gemfile", "\ngem 'x'\n", "gem", "x", "1.5.1")
    assert (fresh.before, fresh.after, fresh.line) == ("", ">= 1.5.1", 2)


def test_an_override_is_a_matter_of_the_lock() -> None:
    assert "bundle update --conservative x" in not_overridden("Gemfile", "", "gem", "x", "1.5.1")
