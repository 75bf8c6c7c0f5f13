"""Numbers as English words: what a written figure sounds like.

A figure has several readings and the ink does not say which one was spoken. `reading` settles on one by the shape of
the figure alone, so that both sides of a comparison always settle alike: "104" is read digit by digit, "1984" as a
year, "98052" digit by digit, "50000" as a quantity. A zero inside a digit string is "oh"; alone it is "zero".

`conjunction` says whether "and" stands after the hundreds: "one hundred and five" (British) or "one hundred five".
"""

_SMALL = (  # noqa: SIM905
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_SCALES = (  # noqa: SIM905
    "_ thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion"
).split()
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LIMIT = 1000 ** len(_SCALES)  # figures from here on have no name; they are read digit by digit


def cardinal(number: int, *, conjunction: bool = False) -> str:
    """The quantity: 1234 -> "one thousand two hundred thirty four". Raises: ValueError outside 0 <= number < LIMIT."""
    if not 0 <= number < LIMIT:
        raise ValueError(f"{number} has no name in words; cardinals go from 0 to {LIMIT - 1}.")
    if number < 1000:
        return _below_thousand(number, conjunction=conjunction)
    words = []
    rest = number
    for power in range(len(_SCALES) - 1, 0, -1):
        group, rest = divmod(rest, 1000**power)
        if group:
            words += [_below_thousand(group, conjunction=conjunction), _SCALES[power]]
    if rest:
        words += ["and"] if conjunction and rest < 100 else []
        words.append(_below_thousand(rest, conjunction=conjunction))
    return " ".join(words)


def ordinal(number: int, *, conjunction: bool = False) -> str:
    """The place in a row: 21 -> "twenty first". Raises: ValueError outside 0 <= number < LIMIT."""
    head, _, last = cardinal(number, conjunction=conjunction).rpartition(" ")
    if last in _ORDINALS:
        place = _ORDINALS[last]
    elif last.endswith("y"):
        place = last[:-1] + "ieth"
    else:
        place = last + "th"
    return f"{head} {place}".lstrip()


def year(number: int, *, conjunction: bool = False) -> str:
    """The year: 1984 -> "nineteen eighty four", 1905 -> "nineteen oh five", 2005 -> "two thousand five"."""
    if not 1100 <= number < 2100 or 2000 <= number < 2010:
        return cardinal(number, conjunction=conjunction)
    century, rest = divmod(number, 100)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def digits(figure: str) -> str:
    """Digit by digit, a zero as "oh": "8052" -> "eight oh five two"."""
    return " ".join("oh" if digit == "0" else _SMALL[int(digit)] for digit in figure)


def quantity(figure: str, *, conjunction: bool = False) -> str:
    """The cardinal of a digit string, or its digits when it is too long to have a name."""
    number = int(figure) if len(figure) <= len(str(LIMIT)) else LIMIT
    return cardinal(number, conjunction=conjunction) if number < LIMIT else digits(figure)


def reading(figure: str, *, conjunction: bool = False) -> str:
    """A bare digit string as it is most likely said; the module docstring has the rule."""
    number = int(figure) if len(figure) <= len(str(LIMIT)) else LIMIT
    if len(figure) > 1 and figure[0] == "0":
        return digits(figure)
    if len(figure) == 3 and figure[1] == "0" and figure[2] != "0":
        return digits(figure)
    if len(figure) == 4:
        return year(number, conjunction=conjunction)
    if len(figure) > 4 and (number % 1000 or number >= LIMIT):
        return digits(figure)
    return cardinal(number, conjunction=conjunction)


def pairs(figure: str) -> str:
    """The number of a house, a room or a flight: "314" -> "three fourteen", "1250" -> "twelve fifty"."""
    head, last = figure[:-2], figure[-2:]
    if not 3 <= len(figure) <= 4 or figure[0] == "0" or figure[-3:] == "000":
        return reading(figure)
    if last == "00":
        return f"{cardinal(int(head))} hundred"
    return f"{cardinal(int(head))} {digits(last) if last[0] == '0' else cardinal(int(last))}"


def plural(words: str) -> str:
    """The last word in the plural: "nineteen ninety" -> "nineteen nineties", "six" -> "sixes"."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


def _below_thousand(number: int, *, conjunction: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words = [_SMALL[hundreds], "hundred"] if hundreds else []
    if rest and hundreds and conjunction:
        words.append("and")
    if rest >= 20:
        tens, rest = divmod(rest, 10)
        words.append(_TENS[tens])
    if rest or not words:
        words.append(_SMALL[rest])
    return " ".join(words)
