"""Whether a visitor only curses or insults.

In English, Swedish, Danish, Norwegian, Dutch and Polish, whatever the page's language. When in
doubt it is no insult: whoever asks something in anger must get their answer.
"""

from __future__ import annotations

from typing import Final

from straks.answers.text import clean

__all__ = ["is_insult"]

_MOST_WORDS: Final = 10


def _words(lines: str) -> frozenset[str]:
    return frozenset(clean(line) for line in lines.split())


_INSULTS: Final = _words("""
    fuck fucking fucked fucker fuckers motherfucker fuckoff wtf stfu shit shitty bullshit crap
    crappy damn bloody bastard bastards bitch asshole arsehole arse ass cunt dick dickhead prick
    wanker twat idiot idiots idiotic moron morons stupid dumb dumbass useless pathetic retard
    retarded scammer scammers sucks suck loser losers jerk
    fan jävla jävlar jävlig fitta kuk skit skitprat idiotisk dumma dum korkad värdelös värdelösa
    puckad puckon pucko förbannade hora rövhål
    fanden satans sgu lort lorte møg røv røvhul kælling kraftidiot luder tåbelig tåbe ubrugelig
    ubrugelige pis
    faen helvete jævla jævlig dritt drittsekk ræv rævhøl hore ubrukelig ubrukelige dust
    kut klootzak klootzakken lul eikel sukkel hoer kanker tering tyfus stom stomme dom domme
    achterlijk achterlijke waardeloos waardeloze rot oplichters
    kurwa kurwy kurde chuj chuja chujowy gówno gówniany dupa dupek dupki debil debile debilny
    idiota idioci idiotka głupi głupia głupie głupek kretyn kretyni pieprz pieprzony pierdol
    pierdolony spierdalaj jebany jebać cholera cholerny beznadziejny beznadziejna beznadziejne
""")

_FILLERS: Final = _words("""
    a an the you your youre u ur are is am this that it what who such so very really just all both
    of off up go get and or to me my i hate bot chatbot robot machine computer ai people guys lot
    company shop service chat thing piece hell
    du är ni en ett så det detta vad din er ert helt väldigt åt dra robot butik bolag
    i et er jer jeres din dit det her hvor en helt fuldstændig for til
    dere deres ditt dette hva så
    jij je jullie bent zijn is een zo wat dit dat deze het op rot heel erg winkel bedrijf
    ty wy jesteś jesteście to jest taki taka tacy co za wasz wasza wasze twój ten ta się firma sklep
""")
"""Words that ask nothing beside an insult; alone they are none."""


def is_insult(text: str) -> bool:
    """Tell whether ``text`` is an insult or a curse and asks nothing."""
    words = clean(text).split()
    if not words or len(words) > _MOST_WORDS or _INSULTS.isdisjoint(words):
        return False
    return _INSULTS.union(_FILLERS).issuperset(words)
