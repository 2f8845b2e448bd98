"""Questions answered per second of processor time, with the answers of the demo."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from bench.micro.timing import measure
from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher

COUNT = 2_000
SEED = 7


def questions(book: AnswerBook) -> list[str]:
    """Make questions of the phrases that the answers have, as people write: a word is missing."""
    chance = random.Random(SEED)
    phrases = [phrase for answer in book.listed() for phrase in answer.phrases]
    made: list[str] = []
    for _ in range(COUNT):
        words = chance.choice(phrases).split()
        if len(words) > 2:
            del words[chance.randrange(len(words))]
        made.append(" ".join(words))
    return made


def asking(ask: Callable[[str], object], asked: Sequence[str]) -> Callable[[], None]:
    """Ask all questions."""

    def work() -> None:
        for question in asked:
            ask(question)

    return work


def main() -> None:
    """Measure answers to whole questions, and what is offered while one types."""
    with resources.as_file(resources.files("straks.demo") / "answers") as folder:
        book = AnswerBook.load(Path(folder))
    matcher, asked = Matcher.train(book), questions(book)
    measure("an answer to a question", COUNT, asking(matcher.match, asked), "questions")
    measure("offers while somebody types", COUNT, asking(matcher.suggest, asked), "questions")


if __name__ == "__main__":
    main()
