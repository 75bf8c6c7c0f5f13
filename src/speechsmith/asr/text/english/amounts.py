"""Quantities, as they are read: money, measures, shares and sizes, and figures of which nothing else is known."""

import re

from speechsmith.asr import numbers
from speechsmith.asr.text.english.reader import NUMBER, START, Reader, Rule

_DENOMINATORS = {"2": "half", "3": "third", "4": "quarter", "5": "fifth", "8": "eighth", "10": "tenth"}
_MONEY = {  # sign: unit, plural, hundredth, plural
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
}
_UNITS = {
    **{symbol: f"{size}gram" for symbol, size in (("kg", "kilo"), ("mg", "milli"), ("g", ""), ("μg", "micro"))},
    **{symbol: f"{size}meter" for symbol, size in (("km", "kilo"), ("cm", "centi"), ("mm", "milli"), ("m", ""))},
    **{symbol: f"{size}liter" for symbol, size in (("ml", "milli"), ("dl", "deci"), ("cl", "centi"), ("l", ""))},
    **{f"{letter}b": f"{size}byte" for letter, size in (("k", "kilo"), ("m", "mega"), ("g", "giga"), ("t", "tera"))},
    **{f"{letter}bps": f"{size}bit per second" for letter, size in (("k", "kilo"), ("m", "mega"), ("g", "giga"))},
    **{f"{letter}hz": f"{size}hertz" for letter, size in (("", ""), ("k", "kilo"), ("m", "mega"), ("g", "giga"))},
    "mcg": "microgram",
    "kw": "kilowatt",
    "kwh": "kilowatt hour",
    "kcal": "kilocalorie",
    "mmol": "millimole",
    "db": "decibel",
    "hp": "horsepower",
    "ft": "foot",
    "yd": "yard",
    "mi": "mile",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "mph": "mile per hour",
    "kph": "kilometer per hour",
    "bpm": "beat per minute",
    "ms": "millisecond",
    "sec": "second",
    "secs": "second",
    "min": "minute",
    "mins": "minute",
    "hr": "hour",
    "hrs": "hour",
    "yr": "year",
    "yrs": "year",
    "km2": "square kilometer",
    "m2": "square meter",
    "sq ft": "square foot",
    "sq. ft": "square foot",
    "°c": "degree celsius",
    "°f": "degree fahrenheit",
    "°": "degree",
}
_PER = {"h": "hour", "hr": "hour", "s": "second", "sec": "second", "min": "minute", "d": "day", "day": "day"}
_APART = frozenset("glm")  # "5 m" is a length, "5m" may be anything
_INVARIANT = ("hertz", "horsepower")
_IRREGULAR = {"foot": "feet"}
_COUNTED = re.compile(r"\w+(?= per | celsius| fahrenheit|$)")  # the word of a unit that takes the plural
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "t": "trillion"}
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_PER_UNIT = "|".join(sorted(map(re.escape, {**_PER, **_UNITS}), key=len, reverse=True))


def _money(reader: Reader, match: re.Match[str]) -> str:
    sign, figure = match["sign"] or match["after"], match["figure"].replace(",", "")
    scale = _SCALES.get(match["scale"] or "", match["scale"])
    unit, units, hundredth, hundredths = _MONEY[sign]
    article = f"{match['article']} " if match["article"] else ""
    if article and _stands_before_a_noun(match):
        units = unit
    whole, _, fraction = figure.partition(".")
    if scale:
        return f"{article}{reader.decimal(whole, fraction)} {scale} {units}"
    if fraction and (len(fraction) != 2 or not hundredth):
        return f"{article}{reader.decimal(whole, fraction)} {units}"
    parts = []
    if whole.strip("0") or not int(fraction or "0"):
        parts.append(f"{reader.quantity(whole)} {unit if whole == '1' else units}")
    if int(fraction or "0"):
        parts.append(f"{numbers.cardinal(int(fraction))} {hundredth if int(fraction) == 1 else hundredths}")
    return article + (" " if sign == "£" else " and ").join(parts)


