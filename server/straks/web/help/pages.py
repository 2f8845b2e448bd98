"""The help centre's pages as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from straks.answers import languages
from straks.answers.answer import Answer
from straks.web.help.shelf import DEFAULT_LANG, Shelf
from straks.web.help.structured import description, snippet, structured
from straks.web.help.subjects import subject_name
from straks.web.help.texts import language_name, long_date, texts_for

__all__ = ["MAX_QUERY", "Pages", "address"]

MAX_QUERY: Final = 200
"""Characters of a search that count."""

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SNIPPET: Final = 180


@dataclass(frozen=True, slots=True)
class _Alternate:
    """The same page in a language; ``name`` is what people call that."""

    lang: str
    name: str
    path: str


def address(lang: str, answer_id: str = "") -> str:
    """Give the path of an answer, or of the list of them all."""
    return f"/help/{languages.base(lang)}/{answer_id}"


class Pages:
    """Makes pages of answers, which are HTML already, and of texts, which are not."""

    def __init__(self, site: str) -> None:
        """``site`` is the name of what the help is about."""
        self._site = site
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            address=address,
            max_query=MAX_QUERY,
            site=site,
            snippet=lambda answer: snippet(answer.text, _SNIPPET),
            subject_name=subject_name,
        )

    def index(self, shelf: Shelf, lang: str, origin: str) -> str:
        """Show all answers in a language."""
        texts = texts_for(lang)
        return self._page(
            "index.html",
            shelf,
            lang,
            title=f"{texts.help} – {self._site}",
            description=texts.description.format(site=self._site),
            canonical=origin + address(lang),
            alternates=_indexes(shelf),
            origin=origin,
            groups=shelf.groups(lang),
        )

    def results(self, shelf: Shelf, lang: str, query: str, found: Sequence[Answer]) -> str:
        """Show what a search has found, or that it found nothing."""
        texts = texts_for(lang)
        heading = (texts.results if found else texts.nothing).replace("{query}", query)
        return self._page(
            "results.html",
            shelf,
            lang,
            title=f"{heading} – {self._site}",
            heading=heading,
            query=query,
            found=found,
        )

    def answer(self, shelf: Shelf, answer: Answer, origin: str) -> str:
        """Show one answer."""
        lang = languages.base(answer.lang)
        return self._page(
            "answer.html",
            shelf,
            lang,
            title=f"{answer.title} – {self._site}",
            description=description(answer),
            canonical=origin + address(lang, answer.id),
            alternates=[
                _Alternate(each, language_name(each), address(each, answer.id))
                for each in sorted(shelf.variants(answer.id))
            ],
            origin=origin,
            answer=answer,
            read=answer.id,
            html=_on_a_page(answer.html if answer.guide is None else answer.guide.html),
            steps=_steps(answer),
            confirmed=answer.confirmed and long_date(answer.confirmed, lang),
            structured=structured(answer),
            related=shelf.related(answer),
        )

    def missing(self, shelf: Shelf, lang: str) -> str:
        """Say that there is no such page, and show the way on."""
        texts = texts_for(lang)
        return self._page("missing.html", shelf, lang, title=f"{texts.missing} – {self._site}")

    def sitemap(self, shelf: Shelf, origin: str) -> str:
        """List all pages for search engines, each with the same one in other languages."""
        answers = (
            [_Alternate(lang, "", address(lang, answer.id)) for lang, answer in of_one.items()]
            for of_one in shelf.translations()
        )
        return self._templates.get_template("sitemap.xml").render(
            origin=origin, pages=[_indexes(shelf), *answers]
        )

    def _page(self, template: str, shelf: Shelf, lang: str, **values: Any) -> str:
        usual: dict[str, Any] = {
            "lang": lang,
            "texts": texts_for(lang),
            "switch": values.get("alternates", _indexes(shelf)),
            "canonical": None,
            "alternates": (),
            "description": None,
            "query": "",
            "read": None,
        }
        return self._templates.get_template(template).render({**usual, **values})


def _steps(answer: Answer) -> Sequence[tuple[str | None, str]]:
    """Give title and HTML of each step of a guide; an answer that is none has none."""
    steps = answer.guide.steps if answer.guide is not None else ()
    return [(step.title, _on_a_page(step.html)) for step in steps]


def _on_a_page(html: str) -> str:
    """Fit an answer's HTML, whose tags are known, into a page of its own."""
    # Its headings, which begin at the third level, stand right below its title.
    for old, new in (("h3>", "h2>"), ("h4>", "h3>")):
        html = html.replace(f"<{old}", f"<{new}").replace(f"</{old}", f"</{new}")
    # A table that is wider than the page is scrolled, by keys as well.
    frame = '<div class="frame" role="group" aria-labelledby="title" tabindex="0">'
    return html.replace("<table>", f"{frame}<table>").replace("</table>", "</table></div>")


def _indexes(shelf: Shelf) -> list[_Alternate]:
    return [
        _Alternate(each, language_name(each), address(each))
        for each in shelf.languages or (DEFAULT_LANG,)
    ]
