"""Settings: where they come from, what is said about wrong ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from straks.config import SettingsError, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("STRAKS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 8080, Path(".straks"))
    assert settings.url(8080) == "http://127.0.0.1:8080"


def test_an_option_goes_before_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRAKS_PORT", "9000")
    assert load_settings(port=None).port == 9000
    assert load_settings(port="9001").port == 9001


def test_an_empty_variable_is_as_if_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRAKS_PORT", "")
    monkeypatch.setenv("STRAKS_REDIS", "")
    assert load_settings().port == 8080
    assert load_settings().redis is None


def test_the_help_centre_is_there_unless_it_is_switched_off() -> None:
    assert load_settings().help_centre is True
    assert load_settings(help_centre="false").help_centre is False
    with pytest.raises(SettingsError, match=r"--help-centre.*boolean"):
        load_settings(help_centre="perhaps")


def test_lists_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRAKS_ALLOWED_ORIGINS", "https://a.example, https://*.b.example/")
    monkeypatch.setenv("STRAKS_TRUSTED_PROXIES", "127.0.0.1 10.0.0.0/8")
    settings = load_settings()
    assert settings.allowed_origins == ("https://a.example", "https://*.b.example")
    assert settings.trusted_proxies == ("127.0.0.1", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "--port"),
        ("PORT", "70000", "65535"),
        ("PUBLIC_URL", "chat.example", "https://"),
        ("PUBLIC_URL", "https://chat.example/path", "without path"),
        ("PUBLIC_URL", "https://chat.example:port", "https://"),
        ("ALLOWED_ORIGINS", "shop.example", "https://"),
        ("TRUSTED_PROXIES", "nginx", "10.0.0.0/8"),
        ("REDIS", "localhost:6379", "redis://"),
        ("REDIS", "redis+sentinel://a:26379", "redis://"),
        ("DATABASE", "postgresql://a/b", "postgresql+asyncpg://"),
        ("DATABASE", "postgresql+asyncpg://a:b/c@d/e", "postgresql+asyncpg://"),
        ("REDIS", "redis://127.0.0.1:port", "redis://"),
        ("REDIS", "redis://127.0.0.1:6379/zero", "redis://"),
        ("PUBLISH_RATE", "inf", "1000000"),
        ("READ_RATE", "nan", "--read-rate"),
        ("TLS_CERT", "/absent.pem", "there is no /absent.pem"),
        ("ANSWERS", "/absent", "there is no /absent"),
        ("ANSWER_THRESHOLD", "2", "less than or equal to 1"),
        ("LOG_FORMAT", "xml", "json"),
        ("HEARTBEAT", "0", "1"),
        ("DRAIN_SECONDS", "nan", "--drain-seconds"),
        ("SITE_NAME", "x" * 101, "100"),
        ("MAX_CONNECTIONS", "0", "--max-connections"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"STRAKS_{name}", value)
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    assert f"STRAKS_{name}" in str(wrong.value)
    assert said in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_several_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError, match="STRAKS_PORT.*STRAKS_HEARTBEAT"):
        load_settings(port="x", heartbeat="x")


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.touch()
    with pytest.raises(SettingsError, match="--tls-key"):
        load_settings(tls_cert=str(cert))


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis",
        "unix:///run/redis.sock?db=1",
        "unix:/run/redis.sock",
        "redis://redis/0\n",
        "rediss://u:a%2Fb@[::1]:6379/15",
        "redis://a:7000,b:7001,[::1]:7002",
        "redis+sentinel://:pw@a,b:26380/main/1",
    ],
)
def test_an_address_of_redis_is_taken_as_it_is(url: str) -> None:
    found = load_settings(redis=url).redis
    assert found is not None
    assert found.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2@redis:6379/0",
        "http://:hunter2@redis",
        "redis://:a/hunter2@redis:6379/0",
        "redis://user:1#hunter2@redis",
        "redis://user:1/hunter2@redis:6379/0",
        "redis://user:1?hunter2@redis:6379/0",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    try:
        shown = repr(load_settings(redis=url)) + str(load_settings(redis=url))
    except SettingsError as error:
        shown = str(error)
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("options", "port", "url"),
    [
        ({"host": "0.0.0.0"}, 8080, "http://127.0.0.1:8080"),
        ({"host": "::1"}, 8080, "http://[::1]:8080"),
        ({"host": "::"}, 80, "http://[::1]"),
        ({"public_url": "https://Chat.example/"}, 8080, "https://chat.example"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(
    options: dict[str, str], port: int, url: str
) -> None:
    assert load_settings(**options).url(port) == url


def test_a_misspelt_variable_is_found() -> None:
    environ = {"STRAKS_PROT": "1", "STRAKS_PORT": "1", "PATH": ""}
    assert unknown_variables(environ) == ["STRAKS_PROT (did you mean STRAKS_PORT?)"]
