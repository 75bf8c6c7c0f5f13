"""Dates and times of day in English text."""

# ruff: noqa: SIM905
from speechsmith.asr.display.english.amounts import Found, is_counted, is_labeled
from speechsmith.asr.display.english.numerals import (
    DIGITS,
    TENS,
    Number,
    Words,
    below_hundred,
    cardinal,
    ordinal,
    run,
    suffix,
    word,
)

MONTHS = frozenset("january february march april may june july august september october november december".split())
AMBIGUOUS_MONTHS = frozenset({"may", "march"})  # they are verbs too
_SUBJECTS = frozenset("i you he she it we they that this who there".split())
_BEFORE_A_TIME = frozenset("after around at before by from since till to until".split())
_HALVES = {"a": "AM", "p": "PM", "am": "AM", "pm": "PM", "a.m.": "AM", "p.m.": "PM"}
_USUAL_MINUTES = (15, 30, 45)
_QUARTERS = {("half", "past"): 30, ("quarter", "past"): 15, ("quarter", "after"): 15, ("quarter", "to"): -15}
_DECADES = {**{tens[:-1] + "ies": value for tens, value in TENS.items()}, "hundreds": 0}


def time_of_day(words: Words, start: int) -> Found | None:
    """A time: "six forty five p m" -> "6:45 PM". Without AM or PM, the word before it or its minutes must tell."""
    hour = below_hundred(words, start)
    if hour is None or hour.value > 12:
        return None
    if word(words, hour.stop) == "o'clock":
        return Found(f"{hour.value} o'clock", hour.stop + 1)
    minute = _minute(words, hour.stop)
    half = _half(words, minute.stop if minute else hour.stop)
    if minute is None:
        return Found(f"{hour.value} {half.text}", half.stop) if half else None
    text = f"{hour.value}:{minute.value:02}"
    if half:
        return Found(f"{text} {half.text}", half.stop)
    figures = run(words, start)
    if figures is None or figures.stop != minute.stop or is_counted(words, minute.stop) or is_labeled(words, start):
        return None
    is_told = word(words, start - 1) in _BEFORE_A_TIME or minute.value in _USUAL_MINUTES
    return Found(text, minute.stop) if is_told else None


def quarter(words: Words, start: int) -> Found | None:
    """A time: "half past six" -> "6:30", "a quarter to seven" -> "6:45"."""
    begin = start + (word(words, start) == "a")
    minutes = _QUARTERS.get((word(words, begin), word(words, begin + 1)))
    hour = below_hundred(words, begin + 2) if minutes else None
    if minutes is None or hour is None or hour.value > 12:
        return None
    at = (hour.value - 1) % 12 * 60 + 60 + minutes  # "a quarter to one" is 12:45
    shown = at // 60 or 12
    half = _half(words, hour.stop)
    text = f"{shown}:{at % 60:02}"
    return Found(f"{text} {half.text}", half.stop) if half else Found(text, hour.stop)


def date(words: Words, start: int) -> Found | None:
    """A date: "january fifth twenty twenty" -> "January 5, 2020"; also without the year, or without the day."""
    month = word(words, start)
    if month not in MONTHS:
        return None
    if month in AMBIGUOUS_MONTHS and word(words, start - 1) in _SUBJECTS:
        return None
    name = month.capitalize()
    alone = year(words, start + 1)
    day = _day(words, start + 1, must_be_ordinal=month in AMBIGUOUS_MONTHS)
    found = Found(f"{name} {alone.value}", alone.stop) if alone else None
    if day:
        of = year(words, day.stop)
        dated = Found(f"{name} {day.value}, {of.value}", of.stop) if of else Found(f"{name} {day.value}", day.stop)
        found = max(filter(None, (found, dated)), key=lambda one: one.stop)
    return found


def day_of_month(words: Words, start: int) -> Found | None:
    """A date: "fifth of january" -> "5th of January", with a year or without."""
    day = ordinal(words, start)
    if day is None or day.value > 31 or word(words, day.stop) != "of" or word(words, day.stop + 1) not in MONTHS:
        return None
    text = f"{day.value}{suffix(day.value)} of {words[day.stop + 1].capitalize()}"
    of = year(words, day.stop + 2)
    return Found(f"{text} {of.value}", of.stop) if of else Found(text, day.stop + 2)


def decade(words: Words, start: int) -> Found | None:
    """Years: "nineteen eighties" -> "1980s"."""
    century = below_hundred(words, start)
    if century is None or not 11 <= century.value <= 20 or word(words, century.stop) not in _DECADES:
        return None
    return Found(f"{100 * century.value + _DECADES[words[century.stop]]}s", century.stop + 1)


def year(words: Words, start: int) -> Number | None:
    """1100 to 2099: "nineteen eighty four", "nineteen oh five", "two thousand five", "two zero two six"."""
    figures = run(words, start)
    if figures is None:
        return None
    whole = cardinal(words, start)
    if whole and 1100 <= whole.value < 2100:
        return whole
    if all(len(group) == 1 for group in figures.groups):
        value = int(figures.figures)
        return Number(value, figures.stop) if len(figures.groups) == 4 and 1100 <= value < 2100 else None
    century = below_hundred(words, start)
    if century is None or not 11 <= century.value <= 20:
        return None
    rest = _minute(words, century.stop, most=99)
    return Number(100 * century.value + rest.value, rest.stop) if rest else None


def _day(words: Words, start: int, *, must_be_ordinal: bool) -> Number | None:
    begin = start + (word(words, start) == "the")
    day = ordinal(words, begin)
    if day is None and not must_be_ordinal and begin == start:
        day = below_hundred(words, begin)
        if day and (is_counted(words, day.stop) or word(words, day.stop) in {"hundred", "thousand"}):
            return None
    return day if day and 1 <= day.value <= 31 else None


def _minute(words: Words, start: int, *, most: int = 59) -> Number | None:
    """Two figures: "oh five", "forty five"."""
    if word(words, start) in {"oh", "o"}:
        digit = DIGITS.get(word(words, start + 1))
        return Number(digit, start + 2) if digit is not None else None
    number = below_hundred(words, start)
    return number if number and 10 <= number.value <= most else None


def _half(words: Words, start: int) -> Found | None:
    """Half of the day: "p m" -> "PM"."""
    first = word(words, start)
    if first not in _HALVES:
        return None
    if len(first) > 1:
        return Found(_HALVES[first], start + 1)
    return Found(_HALVES[first], start + 2) if word(words, start + 1) == "m" else None
