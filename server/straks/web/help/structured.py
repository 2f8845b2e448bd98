"""What search engines are told of an answer."""

from __future__ import annotations

from typing import Any, Final

import orjson

from straks.answers.answer import Answer, Guide

__all__ = ["description", "snippet", "structured"]

_LONGEST: Final = 155
"""Characters of a description that search engines show."""

# No sign that HTML gives a meaning to, so that nothing in it can end the script element.
_ESCAPES: Final = str.maketrans(
    {sign: f"\\u{ord(sign):04x}" for sign in ("<", ">", "&", "\u2028", "\u2029")}
)


def structured(answer: Answer) -> str:
    """Give an answer as JSON-LD, safe in a script element: a ``FAQPage``, or a ``HowTo``."""
    told = _faq_page(answer) if answer.guide is None else _how_to(answer, answer.guide)
    content = {"@context": "https://schema.org", "inLanguage": answer.lang, **told}
    return orjson.dumps(content).decode().translate(_ESCAPES)


def _faq_page(answer: Answer) -> dict[str, Any]:
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": answer.title,
                "acceptedAnswer": {"@type": "Answer", "text": answer.html},
            }
        ],
    }


def _how_to(answer: Answer, guide: Guide) -> dict[str, Any]:
    told: dict[str, Any] = {"@type": "HowTo", "name": answer.title}
    if guide.text:
        told["description"] = guide.text
    told["step"] = [
        {
            "@type": "HowToStep",
            "position": number,
            "name": step.title or snippet(step.text, _LONGEST),
            "text": step.text,
        }
        for number, step in enumerate(guide.steps, start=1)
    ]
    return told


def description(answer: Answer) -> str:
    """Give the beginning of an answer, in whole words, on one line."""
    return snippet(answer.text, _LONGEST)


def snippet(text: str, longest: int) -> str:
    """Cut a text to so many characters, at a word's end where there is one."""
    # A list's first mark has nothing before it to set it apart from.
    line = " ".join(text.split()).removeprefix("• ")
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-•") + "…"
