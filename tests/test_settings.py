from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.settings import Settings, SettingsError, load

VARIABLES = (
    "MAESTRO_APP_ID",
    "MAESTRO_PRIVATE_KEY",
    "MAESTRO_WEBHOOK_SECRET",
    "MAESTRO_GITHUB_API",
    "MAESTRO_OSV_URL",
    "MAESTRO_URL",
    "MAESTRO_CLIENT_ID",
    "MAESTRO_CLIENT_SECRET",
    "MAESTRO_SOURCES",
    "MAESTRO_ACTIONS_ISSUER",
    "MAESTRO_SWEEP_SECONDS",
    "MAESTRO_REDELIVERY_SECONDS",
    "MAESTRO_HOST",
    "MAESTRO_PORT",
    "PORT",
    "DATABASE_URL",
)
PEM = (
    generate_private_key(65537, 2048)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
    .strip()
)
SECRET = "correct horse battery staple"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that says just what is needed."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("MAESTRO_APP_ID", "12345")
    monkeypatch.setenv("MAESTRO_PRIVATE_KEY", PEM)
    monkeypatch.setenv("MAESTRO_WEBHOOK_SECRET", SECRET)
    return monkeypatch


def test_the_three_needed_variables_suffice(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loaded = load()
    assert (loaded.app_id, loaded.private_key.get_secret_value()) == ("12345", PEM)
    assert [secret.get_secret_value() for secret in loaded.webhook_secrets] == [SECRET]
    assert (loaded.github_api, loaded.host, loaded.port) == ("https://api.github.com", "127.0.0.1", 8080)
    assert loaded.database_url == f"sqlite:///{tmp_path}/maestro/maestro.db"
    assert (loaded.sweep_seconds, loaded.redelivery_seconds) == (600.0, 300.0)


def test_healing_can_be_switched_off_and_never_runs_backwards(environment: pytest.MonkeyPatch) -> None:
    for name in ("MAESTRO_SWEEP_SECONDS", "MAESTRO_REDELIVERY_SECONDS"):
        environment.setenv(name, "0")
    assert (load().sweep_seconds, load().redelivery_seconds) == (0.0, 0.0)
    environment.setenv("MAESTRO_SWEEP_SECONDS", "-1")
    with pytest.raises(SettingsError, match="MAESTRO_SWEEP_SECONDS"):
        load()


@pytest.mark.parametrize("missing", ["MAESTRO_APP_ID", "MAESTRO_PRIVATE_KEY", "MAESTRO_WEBHOOK_SECRET"])
def test_a_missing_variable_is_named(environment: pytest.MonkeyPatch, missing: str) -> None:
    environment.delenv(missing)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value).splitlines() == [f"{missing}: Field required"]


def test_all_missing_variables_are_named_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in VARIABLES[:3]:
        environment.delenv(name)
    with pytest.raises(SettingsError) as refused:
        load()
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == list(VARIABLES[:3])


