"""Figures that name something, as they are read: telephones, codes, rooms, houses; and letters among figures.

A code is read figure by figure ("extension one two three"), the number of a room or a house in pairs ("room three
fourteen"). Letters that stand with figures are spelled, but for what could be a word: "b twelve", "rue twenty one".
"""

# ruff: noqa: SIM905
import re

from speechsmith.asr import numbers
from speechsmith.asr.text.english.reader import Reader, Rule
from speechsmith.asr.text.english.words import STREETS, is_spelled

_AREA = r"(?:\([0-9]{3}\) ?|[0-9]{3}[-. ])"
_CODES = "account|acct|code|dial|ends in|ending in|ext|extension|passcode|password|pin|ticket"
_ROOMS = "apartment|boeing|bus|channel|flight|gate|highway|interstate|room|route|suite"
_DIRECTIONS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_NOT_IN_A_STREET = frozenset(
    "a an and are at block but by day for from had has have hour hours i if in into is it kids mile miles minute "
    "minutes my new no not of off on or our out over people that the their there they this to up was we week were "
    "with you your".split()
)
_LABELS = {
    "apt": "apartment",
    "ch": "chapter",
    "ext": "extension",
    "fig": "figure",
    "no": "number",
    "p": "page",
    "vol": "volume",
}
_LONG = 3  # figures beside letters: so many are read one by one


def _label(_reader: Reader, match: re.Match[str]) -> str:
    return _LABELS[match[1] or match[2]]


def _telephone(_reader: Reader, match: re.Match[str]) -> str:
    groups = re.findall("[0-9]+", match[0])
    return " ".join("eight hundred" if group == "800" else numbers.digits(group) for group in groups)


def _abroad(_reader: Reader, match: re.Match[str]) -> str:
    return "plus " + numbers.digits("".join(re.findall("[0-9]+", match[0])))


def _code(_reader: Reader, match: re.Match[str]) -> str:
    return f"{match[1]} {match[2] or ''} {numbers.digits(match[3])}"


def _emergency(_reader: Reader, match: re.Match[str]) -> str:
    return numbers.digits(match[0])


def _room(_reader: Reader, match: re.Match[str]) -> str:
    return f"{match[1]} {numbers.pairs(match[2])}"


def _house(_reader: Reader, match: re.Match[str]) -> str:
    """An address: "221b baker st." -> "two twenty one b baker street"."""
    number, entrance, direction, name, kind = match.groups(default="")
    if not _NOT_IN_A_STREET.isdisjoint(name.split()):
        return match[0]
    way = _DIRECTIONS.get(direction, direction)
    return f"{numbers.pairs(number)} {entrance} {way} {name} {STREETS.get(kind, kind)}"


def _blood(_reader: Reader, match: re.Match[str]) -> str:
    before, group, sign = match.groups()
    is_certain = before or (sign == "+" and group in {"o", "ab"})
    return f"{before or ''} {group} {'positive' if sign == '+' else 'negative'}" if is_certain else match[0]


def _water(_reader: Reader, _match: re.Match[str]) -> str:
    return "h two o"


def _mixed(reader: Reader, match: re.Match[str]) -> str:
    """Letters and figures without a blank: "ab1234" -> "a b one two three four", "mp3" -> "m p three"."""
    parts = re.findall("[0-9]+|[a-z]+", match[0])
    return " ".join(
        _letters(part, is_first=not place)
        if part.isalpha()
        else reader.reading(part)
        if len(part) < _LONG and not 0 < place < len(parts) - 1
        else numbers.digits(part)
        for place, part in enumerate(parts)
    )


def _letters(part: str, *, is_first: bool) -> str:
    is_word = len(part) > (2 if is_first else 3) and not is_spelled(part)
    return part if is_word else " ".join(part)


_KIND = "|".join(sorted({*STREETS, "avenue", "boulevard", "parkway", "road", "street"}, key=len, reverse=True))
_NAME = r"[a-z][a-z']{1,20}|[0-9]{1,3}(?:st|nd|rd|th)"
ADDRESSES: tuple[Rule, ...] = (
    (re.compile(r"\b(?:(no|p|ch|fig|vol)\.|(apt|ext)\b\.?)\s?(?=[0-9])"), _label),
    (
        re.compile(
            rf"(?<![\w.,:/$#-])([0-9]{{1,5}})([a-z])?\s(?:([nsew]|north|south|east|west)\b\.?\s)?"
            rf"((?:{_NAME})(?:\s(?:{_NAME})){{0,2}}?)\s({_KIND})\b\.?"
        ),
        _house,
    ),
)
TELEPHONES: tuple[Rule, ...] = (
    (re.compile(r"(?<![\w+])\+[0-9]{1,3}(?:[ .-][0-9]{2,5}){2,5}(?![0-9-])"), _abroad),
    (re.compile(rf"(?<![0-9.-])(?:\+?1[-. ])?{_AREA}[0-9]{{3}}[-.][0-9]{{4}}(?![0-9-])"), _telephone),
    (re.compile(r"(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])"), _telephone),
    (re.compile(rf"\b({_CODES})(\s(?:number|is))?\s([0-9]{{3,19}})(?![\w.,:/-][0-9]|\w)"), _code),
    (re.compile(r"(?<![\w.,:/$-])911(?![\w.,:/-]\w|\w)"), _emergency),
    (re.compile(rf"\b({_ROOMS})\s([0-9]{{3,4}})(?![\w.,:/-][0-9]|\w)"), _room),
)
BLOOD: tuple[Rule, ...] = ((re.compile(r"\b((?:blood|type)(?:\s(?:type|is))?\s)?(ab|a|b|o)([+-])(?![\w+-])"), _blood),)
MIXED: tuple[Rule, ...] = (
    (re.compile(r"\bh2[o0]\b"), _water),
    (re.compile(r"(?<![\w'])(?:[a-z]{1,6}[0-9]{1,12}|[0-9]{1,12}[a-z]{2,3}(?![a-z]))[a-z0-9]{0,12}(?![\w'])"), _mixed),
)
