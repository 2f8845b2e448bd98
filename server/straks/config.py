"""The settings, from ``STRAKS_*`` variables and command-line options."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from straks.errors import StartError
from straks.urls import take_apart

__all__ = ["PREFIX", "Settings", "SettingsError", "load_settings", "unknown_variables"]

PREFIX: Final = "STRAKS_"

_HOSTS: Final = r"HOST(?:,HOST)*".replace("HOST", r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?")
_REDIS: Final = re.compile(
    rf"rediss?://{_HOSTS}(?:/\d{{0,5}})?|rediss?\+sentinel://{_HOSTS}/[\w.-]+(?:/\d{{1,5}})?"
)
_DATABASE: Final = re.compile(
    r"postgresql\+asyncpg://(?:[^\s/@:?#]+(?::[^\s/@:?#]*)?@)?[\w.\[\]:-]*/[\w.%-]+(?:\?[^\s@#]*)?"
    r"|sqlite\+aiosqlite:///\S+"
)

_APP: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")

Words: TypeAlias = Annotated[tuple[str, ...], NoDecode]
"""Several words, parted by commas or spaces."""


class SettingsError(StartError):
    """A setting is wrong; the message names it and says what to do."""


class Settings(BaseSettings):
    """Everything that an operator can set. Each field's description is its help text."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, env_file=None, frozen=True, extra="forbid"
    )

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every network.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="Address that browsers use, e.g. https://chat.example.com."
    )
    data: Path = Field(Path(".straks"), description="Directory that holds all data.")
    redis: SecretStr | None = Field(
        None, description="Keep the log in Redis 7 or newer, e.g. redis://localhost:6379/0."
    )
    database: SecretStr | None = Field(
        None,
        description="Keep the records in PostgreSQL: postgresql+asyncpg://USER:PASSWORD@HOST/NAME.",
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM) to serve HTTPS.")
    tls_key: Path | None = Field(None, description="Private key (PEM) of the certificate.")
    trusted_proxies: Words = Field(
        (), description="Addresses or networks whose X-Forwarded-* headers hold."
    )
    allowed_origins: Words = Field(
        ("*",), description="Sites that may embed the widget, e.g. https://www.example.com."
    )
    answers: Path | None = Field(None, description="Folder of answer files (Markdown).")
    answer_variables: Path | None = Field(
        None, description="File (YAML) of values, opening hours and look-ups for answers."
    )
    answer_threshold: float | None = Field(
        None, ge=0, le=1, description="Least confidence of an automatic answer, 0 to 1."
    )
    expert_threshold: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Least score, 0 to 1, of who knows enough to get a person at once.",
    )
    bot: str | None = Field(
        None, description="Name of the app that answers first; straks app add makes its key."
    )
    bot_timeout: float = Field(
        3.0, ge=0.1, le=60, description="Seconds in which it answers, before the answers here do."
    )
    help_centre: bool = Field(
        True, description="Show the answers as public pages below /help/ as well: true or false."
    )
    site_name: str = Field(
        "Straks", min_length=1, max_length=100, description="Name that visitors see."
    )
    log_format: Literal["json", "console"] | None = Field(
        None, description="json or console; by default console on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important messages to log."
    )
    heartbeat: float = Field(
        25.0, ge=1, le=600, description="Seconds of silence before a connection is probed."
    )
    drain_seconds: float = Field(
        10.0, ge=0, le=600, description="Seconds that an orderly stop may take."
    )
    archive_seconds: float = Field(
        86_400.0,
        ge=1,
        description="Seconds without a message before a conversation leaves Redis for the records.",
    )
    max_connections: int = Field(50_000, ge=1, description="Connections in all.")
    max_connections_per_address: int = Field(
        1_000, ge=1, description="Connections from one address."
    )
    publish_rate: float = Field(
        20.0,
        gt=0,
        le=1e6,
        description="Messages a second that one visitor may send; agents five times.",
    )
    publish_burst: int = Field(
        60, ge=1, description="Messages that a visitor may send at once before that rate holds."
    )
    read_rate: float = Field(
        50.0,
        gt=0,
        le=1e6,
        description="Subscriptions, pages and read marks a second of one visitor.",
    )
    read_burst: int = Field(200, ge=1, description="The same at once, before that rate holds.")
    visitor_token_days: int = Field(
        180, ge=1, le=3650, description="Days after which an absent visitor is a stranger."
    )

    @field_validator("trusted_proxies", "allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            try:
                ipaddress.ip_network(item, strict=False)
            except ValueError:
                raise _wrong(f"{item!r} is not an address or network like 10.0.0.0/8") from None
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            if item != "*" and not _is_origin(item.replace("://*.", "://")):
                raise _wrong(f"{item!r} is not a site like https://www.example.com, or *")
        return tuple(item.rstrip("/") for item in value)

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        if value is not None and not _is_origin(value):
            raise _wrong(f"{value!r} is not an address like https://chat.example.com without path")
        return None if value is None else value.rstrip("/").lower()

    @field_validator("redis")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_redis(value.get_secret_value()):
            raise _wrong(
                "it must look like redis://:PASSWORD@HOST:PORT/NUMBER, "
                "where signs like / # ? in the password are written as %2F %23 %3F"
            )
        return value

    @field_validator("database")
    @classmethod
    def _database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _DATABASE.fullmatch(value.get_secret_value()):
            raise _wrong(
                "it must look like postgresql+asyncpg://USER:PASSWORD@HOST/NAME, "
                "where signs like / # ? in the password are written as %2F %23 %3F"
            )
        return value

    @field_validator("bot")
    @classmethod
    def _app(cls, value: str | None) -> str | None:
        if value is not None and not _APP.fullmatch(value):
            raise _wrong(f"{value!r} is not the name of an app, like helper")
        return value

    @field_validator("tls_cert", "tls_key", "answers", "answer_variables")
    @classmethod
    def _exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.exists():
            raise _wrong(f"there is no {value}")
        return value

    @model_validator(mode="after")
    def _both(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_cert"
            raise _wrong(f"{_names(missing)} is missing: HTTPS needs both certificate and key")
        return self

    @property
    def scheme(self) -> str:
        """``https`` when this server itself speaks TLS."""
        return "https" if self.tls_cert else "http"

    def url(self, port: int) -> str:
        """Give the address that browsers use, when the server listens on ``port``."""
        if self.public_url is not None:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.host, self.host)
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        usual = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if port == usual else f":{port}")


