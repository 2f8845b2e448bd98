"""Logs: their shape, what they hide."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from straks.telemetry import Trouble, configure_logs


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root = logging.getLogger()
    kept = (root.handlers, root.level)
    yield
    root.handlers, root.level = kept
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_json_has_one_object_per_line_from_us_and_from_libraries() -> None:
    out = io.StringIO()
    configure_logs(style="json", level="info", stream=out)
    structlog.get_logger("ours").info("started", port=8080)
    logging.getLogger("theirs").warning("odd: %d", 5)
    logging.getLogger("theirs").debug("not wanted")
    first, second = lines(out)
    assert (first["event"], first["port"], first["level"]) == ("started", 8080, "info")
    assert (second["event"], second["logger"], second["level"]) == ("odd: 5", "theirs", "warning")
    assert "timestamp" in first


def test_an_exception_stays_on_its_line() -> None:
    out = io.StringIO()
    configure_logs(style="json", level="info", stream=out)
    try:
        raise ValueError("bad thing")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("theirs").exception("failed too")
    for line in lines(out):
        assert "bad thing" in str(line["exception"])


@pytest.mark.parametrize("style", ["json", "console"])
def test_secrets_are_hidden(style: str) -> None:
    out = io.StringIO()
    configure_logs(style=style, level="info", stream=out)
    structlog.get_logger().info(
        "signed in",
        token="hunter2",
        password="hunter2",
        set_cookie="hunter2",
        address="redis://:hunter2@redis:6379",
        who="bo@chat.example",
    )
    logging.getLogger("theirs").info("connect to redis://user:hunter2@redis:6379/0")
    assert "hunter2" not in out.getvalue()
    assert "bo@chat.example" in out.getvalue()
    assert "redis:6379" in out.getvalue()


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_shows_no_local_variables(style: str) -> None:
    out = io.StringIO()
    configure_logs(style=style, level="info", stream=out)

    def refuse(_token: str) -> None:
        raise ValueError("refused")

    try:
        refuse("hunter" + str(2))
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("theirs").exception("failed too")
    assert out.getvalue().count("ValueError: refused") == 2
    assert "hunter2" not in out.getvalue()


def test_values_that_json_lacks_do_not_break_the_log() -> None:
    out = io.StringIO()
    configure_logs(style="json", level="info", stream=out)
    structlog.get_logger().info("odd", what=object(), raw=b"\xff", many={1, 2})
    assert lines(out)[0]["event"] == "odd"


def test_trouble_is_told_when_it_begins_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trouble = Trouble(logging.getLogger("ours"), "inbox")
    with caplog.at_level(logging.INFO):
        trouble.worked("east")
        for _ in range(100):
            trouble.failed("no disk", "east")
            trouble.failed("no disk", "west")
        trouble.worked("east")
        trouble.worked("west")
        trouble.worked("west")
    assert caplog.messages == ["inbox: no disk", "inbox: works again"]
