import hashlib
import hmac
import json
import string
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from app.intake import Accepted, Rejected, is_object, receive, signed

SECRET = b"the secret of this App"
BODY = b'{"action": "opened"}'


def signature(body: bytes, secret: bytes = SECRET, algorithm: str = "sha256") -> str:
    return f"{algorithm}={hmac.new(secret, body, algorithm).hexdigest()}"


def webhook(body: bytes = BODY, **changed: str | None) -> CIMultiDict[str]:
    """Headers as GitHub sends them; `changed` by the header's name in snake case, None leaves it out."""
    headers: dict[str, str | None] = {
        "x_hub_signature_256": signature(body),
        "x_github_event": "pull_request",
        "x_github_delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "content_type": "application/json",
    }
    return CIMultiDict({k.replace("_", "-"): v for k, v in (headers | changed).items() if v is not None})


def status(headers: Mapping[str, str], body: bytes) -> int:
    answer = receive(headers, body, [SECRET])
    return answer.status if isinstance(answer, Rejected) else 202


def test_a_webhook_of_github_is_accepted_with_its_body_unparsed() -> None:
    answer = receive(webhook(), BODY, [SECRET])
    assert answer == Accepted("72d3162e-cc78-11e3-81ab-4c9367dc0958", "pull_request", BODY)


def test_the_example_of_githubs_documentation_verifies() -> None:
    # docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation"
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signed(expected, b"Hello, World!", [b"It's a Secret to Everybody"])


@pytest.mark.parametrize(
    "given_signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature(BODY, b"another secret"),
        signature(BODY + b" "),
        signature(BODY).removeprefix("sha256="),
        signature(BODY).upper(),
        signature(BODY) + " ",
        signature(BODY)[:-1],
        signature(BODY, algorithm="sha1"),
        "sha256=é" + "0" * 63,
        "\udcff\udc80",
        signature(BODY, b""),
    ],
)
def test_a_wrong_or_missing_signature_is_refused(given_signature: str | None) -> None:
    assert status(webhook(x_hub_signature_256=given_signature), BODY) == 401


def test_a_sha1_signature_alone_is_refused_even_when_it_is_right() -> None:
    headers = webhook(x_hub_signature_256=None, x_hub_signature=signature(BODY, algorithm="sha1"))
    assert status(headers, BODY) == 401


@pytest.mark.parametrize(("secret", "answer"), [(b"old", True), (b"new", True), (b"third", False), (b"", False)])
def test_while_rotating_both_secrets_count_and_no_third(secret: bytes, answer: bool) -> None:
    assert signed(signature(BODY, secret), BODY, [b"old", b"new"]) is answer


@pytest.mark.parametrize("secrets", [[], [b""]])
def test_without_a_secret_nobody_is_believed(secrets: list[bytes]) -> None:
    assert not signed(signature(BODY, b""), BODY, secrets)


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=40), st.integers(min_value=0))
def test_one_flipped_bit_of_the_body_is_noticed(body: bytes, secret: bytes, place: int) -> None:
    given_signature = signature(body, secret)
    assert signed(given_signature, body, [secret])
    if body:
        bit = place % (8 * len(body))
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        assert not signed(given_signature, bytes(changed), [secret])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[]",
        b"7",
        b'"text"',
        b"null",
        b"{",
        b"{}}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": 01}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"\x00",
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    assert status(webhook(body), body) == 400


@pytest.mark.parametrize("event", [None, "", "a" * 101, "pull request", "pull\trequest", "évent", "\udcff", "../x"])
def test_a_missing_or_malformed_event_is_refused(event: str | None) -> None:
    assert status(webhook(x_github_event=event), BODY) == 400


def test_an_event_that_nobody_knows_is_accepted_for_the_worker_to_judge() -> None:
    assert status(webhook(x_github_event="brand_new_event"), BODY) == 202


@pytest.mark.parametrize("guid", [None, "", "g" * 101, "é"])
def test_without_a_usable_guid_the_content_names_the_delivery(guid: str | None) -> None:
    answer = receive(webhook(x_github_delivery=guid), BODY, [SECRET])
    assert isinstance(answer, Accepted)
    assert answer.guid == "sha256:" + hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded; charset=utf-8"]
)
def test_a_form_is_signed_as_sent_and_its_payload_is_kept(kind: str) -> None:
    body = urlencode({"payload": '{"title": "a&b=ü"}'}).encode()
    answer = receive(webhook(body, content_type=kind), body, [SECRET])
    assert isinstance(answer, Accepted)
    assert json.loads(answer.body) == {"title": "a&b=ü"}


@pytest.mark.parametrize(
    "body", [b"", b"payload=", b"payload=[]", b"other=%7B%7D", b"\xff\xfe", b"a=1&" * 20 + b"payload=%7B%7D"]
)
def test_a_form_without_a_json_object_is_refused(body: bytes) -> None:
    assert status(webhook(body, content_type="application/x-www-form-urlencoded"), body) == 400


TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40) | st.text(
    string.printable, max_size=40
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_every_json_object_is_one(value: dict[str, object]) -> None:
    assert is_object(json.dumps(value, ensure_ascii=False).encode())


@given(JSON.filter(lambda value: not isinstance(value, dict)))
def test_no_other_json_value_is_an_object(value: object) -> None:
    assert not is_object(json.dumps(value).encode())


@given(
    headers=st.dictionaries(
        st.sampled_from(["X-Hub-Signature-256", "X-GitHub-Event", "X-GitHub-Delivery", "Content-Type"])
        | st.text(string.ascii_letters + "-", min_size=1, max_size=20),
        TEXT | st.sampled_from(["application/json", "application/x-www-form-urlencoded", "sha256=" + "0" * 64]),
    ),
    body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    sign=st.booleans(),
)
def test_whatever_arrives_gets_an_answer_and_only_what_is_signed_gets_in(
    headers: dict[str, str], body: bytes, sign: bool
) -> None:
    sent = CIMultiDict(headers)
    if sign:
        sent["X-Hub-Signature-256"] = signature(body)
    answer = receive(sent, body, [SECRET])
    if isinstance(answer, Accepted):
        assert sign
        assert is_object(answer.body)
        assert 0 < len(answer.guid) <= 100
    else:
        assert answer.status in ({400} if sign else {401})
