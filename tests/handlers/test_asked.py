"""`maestro_asked`: what was asked for in the Decision Center."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.model import Delivery, Kind, Surface
from handlers.understand import Understanding
from tests.handlers.shapes import HEAD, OWN_APP, REPOSITORY, asked, understood


def test_it_becomes_a_command_on_the_head_that_the_page_showed() -> None:
    (trigger,) = understood("maestro_asked", asked())
    assert (trigger.kind, trigger.repository, trigger.number, trigger.head_sha) == (Kind.COMMAND, REPOSITORY, 5, HEAD)
    assert (trigger.text, trigger.command) == ("canary stop canary", "0a" * 16)
    assert (trigger.who, trigger.surface, trigger.comment_id) == ("alice", Surface.CENTER, None)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"command": "0a"},
        {"command": None},
        {"number": "5"},
        {"head_sha": HEAD[:7]},
        {"sender": {"login": "deployer[bot]", "type": "Bot"}},
        {"repository": {"full_name": "../x"}},
    ],
)
def test_half_a_word_is_none(spoilt: dict[str, Any]) -> None:
    assert understood("maestro_asked", asked() | spoilt) == ()


def test_lines_and_controls_do_not_make_a_second_command() -> None:
    (trigger,) = understood("maestro_asked", asked() | {"arguments": "canary\n/maestro rollback\r x"})
    assert trigger.text == "canary stop canary /maestro rollback x"


def test_it_was_asked_when_its_delivery_was_stored() -> None:
    (trigger,) = Understanding(OWN_APP)(Delivery(1, "guid", "maestro_asked", json.dumps(asked()).encode(), 12.5))
    assert trigger.at == 12.5
