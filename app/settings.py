"""What the operator says, from the environment and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from yarl import URL

from app.config import ConfigErrors
from app.config import settings as settings_in
from app.github.address import plain_loopback
from app.github.client import API_URL
from app.github.id_token import ISSUER
from app.github.limits import REDELIVERY_DAYS
from app.osv.query import OSV_URL
from app.sources import Sources
from app.store.address import default_url, passwords
from app.wire import root

Held = TypeVar("Held", bound="StoreSettings")


class SettingsError(ValueError):
    """The environment does not say what is needed; the message names each variable."""


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


class StoreSettings(BaseSettings):
    """Where things are kept: enough for the commands that never speak to GitHub."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    database_url: str = Field(
        default_factory=lambda: default_url(_data_home()),
        validation_alias="DATABASE_URL",
        repr=False,  # an address may hold a password
    )

    @field_validator("database_url", mode="before")
    @classmethod
    def _set(cls, value: Any) -> Any:
        """A variable that is set to nothing, as compose files do, says nothing."""
        return value or default_url(_data_home())


def _key(value: Any) -> Any:
    """PEM text as it is, PEM text with escaped newlines, or the path of a PEM file."""
    text = str(value).strip()
    if not text.startswith("-----BEGIN"):
        text = _read_pem(Path(text))
    return text.replace("\\n", "\n")


PrivateKey = Annotated[SecretStr, BeforeValidator(_key)]


def _split(value: Any) -> Any:
    """The new secret, and the old one while they are rotated."""
    if not isinstance(value, str):
        return value
    secrets = tuple(part.strip() for part in value.split(","))
    if not all(secrets):
        raise ValueError("an empty secret would accept anybody's webhooks")
    if len(secrets) > 2:
        raise ValueError("at most two secrets, and two only while rotating")
    return secrets


WebhookSecrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]


def _entered(value: Any) -> Any:
    """The operator's file by its path; set to nothing, it says nothing."""
    if isinstance(value, Sources):
        return value
    return _sources(Path(str(value))) if value else Sources()


EnteredSources = Annotated[Sources, NoDecode, BeforeValidator(_entered)]


class SigningSettings(StoreSettings):
    """What a command takes that signs, and speaks to nobody. All but the key only says what may not be given away."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    private_key: PrivateKey = Field(validation_alias="MAESTRO_PRIVATE_KEY")
    webhook_secrets: WebhookSecrets = Field(default=(), validation_alias="MAESTRO_WEBHOOK_SECRET")
    client_secret: SecretStr = Field(default=SecretStr(""), validation_alias="MAESTRO_CLIENT_SECRET")
    sources: EnteredSources = Field(default=Sources(), validation_alias="MAESTRO_SOURCES", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody else may ever read, of whatever shape."""
        return _secrets(self)