def _range_of_money(_reader: Reader, match: re.Match[str]) -> str:
    return f"{match[2]} to {match[1]}{match[3]}"


def _cents(reader: Reader, match: re.Match[str]) -> str:
    return f"{reader.quantity(match[1])} {'cent' if match[1] == '1' else 'cents'}"


def _pressure(_reader: Reader, match: re.Match[str]) -> str:
    """Blood pressure: "140/90" -> "one forty over ninety"."""
    high, sign, low = match.groups()
    if sign == "/" and not (70 <= int(high) <= 250 and 30 <= int(low) < int(high)):
        return match[0]
    return f"{numbers.pairs(high)} over {numbers.pairs(low)}"


def _measure(_reader: Reader, match: re.Match[str]) -> str:
    """Units: the figure stays for the rules behind this one. Before a noun the unit has no plural: "a 10 km run"."""
    article, figure, blank, symbol, per = match.group("article", "figure", "blank", "unit", "per")
    if symbol in _APART and not blank:
        return match[0]
    unit = _UNITS[symbol]
    is_one = figure == "1" or figure.find("/") in {1, 2} or (article and _stands_before_a_noun(match))
    if not is_one:
        unit = _COUNTED.sub(lambda word: _plural(word[0]), unit, count=1)
    divisor = _PER.get(per) or _UNITS[per] if per else ""
    return f"{article or ''} {figure} {unit} {f'per {divisor}' if divisor else ''}"


def _plural(unit: str) -> str:
    return unit if unit.endswith(_INVARIANT) else _IRREGULAR.get(unit, f"{unit}s")


def _stands_before_a_noun(match: re.Match[str]) -> bool:
    after = match.string[match.end() : match.end() + 2]
    return len(after) == 2 and after[0] == " " and after[1].isalpha()


def _height(_reader: Reader, match: re.Match[str]) -> str:
    return f"{match[1]} foot {match[2]}"


def _inches(_reader: Reader, match: re.Match[str]) -> str:
    return f"{match[1]} {'inch' if match[1] == '1' else 'inches'}"


def _by(_reader: Reader, _match: re.Match[str]) -> str:
    return "by"


def _to(_reader: Reader, _match: re.Match[str]) -> str:
    return "to"


def _fraction(reader: Reader, match: re.Match[str]) -> str:
    whole, numerator, denominator = match.groups()
    name = _DENOMINATORS.get(denominator)
    if name is None or int(numerator) >= int(denominator):
        return match[0].replace("/", " ")
    part = numbers.cardinal(int(numerator))
    if numerator != "1":
        name = "halves" if name == "half" else numbers.plural(name)
    if whole is None:
        return f"{part} {name}"
    part = "a" if numerator == "1" else part
    return f"{reader.reading(whole)} and {part} {name}"


def _ordinal(reader: Reader, match: re.Match[str]) -> str:
    figure = match[1].replace(",", "")
    return reader.ordinal(figure) or f"{numbers.digits(figure)} {match[2]}"


def _plural_figure(reader: Reader, match: re.Match[str]) -> str:
    figure, apostrophe = match.groups()
    words = reader.reading(figure)
    return f"{words}'s" if apostrophe and figure[-1] != "0" else numbers.plural(words)


def _points(reader: Reader, match: re.Match[str]) -> str:
    return " point ".join(reader.reading(part) for part in match[0].split("."))


def _version(reader: Reader, match: re.Match[str]) -> str:
    return f"{match[1]} {reader.reading(match[2])} point {reader.reading(match[3])}"


def _decimal(reader: Reader, match: re.Match[str]) -> str:
    return reader.decimal((match[1] or "").replace(",", ""), match[2])


def _quantity(reader: Reader, match: re.Match[str]) -> str:
    return reader.quantity(match[0])


