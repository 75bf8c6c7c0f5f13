"""Chinese and Japanese for scoring: each Chinese character or kana is a word of its own.

These scripts put no blanks between words, and two careful writers put them at different places. The rate over
characters (CER) has no such choice in it, so the word error rate of these locales is, honestly, a character error rate.
Latin words inside the text stay whole. Mandarin also reads its figures; Japanese leaves them, as it has several
readings for each.
"""

import re

from speechsmith.asr.text import folding

_CHARACTER = re.compile(
    "([\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd])"
)
_DIGITS = "零一二三四五六七八九"
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NUMBER = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?"
_PERCENT = re.compile(r"(?<![0-9.,])" + _NUMBER + r"\s*%")
_MONEY = re.compile(r"¥\s*" + _NUMBER)
_YEAR = re.compile(r"([0-9]{4}|[0-9]{2})(?=\s*年)")
_FIGURE = re.compile(_NUMBER)
_LIMIT = 10**16


def characters(text: str) -> str:
    """Folded text, one blank around each Chinese character or kana."""
    return _apart(folding.fold(text))


def mandarin(text: str) -> str:
    """The same for Mandarin: figures in words (3.5 -> 三 点 五), English words in capitals."""
    folded = folding.fold(text.replace("，", " "))  # a wide comma parts sentences, a narrow one groups of figures
    folded = _YEAR.sub(lambda match: _digits(match[1]), folded)
    folded = _PERCENT.sub(lambda match: f"百分之{_number(match[1], match[2])}", folded)
    folded = _MONEY.sub(lambda match: _money(match[1], match[2]), folded)
    folded = _FIGURE.sub(lambda match: _number(match[1], match[2]), folded)
    return _apart(folded).translate(_UPPER)


def cardinal(number: int) -> str:
    """The quantity: 21 -> 二十一, 10005 -> 一万零五. `number` is below 10**16."""
    words = ""
    for unit in ("亿", "万", ""):
        size = {"亿": 10**8, "万": 10**4, "": 1}[unit]
        group, number = divmod(number, size)
        if group:
            gap = "零" if words and group < 1000 else ""
            words += gap + (cardinal(group) if group >= 10_000 else _below_ten_thousand(group)) + unit
    words = words or _DIGITS[0]
    return words[1:] if words.startswith("一十") else words


def _below_ten_thousand(number: int) -> str:
    words, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // size % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + unit
        gap = digit == 0
    return words


def _apart(folded: str) -> str:
    return " ".join(folding.words(_CHARACTER.sub(r" \1 ", folded)))


def _digits(figure: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in figure)


def _whole(figure: str) -> str:
    plain = figure.replace(",", "")
    is_code = (len(plain) > 1 and plain[0] == "0") or (len(plain) > 4 and figure == plain and plain[-3:] != "000")
    return _digits(plain) if is_code or len(plain) >= len(str(_LIMIT)) else cardinal(int(plain))


def _number(whole: str, fraction: str | None) -> str:
    return f"{_whole(whole)}点{_digits(fraction)}" if fraction else _whole(whole)


def _money(whole: str, fraction: str | None) -> str:
    if fraction and len(fraction) > 2:
        return f"{_number(whole, fraction)}元"
    parts = [
        f"{_DIGITS[int(digit)]}{unit}" for digit, unit in zip(fraction or "", "角分", strict=False) if digit != "0"
    ]
    return f"{_whole(whole)}元{''.join(parts)}"