class Settings(StoreSettings):
    """All that `maestro serve` needs. The App's id, key and secret have no defaults: without them nothing starts."""

    app_id: str = Field(validation_alias="MAESTRO_APP_ID", pattern=r"^[1-9][0-9]{0,17}$")
    private_key: PrivateKey = Field(validation_alias="MAESTRO_PRIVATE_KEY")
    webhook_secrets: WebhookSecrets = Field(validation_alias="MAESTRO_WEBHOOK_SECRET")
    github_api: str = Field(default=API_URL, validation_alias="MAESTRO_GITHUB_API")
    osv_url: str = Field(default=OSV_URL, validation_alias="MAESTRO_OSV_URL")
    url: str = Field(default="", validation_alias="MAESTRO_URL")
    client_id: str = Field(default="", validation_alias="MAESTRO_CLIENT_ID", pattern=r"^[A-Za-z0-9.]{0,64}$")
    client_secret: SecretStr = Field(
        default=SecretStr(""), validation_alias="MAESTRO_CLIENT_SECRET", validate_default=True
    )
    sources: EnteredSources = Field(default=Sources(), validation_alias="MAESTRO_SOURCES", repr=False)
    actions_issuer: str | None = Field(default=None, validation_alias="MAESTRO_ACTIONS_ISSUER")
    ci_grace: float = Field(default=90.0, ge=0, le=3600, validation_alias="MAESTRO_CI_GRACE")
    sweep_seconds: float = Field(default=600.0, ge=0, le=86_400, validation_alias="MAESTRO_SWEEP_SECONDS")
    keep_days: float = Field(default=14.0, ge=REDELIVERY_DAYS, le=3650, validation_alias="MAESTRO_KEEP_DAYS")
    redelivery_seconds: float = Field(default=300.0, ge=0, le=86_400, validation_alias="MAESTRO_REDELIVERY_SECONDS")
    advisories_seconds: float = Field(default=86_400.0, ge=0, le=604_800, validation_alias="MAESTRO_ADVISORIES_SECONDS")
    pull_times_seconds: float = Field(default=3_600.0, ge=0, le=86_400, validation_alias="MAESTRO_PULL_TIMES_SECONDS")
    host: str = Field(default="127.0.0.1", validation_alias="MAESTRO_HOST")
    port: int = Field(default=8080, ge=0, le=65535, validation_alias=AliasChoices("PORT", "MAESTRO_PORT"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody else may ever read, of whatever shape."""
        return _secrets(self)

    @property
    def id_token_issuer(self) -> str:
        """Who signs the id-tokens of the jobs of our GitHub; "" where nobody is known to.

        The repositories of github.com are not those of another GitHub that have the same names.
        """
        if self.actions_issuer is not None:
            return self.actions_issuer
        return ISSUER if self.github_api == API_URL else ""

    @property
    def sign_in(self) -> bool:
        """Whether people can sign in."""
        return bool(self.client_id)

    @field_validator("client_secret")
    @classmethod
    def _both_or_none(cls, value: SecretStr, told: ValidationInfo) -> SecretStr:
        """Cookies of a sign-in must not travel in the clear; a local try-out stays on its machine."""
        if not {"client_id", "url"} <= set(told.data):
            return value  # they are wrong themselves, which is said of them
        if bool(value.get_secret_value()) != bool(told.data["client_id"]):
            raise ValueError("goes together with MAESTRO_CLIENT_ID: set both, or none")
        url = URL(told.data["url"])
        if value.get_secret_value() and url.scheme != "https" and not plain_loopback(url):
            raise ValueError("takes a MAESTRO_URL with https, or plain http on this machine alone")
        if value.get_secret_value() and url.path.rstrip("/"):
            raise ValueError("takes a MAESTRO_URL without a path")
        return value

    @field_validator("osv_url", "actions_issuer")
    @classmethod
    def _root(cls, value: str | None) -> str | None:
        """Empty: nobody is asked."""
        if value is None:
            return None
        return str(root(value)).rstrip("/") if value else ""

    @field_validator("github_api", "url")
    @classmethod
    def _http_url(cls, value: str) -> str:
        if value and not _is_http(value):
            raise ValueError("needs to be an http(s) address without a user name")
        return value.rstrip("/")


def load() -> Settings:
    """The settings from the environment.

    Raises SettingsError, one line a variable; values never appear in it.
    """
    return _loaded(Settings)


def signing() -> SigningSettings:
    """Those of a command that signs. Raises SettingsError."""
    return _loaded(SigningSettings)


def key_text(settings: Settings | SigningSettings) -> str:
    """The App's own private key, however it was written down: what keys of ours are derived from."""
    return "".join(settings.private_key.get_secret_value().split())


def _secrets(settings: Settings | SigningSettings) -> tuple[str, ...]:
    own = (settings.private_key, *settings.webhook_secrets, settings.client_secret)
    told = (secret.get_secret_value() for secret in own)
    return (*filter(None, told), *passwords(settings.database_url), *settings.sources.secrets)


def _loaded(model: type[Held]) -> Held:
    try:
        return model()
    except ValidationError as error:
        lines = (
            f"{_variable(e['loc'])}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False)
        )
        raise SettingsError("\n".join(lines)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else "settings"


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:  # its message would quote the address
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def _sources(path: Path) -> Sources:
    try:
        text = path.read_bytes()
    except (OSError, ValueError):
        raise ValueError("names no file that can be read") from None
    found = settings_in(text, path.name, Sources)
    if isinstance(found, ConfigErrors):
        raise ValueError(str(found))
    return found


def _read_pem(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        raise ValueError("is neither PEM text nor the path of a readable PEM file") from None
    if not text.startswith("-----BEGIN"):
        raise ValueError("names a file that holds no PEM key")
    return text