def load_settings(**options: Any) -> Settings:
    """Read the variables; an option that is not None goes before its variable.

    Raises:
        SettingsError: something is wrong; all of it is named.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(item) for item in error.errors())) from None


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Name the ``STRAKS_*`` variables that set nothing, each with what may have been meant."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    found = []
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            found.append(f"{name} (did you mean {close[0]}?)" if close else name)
    return found


def _is_origin(text: str) -> bool:
    try:
        url = urlsplit(text)
        port_is_fine = url.port is None or url.port > 0
    except ValueError:
        return False
    return (
        port_is_fine
        and url.scheme in {"http", "https"}
        and bool(url.hostname)
        and url.path in {"", "/"}
        and not (url.query or url.fragment or url.username)
        and "*" not in text
    )


def _is_redis(text: str) -> bool:
    url = take_apart(text)
    if url.scheme == "unix":
        return bool(url.path)
    return (
        _REDIS.fullmatch(f"{url.scheme}://{url.hosts}{url.path}") is not None
        and "@" not in url.query
        and not url.fragment
    )


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("straks", "{message}", {"message": message})


def _names(field: str) -> str:
    return f"{PREFIX}{field.upper()} (--{field.replace('_', '-')})"


def _explain(item: ErrorDetails) -> str:
    message = item["msg"]
    if not item["loc"]:
        return message
    field = str(item["loc"][0])
    if item["type"] != "straks" and field not in {"redis", "database"}:
        message = f"{message.replace('Input should be', 'must be')}, not {item['input']!r}"
    return f"{_names(field)}: {message}"
