"""Numbers in English text: quantities, decimals, ordinals, money, percent and units.

When figures are written: from ten on always; below ten only where the number counts or measures something (a plural
noun, a unit, percent, money), names one of several ("page two", "press one"), or stands beside a figure ("two to
twelve"). "one" counts nothing ("one day") unless the unit is one of measurement. "a million" stays as it is but for
money. Thousands are parted by commas from 10,000 on, in money from 1,000 on.
"""

# ruff: noqa: SIM905
from typing import NamedTuple

from speechsmith.asr.display.english.numerals import (
    DIGITS,
    NUMBER_WORDS,
    ROUND,
    SCALES,
    Words,
    below_hundred,
    cardinal,
    is_digit,
    ordinal,
    run,
    suffix,
    word,
)

_MINUS = ("minus", "negative")
_SIGNS = {"dollar": "$", "dollars": "$", "euro": "€", "euros": "€", "yen": "¥"}
_POUNDS = ("pound", "pounds")
_CENTS = ("cent", "cents")
_PENCE = ("penny", "pence")
_DENOMINATORS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "eighth": 8,
    "eighths": 8,
}
_SYMBOLS = {
    "kilogram": "kg",
    "gram": "g",
    "milligram": "mg",
    "microgram": "µg",
    "kilometer": "km",
    "centimeter": "cm",
    "millimeter": "mm",
    "milliliter": "mL",
    "millisecond": "ms",
    "kilobyte": "KB",
    "megabyte": "MB",
    "gigabyte": "GB",
    "terabyte": "TB",
    "hertz": "Hz",
    "kilohertz": "kHz",
    "megahertz": "MHz",
    "gigahertz": "GHz",
    "kilowatt": "kW",
}
_SPEEDS = {"kilometer": "km/h", "mile": "mph"}
_SCALES_OF_HEAT = {"celsius": "°C", "centigrade": "°C", "fahrenheit": "°F"}
_MEASURES = frozenset(  # counted in the singular too: "a five minute walk"
    "second minute hour day week month year mile foot inch yard pound ounce meter degree star story gallon acre".split()
)
_PLURALS = frozenset("people men women children feet teeth mice".split())
_NO_PLURALS = frozenset(
    "afterwards always besides comes costs does equals goes has hers looks makes means ours perhaps says seems "
    "sometimes takes thanks theirs this thus towards unless was whereas yours".split()
)
_LABELS = frozenset(
    "apartment article channel chapter episode exit extension figure flight gate grade highway interstate item "
    "lane level number option page part phase platform press question room round route row scene season "
    "seat section stage step suite table terminal track type unit version".split()
)


class Figure(NamedTuple):
    """A number in figures: "12", "3.14", "2 1/2", with a scale in words ("million") or none."""

    whole: str
    rest: str
    scale: str
    stop: int

    def text(self, *, commas_from: int = 10_000) -> str:
        """As it is written."""
        value = int(self.whole)
        whole = f"{value:,}" if value >= commas_from and self.whole[0] != "0" else self.whole
        return f"{whole}{self.rest}{' ' + self.scale if self.scale else ''}"


class Found(NamedTuple):
    """What a rule writes for the words up to `stop`."""

    text: str
    stop: int


def is_counted(words: Words, place: int) -> bool:
    """Whether the word at a place is a plural noun or a unit, so that a number before it takes figures."""
    noun = word(words, place)
    if noun in _MEASURES or noun in _PLURALS:
        return True
    if noun in _NO_PLURALS or noun in _DENOMINATORS:
        return False
    return len(noun) > 3 and noun[-1] == "s" and noun[-2] not in "su'i"


def is_labeled(words: Words, start: int) -> bool:
    """Whether the number at a place names one of several: "page two"."""
    before = word(words, start - 1)
    if before == "number" and word(words, start) == "one":
        return False  # "you are number one"
    return before in _LABELS or (before == "say" and word(words, start - 3) == "press")


