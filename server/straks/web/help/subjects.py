"""What tags are called where people read them.

A tag is written in ``a-z`` and is the same in all languages of an answer: the usual ones have a
name in each language, any other is shown as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["subject_name"]

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "account": {"sv": "Konto", "da": "Konto", "nb": "Konto", "nl": "Account", "pl": "Konto"},
    "advice": {"sv": "Råd", "da": "Råd", "nb": "Råd", "nl": "Advies", "pl": "Porady"},
    "bulbs": {
        "sv": "Ljuskällor",
        "da": "Pærer",
        "nb": "Lyspærer",
        "nl": "Lampjes",
        "pl": "Żarówki",
    },
    "business": {
        "sv": "Företag",
        "da": "Erhverv",
        "nb": "Bedrift",
        "nl": "Zakelijk",
        "pl": "Dla firm",
    },
    "care": {
        "sv": "Skötsel",
        "da": "Pleje",
        "nb": "Vedlikehold",
        "nl": "Onderhoud",
        "pl": "Pielęgnacja",
    },
    "claims": {
        "sv": "Reklamation",
        "da": "Reklamation",
        "nb": "Reklamasjon",
        "nl": "Klachten en garantie",
        "pl": "Reklamacje",
    },
    "contact": {
        "sv": "Kontakt",
        "da": "Kontakt",
        "nb": "Kontakt",
        "nl": "Contact",
        "pl": "Kontakt",
    },
    "delivery": {
        "sv": "Leverans",
        "da": "Levering",
        "nb": "Levering",
        "nl": "Bezorging",
        "pl": "Dostawa",
    },
    "furniture": {"sv": "Möbler", "da": "Møbler", "nb": "Møbler", "nl": "Meubels", "pl": "Meble"},
    "gifts": {"sv": "Presenter", "da": "Gaver", "nb": "Gaver", "nl": "Cadeaus", "pl": "Prezenty"},
    "installation": {
        "sv": "Montering",
        "da": "Montering",
        "nb": "Montering",
        "nl": "Montage",
        "pl": "Montaż",
    },
    "orders": {
        "sv": "Beställningar",
        "da": "Ordrer",
        "nb": "Bestillinger",
        "nl": "Bestellingen",
        "pl": "Zamówienia",
    },
    "payment": {
        "sv": "Betalning",
        "da": "Betaling",
        "nb": "Betaling",
        "nl": "Betaling",
        "pl": "Płatności",
    },
    "privacy": {
        "sv": "Integritet",
        "da": "Privatliv",
        "nb": "Personvern",
        "nl": "Privacy",
        "pl": "Prywatność",
    },
    "products": {
        "sv": "Produkter",
        "da": "Produkter",
        "nb": "Produkter",
        "nl": "Producten",
        "pl": "Produkty",
    },
    "returns": {
        "sv": "Returer",
        "da": "Returnering",
        "nb": "Retur",
        "nl": "Retourneren",
        "pl": "Zwroty",
    },
    "shop": {"sv": "Butiken", "da": "Butikken", "nb": "Butikken", "nl": "Winkel", "pl": "Sklep"},
}


def subject_name(tag: str, lang: str) -> str:
    """Give a tag's name in a language."""
    return _NAMES.get(tag, {}).get(lang) or tag.replace("-", " ").replace("_", " ").capitalize()
