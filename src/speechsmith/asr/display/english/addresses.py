"""Addresses in English text: e-mail, web and street."""

# ruff: noqa: SIM905
from speechsmith.asr.display.english.amounts import Found
from speechsmith.asr.display.english.codes import letter
from speechsmith.asr.display.english.numerals import NUMBER_WORDS, Words, ordinal, run, suffix, word

_TOP_LEVELS = frozenset(
    "ai app au biz ca ch club cn co com de dev edu es eu fr gov health in info io it jp me mil net nl online org shop "
    "tech tv uk us xyz".split()
)
_JOINTS = {"dash": "-", "hyphen": "-", "underscore": "_", "plus": "+"}
_SIGNS = frozenset({"at", "dot", "slash", "colon"})
_SCHEMES = {"HTTP": "http", "HTTPS": "https"}
_NO_STARTS = frozenset(  # words that stand before an address rather than begin it
    "a am an and are at be come connect dot email find for from go good here him her i in is it live look mail me meet "
    "message my of on online only open or our out page see send shop site some stay that the them there this to up us "
    "visit was website we write you your".split()
)
_STREETS = {
    "avenue": "Ave.",
    "boulevard": "Blvd.",
    "court": "Ct.",
    "drive": "Dr.",
    "lane": "Ln.",
    "parkway": "Pkwy.",
    "place": "Pl.",
    "road": "Rd.",
    "square": "Sq.",
    "street": "St.",
    "terrace": "Ter.",
}
_STREETS_OR_NOT = frozenset("court drive lane place square".split())
_DIRECTIONS = {"north": "N", "south": "S", "east": "E", "west": "W"}
_NO_STREETS = _NO_STARTS | frozenset(
    "day foot hour mile minute month people person second week year long more new per point percent thousand".split()
)


def email(words: Words, start: int) -> Found | None:
    """E-mail: "jane dot doe at example dot com" -> "jane.doe@example.com"."""
    name = _name(words, start)
    if name is None or words[start] in _NO_STARTS:
        return None
    text, stop = name
    while word(words, stop) == "dot" and (more := _name(words, stop + 1)):
        text, stop = f"{text}.{more.text}", more.stop
    domain = _domain(words, stop + 1) if word(words, stop) == "at" else None
    return Found(f"{text}@{domain.text}", domain.stop) if domain and not domain.text.startswith("www.") else None


def web(words: Words, start: int) -> Found | None:
    """A site: "w w w dot example dot com slash help" -> "www.example.com/help"."""
    scheme, begin = "", start
    name = _name(words, start)
    if name and name.text.upper() in _SCHEMES and word(words, name.stop) == "colon":
        scheme, begin = f"{name.text}://", name.stop + 1
        while word(words, begin) in {"forward", "slash"}:
            begin += 1
    domain = _domain(words, begin)
    if domain is None or words[start] in _NO_STARTS:
        return None
    text, stop = f"{scheme}{domain.text}", domain.stop
    while word(words, stop) == "slash" and (part := _name(words, stop + 1)):
        text, stop = f"{text}/{part.text}", part.stop
    return Found(text, stop)


def street(words: Words, start: int) -> Found | None:
    """A house: "one twenty five west forty second street" -> "125 W 42nd St.", the name of one to three words."""
    house = run(words, start)
    if house is None or len(house.figures) > 5:
        return None
    number, stop = house.figures, house.stop
    if (entrance := letter(word(words, stop))) and entrance not in {"A", "I"}:
        number, stop = number + entrance, stop + 1
    named = _street_name(words, stop)
    if named is None or (words[named.stop] in _STREETS_OR_NOT and len(number) < 2):
        return None
    return Found(f"{number} {named.text} {_STREETS[words[named.stop]]}", named.stop + 1)


def _street_name(words: Words, start: int) -> Found | None:
    """The words between the number of the house and "street"."""
    parts, stop = [], start
    if direction := _DIRECTIONS.get(word(words, stop)):
        parts, stop = [direction], stop + 1
    for _ in range(3):
        if word(words, stop) in _STREETS and stop > start:
            return Found(" ".join(parts), stop)
        found = ordinal(words, stop)
        if found:
            parts.append(f"{found.value}{suffix(found.value)}")
            stop = found.stop
        elif word(words, stop) in _NO_STREETS or word(words, stop) in NUMBER_WORDS or not word(words, stop).isalpha():
            return None
        else:
            parts.append(words[stop].capitalize())
            stop += 1
    return Found(" ".join(parts), stop) if word(words, stop) in _STREETS else None


def _domain(words: Words, start: int) -> Found | None:
    """Names with dots between them, the last of which is the top of the tree: "example.co.uk"."""
    first = _name(words, start)
    if first is None:
        return None
    texts, stop, found = [first.text], first.stop, None
    while word(words, stop) == "dot" and (more := _name(words, stop + 1)):
        texts, stop = [*texts, more.text], more.stop
        if more.text in _TOP_LEVELS:
            found = Found(".".join(texts), stop)
    return found


def _name(words: Words, start: int) -> Found | None:
    """One part of an address: a word or spelled letters, with figures, dashes and underscores in it."""
    text, stop, joint = "", start, ""
    while piece := _piece(words, stop, is_first=not text or bool(joint)):
        text, stop, joint = f"{text}{joint}{piece.text}", piece.stop, ""
        if word(words, stop) in _JOINTS and _piece(words, stop + 1, is_first=True):
            joint, stop = _JOINTS[words[stop]], stop + 1
    return Found(text, stop) if text else None


def _piece(words: Words, start: int, *, is_first: bool) -> Found | None:
    """A word where a part begins; figures anywhere; letters where a part begins or after other letters."""
    spoken = word(words, start)
    if spoken != "a" and (figures := run(words, start)):
        return Found(figures.figures, figures.stop)
    name = letter(spoken).lower()
    if name and (is_first or letter(word(words, start - 1))):
        return Found(name, start + 1)
    if name or not is_first or spoken in _SIGNS or spoken in _JOINTS or not spoken.isalnum():
        return None
    return Found(spoken, start + 1)
