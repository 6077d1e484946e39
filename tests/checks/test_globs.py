import time

import pytest

from checks.globs import matches


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("pay/card.py", "pay/card.py"),
        ("pay/*.py", "pay/card.py"),
        ("*.sql", "schema.sql"),
        ("**/*.sql", "schema.sql"),
        ("**/*.sql", "a/b/schema.sql"),
        ("pay/**", "pay/a/b/c.py"),
        ("pay/", "pay/a/b/c.py"),
        ("pay/**/test_*.py", "pay/test_card.py"),
        ("pay/**/test_*.py", "pay/a/b/test_card.py"),
        ("a/**/b/**/c", "a/x/b/b/y/c"),
        ("**", "anything/at/all"),
        ("v?/[ab].py", "v1/b.py"),
    ],
)
def test_a_glob_covers(glob: str, path: str) -> None:
    assert matches(path, [glob])


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.sql", "db/schema.sql"),  # one name, not the directories above it
        ("pay/*.py", "pay/a/card.py"),
        ("pay", "pay/card.py"),
        ("pay/", "payment/card.py"),
        ("Pay/**", "pay/card.py"),
        ("pay/card.py", "src/pay/card.py"),
        ("pay/card.py/x", "pay/card.py"),
        ("x/**", "pay/card.py"),
        ("pay/**/x", "pay/card.py"),
        ("v?/[ab].py", "v1/c.py"),
    ],
)
def test_a_glob_does_not_cover(glob: str, path: str) -> None:
    assert not matches(path, [glob])


def test_a_glob_of_many_stars_stays_fast() -> None:
    started = time.process_time()
    assert not matches("/".join("a" * 200), ["**/a/" * 60 + "b"])
    assert time.process_time() - started < 1


def test_any_one_of_several_globs_is_enough() -> None:
    assert matches("a/b.py", ["docs/**", "a/*.py"])
    assert not matches("a/b.py", [])
