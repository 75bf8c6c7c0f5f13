"""German as it is spoken: figures, times and amounts become words, written apart ("drei und zwanzig").

Every punctuation mark goes, the apostrophe too; of the marks on letters only the umlauts of a, o and u stay. An ordinal
("am 3. Mai") looks like a figure at the end of a sentence and is read as a plain number.
"""

import re
import unicodedata

from speechsmith.asr.text import folding

_SMALL = (  # noqa: SIM905
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
).split()
_TENS = "_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()  # noqa: SIM905
_SCALES = (("million", "millionen"), ("milliarde", "milliarden"), ("billion", "billionen"))
_LIMIT = 10**15
_CURRENCIES = {"€": "euro", "$": "dollar"}
_TIME = re.compile(r"(?<![0-9:])([01]?[0-9]|2[0-4]):([0-5][0-9])(?![0-9:])(\s*uhr\b)?")
_NUMBER = r"([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,([0-9]+))?"
_MONEY_BEFORE = re.compile(rf"([€$])\s?{_NUMBER}")
_MONEY_AFTER = re.compile(rf"(?<![0-9.,]){_NUMBER}\s?([€$])")
_PERCENT = re.compile(r"(?<=[0-9])\s?%")
_FIGURE = re.compile(_NUMBER)
_FOREIGN_MARK = re.compile("[\u0300-\u0307\u0309-\u036f]")
_FOREIGN_DIAERESIS = re.compile("(?<![aou])\u0308")


def lexical(text: str) -> str:
    """The words of the text as they are spoken, one blank between them."""
    folded = folding.fold(text).replace("'", "")
    folded = _TIME.sub(_time, folded)
    folded = _MONEY_AFTER.sub(lambda match: _money(match[3], match[1], match[2]), folded)
    folded = _MONEY_BEFORE.sub(lambda match: _money(match[1], match[2], match[3]), folded)
    folded = _PERCENT.sub(" prozent ", folded)
    folded = _FIGURE.sub(lambda match: f" {_number(match[1], match[2])} ", folded)
    if not folded.isascii():
        apart = _FOREIGN_MARK.sub("", unicodedata.normalize("NFD", folded))
        folded = unicodedata.normalize("NFC", _FOREIGN_DIAERESIS.sub("", apart))
    return " ".join(folding.words(folded))


def cardinal(number: int) -> str:
    """The quantity, its parts written apart: 123 -> "ein hundert drei und zwanzig". `number` is below 10**15."""
    millions, rest = divmod(number, 1_000_000)
    words = []
    for power in (2, 1, 0):
        group = millions // 1000**power % 1000
        if group:
            singular, plural = _SCALES[power]
            words += ["eine", singular] if group == 1 else [_below_thousand(group, "ein"), plural]
    thousands, rest = divmod(rest, 1000)
    if thousands:
        words += [_below_thousand(thousands, "ein"), "tausend"]
    if rest or not words:
        words.append(_below_thousand(rest, "eins"))
    return " ".join(words)


def _below_thousand(number: int, one: str) -> str:
    hundreds, rest = divmod(number, 100)
    words = [_unit(hundreds, "ein"), "hundert"] if hundreds else []
    if rest >= 20:
        tens, unit = divmod(rest, 10)
        words += [_unit(unit, "ein"), "und", _TENS[tens]] if unit else [_TENS[tens]]
    elif rest or not words:
        words.append(_unit(rest, one))
    return " ".join(words)


def _unit(number: int, one: str) -> str:
    return one if number == 1 else _SMALL[number]


def _digits(figure: str) -> str:
    return " ".join(_SMALL[int(digit)] for digit in figure)


def _whole(figure: str) -> str:
    plain = figure.replace(".", "")
    if len(plain) >= len(str(_LIMIT)) or (len(plain) > 1 and plain[0] == "0"):
        return _digits(plain)
    number = int(plain)
    if figure == plain and 1100 <= number < 2000:  # a year: "neunzehn hundert zwei und neunzig"
        century, rest = divmod(number, 100)
        return f"{cardinal(century)} hundert {cardinal(rest) if rest else ''}"
    return cardinal(number)


def _number(whole: str, fraction: str | None) -> str:
    return f"{_whole(whole)} komma {_digits(fraction)}" if fraction else _whole(whole)


def _time(match: re.Match[str]) -> str:
    hour = "ein" if int(match[1]) == 1 else cardinal(int(match[1]))
    if int(match[2]) == 0:
        return f" {hour} uhr "
    return f" {hour} uhr {cardinal(int(match[2]))} {'uhr' if match[3] else ''} "


def _money(sign: str, whole: str, fraction: str | None) -> str:
    unit = _CURRENCIES[sign]
    amount = "ein" if whole == "1" else _whole(whole)
    if not fraction or not fraction.strip("0"):
        return f" {amount} {unit} "
    if len(fraction) == 2:
        return f" {amount} {unit} {_whole(str(int(fraction)))} "
    return f" {_number(whole, fraction)} {unit} "