def _figure(reader: Reader, match: re.Match[str]) -> str:
    return reader.reading(match[0])


_SCALE = r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|k|mn?|bn?|t)\b)?"
_ARTICLE = r"(?:\b(?P<article>an?)\s)?"
_MIXED = rf"(?:{NUMBER})(?:\s?[0-9]/[0-9]|/[0-9]{{1,2}})?"
_NOT_A_NOUN = "always|comes|costs|does|equals|goes|has|looks|makes|means|plus|says|seems|takes|unless|was|works"
_COUNTS = rf"\s?%|\spercent\b|\s(?:people|men|women|children)\b|\s(?!(?:{_NOT_A_NOUN})\b)[a-z]{{2,20}}[a-hj-rtv-z]s\b"
MEASURES: tuple[Rule, ...] = (
    (re.compile(r"(?<=[0-9])\s?–\s?(?=[0-9]{1,3}\b)|(?<=[0-9]{4})\s?–\s?(?=[0-9]{4}\b)"), _to),
    (re.compile(r"([$€£¥])\s?([0-9]{1,9})\s?-\s?[$€£¥]?([0-9]{1,9})(?![0-9-])"), _range_of_money),
    (re.compile(rf"(?<=[0-9])-(?=[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?\s?(?:%|(?:{_UNIT})(?![\w'])))"), _to),
    (re.compile(rf"{_ARTICLE}(?P<sign>[$€£¥])\s?(?P<figure>{NUMBER})(?P<after>){_SCALE}"), _money),
    (re.compile(rf"(?P<article>){START}(?P<sign>)(?P<figure>{NUMBER})(?P<scale>)\s?(?P<after>[$€£¥])"), _money),
    (re.compile(rf"{START}([0-9]+)\s?¢"), _cents),
    (re.compile(r"(?<![\w/.,])([0-9]{2,3})(/)([0-9]{2,3})(?![\w/]|[.,][0-9])"), _pressure),
    (re.compile(r"(?<![\w/.,])(1[0-9]{2})\s(over)\s([0-9]{2,3})(?![\w/]|[.,][0-9])"), _pressure),
    (re.compile(r"(?<![\w.,])([3-8])'\s?([0-9]|1[01])(?:\"|”|'')"), _height),
    (re.compile(r"(?<=ft\s)([0-9]{1,2})\s?in\b"), _inches),
    (
        re.compile(
            rf"{_ARTICLE}{START}(?P<figure>{_MIXED})(?P<blank>[\s-])?(?P<unit>{_UNIT})(?:/(?P<per>{_PER_UNIT}))?(?![\w'/])"
        ),
        _measure,
    ),
    (re.compile(r"(?<=[0-9])\s?[x×]\s?(?=[0-9])"), _by),
    (re.compile(r"(?<![0-9/.,])(?:([0-9]+)\s)?([0-9]{1,2})/([0-9]{1,2})(?![0-9/])"), _fraction),
    (re.compile(rf"{START}([0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(st|nd|rd|th)\b"), _ordinal),
    (re.compile(r"'?(?<![0-9.,])([0-9]+)(')?s\b"), _plural_figure),
)
NUMBERS: tuple[Rule, ...] = (
    (re.compile(r"(?<![0-9.])[0-9]+(?:\.[0-9]+){2,}"), _points),
    (re.compile(r"\b(version|release)\s([0-9]{1,3})\.([1-9][0-9])(?![0-9]|\.[0-9])"), _version),
    (re.compile(rf"{START}([0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+|(?<![\w.]))\.([0-9]+)"), _decimal),
    (re.compile(rf"{START}[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])"), _quantity),
    (re.compile(rf"(?<![\w.,])(?:[1-9]0[1-9]|[1-9][0-9]{{4,5}})(?={_COUNTS})"), _quantity),
    (re.compile(r"[0-9]+"), _figure),
)
