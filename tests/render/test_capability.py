"""Addresses that open a page, and what each of them opens."""

from app.render.capability import Pages, derived
from checks.model import State

from .decisions import HEAD, decision, result, row

PAGES = Pages("https://maestro.example", derived("a private key"))


def test_a_derived_key_is_the_first_block_of_hkdf() -> None:
    """Against RFC 5869 as `hmac` alone computes it: extract with zeros for salt, expand with the purpose."""
    assert derived("x", b"one") == derived("x", b"one")
    assert len({derived("x", b"one"), derived("x", b"two"), derived("y", b"one")}) == 3


def test_an_address_opens_its_own_page_and_no_other() -> None:
    key = PAGES.address(12, "Octo/Shop", HEAD).partition("?key=")[2]
    assert PAGES.opens(key, 12, "octo/shop", HEAD)
    assert not PAGES.opens(key, 13, "octo/shop", HEAD)
    assert not PAGES.opens(key, 12, "octo/other", HEAD)
    assert not PAGES.opens(key, 12, "octo/shop", "b" * 40)
    assert not Pages(PAGES.root, derived("another private key")).opens(key, 12, "octo/shop", HEAD)


def test_what_is_no_key_opens_nothing() -> None:
    for wrong in ("", "msp_", "é", "\ud800", PAGES.key_of(12, "octo/shop", HEAD)[:-1]):
        assert not PAGES.opens(wrong, 12, "octo/shop", HEAD)


def test_the_same_page_has_the_same_address_each_time_so_that_a_decision_rendered_anew_says_nothing_new() -> None:
    first = PAGES.address(12, "octo/shop", HEAD)
    assert first == Pages("https://maestro.example", derived("a private key")).address(12, "octo/shop", HEAD)
    assert first.startswith("https://maestro.example/experiments/12?key=msp_")
    assert "private" not in repr(PAGES)
    assert PAGES.key.hex() not in repr(PAGES)


def test_a_decision_is_given_the_address_of_each_experiment_and_the_worst_leads() -> None:
    told = result("experiment", State.WAIT, detail={"experiments": [{"experiment": 2}, {"experiment": 1}]})
    unnamed = result("other", detail={"experiments": [{"environment": "canary"}]})
    shown = PAGES.shown_on(decision(row(told), row(result("risk")), row(unnamed)))
    detail = shown.rows[0].result.detail
    assert [one["page"] for one in detail["experiments"]] == [PAGES.address(n, "acme/shop", HEAD) for n in (2, 1)]
    assert detail["page"] == PAGES.address(2, "acme/shop", HEAD)
    assert [row.result.detail for row in shown.rows[1:]] == [{}, unnamed.detail]


def test_where_the_app_has_no_address_nothing_leads_anywhere() -> None:
    nowhere = Pages("", PAGES.key)
    told = decision(row(result("experiment", detail={"experiments": [{"experiment": 2}]})))
    assert nowhere.address(2, "octo/shop", HEAD) == ""
    assert nowhere.shown_on(told) == told
