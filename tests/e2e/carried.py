"""Answers that carry more than text, in files as their authors write them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = [
    "CHOICES",
    "LONG",
    "LOST",
    "PICTURE",
    "QUESTIONS",
    "REPLIES",
    "UNCLEAR",
    "write_answers",
]

QUESTIONS: Final = {
    "assembly": "How do I put the lamp together?",
    "track-order": "Where is my order?",
    "delivery-time": "How long does delivery take?",
    "delivery-abroad": "Which countries does delivery go to?",
    "gift-wrapping": "Can you wrap it as a gift?",
    "bulb": "What does the bulb look like?",
    "socket": "What can go wrong with the socket?",
}
"""What each answer is for; its title, too."""

REPLIES: Final = ["Where is my order?", "Can I collect it?", "Thanks"]
LONG: Final = "A reply that is rather long for a button but still says what it has to say"

UNCLEAR: Final = "Tell me about delivery"
"""A question that either of :data:`CHOICES` may be meant by."""
CHOICES: Final = [QUESTIONS["delivery-time"], QUESTIONS["delivery-abroad"]]

PICTURE: Final = "https://pictures.invalid/wide.svg"
LOST: Final = "https://pictures.invalid/lost"

_ALSO: Final = {
    "delivery-time": "fast delivery of a lamp",
    "delivery-abroad": "delivery of a lamp abroad",
}
"""Another phrase for it."""

_MORE: Final = {
    "assembly": "guide: yes",
    "track-order": """ask:
  - {name: order, label: Your order number, type: number}
  - {name: email, label: E-mail address}
  - {name: phone, label: Phone, optional: yes}""",
    "delivery-time": f"buttons: {REPLIES}",
    "gift-wrapping": f"buttons: ['Yes', {LONG!r}, 'No']",
}

_TEXTS: Final = {
    "assembly": """You need the **small screwdriver** from the box.

## Lay out the parts
Base, stem and shade lie in the box in this order.

## Screw the stem in
Turn it **clockwise** until it no longer moves.

It takes about eight turns.

## Put the shade on
Lower it until it clicks.""",
    "track-order": """I can look that up.

Order {{order}} leaves us today. We write to {{email}} when it does.""",
    "bulb": f"So:\n\n![A lamp]({PICTURE})",
    "socket": f"Look: ![a bulb in its box]({LOST}.png)\n\n![Turning it]({LOST}.mp4)",
}


def write_answers(folder: Path) -> Path:
    """Write files with the answers to :data:`QUESTIONS`; gives their folder."""
    folder.mkdir()
    for name, question in QUESTIONS.items():
        phrases = [question, _ALSO[name]] if name in _ALSO else [question]
        head = f"title: {question}\nlang: en\nphrases: {phrases}\n{_MORE.get(name, '')}".strip()
        text = _TEXTS.get(name, f"The answer: {name}.")
        (folder / f"{name}.md").write_text(f"---\n{head}\n---\n{text}\n", encoding="utf-8")
    return folder
