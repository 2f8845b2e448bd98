"""Learning stops when it is not wanted any more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from straks.answers.answer import Answer
from straks.answers.confidence import calibrated
from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher
from straks.answers.patience import GivenUpError, go_on, until


def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def test_learning_goes_on_until_it_is_stopped() -> None:
    go_on()
    stop = threading.Event()
    with until(stop):
        go_on()
        stop.set()
        with pytest.raises(GivenUpError):
            go_on()
    go_on()


async def test_a_thread_is_stopped_with_the_context_that_began_it() -> None:
    stop, running = threading.Event(), threading.Event()

    def learn() -> None:
        running.set()
        while True:
            go_on()

    with until(stop):
        learning = asyncio.create_task(asyncio.to_thread(learn))
    await asyncio.to_thread(running.wait)
    stop.set()
    with pytest.raises(GivenUpError):
        await learning


def test_a_matcher_is_not_learned_to_the_end() -> None:
    answer = Answer(id="a", lang="en", title="a", text="", html="", phrases=("b",), tags=())
    with until(stopped()), pytest.raises(GivenUpError):
        Matcher.train(AnswerBook((answer,)))


def test_confidence_is_not_learned_to_the_end() -> None:
    phrases = [[f"{thing} number {n}" for n in range(40)] for thing in "abcdefghijklmn"]
    with until(stopped()), pytest.raises(GivenUpError):
        calibrated(phrases, "en")
