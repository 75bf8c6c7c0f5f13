"""Which lines of text can teach a model something: the rules for lines of any dataset, per locale.

A line is refused for what cannot be spoken or was damaged: control characters, letters of another script, pictures,
addresses, endless repetition. It is cleaned of what cannot be seen: blanks at its ends and in a row, zero-width and
direction marks. Its words, case and punctuation stay as the user wrote them, in Unicode form C.

Latin letters are welcome in every locale, for names and brands; a language that is not in the table may use any script.
The published rule against anything above U+00A1 would forbid `café` in English and every word in Japanese: it is read
as what it is for, letters of other scripts and pictures.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from speechsmith.ingest.base import Problem, shown

# Which languages use a script, which is named by the first word of its characters' Unicode names.
_LANGUAGES = {
    "LATIN": "af az bs ca cs cy da de en es et eu fi fil fr ga gl hr hu id is it jv lt lv ms mt nb nl nn no pl pt ro "
    "sk sl so sq sr su sv sw tr uz vi zu",
    "CYRILLIC": "be bg kk ky mk mn ru sr uk",
    "ARABIC": "ar fa pa ps ur",
    "DEVANAGARI": "hi mr ne",
    "BENGALI": "as bn",
    "CJK": "ja ko wuu yue zh",
    "BOPOMOFO": "wuu yue zh",
    **dict.fromkeys(("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"), "ja"),
    "ARMENIAN": "hy", "ETHIOPIC": "am", "GEORGIAN": "ka", "GREEK": "el", "GUJARATI": "gu", "GURMUKHI": "pa",
    "HANGUL": "ko", "HEBREW": "he", "KANNADA": "kn", "KHMER": "km", "LAO": "lo", "MALAYALAM": "ml",
    "MYANMAR": "my", "ORIYA": "or", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te", "THAI": "th",
}  # fmt: skip
_SCRIPTS_OF: dict[str, set[str]] = {}
for _script, _languages in _LANGUAGES.items():
    for _language in _languages.split():
        _SCRIPTS_OF.setdefault(_language, {"LATIN"}).add(_script)
_BANNED = {"de": frozenset("¢¤¥¦§©ª¬®°±²µ×ÿ")}
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFE0E, 0xFE0F, 0xFEFF]
)
_SENTENCE_CHARS = {"ja": 90}
LINES = {"ja": 20_000, "ko": 20_000}  # a file of these languages may have no more

_URI = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S|\bwww\.[^\s.]|\bmailto:\S", re.IGNORECASE)
_IN_URIS = ("://", "www.", "mailto:")  # looked for first: most lines have none, and a plain search is fast
_REPEATED_CHARS = re.compile(r"([^\d\s.]{1,4}?)\1{3}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_REMARK = re.compile(r"\[[^\[\]]*\]|<[/%\w][^<>]*>")
_SENTENCE_END = re.compile(r"[。．.？?！!]")
LONGEST_GROUP_WORDS = 8
MOST_REPETITIONS = 3


class TextRules:
    """The rules of one language; `language` is the first part of a locale."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._scripts = _SCRIPTS_OF.get(language, set(_LANGUAGES))
        self._banned = _BANNED.get(language, frozenset())
        self._sentence_chars = _SENTENCE_CHARS.get(language)
        self._judged: dict[str, str | None] = {}  # character -> code

    def check(self, line: str) -> tuple[str, Problem | None]:
        """The line, cleaned, and what forbids it."""
        if problem := self.check_characters(line):
            return line, problem
        text = cleaned(line)
        return text, self._check_words(text)

    def check_characters(self, line: str) -> Problem | None:
        """What forbids a character of the line."""
        if line.isascii() and line.isprintable():
            return None
        for character in line:
            if character not in self._judged:
                self._judged[character] = self._judge(character)
            if code := self._judged[character]:
                return Problem(code, f"The line has {described(character)}, {_WHY[code]}.")
        return None

    def _judge(self, character: str) -> str | None:
        category, point = unicodedata.category(character), ord(character)
        if character == "\t" or point in _INVISIBLE:
            return None
        if category == "Cc":
            return "ControlCharacter"
        if category in {"Cs", "Cn", "Co"} or character == "\ufffd":
            return "BrokenCharacter"
        is_picture = (category == "So" and 0x2190 <= point < 0x3000) or 0x1F000 <= point < 0x20000
        if is_picture or character in self._banned:
            return "BannedCharacter"
        if category[0] == "L":
            script = unicodedata.name(character, "").partition(" ")[0]
            if script in _LANGUAGES and script not in self._scripts:
                return "ForeignCharacter"
        return None

    def _check_words(self, text: str) -> Problem | None:
        if any(part in text.lower() for part in _IN_URIS) and (uri := _URI.search(text)):
            return Problem("UriInLine", f"The line has an address: {shown(text[uri.start() :].split(maxsplit=1)[0])}")
        if not any(map(str.isalnum, text)):
            return Problem("NoWords", "The line has no letter and no digit.")
        if group := repeated(text):
            return Problem("Repetition", f"{shown(group)!r} is repeated more than {MOST_REPETITIONS} times in a row.")
        if self._sentence_chars:
            longest = max(len(sentence.replace(" ", "")) for sentence in _SENTENCE_END.split(text))
            if longest > self._sentence_chars:
                return Problem(
                    "SentenceTooLong",
                    f"A sentence has {longest} characters without blanks; {self._sentence_chars} are allowed.",
                )
        return None


_WHY = {
    "ControlCharacter": "which is no text",
    "BrokenCharacter": "which stands for nothing",
    "BannedCharacter": "which cannot be spoken",
    "ForeignCharacter": "a letter of another script than the locale's",
}


def cleaned(line: str) -> str:
    """The line in Unicode form C, without invisible characters, with single blanks between words."""
    if not line.isascii():
        line = unicodedata.normalize("NFC", line.translate(_INVISIBLE))
    return " ".join(line.split())


def remark(text: str) -> str | None:
    """What an annotator has written between brackets, such as [noise] or <unk>; None where there is nothing like it."""
    found = _REMARK.findall(text) if "[" in text or "<" in text else []
    return next((written for written in found if any(map(str.isalnum, written))), None)


def described(character: str) -> str:
    """A character so that it can be found: its number and name."""
    return f"the character U+{ord(character):04X} {unicodedata.name(character, '(no name)')}"


def repeated(text: str) -> str | None:
    """A character or piece of a word, a word or a group of words that comes more than three times in a row.

    Digits and dots may: 10000, 5 5 5 5, "well ....".
    """
    folded = text.casefold()
    if piece := next(filter(None, map(_stutter, folded.split())), None):
        return piece
    words = _WORD.findall(folded)
    if len(words) <= MOST_REPETITIONS or max(Counter(words).values()) <= MOST_REPETITIONS:
        return None
    for length in range(1, min(LONGEST_GROUP_WORDS, len(words) // (MOST_REPETITIONS + 1)) + 1):
        if group := _repeated_group(words, length):
            return " ".join(group)
    return None


@lru_cache(maxsize=1 << 16)  # most words of a text are few words, again and again
def _stutter(token: str) -> str | None:
    found = _REPEATED_CHARS.search(token)
    return found[1] if found else None


def _repeated_group(words: Sequence[str], length: int) -> Sequence[str] | None:
    equal = 0  # words in a row that equal the one `length` before
    for at in range(length, len(words)):
        equal = equal + 1 if words[at] == words[at - length] else 0
        if equal >= MOST_REPETITIONS * length:
            group = words[at - length + 1 : at + 1]
            if not all(map(str.isdigit, group)):
                return group
    return None
