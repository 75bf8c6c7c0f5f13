"""Phones of the Universal Phone Set, in which users write pronunciations, as phones of the US English lexicon.

The lexicon has 39 phones of ARPAbet without stress. The Universal Phone Set (UPS) has one symbol for each sound of the
International Phonetic Alphabet; 46 of its symbols and pairs are published for en-US. Most have one counterpart. What
stands in for the others:

    AX              the schwa is AH, as in the lexicon's "ago"
    Q               the rounded vowel of British "hot" is AA, as Americans say it
    AX R, ER R      two symbols for one vowel with r in it: ER, also before a further vowel ("around" is ER AW N D)
    AOX EHX UWX     vowels that glide into a schwa; before R the r is the glide ("four" is F AO R, "lure" L UH R), and
    OWX             elsewhere the schwa is AH ("boa" is B OW AH)

Microsoft, "Universal Phone Set (UPS)", Microsoft Speech Platform SDK 11 documentation, 2011, gives each symbol its IPA
value; the list for en-US is that of the Custom Speech documentation.
"""

from speechsmith.asr.lexicon import Pronunciation

_CONSONANTS = {phone: phone for phone in "B CH D DH F G JH K L M N NG P R S SH T TH V W Z ZH".split()}  # noqa: SIM905
_ONE_TO_ONE = _CONSONANTS | {
    "H": "HH", "J": "Y",
    "AA": "AA", "AE": "AE", "AH": "AH", "AO": "AO", "AU": "AW", "AX": "AH", "AI": "AY", "EH": "EH", "EI": "EY",
    "IH": "IH", "I": "IY", "O": "OW", "OI": "OY", "Q": "AA", "UH": "UH", "U": "UW",
}  # fmt: skip
_WITH_R = {"AX R": "ER", "ER R": "ER"}
_GLIDES = {"AOX": ("AO", "AO"), "EHX": ("EH", "EH"), "OWX": ("AO", "OW"), "UWX": ("UH", "UW")}  # before R, elsewhere
_SCHWA = "AH"
_MEANT = {phone: symbol for symbol, phone in (_ONE_TO_ONE | {"ER R": "ER"}).items() if symbol not in ("AX", "Q")}

UPS = frozenset({*_ONE_TO_ONE, *_WITH_R, *_GLIDES})
"""Every symbol of en-US, the pairs as two symbols with a blank."""


class UnknownPhone(ValueError):
    """A symbol outside the phone set; the message names it, and what may have been meant."""


def arpabet(symbols: str) -> Pronunciation:
    """The lexicon's phones for blank-separated UPS symbols of en-US, in any case.

    "f j u z" is F Y UW Z. Raises: UnknownPhone.
    """
    written = symbols.upper().split()
    phones: list[str] = []
    at = 0
    while at < len(written):
        symbol, following = written[at], written[at + 1 : at + 2]
        if one := _WITH_R.get(" ".join((symbol, *following))):
            phones.append(one)
            at += 1
        elif symbol in _GLIDES:
            before_r, elsewhere = _GLIDES[symbol]
            phones += [before_r] if following == ["R"] else [elsewhere, _SCHWA]
        elif symbol in _ONE_TO_ONE:
            phones.append(_ONE_TO_ONE[symbol])
        else:
            raise UnknownPhone(_unknown(symbol))
        at += 1
    return tuple(phones)


def _unknown(symbol: str) -> str:
    meant = _MEANT.get(symbol)
    hint = f"; write {meant}" if meant else ""
    return f"'{symbol[:20]}' is no phone of the Universal Phone Set for en-US{hint}"
