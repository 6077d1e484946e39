"""A corpus of what looks like a secret, and of what does not. None of these was ever anybody's."""

import json

import pytest

from app.pack.secrets import MARK, Sieve

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nab+/=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLWhlcmU"
SECRETS = {
    "github-token": ["ghp_" + "a1B2" * 9, "gho_" + "x9" * 18, "ghs_" + "Z0" * 18, "github_pat_11AAAAA_" + "b7" * 20],
    "aws-key": ["AKIA" + "IOSFODNN7EXAMPLE"[:16], "ASIA" + "Y34FZKBOKMUTVV7A"],
    "private-key": [KEY, KEY.replace("RSA ", ""), KEY.replace("\n", "\\n")],
    "jwt": [JWT],
    "slack-token": ["xoxb-" + "123456789012-abc"],
    "gitlab-token": ["glpat-" + "x7" * 10],
    "google-key": ["AIza" + "Sy" * 17 + "A"],
    "npm-token": ["npm_" + "a1" * 18],
    "pypi-token": ["pypi-" + "AgEIcHlwaS5vcmc" * 4],
    "stripe-key": ["sk_live_" + "a1" * 12],
    "model-key": ["sk-ant-" + "api03-" + "q1" * 16, "sk-" + "proj-" + "w2" * 16],
    "maestro-key": ["msp_" + "k3" * 16],
}
WITHIN = [
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ('{"SecretAccessKey": "wJalrXUtnFEMIK7MDENGbPxRfiCY"}', "wJalrXUtnFEMIK7MDENGbPxRfiCY"),
    ("Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
    ('"authorization": "token hunter2hunter2"', "hunter2hunter2"),
    ("curl -H 'Authorization: Bearer 0pen.Sesame-1'", "0pen.Sesame-1"),
    ("we send Bearer abcdef1234567890 along", "abcdef1234567890"),
    ("git clone https://root:hunter2@git.example/x.git", "hunter2"),
    ("postgresql://maestro:s3cr3t%2Fx@db:5432/maestro", "s3cr3t%2Fx"),
    ("redis://:hunter2@cache", "hunter2"),
    ("PASSWORD=hunter2hunter2", "hunter2hunter2"),
    ("db.password: 'correct-horse'", "correct-horse"),
    ('{\\"api_key\\": \\"0123456789abcdef\\"}', "0123456789abcdef"),
    ("client_secret = c0ffee-c0ffee", "c0ffee-c0ffee"),
]
HARMLESS = [
    "pkg:npm/%40scope/name@1.0.0?vcs_url=git+https://git.example/scope/name@v1",
    "https://proxy.example:8080/go/pkg@v1.2.3",
    "a1b2c3d4" * 5,
    "sha512-" + "q1W2" * 22 + "==",
    "The bearer of this token may read; a password is asked for.",
    "Basic authentication is not supported",
    "token: see the docs",
    "risk-adjusted-and-very-long-package-name-of-somebody",
    "ghp_ is how they begin",
    "AKIA is a prefix, and AKIAIOSFODNN7EXAMPLEAKIAIOSFODNN7EXAMPLE is no key",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "eyJ is how JSON begins",
    "password_rate <= 5",
]


def sieved(text: str) -> tuple[str, Sieve]:
    sieve = Sieve()
    return sieve.text(text, "record.json", "case.x"), sieve


@pytest.mark.parametrize(("kind", "secret"), [(kind, one) for kind, all_of in SECRETS.items() for one in all_of])
@pytest.mark.parametrize("around", ["{}", "see {} here", '"{}"', "x={};", "<{}>", "({})"])
def test_a_secret_is_taken_out_of_whatever_stands_around_it(kind: str, secret: str, around: str) -> None:
    said, sieve = sieved(around.format(secret))
    assert secret not in said
    assert said == around.format(f"{MARK}{kind}-1")
    assert [(one.kind, one.member, one.path) for one in sieve.found] == [(kind, "record.json", "case.x")]


@pytest.mark.parametrize(("text", "secret"), WITHIN)
def test_what_is_secret_by_its_place_is_taken_out_and_its_place_stays(text: str, secret: str) -> None:
    said, sieve = sieved(text)
    assert secret not in said
    assert len(sieve.found) == 1
    assert said == text.replace(secret, sieve.found[0].mark)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    said, sieve = sieved(text)
    assert (said, sieve.found) == (text, [])


@pytest.mark.parametrize("text", [one for one, _ in WITHIN] + [one for all_of in SECRETS.values() for one in all_of])
def test_a_mark_is_no_secret_itself(text: str) -> None:
    said, _ = sieved(text)
    assert sieved(said)[0] == said


def test_the_same_secret_has_the_same_mark_wherever_and_another_one_another() -> None:
    one, other = SECRETS["github-token"][:2]
    sieve = Sieve()
    marks = [sieve.text(text, "x") for text in (one, other, one)]
    assert marks == ["REDACTED-github-token-1", "REDACTED-github-token-2", "REDACTED-github-token-1"]


def test_keys_and_lists_of_json_are_looked_into_and_told_by_their_path() -> None:
    token = SECRETS["github-token"][0]
    sieve = Sieve()
    said = sieve.tree({"a": [{"b": token}, 1, None, True], token: {"c": 1.5}}, "x.json")
    assert token not in json.dumps(said)
    assert said == {"a": [{"b": "REDACTED-github-token-1"}, 1, None, True], "REDACTED-github-token-1": {"c": 1.5}}
    assert [one.path for one in sieve.found] == ["a[0].b", " (a key)"]


def test_secrets_of_the_app_itself_are_taken_out_whatever_shape_they_have() -> None:
    sieve = Sieve(own=("correct horse battery", "short"))
    assert sieve.text("it is correct horse battery, short", "x") == "it is REDACTED-own-1, short"


def test_many_secrets_in_one_text_are_all_taken_out() -> None:
    every = [one for all_of in SECRETS.values() for one in all_of]
    said, sieve = sieved(" | ".join(every))
    assert not [one for one in every if one in said]
    assert len(sieve.found) >= len(every) - 1


def test_a_key_whose_end_was_cut_off_is_taken_out_to_where_it_stops_looking_like_one() -> None:
    said, _ = sieved('{"a": "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEE", "b": 1}')
    assert said == '{"a": "REDACTED-private-key-1", "b": 1}'


_HOSTILE = ["-----BEGIN PRIVATE KEY-----", "://a:", "bearer ", "eyJa.", "password=", "ghp_", "a:b@"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", _HOSTILE)
def test_a_hostile_text_takes_no_more_than_its_length(text: str) -> None:
    said, _ = sieved(text * 40_000)
    assert isinstance(said, str)
