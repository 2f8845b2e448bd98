"""What search engines are told of an answer."""

from __future__ import annotations

from typing import Any, Final

import orjson

from straks.answers.answer import Answer

__all__ = ["description", "faq_page", "snippet"]

_LONGEST: Final = 155
"""Characters of a description that search engines show."""

# No sign that HTML gives a meaning to, so that nothing in it can end the script element.
_ESCAPES: Final = str.maketrans(
    {sign: f"\\u{ord(sign):04x}" for sign in ("<", ">", "&", "\u2028", "\u2029")}
)


def faq_page(answer: Answer) -> str:
    """Give an answer as the JSON-LD of a schema.org ``FAQPage``, safe in a script element."""
    content: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "inLanguage": answer.lang,
        "mainEntity": [
            {
                "@type": "Question",
                "name": answer.title,
                "acceptedAnswer": {"@type": "Answer", "text": answer.html},
            }
        ],
    }
    return orjson.dumps(content).decode().translate(_ESCAPES)


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
