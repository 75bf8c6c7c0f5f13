"""Figures and letters said one by one: telephone numbers, codes, spelled words and acronyms."""

# ruff: noqa: SIM905
from collections.abc import Sequence

from speechsmith.asr.display.english.amounts import Found, is_counted
from speechsmith.asr.display.english.numerals import DIGITS, Run, Words, run, word

_NOT_A_TELEPHONE = frozenset("account card case invoice order reference serial ticket tracking".split())
_TELEPHONE = frozenset("call dial fax mobile number phone reach ring telephone text".split())
_WORDS = ("A", "I", "O")  # letters that are words
_DETERMINERS = frozenset("an his her my no our the their this your".split())
_VERBS = frozenset("am can did do don't feel get guess had have just know mean only think want was work would".split())
_SPELLINGS = {"PHD": "PhD", "XRAY": "X-ray", "XRAYS": "X-rays", "UTF8": "UTF-8", "UTF16": "UTF-16"}
_SHORT = frozenset("AC AD AI AP IC ID IO IP IQ IT IV".split())
_AFTER_AN_ARTICLE = frozenset(
    "ACL ATM BBC CD CEO CFO CIA CNN CPU CT CV DJ DVD ECG EKG ER EU FAQ FBI GP GPS HR IBM IBS ICU ID IP IT JPEG LED MD "
    "MP MRI NBA NFL NHL NHS PC PDF PHD PIN PR PRN QR RV SMS STD SUV TIA TV UFO UK UN UPS URL US USB UTI VIP VPN".split()
)


def telephone(words: Words, start: int) -> Found | None:
    """Ten figures, or eleven with the 1: "206-555-0199"; seven where a telephone is spoken of; "+" and a country."""
    if word(words, start) == "plus":
        abroad = run(words, start + 1)
        return Found(f"+{abroad.figures}", abroad.stop) if abroad and len(abroad.figures) >= 8 else None
    spoken = run(words, start)
    if spoken is None or len(spoken.groups) < 2:
        return None
    before = frozenset(words[max(0, start - 6) : start])
    figures = spoken.figures
    if before & _NOT_A_TELEPHONE:
        return None
    if len(figures) == 7 and before & _TELEPHONE:
        return Found(f"{figures[:3]}-{figures[3:]}", spoken.stop)
    country = "1-" if len(figures) == 11 and figures[0] == "1" else ""
    local = figures[-10:]
    if len(figures) != 10 and not country:
        return None
    return Found(f"{country}{local[:3]}-{local[3:6]}-{local[6:]}", spoken.stop)


def figures(words: Words, start: int) -> Found | None:
    """Figures one after another: "nine eight oh five two" -> "98052"; two guesses before a noun are a range."""
    spoken = run(words, start)
    if spoken is None or (len(spoken.groups) == 1 and word(words, start) not in {"double", "triple"}):
        return None
    if len(spoken.groups) == 2 and is_counted(words, spoken.stop):
        return _before_a_noun(spoken)
    if spoken.groups == (str(DIGITS.get(word(words, start))),) * 2 and word(words, spoken.stop) in {"to", "or"}:
        return None  # "two two to three"
    return Found(spoken.figures, spoken.stop)


def letters(words: Words, start: int) -> Found | None:
    """Letters one by one, with figures among them: "f b i" -> "FBI", "b twelve" -> "B12", "m p three" -> "MP3".

    "a", "i" and "o" are letters only inside of longer ones; "a" before a known acronym is the article.
    """
    parts, stop = _spelled(words, start)
    while len(parts) > 1 and parts[-1] in {"A", "I"} and len(parts) < 3 and "".join(parts) not in _SHORT:
        parts, stop = parts[:-1], stop - 1
    if len(parts) < 2 or _are_words(parts, word(words, start - 1), word(words, stop)):
        return None
    text = _SPELLINGS.get("".join(parts), "".join(parts))
    if _possessive(words, stop):
        return Found(f"{text}{words[stop].upper()[0]}'s", stop + 1)
    return Found(text, stop)


def letter(spoken: str) -> str:
    """The letter that a word is the name of, or "": "b" and "b." are B."""
    bare = spoken.removesuffix(".")
    return bare.upper() if len(bare) == 1 and bare.isascii() and bare.isalpha() else ""


def _spelled(words: Words, start: int) -> tuple[list[str], int]:
    """The letters and figures from a place on, and the place behind them."""
    parts: list[str] = []
    stop = start
    while spoken := word(words, stop):
        if name := letter(spoken):
            parts.append(name)
            stop += 1
        elif spoken in {"ray", "rays"} and parts == ["X"]:
            return ["X", spoken.upper()], stop + 1
        elif (found := run(words, stop)) and spoken != "oh":
            parts.append(found.figures)
            stop = found.stop
        else:
            break
    return parts, stop


def _are_words(parts: Sequence[str], before: str, after: str) -> bool:
    """Whether what could be spelled is said otherwise: articles, pronouns, stumbles, a number of something."""
    text, names = "".join(parts), [part for part in parts if part.isalpha()]
    if not names or (len(names) == 1 and names[0] in _WORDS):
        return True  # "two a day"
    if text in _SHORT:
        is_article = text in {"AC", "AD", "AP"} and before not in _DETERMINERS
        return is_article or (text == "AI" and after in _VERBS)  # "a c section", "a i mean"
    if parts[0] == parts[1] in _WORDS:
        return True  # "a a"
    if parts[0].isdigit() and len(names) > 1:
        return parts[-1].isalpha()  # "two h d m i cables", but "7ABC123"
    is_long = len(names) > 2 or (len(names) == 2 and len(parts[-1]) > 2)
    if parts[0] == "A":
        return not is_long or text[1:] in _AFTER_AN_ARTICLE
    return parts[0] == "I" and not is_long


def _possessive(words: Words, place: int) -> bool:
    return len(word(words, place)) == 3 and words[place].endswith("'s")


def _before_a_noun(spoken: Run) -> Found | None:
    """Two numbers before what is counted are two guesses, a number said twice, or figures after all.

    "six seven times" -> "6-7", "ten fifteen minutes" -> "10-15"; nothing for "five five days".
    """
    low, high = (int(group) for group in spoken.groups)
    if low == high:
        return None
    are_neighbors = 0 < low < 9 and high == low + 1
    are_round = low and low % 5 == high % 5 == 0 and low < high <= 2 * low
    return Found(f"{low}-{high}" if are_neighbors or are_round else spoken.figures, spoken.stop)
