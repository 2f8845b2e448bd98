"""The floor: what a plain script gets out of the same phrases."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from bench.answers.intents import Intents, title

__all__ = ["Baseline"]


class Baseline:
    """TF-IDF of word 1-2-grams and character 2-5-grams in words, and a logistic regression."""

    def __init__(self, intents: Intents) -> None:
        """Learn; an intent's name is one more phrase."""
        texts: list[str] = []
        owners: list[str] = []
        for intent, phrases in intents.items():
            texts += [*phrases, title(intent)]
            owners += [intent] * (len(phrases) + 1)
        grams = FeatureUnion(
            [
                ("words", TfidfVectorizer(ngram_range=(1, 2))),
                ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))),
            ]
        )
        self._model: Pipeline = make_pipeline(grams, LogisticRegression(C=30, max_iter=300))
        self._model.fit(texts, owners)

    def first(self, questions: Sequence[str]) -> list[str]:
        """Name the likeliest intent of each question."""
        return [str(intent) for intent in self._model.predict(questions)]
