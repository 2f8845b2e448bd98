"""What the pages say beside the answers, in each language."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["TEXTS", "Texts", "language_name", "long_date", "texts_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts in one language; names in braces are filled in."""

    lang: str
    help: str
    heading: str
    description: str
    skip: str
    languages: str
    search_label: str
    search: str
    results: str
    nothing: str
    nothing_hint: str
    all_answers: str
    you_are_here: str
    other: str
    related: str
    missing: str
    missing_hint: str
    chat_heading: str
    chat_hint: str
    chat: str
    no_script: str
    confirmed: str


_DEFAULT: Final = Texts(
    lang="en",
    help="Help",
    heading="How can we help?",
    description="Answers to what people ask {site} most.",
    skip="Skip to the content",
    languages="Languages",
    search_label="Search the answers",
    search="Search",
    results="Answers to “{query}”",
    nothing="No answer fits “{query}”",
    nothing_hint="Try it in other words, or ask us in the chat.",
    all_answers="All answers",
    you_are_here="You are here",
    other="Other questions",
    related="Related answers",
    missing="There is no such page",
    missing_hint="The answer may have moved. Search for it, or look through them all.",
    chat_heading="Is your question not here?",
    chat_hint="Ask it in the chat: the answer comes at once, or from a person.",
    chat="Ask in the chat",
    no_script="The chat needs JavaScript, which is off in this browser.",
    confirmed="Last confirmed:",
)

