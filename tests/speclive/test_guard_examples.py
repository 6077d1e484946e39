"""An example tells what the card allows, of which request it is, and nothing else."""

from __future__ import annotations

import datetime
import decimal
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from speclive import tracing
from speclive.guards import guard
from speclive.redaction import HIDDEN, Redaction
from tests.speclive.guarding import cards, examples

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CTX = {
    "user": {"id": "u-1", "Email": "ada@example.org", "password": "hunter2"},
    "ada@example.org": 7,
    "html": "<b>",
    "items": [{"sku": "a", "price": 5}, {"sku": "b", "price": 6}],
}


@pytest.mark.parametrize(
    ("allow", "redact", "told"),
    [
        ([], [], "<dict>"),
        (["id"], [], {"user": {"id": "u-1"}}),
        (["ctx.user.id"], [], {"user": {"id": "u-1"}}),
        (["user"], ["email", "password"], {"user": {"id": "u-1", "Email": HIDDEN, "password": HIDDEN}}),
        (["user"], ["ctx.user"], "<dict>"),
        (["id"], ["ctx"], HIDDEN),
        (["html"], [], {"html": "<b>"}),
        (["sku"], [], {"items": [{"sku": "a"}, {"sku": "b"}]}),
    ],
)
def test_an_input_is_told_as_far_as_the_card_allows(allow: list[str], redact: list[str], told: Any) -> None:
    assert Redaction.of(allow, redact).told("ctx", CTX) == told


class Money(int):
    """A number with more to say."""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 100, "x" * 64),
        ("\ud800", "?"),
        (Money(5), 5),
        (2**70, "<int>"),
        (float("nan"), "<float>"),
        (decimal.Decimal("1.50"), "1.50"),
        (datetime.date(2026, 5, 1), "2026-05-01"),
        (b"secret", "<bytes>"),
        ({1, 2}, "<set>"),
        (list(range(100)), list(range(16))),
        ({f"k{n:02}": n for n in range(100)}, {f"k{n:02}": n for n in range(16)}),
        ([[[[[1]]]]], [[[["<list>"]]]]),
        (None, None),
        (True, True),
        (CTX.keys(), "<dict_keys>"),
    ],
)
def test_what_is_allowed_is_told_in_bounds(value: Any, told: Any) -> None:
    assert Redaction.of(["a"], []).told("a", value) == told


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "secret"]), inner, max_size=3)
    ),
    max_leaves=12,
)


class Customer(NamedTuple):
    name: str
    email: str


def test_a_named_tuple_is_told_by_its_names() -> None:
    customer = Customer("Ada", "ada@example.com")
    assert Redaction.of(["who"], ["email"]).told("who", customer) == {"name": "Ada", "email": HIDDEN}
    assert Redaction.of(["who.name"], []).told("who", customer) == {"name": "Ada"}


@drawn(JSON)
def test_what_is_redacted_is_never_told(value: Any) -> None:
    told = Redaction.of(["a", "b", "secret"], ["secret"]).told("a", {"b": value, "secret": "hunter2"})
    assert "hunter2" not in json.dumps(told, allow_nan=False)
    assert told["secret"] == HIDDEN


def test_an_example_is_the_request_the_code_and_what_may_be_told() -> None:
    card = cards("Then result['ok']", "Raises KeyError", tables="| allow | amount | ok |\n| redact | token | |")

    class Shop:
        def pay(self, amount: int, token: str, *, note: str = "") -> dict[str, Any]:
            if amount < 0:
                raise ValueError(token)
            return {"ok": False, "token": token}

    shop: Any = Shop()
    held = guard(shop.pay, card)
    kept = tracing.entered(PARENT)
    held(5, "hunter2", note="for you")
    tracing.TRACEPARENT.reset(kept)
    with pytest.raises(ValueError, match="hunter2"):
        held(-1, "hunter2")
    told, raised = examples(card)
    assert told.pop("at") > 1.7e9
    assert told == {
        "clause": f"{card.cards[0].id}#t1",
        "traceparent": PARENT,
        "code": f"tests/speclive/test_guard_examples.py#L{Shop.pay.__code__.co_firstlineno}",
        "inputs": {"amount": 5, "token": HIDDEN, "note": "<str>"},
        "result": {"ok": False},
    }
    assert (raised["raised"], raised["result"], raised["traceparent"]) == ("ValueError", None, "")
    assert "hunter2" not in json.dumps([told, raised])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-0-0-0",
        "ff" + PARENT[2:],
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT + "\n",
        PARENT.upper(),
    ],
)
def test_what_is_no_traceparent_is_kept_by_nobody(header: str | None) -> None:
    tracing.TRACEPARENT.reset(tracing.entered(header))
    kept = tracing.entered(header)
    assert tracing.traceparent() == ""
    tracing.TRACEPARENT.reset(kept)


@pytest.fixture(name="provider")
def _provider() -> Iterator[TracerProvider]:
    provider = TracerProvider()
    yield provider
    provider.shutdown()


def test_the_span_that_is_recorded_hears_of_violations_alone(provider: TracerProvider) -> None:
    card = cards("Then result > 5", name="spans.card")
    held = guard(abs_, card)
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("fine") as fine:
        held(7)
    with tracer.start_as_current_span("broken") as broken:
        held(3)
    told = {"maestro.spec.id": "spans.card", "maestro.spec.clause": "spans.card#t1", "maestro.spec.outcome": "violated"}
    assert dict(fine.attributes) == {}  # type: ignore[attr-defined]
    assert dict(broken.attributes) == told  # type: ignore[attr-defined]
    assert [(event.name, dict(event.attributes)) for event in broken.events] == [("speclive.violation", told)]  # type: ignore[attr-defined]
    context = broken.get_span_context()
    (example,) = examples(card)
    assert example["traceparent"] == f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    unheard = TracerProvider(sampler=ALWAYS_OFF).get_tracer("tests").start_span("unheard")
    with trace.use_span(unheard):
        assert (held(3), len(examples(card))) == (3, 2)


def abs_(n: int) -> int:
    return abs(n)


@pytest.mark.slow
def test_nothing_but_the_standard_library_is_loaded_by_a_guard() -> None:
    code = """
import sys
import speclive
assert "speclive.cards" not in sys.modules
from speclive.guards import guard, report
from speclive.window import drain
print(sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"__main__"}))
"""
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert loaded.stdout.strip() == "['speclive']", loaded.stderr
