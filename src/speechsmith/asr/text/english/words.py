"""Words that are written otherwise than they are said: abbreviations, letters that stand for themselves, and signs.

Letters are spelled that nobody reads as a word: known names ("fbi"), and two to four without any vowel ("nhs"). Case
tells nothing here, since a hypothesis has none. "St." is a saint before a name and else a street; "Dr." is a doctor,
but for a house in a drive, which another rule knows by its number.
"""

# ruff: noqa: SIM905
import re
from collections.abc import Sequence

STREETS = {  # written -> spoken, behind the number of a house
    "ave": "avenue",
    "blvd": "boulevard",
    "ct": "court",
    "dr": "drive",
    "hwy": "highway",
    "ln": "lane",
    "pkwy": "parkway",
    "pl": "place",
    "rd": "road",
    "sq": "square",
    "st": "street",
    "ter": "terrace",
}
_ABBREVIATIONS = {
    "blvd": "boulevard",
    "capt": "captain",
    "dept": "department",
    "dr": "doctor",
    "etc": "et cetera",
    "govt": "government",
    "hwy": "highway",
    "jr": "junior",
    "ltd": "limited",
    "mr": "mister",
    "mrs": "missus",
    "mt": "mount",
    "pkwy": "parkway",
    "rd": "road",
    "sgt": "sergeant",
    "sr": "senior",
    "vs": "versus",
}
_DOTTED = {"approx": "approximately", "ave": "avenue", "prof": "professor", "rev": "reverend"}
_WITH_A_DOT = re.compile(rf"\b({'|'.join(_DOTTED)})\.")
_WITH_A_SLASH = re.compile(r"(?<![\w/])w/(o\b)?(?![/'])")
_OKAY = re.compile(r"(?<!\b\w )\bo k\b(?! \w\b)")  # one word, but among spelled letters
_SIGNS = {"&": "and", "%": "percent", "@": "at", "+": "plus", "=": "equals", "°": "degrees"}
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")
_SPELLED = frozenset(
    "abc acl adhd aed ai aka api atm aws ceo cfo cia copd cpa cpu cto dna dui ecg eeg ekg emt eta eu eur fbi gpa "
    "gpu hdmi hiv https ibm ibs icu ip ipo iq isp iud iv ivf ivr mba mri nba nkda nyu ocd rna sle suv tia uae "
    "ucla ufo uk uri url usa usb usc usd ussr utc utf uti uv vip".split()
)
_PLURALS = frozenset("atms cds cpus dvds gpus pcs stds suvs tvs ufos urls utis vips".split())
_NO_VOWEL = re.compile("[b-df-hj-np-tv-xz]{2,4}")
_SAID = frozenset(  # without a vowel and yet no letters: sounds, parts of words, units
    "hm hmm hmmm mm mmm mmmm mhm sh shh shhh pst psst brr grr tsk pfft zz zzz ng nth th nd rd ll nt mc ms st ft "
    "lb lbs kg km cm mg ml mcg hz pls".split()
)
_NO_SAINTS = frozenset(
    "and apartment apt are at between but by door for from he here i in is it just near north number of off on or "
    "please she so south suite that the then there they to unit was we where which with you".split()
)
_CAPITALS = re.compile(r"(?<![\w.&'-])(?:US|ID)(?![\w&-])")


def spell_capitals(text: str) -> str:
    """Original text with the letters apart that are words in lower case: "the US", unless all is in capitals."""
    if text.isupper() or not _CAPITALS.search(text):
        return text
    return _CAPITALS.sub(lambda match: " ".join(match[0]), text)


def expand(folded: str) -> str:
    """Folded text with those abbreviations in words that their marks tell from a word."""
    if "." in folded:
        folded = _WITH_A_DOT.sub(lambda match: f"{_DOTTED[match[1]]} ", folded)
    if "/" in folded:
        folded = _WITH_A_SLASH.sub(lambda match: " without " if match[1] else " with ", folded)
    return folded


def signs(folded: str) -> str:
    """Folded text with its signs in words."""
    return _SIGN.sub(lambda match: f" {_SIGNS[match[0]]} ", folded)


def is_spelled(word: str) -> bool:
    """Whether a word in lower case is read letter by letter."""
    return word in _SPELLED or (word not in _SAID and _NO_VOWEL.fullmatch(word) is not None)


def spoken(words: Sequence[str]) -> str:
    """The words without punctuation as they are said, one blank between them."""
    said = " ".join(_spoken(word, words[place + 1 : place + 2]) for place, word in enumerate(words))
    return _OKAY.sub("ok", said) if "o k" in said else said


def _spoken(word: str, after: Sequence[str]) -> str:
    if word in _ABBREVIATIONS:
        return _ABBREVIATIONS[word]
    if word == "st":
        return "saint" if after and after[0] not in _NO_SAINTS else "street"
    if word in _PLURALS:
        return f"{' '.join(word[:-1])}'s"
    name, owner = (word[:-2], "'s") if word.endswith("'s") else (word, "")
    return " ".join(name) + owner if is_spelled(name) else word