def figure(words: Words, start: int) -> Figure | None:
    """A number of any size and shape, in figures."""
    number = cardinal(words, start)
    if number is None:
        return None
    mixed = _mixed(words, number.value, number.stop)
    if mixed:
        return mixed
    fraction = _fraction(words, number.stop)
    spoken = run(words, start)
    whole = str(number.value)
    if spoken and spoken.stop > number.stop and (decimals := _fraction(words, spoken.stop)):
        whole, fraction = spoken.figures, decimals
    if fraction:
        scale = word(words, fraction.stop)
        if scale in SCALES:
            return Figure(whole, fraction.text, scale, fraction.stop + 1)
        return Figure(whole, fraction.text, "", fraction.stop)
    scale = word(words, number.stop - 1)
    if scale in ROUND and number.value // SCALES[scale] < 1000:
        return Figure(str(number.value // SCALES[scale]), "", scale, number.stop)
    return Figure(whole, "", "", number.stop)


def decimal(words: Words, start: int) -> Found | None:
    """Decimals, also of several parts ("2.4.1"), and mixed fractions ("2 1/2")."""
    found = figure(words, start)
    if found is None or not found.rest:
        return None
    text, stop = found.text(), found.stop
    while not found.scale and (more := _fraction(words, stop)):
        text, stop = text + more.text, more.stop
    return Found(text, stop)


def negative(words: Words, start: int) -> Found | None:
    """Below zero: "minus twenty" -> "-20", unless it is subtracted from something."""
    before = word(words, start - 1)
    if word(words, start) not in _MINUS or before in NUMBER_WORDS or any(map(str.isdigit, before)):
        return None
    found = figure(words, start + 1)
    return Found(f"-{found.text()}", found.stop) if found else None


def percent(words: Words, start: int) -> Found | None:
    """A share: "five percent" -> "5%"."""
    found = figure(words, start)
    if found is None:
        return None
    if word(words, found.stop) == "percent":
        return Found(f"{found.text()}%", found.stop + 1)
    if (word(words, found.stop), word(words, found.stop + 1)) == ("per", "cent"):
        return Found(f"{found.text()}%", found.stop + 2)
    return None


def money(words: Words, start: int) -> Found | None:
    """Money: "three dollars and fourteen cents" -> "$3.14". Pounds are weight unless pence or "sterling" follow."""
    found = figure(words, start)
    if found is None:
        return None
    unit = word(words, found.stop)
    if unit in _CENTS and not found.rest:
        return Found(f"{found.text()} {unit}", found.stop + 1)
    sign, stop = _SIGNS.get(unit, ""), found.stop + 1
    small = _hundredths(words, stop, _PENCE if unit in _POUNDS else _CENTS)
    if unit in _POUNDS and (small or word(words, stop) == "sterling"):
        sign, stop = "£", stop + (not small)
    if not sign:
        return None
    amount = found.text(commas_from=1000)
    if small and not found.rest and not found.scale:
        return Found(f"{sign}{amount}.{small.value:02}", small.stop)
    return Found(f"{sign}{amount}", stop)


def measure(words: Words, start: int) -> Found | None:
    """Units: "five kilograms" -> "5 kg", "seventy degrees fahrenheit" -> "70 °F"."""
    found = figure(words, start)
    if found is None:
        return None
    unit = word(words, found.stop)
    unit = unit if unit.endswith("hertz") else unit.removesuffix("s")
    if unit in _SPEEDS and (word(words, found.stop + 1), word(words, found.stop + 2)) == ("per", "hour"):
        return Found(f"{found.text()} {_SPEEDS[unit]}", found.stop + 3)
    if unit == "degree" and (scale := _SCALES_OF_HEAT.get(word(words, found.stop + 1))):
        return Found(f"{found.text()} {scale}", found.stop + 2)
    return Found(f"{found.text()} {_SYMBOLS[unit]}", found.stop + 1) if unit in _SYMBOLS else None


def place_in_row(words: Words, start: int) -> Found | None:
    """Ordinals from the tenth on: "twenty first" -> "21st"."""
    found = ordinal(words, start)
    if found is None or found.value < 10:
        return None
    if words[found.stop - 1] == "second" and word(words, start - 1) == "a":
        return None  # "a thirty second delay"
    return Found(f"{found.value}{suffix(found.value)}", found.stop)


def quantity(words: Words, start: int) -> Found | None:
    """A number on its own, by the rule in the docstring of the module."""
    found = figure(words, start)
    if found is None or (words[start] == "a" and found.stop == start + 2):
        return None
    if len(found.whole) == 1 and not found.scale:
        counts = found.whole != "1" and is_counted(words, found.stop)
        names = is_labeled(words, start) and word(words, found.stop) != "of"
        if not (counts or names):
            return None
    return Found(found.text(), found.stop)


def _fraction(words: Words, start: int) -> Found | None:
    """Decimals: "point one four" -> ".14", digit by digit or as one number below a hundred; "point oh" -> ".0"."""
    if word(words, start) != "point":
        return None
    stop = start + 1
    while is_digit(words, stop):
        stop += 1
    if stop == start + 2 and words[start + 1] in {"oh", "o"}:
        return Found(".0", stop)
    figures = run(words[:stop], start + 1) if stop > start + 1 else None
    if figures:
        return Found(f".{figures.figures}", figures.stop)
    number = below_hundred(words, start + 1)
    return Found(f".{number.value}", number.stop) if number else None


def _mixed(words: Words, whole: int, stop: int) -> Figure | None:
    """A mixed fraction: "two and a half" -> "2 1/2"."""
    if word(words, stop) != "and":
        return None
    part = word(words, stop + 1)
    numerator = 1 if part == "a" else DIGITS.get(part, 0)
    denominator = _DENOMINATORS.get(word(words, stop + 2), 0)
    return Figure(str(whole), f" {numerator}/{denominator}", "", stop + 3) if 0 < numerator < denominator else None


class _Hundredths(NamedTuple):
    value: int
    stop: int


def _hundredths(words: Words, start: int, names: tuple[str, ...]) -> _Hundredths | None:
    """Cents or pence behind the amount, with "and" or without; two figures need no name: "twelve dollars fifty"."""
    joined = word(words, start) == "and"
    number = below_hundred(words, start + joined)
    if number is None:
        return None
    if word(words, number.stop) in names:
        return _Hundredths(number.value, number.stop + 1)
    is_last = not is_counted(words, number.stop) and cardinal(words, number.stop) is None
    return _Hundredths(number.value, number.stop) if number.value >= 10 and is_last and not joined else None
