"""Addresses that open a page, and what each of them opens."""

from app.model import WriteCheckRun
from app.render.actions import GitHubRenderer
from app.render.capability import Pages, derived, of_experiment, of_module, of_study
from checks.model import State

from .decisions import HEAD, decision, pull, result, row

PAGES = Pages("https://maestro.example", derived("a private key"))


def test_a_derived_key_is_the_first_block_of_hkdf() -> None:
    """Against RFC 5869 as `hmac` alone computes it: extract with zeros for salt, expand with the purpose."""
    assert derived("x", b"one") == derived("x", b"one")
    assert len({derived("x", b"one"), derived("x", b"two"), derived("y", b"one")}) == 3


def test_an_address_opens_its_own_page_and_no_other() -> None:
    key = PAGES.address(of_experiment(12, "Octo/Shop", HEAD)).partition("?key=")[2]
    assert PAGES.opens(key, of_experiment(12, "octo/shop", HEAD))
    assert not PAGES.opens(key, of_experiment(13, "octo/shop", HEAD))
    assert not PAGES.opens(key, of_experiment(12, "octo/other", HEAD))
    assert not PAGES.opens(key, of_experiment(12, "octo/shop", "b" * 40))
    assert not Pages(PAGES.root, derived("another private key")).opens(key, of_experiment(12, "octo/shop", HEAD))


def test_kinds_of_pages_have_keys_of_their_own() -> None:
    subjects = (
        of_experiment(12, "octo/shop", HEAD),
        of_study(12, "octo/shop", HEAD),
        of_module("octo/shop", "pricing"),
        of_module("octo/shop", "pricing/12"),
        of_module("octo/shop", "prices"),
    )
    assert len({PAGES.key_of(one) for one in subjects}) == len(subjects)
    assert of_module("Octo/Shop", "a/../b c").path == "/drift/octo/shop/a%2F..%2Fb%20c", (
        "one segment, whatever its name"
    )


def test_what_is_no_key_opens_nothing() -> None:
    for wrong in ("", "msp_", "é", "\ud800", PAGES.key_of(of_experiment(12, "octo/shop", HEAD))[:-1]):
        assert not PAGES.opens(wrong, of_experiment(12, "octo/shop", HEAD))


def test_the_same_page_has_the_same_address_each_time_so_that_a_decision_rendered_anew_says_nothing_new() -> None:
    first = PAGES.address(of_experiment(12, "octo/shop", HEAD))
    assert first == Pages("https://maestro.example", derived("a private key")).address(
        of_experiment(12, "octo/shop", HEAD)
    )
    assert first.startswith("https://maestro.example/experiments/12?key=msp_")
    assert "private" not in repr(PAGES)
    assert PAGES.key.hex() not in repr(PAGES)


def test_a_decision_is_given_the_address_of_each_experiment_and_the_worst_leads() -> None:
    told = result("experiment", State.WAIT, detail={"experiments": [{"experiment": 2}, {"experiment": 1}]})
    unnamed = result("other", detail={"experiments": [{"environment": "canary"}]})
    shown = PAGES.shown_on(decision(row(told), row(result("risk")), row(unnamed)))
    detail = shown.rows[0].result.detail
    assert [one["page"] for one in detail["experiments"]] == [
        PAGES.address(of_experiment(n, "acme/shop", HEAD)) for n in (2, 1)
    ]
    assert detail["page"] == PAGES.address(of_experiment(2, "acme/shop", HEAD))
    assert [row.result.detail for row in shown.rows[1:]] == [{}, unnamed.detail]


def test_a_study_and_a_module_are_given_their_own_pages() -> None:
    studied = result("impact", detail={"studies": [{"study": 3, "sha": "b" * 40}, {"study": 4, "sha": "c" * 40}]})
    watched = result(
        "drift", detail={"modules": [{"name": "new", "day": None}, {"name": "pricing", "day": "2026-11-30"}]}
    )
    impact, drift = (one.result.detail for one in PAGES.shown_on(decision(row(studied), row(watched))).rows)
    assert impact["page"] == PAGES.address(of_study(3, "acme/shop", "b" * 40))
    assert impact["studies"][1]["page"] == PAGES.address(of_study(4, "acme/shop", "c" * 40))
    assert "page" not in drift["modules"][0]
    assert drift["modules"][1]["page"] == drift["page"] == PAGES.address(of_module("acme/shop", "pricing"))


def test_where_the_app_has_no_address_nothing_leads_anywhere() -> None:
    nowhere = Pages("", PAGES.key)
    told = decision(row(result("experiment", detail={"experiments": [{"experiment": 2}]})))
    assert nowhere.address(of_experiment(2, "octo/shop", HEAD)) == ""
    assert nowhere.shown_on(told) == told


def test_a_change_has_a_page_that_outlives_its_heads_and_a_merge_group_has_none() -> None:
    address = PAGES.of_change(pull())
    assert address.startswith("https://maestro.example/pr/acme/shop/7?key=msp_")
    assert PAGES.of_change(pull(head_sha="c" * 40)) == address
    assert PAGES.of_change(pull(number=None)) == ""
    runs = GitHubRenderer(center=PAGES.of_change).check_runs(decision(row(result("risk"))))
    led = {run.name: run.words.page for run in runs if isinstance(run, WriteCheckRun)}
    assert led == {"maestro / risk": "", "maestro / decision": address}