def test_a_key_may_be_pem_text_with_escaped_newlines(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAESTRO_PRIVATE_KEY", PEM.replace("\n", "\\n"))
    assert load().private_key.get_secret_value() == PEM


def test_a_key_may_be_the_path_of_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text(f"\n{PEM}\n")
    environment.setenv("MAESTRO_PRIVATE_KEY", f" {tmp_path / 'app.pem'} ")
    assert load().private_key.get_secret_value() == PEM


@pytest.mark.parametrize("content", [b"", b"hunter2", b"\xff\xfe", b"ssh-rsa hunter2"])
def test_a_file_that_holds_no_key_is_refused(environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "app.pem").write_bytes(content)
    environment.setenv("MAESTRO_PRIVATE_KEY", str(tmp_path / "app.pem"))
    with pytest.raises(SettingsError, match=r"\AMAESTRO_PRIVATE_KEY: .*PEM.*\Z"):
        load()


@pytest.mark.parametrize("value", ["", " ", "/", "no such file", "hunter2" * 1000, "é" * 300])
def test_a_key_that_is_neither_text_nor_file_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("MAESTRO_PRIVATE_KEY", value)
    with pytest.raises(SettingsError, match=r"\AMAESTRO_PRIVATE_KEY: is neither PEM text nor the path") as refused:
        load()
    assert "hunter2" not in str(refused.value)


def test_two_secrets_while_rotating(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAESTRO_WEBHOOK_SECRET", "new one, old one")
    assert [secret.get_secret_value() for secret in load().webhook_secrets] == ["new one", "old one"]


@pytest.mark.parametrize("value", ["", " ", ",", "one,", ",one", "one,,two", "one,two,three"])
def test_an_empty_secret_or_a_third_refuses_to_start(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("MAESTRO_WEBHOOK_SECRET", value)
    with pytest.raises(SettingsError, match=r"\AMAESTRO_WEBHOOK_SECRET: .*secret"):
        load()


@pytest.mark.parametrize("value", ["", "0", "-1", "12a", "1" * 19, "Iv1.abcdef", "１２"])
def test_an_app_id_is_a_positive_number(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("MAESTRO_APP_ID", value)
    with pytest.raises(SettingsError, match=r"\AMAESTRO_APP_ID: "):
        load()


def test_githubs_own_issuer_vouches_for_githubs_own_repositories_alone(environment: pytest.MonkeyPatch) -> None:
    assert load().id_token_issuer == "https://token.actions.githubusercontent.com"
    environment.setenv("MAESTRO_GITHUB_API", "https://ghe.example/api/v3")
    assert load().id_token_issuer == ""
    environment.setenv("MAESTRO_ACTIONS_ISSUER", "https://ghe.example/_services/token/")
    assert load().id_token_issuer == "https://ghe.example/_services/token"
    environment.setenv("MAESTRO_GITHUB_API", "https://api.github.com")
    environment.setenv("MAESTRO_ACTIONS_ISSUER", "")
    assert load().id_token_issuer == ""


def test_an_issuer_is_asked_by_https_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAESTRO_ACTIONS_ISSUER", "http://hunter2.example")
    with pytest.raises(SettingsError, match=r"\AMAESTRO_ACTIONS_ISSUER: needs to be an https address") as refused:
        load()
    assert "hunter2" not in str(refused.value)


def sign_in(environment: pytest.MonkeyPatch, url: str, client: str = "Iv23liAbC", secret: str = SECRET) -> None:
    for name, value in (("URL", url), ("CLIENT_ID", client), ("CLIENT_SECRET", secret)):
        environment.setenv(f"MAESTRO_{name}", value)


@pytest.mark.parametrize("url", ["https://maestro.example", "http://127.0.0.1:8080", "http://localhost"])
def test_people_can_sign_in_where_nobody_listens_in(environment: pytest.MonkeyPatch, url: str) -> None:
    assert not load().sign_in
    sign_in(environment, url)
    assert load().sign_in
    assert SECRET in load().secrets


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://maestro.example", "https"),
        ("http://10.0.0.1", "https"),
        ("", "https"),
        ("https://a.example/b", "without a path"),
    ],
)
def test_nobody_signs_in_where_cookies_would_be_seen_or_shared(
    environment: pytest.MonkeyPatch, url: str, why: str
) -> None:
    sign_in(environment, url)
    with pytest.raises(SettingsError, match=rf"\AMAESTRO_CLIENT_SECRET: takes a MAESTRO_URL .*{why}"):
        load()


@pytest.mark.parametrize(("client", "secret"), [("Iv23liAbC", ""), ("", SECRET)])
def test_the_client_s_id_and_secret_go_together(environment: pytest.MonkeyPatch, client: str, secret: str) -> None:
    sign_in(environment, "https://maestro.example", client, secret)
    with pytest.raises(SettingsError, match=r"\AMAESTRO_CLIENT_SECRET: goes together") as refused:
        load()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("variable", ["MAESTRO_GITHUB_API", "MAESTRO_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "ftp://hunter2",
        "https://",
        "https://hunter2@host",
        "https://:hunter2@host",
        "https://[hunter2",
        "https://hunter2℀",
    ],
)
def test_an_address_is_http_without_credentials(environment: pytest.MonkeyPatch, variable: str, value: str) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value) == f"{variable}: needs to be an http(s) address without a user name"


@pytest.mark.parametrize("value", ["hunter2", "http://osv.example", "ftp://hunter2", "https://hunter2@host"])
def test_osv_is_asked_by_https_alone(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("MAESTRO_OSV_URL", value)
    with pytest.raises(SettingsError, match=r"\AMAESTRO_OSV_URL: needs to be an") as refused:
        load()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("value", ["https://osv.example/mirror", "http://127.0.0.1:8080", ""])
def test_a_mirror_of_osv_and_nobody_may_be_asked(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("MAESTRO_OSV_URL", value)
    assert load().osv_url == value


def test_an_address_loses_its_last_slash(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAESTRO_GITHUB_API", "https://ghe.example/api/v3/")
    assert load().github_api == "https://ghe.example/api/v3"


@pytest.mark.parametrize("variable", ["PORT", "MAESTRO_PORT"])
@pytest.mark.parametrize("value", ["", "http", "-1", "65536"])
def test_a_port_is_a_port(environment: pytest.MonkeyPatch, variable: str, value: str) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SettingsError, match=r"\A(MAESTRO_)?PORT: "):
        load()


def loaded_or_refused() -> Settings | SettingsError:
    try:
        return load()
    except SettingsError as error:
        return error


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    variable=st.sampled_from([name for name in VARIABLES if name != "DATABASE_URL"]),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30),
)
def test_no_error_ever_quotes_a_value(environment: pytest.MonkeyPatch, variable: str, value: str) -> None:
    marked = f"hunter2{value}"
    with environment.context() as patched:
        patched.setenv(variable, marked)
        answer = loaded_or_refused()
    if isinstance(answer, SettingsError):
        assert "hunter2" not in str(answer)
        assert answer.__cause__ is None
    else:
        assert variable in {"MAESTRO_WEBHOOK_SECRET", "MAESTRO_HOST"}


def test_an_empty_database_address_is_the_default(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("DATABASE_URL", "")
    assert load().database_url == f"sqlite:///{tmp_path}/maestro/maestro.db"


def test_settings_show_no_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://user:hunter2@host/db")
    loaded: Settings = load()
    for shown in (
        repr(loaded),
        str(loaded),
        f"{loaded.webhook_secrets}",
        loaded.model_dump_json(exclude={"database_url"}),
    ):
        assert "hunter2" not in shown
        assert SECRET not in shown
        assert PEM.splitlines()[1] not in shown


SOURCE = """sources:
  production:
    kind: prometheus
    url: https://prometheus.example.com/base/
    token_env: SHOP_TOKEN
    repositories: [octo/*]
    demand: {namespace: "{owner}-{repository}"}
"""


def sourced(environment: pytest.MonkeyPatch, tmp_path: Path, text: str) -> Settings:
    (tmp_path / "sources.yml").write_text(text)
    environment.setenv("MAESTRO_SOURCES", str(tmp_path / "sources.yml"))
    environment.setenv("SHOP_TOKEN", "only-for-prometheus")
    return load()


def test_sources_are_read_and_their_secrets_kept(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load().sources.sources == {}
    loaded = sourced(environment, tmp_path, SOURCE)
    entry = loaded.sources.of("production", "Octo/Shop")
    assert entry.demanded("octo/shop") == {"namespace": "octo-shop"}
    assert entry.lag_seconds == 15
    assert "only-for-prometheus" in loaded.secrets
    assert "only-for-prometheus" not in repr(loaded) + repr(entry)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (
            "kind: prometeus",
            "kind: prometheus",
            "sources.yml:3:11: `prometeus` is not a value of `sources.production.kind`",
        ),
        (
            "url: file:///etc/passwd",
            "url: https://prometheus.example.com/base/",
            "sources.yml:4:10: `sources.production.url`",
        ),
        ("token: abc", "token_env: SHOP_TOKEN", "sources.yml:5:5: `sources.production.token` is not a key"),
        ("token_env: NOBODY", "token_env: SHOP_TOKEN", "the environment has no variable of the name that is given"),
        ("token_file: /nowhere", "token_env: SHOP_TOKEN", "names no file of text that can be read"),
        (
            "repositories: []",
            "repositories: [octo/*]",
            "`sources.production.repositories`: Tuple should have at least 1 item",
        ),
        ("{team}", "{owner}-{repository}", "namespace: {team} is not known; there are {owner} and {repository}"),
        ("prod.uction:", "production:", "is no name of a source"),
    ],
)
def test_a_file_of_sources_is_refused_by_line_and_key(
    environment: pytest.MonkeyPatch, tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        sourced(environment, tmp_path, SOURCE.replace(right, wrong))
    assert str(refused.value).startswith("MAESTRO_SOURCES: sources.yml:")
    assert said in str(refused.value)


def test_a_file_of_sources_that_is_not_there_is_told(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAESTRO_SOURCES", "/nowhere/sources.yml")
    with pytest.raises(SettingsError, match="MAESTRO_SOURCES: names no file that can be read"):
        load()
