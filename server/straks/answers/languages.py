"""Language tags."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["base", "is_known", "stemmer_name"]

_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)
_ISO_639: Final = (
    "aaabaeafakamanarasavayazbabebgbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfo"
    "frfygagdglgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalb"
    "lglilnloltlulvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsasc"
    "sdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu"
)
_KNOWN: Final = frozenset(re.findall("..", _ISO_639)) | {"fil", "yue"}
_SAME: Final = {"no": "nb", "nn": "nb"}
_STEMMERS: Final = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "pl": "polish",
    "pt": "portuguese",
    "sv": "swedish",
}


def is_known(tag: str) -> bool:
    """Tell whether ``tag`` is a well-formed BCP 47 tag of a language that exists."""
    return _TAG.fullmatch(tag) is not None and tag.split("-")[0] in _KNOWN


def base(tag: str) -> str:
    """Reduce a tag to its language alone; the Norwegian ones are one."""
    language = tag.lower().replace("_", "-").split("-")[0]
    return _SAME.get(language, language)


def stemmer_name(tag: str) -> str | None:
    """Name the Snowball stemmer for a language; None when there is none that we use."""
    return _STEMMERS.get(base(tag))