TEXTS: Final[Mapping[str, Texts]] = {
    texts.lang: texts
    for texts in (
        _DEFAULT,
        Texts(
            lang="sv",
            help="Hjälp",
            heading="Hur kan vi hjälpa till?",
            description="Svar på det som {site} oftast får frågor om.",
            skip="Hoppa till innehållet",
            languages="Språk",
            search_label="Sök bland svaren",
            search="Sök",
            results="Svar på ”{query}”",
            nothing="Inget svar passar ”{query}”",
            nothing_hint="Prova med andra ord, eller fråga oss i chatten.",
            all_answers="Alla svar",
            you_are_here="Du är här",
            other="Andra frågor",
            related="Liknande svar",
            missing="Sidan finns inte",
            missing_hint="Svaret kan ha flyttats. Sök efter det, eller se alla svar.",
            chat_heading="Hittar du inte din fråga?",
            chat_hint="Ställ den i chatten: svaret kommer direkt, eller från en människa.",
            chat="Fråga i chatten",
            no_script="Chatten behöver JavaScript, som är avstängt i den här webbläsaren.",
            confirmed="Senast bekräftat:",
        ),
        Texts(
            lang="da",
            help="Hjælp",
            heading="Hvordan kan vi hjælpe?",
            description="Svar på det, som {site} oftest bliver spurgt om.",
            skip="Gå til indholdet",
            languages="Sprog",
            search_label="Søg i svarene",
            search="Søg",
            results="Svar på »{query}«",
            nothing="Intet svar passer til »{query}«",
            nothing_hint="Prøv med andre ord, eller spørg os i chatten.",
            all_answers="Alle svar",
            you_are_here="Du er her",
            other="Andre spørgsmål",
            related="Lignende svar",
            missing="Siden findes ikke",
            missing_hint="Svaret kan være flyttet. Søg efter det, eller se alle svar.",
            chat_heading="Er dit spørgsmål her ikke?",
            chat_hint="Stil det i chatten: svaret kommer straks, eller fra et menneske.",
            chat="Spørg i chatten",
            no_script="Chatten kræver JavaScript, som er slået fra i denne browser.",
            confirmed="Senest bekræftet:",
        ),
        Texts(
            lang="nb",
            help="Hjelp",
            heading="Hvordan kan vi hjelpe?",
            description="Svar på det {site} oftest får spørsmål om.",
            skip="Gå til innholdet",
            languages="Språk",
            search_label="Søk i svarene",
            search="Søk",
            results="Svar på «{query}»",
            nothing="Ingen svar passer til «{query}»",
            nothing_hint="Prøv med andre ord, eller spør oss i chatten.",
            all_answers="Alle svar",
            you_are_here="Du er her",
            other="Andre spørsmål",
            related="Lignende svar",
            missing="Siden finnes ikke",
            missing_hint="Svaret kan være flyttet. Søk etter det, eller se alle svar.",
            chat_heading="Finner du ikke spørsmålet ditt?",
            chat_hint="Still det i chatten: svaret kommer straks, eller fra et menneske.",
            chat="Spør i chatten",
            no_script="Chatten trenger JavaScript, som er slått av i denne nettleseren.",
            confirmed="Sist bekreftet:",
        ),
        Texts(
            lang="nl",
            help="Hulp",
            heading="Waarmee kunnen we helpen?",
            description="Antwoorden op wat {site} het vaakst gevraagd wordt.",
            skip="Naar de inhoud",
            languages="Talen",
            search_label="Zoek in de antwoorden",
            search="Zoeken",
            results="Antwoorden op “{query}”",
            nothing="Geen antwoord past bij “{query}”",
            nothing_hint="Probeer het met andere woorden, of vraag het ons in de chat.",
            all_answers="Alle antwoorden",
            you_are_here="Je bent hier",
            other="Andere vragen",
            related="Verwante antwoorden",
            missing="Deze pagina bestaat niet",
            missing_hint="Het antwoord kan verhuisd zijn. Zoek het, of bekijk ze allemaal.",
            chat_heading="Staat je vraag er niet bij?",
            chat_hint="Stel hem in de chat: het antwoord komt meteen, of van een mens.",
            chat="Vraag het in de chat",
            no_script="De chat heeft JavaScript nodig, en dat staat in deze browser uit.",
            confirmed="Laatst bevestigd:",
        ),
        Texts(
            lang="pl",
            help="Pomoc",
            heading="Jak możemy pomóc?",
            description="Odpowiedzi na najczęstsze pytania do {site}.",
            skip="Przejdź do treści",
            languages="Języki",
            search_label="Szukaj w odpowiedziach",
            search="Szukaj",
            results="Odpowiedzi na „{query}”",
            nothing="Żadna odpowiedź nie pasuje do „{query}”",
            nothing_hint="Spróbuj innymi słowami albo zapytaj nas na czacie.",
            all_answers="Wszystkie odpowiedzi",
            you_are_here="Jesteś tutaj",
            other="Inne pytania",
            related="Podobne odpowiedzi",
            missing="Nie ma takiej strony",
            missing_hint="Odpowiedź mogła zmienić adres. Wyszukaj ją albo przejrzyj wszystkie.",
            chat_heading="Nie ma tu Twojego pytania?",
            chat_hint="Zadaj je na czacie: odpowiedź przyjdzie od razu albo od człowieka.",
            chat="Zapytaj na czacie",
            no_script="Czat wymaga JavaScriptu, który jest wyłączony w tej przeglądarce.",
            confirmed="Ostatnio potwierdzono:",
        ),
    )
}

_LANGUAGE_NAMES: Final = {
    "da": "Dansk",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "it": "Italiano",
    "nb": "Norsk",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "sv": "Svenska",
}


_MONTHS: Final[Mapping[str, str]] = {
    "en": "January February March April May June July August September October November December",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
}
_ORDINAL: Final = frozenset({"da", "nb"})
"""Languages that put a dot after the day."""


def texts_for(lang: str) -> Texts:
    """Give the texts in a language, in English where there are none."""
    return TEXTS.get(lang, _DEFAULT)


def long_date(day: datetime.date, lang: str) -> str:
    """Write a day as people do, in English where we do not know how."""
    known = lang if lang in _MONTHS else _DEFAULT.lang
    dot = "." if known in _ORDINAL else ""
    return f"{day.day}{dot} {_MONTHS[known].split()[day.month - 1]} {day.year}"


def language_name(lang: str) -> str:
    """Give a language's name in that language; its tag where we do not know it."""
    return _LANGUAGE_NAMES.get(lang, lang)
