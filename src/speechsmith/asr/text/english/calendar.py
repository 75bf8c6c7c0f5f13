"""Dates and times of day, as they are read."""

# ruff: noqa: SIM905
import re

from speechsmith.asr import numbers
from speechsmith.asr.text.english.reader import Reader, Rule

_MONTHS = "january february march april may june july august september october november december".split()
_SHORT = {name[:3]: name for name in _MONTHS} | {"sept": "september"}
_HALF = r"([ap])\.?\s?m\b\.?"
_MONTH = "|".join(_MONTHS)
_VERBS = ("march", "may")


def _month(_reader: Reader, match: re.Match[str]) -> str:
    return _SHORT[match[1]]


def _date(reader: Reader, year: str, month: str, day: str) -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    name, place = _MONTHS[int(month) - 1], numbers.ordinal(int(day))
    spoken_year = reader.reading(year)
    return f"{name} {place} {spoken_year}" if reader.american else f"{place} of {name} {spoken_year}"


def _iso_date(reader: Reader, match: re.Match[str]) -> str:
    return _date(reader, *match.groups()) or match[0]


def _slashed_date(reader: Reader, match: re.Match[str]) -> str:
    first, second, year = match.groups()
    month, day = (first, second) if reader.american else (second, first)
    return _date(reader, year, month, day) or match[0].replace("/", " ")


def _month_and_day(_reader: Reader, match: re.Match[str]) -> str:
    month, day = match.groups()
    return f"{month} {numbers.ordinal(int(day))}" if 1 <= int(day) <= 31 else match[0]


def _day_and_month(reader: Reader, match: re.Match[str]) -> str:
    day, month, year = match.groups()
    if reader.american or not 1 <= int(day) <= 31 or (month in _VERBS and not year):
        return match[0]
    return f"{numbers.ordinal(int(day))} of {month} {year or ''}"


def _to(_reader: Reader, _match: re.Match[str]) -> str:
    return "to"


def _time(_reader: Reader, match: re.Match[str]) -> str:
    hour, minute, second, half = match.groups()
    words = [numbers.cardinal(int(hour))]
    if int(minute):
        words.append(_sixtieths(minute))
    elif not half and not second:
        words.append("o'clock" if 1 <= int(hour) <= 12 else "hundred")
    if second:
        words.append(_sixtieths(second))
    return " ".join([*words, f"{half} m"] if half else words)


def _sixtieths(figure: str) -> str:
    return numbers.digits(figure) if figure[0] == "0" else numbers.cardinal(int(figure))


def _hour(_reader: Reader, match: re.Match[str]) -> str:
    return f"{numbers.cardinal(int(match[1]))} {match[2]} m"


_CLOCK = "(?:[01]?[0-9]|2[0-4]):[0-5][0-9]"
_YEAR = "(?:1[1-9]|20)[0-9]{2}"
_SHORT_MONTH = rf"\b({'|'.join(_SHORT)})\b\.?"
DATES: tuple[Rule, ...] = (
    (re.compile(rf"{_SHORT_MONTH}(?=\s?[0-9])"), _month),
    (re.compile(rf"(?<=[0-9]\s){_SHORT_MONTH}(?!')"), _month),
    (re.compile(r"(?<![0-9-])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9-])"), _iso_date),
    (re.compile(r"(?<![0-9/])([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})(?![0-9/])"), _slashed_date),
    (re.compile(rf"(?<=[0-9]{{4}})-(?={_YEAR}(?![0-9-]))"), _to),
    (re.compile(rf"\b({_MONTH})\s{{1,2}}([0-9]{{1,2}})(?![0-9:/%]|[.,][0-9]|\w)"), _month_and_day),
    (re.compile(rf"(?<![\w.,:/-])([0-9]{{1,2}})\s({_MONTH})\b(?:,?\s{{1,2}}({_YEAR})\b)?"), _day_and_month),
)
TIMES: tuple[Rule, ...] = (
    (re.compile(rf"(?<=:[0-9]{{2}})\s?-\s?(?={_CLOCK}(?![0-9:]))"), _to),
    (re.compile(rf"(?<=[0-9])\s?-\s?(?=[0-9]{{1,2}}(?::[0-9]{{2}})?\s?{_HALF})"), _to),
    (re.compile(r"(?<=[ap]m)\s?-\s?(?=[0-9])"), _to),
    (
        re.compile(rf"(?<![0-9:])([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?![0-9:])(?:\s?{_HALF})?"),
        _time,
    ),
    (re.compile(rf"(?<![0-9.,:])(1[0-2]|0?[1-9])\s?{_HALF}"), _hour),
)
