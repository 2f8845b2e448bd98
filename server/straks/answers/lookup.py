"""Look-ups: what a program of the operator's knows, asked while a visitor waits."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from straks.answers.variables import MAX_VALUE
from straks.answers.webhook import WebhookError, post
from straks.telemetry import Trouble

__all__ = ["SIGNATURE", "Lookup", "Lookups", "signature"]

SIGNATURE: Final = "Straks-Signature"

MAX_ANSWER: Final = 64 * 1024
MAX_MEMBERS: Final = 50

_AT_ONCE: Final = 16
"""Requests under way to an address; one more waits for its turn, within its time-out."""
_FAILURES: Final = 5
"""In a row, after which a look-up is left alone for a while."""
_LEFT_ALONE: Final = 30.0
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_NOT_FOUND: Final = 404

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A program that is asked over HTTP. Its address comes from the operator alone."""

    name: str
    url: str
    secret: bytes | None = field(default=None, repr=False)
    seconds: float = 2.0
    sends: tuple[str, ...] = ()
    """The facts that it is told."""


class Lookups:
    """Asks, but not a program that has failed again and again."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}
        """By address."""

    async def ask(
        self, lookup: Lookup, facts: Mapping[str, str], *, conversation: str, lang: str
    ) -> Mapping[str, str] | None:
        """Give what the program knows; empty: nothing, None: it failed."""
        state = self._states.setdefault(lookup.url, _State(lookup.name))
        if state.closed_until > self._clock():
            return None
        request = {
            "lookup": lookup.name,
            "facts": {name: facts[name] for name in lookup.sends if name in facts},
            "conversation": conversation,
            "lang": lang,
        }
        # Others do not try at the same time whether it works again.
        if state.failures >= _FAILURES:
            state.closed_until = self._clock() + _LEFT_ALONE
        try:
            async with asyncio.timeout(lookup.seconds), state.turn:
                members = await _ask(lookup, orjson.dumps(request))
        except (WebhookError, TimeoutError) as error:
            state.failures += 1
            if state.failures >= _FAILURES:
                state.closed_until = self._clock() + _LEFT_ALONE
            state.trouble.failed(error if str(error) else f"no answer in {lookup.seconds:g} s")
            return None
        state.failures, state.closed_until = 0, 0.0
        state.trouble.worked()
        return members


class _State:
    """How a program has done lately."""

    def __init__(self, name: str) -> None:
        self.turn = asyncio.Semaphore(_AT_ONCE)
        self.failures = 0
        self.closed_until = 0.0
        self.trouble = Trouble(_log, f"look-up {name}")


def signature(secret: bytes, at: int, body: bytes) -> str:
    """Sign a request: with its time, so that an old one cannot be sent again."""
    digest = hmac.new(secret, b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def _ask(lookup: Lookup, body: bytes) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if lookup.secret is not None:
        headers[SIGNATURE] = signature(lookup.secret, int(time.time()), body)
    status, answer = await post(lookup.url, body, headers, most=MAX_ANSWER)
    if status == _NOT_FOUND:
        return {}
    if status != 200:
        raise WebhookError(f"status {status}")
    try:
        return _members(orjson.loads(answer))
    except ValueError as error:
        raise WebhookError(f"no JSON: {error}") from None


def _members(answer: object) -> dict[str, str]:
    if not isinstance(answer, dict) or len(answer) > MAX_MEMBERS:
        raise WebhookError(f"no object of at most {MAX_MEMBERS} members")
    found = {name: _value(name, value) for name, value in answer.items() if value is not None}
    return {name: value for name, value in found.items() if value}


def _value(name: str, value: Any) -> str:
    if not _NAME.fullmatch(name):
        raise WebhookError(f"a member is called {name[:40]!r}, not as variables are")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise WebhookError(f"{name} is neither text nor number")
    text = str(value).strip()
    if not (text.isprintable() or not text) or len(text) > MAX_VALUE:
        raise WebhookError(f"{name} is no line of at most {MAX_VALUE} characters")
    return text
