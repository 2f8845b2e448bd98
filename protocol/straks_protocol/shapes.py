"""The shapes of what stands in the data of entries."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

__all__ = [
    "MAX_TEXT",
    "Comment",
    "Email",
    "FactName",
    "FactValue",
    "Facts",
    "Html",
    "Label",
    "Line",
    "Name",
    "Preview",
    "TagName",
    "Text",
    "Url",
    "Word",
]

MAX_TEXT: Final = 10_000
"""Characters (Unicode code points) of a text that a person writes."""

# A text has something to see in it, and no U+0000, which PostgreSQL cannot store.
_VISIBLE: Final = r"^\s*+[^\s\x00][^\x00]*+\Z"
Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=_VISIBLE)]
Html: TypeAlias = Annotated[str, Meta(min_length=1, max_length=8 * MAX_TEXT)]
Comment: TypeAlias = Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*\Z")]
Line: TypeAlias = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Preview: TypeAlias = Annotated[str, Meta(max_length=500)]
Name: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^ *+[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*+\Z",
    ),
]
Email: TypeAlias = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+\Z",
    ),
]
Url: TypeAlias = Annotated[
    str, Meta(max_length=2_048, pattern=r"(?i)^https?://[^\s\x00-\x1f\x7f/]\S*\Z")
]
Word: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f\x7f]+\Z")
]
"""The id of an agent, a team or an answer."""
Label: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=80, pattern=r"^\s*+[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*+\Z")
]
"""What stands on a button or beside a field."""
FactName: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*\Z")
]
"""What a fact about the visitor is called: ``email``, ``order``."""
FactValue: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        pattern=r"^\s*+[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*+\Z",
    ),
]
Facts: TypeAlias = Annotated[dict[FactName, FactValue], Meta(max_length=20)]
TagName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^\S(.*\S)?\Z")]
