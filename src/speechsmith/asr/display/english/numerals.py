"""English number words, read: what a stretch of words means as a number.

Three readings, from the strictest to the loosest:

    cardinal   "one thousand two hundred five"      a quantity
    ordinal    "two hundred and fifth"              a place in a row
    run        "one eight hundred five five five"   figures one after another: each group is a digit, "oh", a double or
                                                    triple digit, or a cardinal below a thousand

Every reader takes words in lower case and the place to begin at, and gives what it found with the place behind it, or
None. Where "and" could join two numbers ("between one hundred and two hundred") it does not.
"""

# ruff: noqa: SIM905
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Words: TypeAlias = tuple[str, ...]

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
DIGITS = {word: value for value, word in enumerate(_SMALL[:10])}
UNITS = {word: value for value, word in enumerate(_SMALL) if value}
TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ROUND = ("million", "billion", "trillion")  # "3 million" reads better than seven figures
_CARDINALS = {  # ordinal word -> the cardinal word that it is made from
    "first": "one",
    "second": "two",
    "third": "three",
    "fifth": "five",
    "eighth": "eight",
    "ninth": "nine",
    "twelfth": "twelve",
    **{word + "th": word for word in (*UNITS, "hundred", *SCALES) if word not in {"one", "two", "three", "five"}},
    **{word[:-1] + "ieth": word for word in TENS},
}
_ZERO = {"oh", "o"}
_REPEATS = {"double": 2, "triple": 3}
NUMBER_WORDS = frozenset({"hundred", *DIGITS, *UNITS, *TENS, *SCALES})
STARTS = NUMBER_WORDS | _ZERO | set(_REPEATS) | set(_CARDINALS) | {"a"}  # what a number may begin with


class Number(NamedTuple):
    """A number and the place behind its last word."""

    value: int
    stop: int


class Run(NamedTuple):
    """Figures one after another, the groups that they were said in, and the place behind the last word."""

    groups: tuple[str, ...]
    stop: int

    @property
    def figures(self) -> str:
        """All of them as one digit string."""
        return "".join(self.groups)


def word(words: Words, place: int) -> str:
    """The word at a place, or "" outside the phrase."""
    return words[place] if 0 <= place < len(words) else ""


def below_hundred(words: Words, start: int) -> Number | None:
    """1 to 99: "seven", "seventeen", "seventy seven"."""
    first = word(words, start)
    if first in UNITS:
        return Number(UNITS[first], start + 1)
    if first not in TENS:
        return None
    digit = DIGITS.get(word(words, start + 1), 0)
    return Number(TENS[first] + digit, start + (2 if digit else 1))


def is_digit(words: Words, place: int) -> bool:
    """Whether a digit may begin at a place: "seven", "oh", "double"."""
    return word(words, place) in DIGITS or word(words, place) in _ZERO or word(words, place) in _REPEATS


@lru_cache(maxsize=64)  # many rules ask for the number at the same place
def cardinal(words: Words, start: int) -> Number | None:
    """A quantity: "zero", "forty two", "a hundred", "nineteen hundred", "two million and five"."""
    if word(words, start) == "zero":
        return Number(0, start + 1)
    total, stop, smallest = 0, start, max(SCALES.values()) * 1000
    while group := _group(words, stop, is_first=not total, joins=word(words, start - 1) != "between"):
        scale = SCALES.get(word(words, group.stop), 1)
        if scale >= smallest or (total and group.value >= 1000):
            break
        total += group.value * scale
        stop, smallest = group.stop + (scale > 1), scale
        if scale == 1:
            break
    return Number(total, stop) if total else None


def ordinal(words: Words, start: int) -> Number | None:
    """A place in a row: "fifth", "twenty first", "one hundred and fifth", "one hundredth"."""
    stop = start
    while word(words, stop) in NUMBER_WORDS or (stop > start and word(words, stop) == "and"):
        stop += 1
    last = _CARDINALS.get(word(words, stop))
    if last is None:
        return None
    number = cardinal((*words[start:stop], last), 0)
    return Number(number.value, stop + 1) if number and number.stop == stop + 1 - start else None


@lru_cache(maxsize=64)
def run(words: Words, start: int) -> Run | None:
    """Figures one after another. "oh" begins them only before two more digits; else it is a sigh."""
    groups: list[str] = []
    stop = start
    if word(words, start) in _ZERO and not (is_digit(words, start + 1) and is_digit(words, start + 2)):
        return None
    while found := _figures(words, stop, is_first=not groups):
        figures, stop = found
        groups.append(figures)
        if len(figures) > 3:
            break
    while groups and len(groups) < 3 and word(words, stop - 1) in _ZERO:
        groups.pop()
        stop -= 1
    return Run(tuple(groups), stop) if groups else None


def suffix(value: int) -> str:
    """What turns figures into an ordinal: "st", "nd", "rd" or "th"."""
    if value // 10 % 10 == 1:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def _group(words: Words, start: int, *, is_first: bool, joins: bool) -> Number | None:
    """What stands before a scale: 1 to 9999, as in "nineteen hundred eighty four"."""
    begin = start
    if word(words, start) == "and" and not is_first and joins:
        begin = start + 1
    head = below_hundred(words, begin)
    if head and begin > start and (head.stop < len(words) and words[head.stop] in {"hundred", *SCALES}):
        return None
    if is_first and word(words, start) == "a" and word(words, start - 1) not in {"half", "many"}:
        head = Number(1, start + 1) if word(words, start + 1) in {"hundred", *SCALES} else None
    if head is None or word(words, head.stop) != "hundred" or begin > start:
        return head
    stop = head.stop + 1
    joined = stop + 1 if word(words, stop) == "and" and joins else stop
    rest = below_hundred(words, joined)
    if rest is None or word(words, rest.stop) == "hundred":
        return Number(100 * head.value, stop)
    if rest.value < 10 and joined == stop and is_digit(words, rest.stop):
        return Number(100 * head.value, stop)  # "eight hundred five five five": digits go on
    return Number(100 * head.value + rest.value, rest.stop)


def _figures(words: Words, start: int, *, is_first: bool) -> tuple[str, int] | None:
    """One group of a run."""
    first = word(words, start)
    if first in _ZERO:
        return "0", start + 1
    times = _REPEATS.get(first)
    if times:
        digit = word(words, start + 1)
        value = 0 if digit in _ZERO else DIGITS.get(digit)
        return None if value is None else (str(value) * times, start + 2)
    if first == "a":
        return None
    number = cardinal(words, start)
    if number is None or (number.value > 999 and not is_first):
        return None
    return str(number.value), number.stop
