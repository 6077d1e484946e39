"""Whatever arrives: triggers that are sound, or none; never an exception."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model import Delivery
from handlers.payload import read
from handlers.understand import HANDLERS, Understanding
from tests.handlers.shapes import JSON, OWN_APP, WHOLE, Shape, damaged, is_sound, understood

EVENTS = sorted(HANDLERS)


def test_every_event_that_is_handled_has_a_payload_here_that_means_something() -> None:
    assert set(WHOLE) == set(HANDLERS)
    assert all(understood(event, whole) for event, shapes in WHOLE.items() for whole in shapes)


@pytest.mark.parametrize("event", EVENTS)
@given(st.data())
@settings(max_examples=150)
@pytest.mark.slow
def test_a_damaged_payload_gives_sound_triggers_or_none(event: str, data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from(WHOLE[event]).flatmap(damaged))
    triggers = HANDLERS[event](payload, OWN_APP)
    assert all(is_sound(trigger) for trigger in triggers if trigger.repository)


@given(st.sampled_from(EVENTS), st.dictionaries(st.text(max_size=12), JSON, max_size=5))
def test_any_object_is_understood_as_something_or_nothing(event: str, payload: Shape) -> None:
    assert all(is_sound(trigger) for trigger in understood(event, payload))


@given(st.sampled_from(EVENTS), st.binary(max_size=60))
def test_any_bytes_at_all_are_understood_as_something_or_nothing(event: str, body: bytes) -> None:
    assert Understanding(OWN_APP)(Delivery(1, "guid", event, body, 0.0)) == ()


@pytest.mark.parametrize("event", ["ping", "star", "deployment", "status", "", "PULL_REQUEST", "__class__"])
def test_other_events_mean_nothing_and_are_not_even_parsed(event: str) -> None:
    assert Understanding(OWN_APP)(Delivery(1, "guid", event, b"\xff not JSON", 0.0)) == ()


@pytest.mark.parametrize("name", ["", "acme", "acme/", "/shop", "acme/..", "acme/a..b", "../shop", "a/b/c", "a.b/c", 7])
def test_a_repository_without_a_name_that_github_gives_is_nobodys(name: object) -> None:
    for event, shapes in WHOLE.items():
        if not event.startswith(("installation", "github_app_authorization")):
            assert all(understood(event, whole | {"repository": {"full_name": name}}) == () for whole in shapes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"pull_request"',
        b'{"a":',
        b'{"a": "\xff"}',
        b'{"number": ' + b"9" * 6_000 + b"}",
        b'{"pull_request": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)
def test_a_body_that_python_cannot_hold_is_empty(body: bytes) -> None:
    assert read(body) == {}


@pytest.mark.parametrize("own_app", [OWN_APP, 0])
def test_extra_and_unknown_fields_change_nothing(own_app: int) -> None:
    more: dict[str, Any] = {"enterprise": {"id": 1}, "organization": None, "zz": [{}]}
    for event, shapes in WHOLE.items():
        assert all(understood(event, whole | more, own_app) == understood(event, whole, own_app) for whole in shapes)
