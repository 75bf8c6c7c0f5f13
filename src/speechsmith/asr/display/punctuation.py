"""Sentences by rule: where they end, which of them ask, and the few commas that are safe.

A sentence ends with the phrase, and inside a phrase where the speaker pauses, unless the words before or after the
pause show that it goes on ("to", "and"). In English a sentence asks when it opens like a question ("what time", "do
you"), turns to "you" further on ("where it hurts do you mean") or ends in a tag ("isn't it"). Commas stand after an
opening "yes", "no", "okay" or "well" that a clause or "so", "and", "but" follows, before "but" with a subject behind
it, and before a tag. On transcribed conversations each of them mends more tokens than it spoils. Other locales end in
a full stop.
"""

# ruff: noqa: SIM905
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from speechsmith.asr.display.tokens import Token, Tokens

SENTENCE_PAUSE = 0.7  # seconds; a breath inside a clause is shorter
_MARKS = (".", "?", "!", ",", ";", ":", "\n")

_SUBJECTS = frozenset("i you he she it we they there".split())
_DETERMINERS = frozenset(
    "this that these those the a an my your his her its our their any anyone anybody anything everyone everything "
    "someone somebody all both".split()
)
_BE = frozenset("am is are was were isn't aren't wasn't weren't".split())
_ASK_ANY = _BE | frozenset(
    "can could would will should shall does did has had can't couldn't won't wouldn't shouldn't doesn't didn't hasn't "
    "hadn't".split()
)
_ASK_PEOPLE = frozenset("do have don't haven't may".split())  # "do it", "have a seat" and "may the best" do not ask
_AUXILIARIES = _ASK_ANY | _ASK_PEOPLE
_ASK_YOU = frozenset((verb, "you") for verb in "are can could did do have were would".split())
_FILLERS = frozenset({"know", "see"})  # "they are, you know, ..."
_WH = frozenset("what where when why how which who whom whose".split())
_CONTRACTED = frozenset(
    word + end for word in ("what", "where", "when", "why", "how", "who") for end in ("'s", "'re", "'d")
)
_LEADS = frozenset("and but or so well okay ok hello hi hey now then yes no yeah alright right sorry".split())
_OPENERS = frozenset("yes yeah no okay ok well sure alright".split())
_AFTER_AN_OPENER = _WH | _AUXILIARIES | frozenset("that that's this and but so".split())
_TAGS = frozenset(f"{verb} {who}" for verb in _AUXILIARIES if verb.endswith("n't") for who in _SUBJECTS)
_GOES_ON_AFTER = frozenset(
    "a an the my your his her its our their and or but to of in on at for from with by as if that than because is are "
    "was were be am very um uh mister missus".split()
)
_GOES_ON_WITH = frozenset("and or but of to than because which that who with for from".split())


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where a sentence begins and ends, as places of tokens; `mark` ends it."""

    start: int
    stop: int
    mark: str


def sentences(
    tokens: Tokens, pauses: Sequence[float], ends: frozenset[int], *, english: bool, automatic: bool
) -> list[Sentence]:
    """The sentences of a phrase.

    Args: pauses: seconds of silence before each lexical word, or none; ends: lexical places behind a sentence whose
    mark was dictated; automatic: whether the others get a mark by rule.
    """
    found: list[Sentence] = []
    start = 0
    for stop, token in enumerate(tokens, 1):
        is_dictated = token.stop in ends
        if not (stop == len(tokens) or is_dictated or (automatic and _breaks(token, tokens[stop], pauses))):
            continue
        words = [token.text.lower() for token in tokens[start:stop]]
        mark = "" if is_dictated or not automatic else "?" if english and asks(words) else "."
        found.append(Sentence(start, stop, mark))
        start = stop
    return found


def asks(words: Sequence[str]) -> bool:
    """Whether an English sentence, in lower case and without marks, is a question."""
    begin = 0
    while begin < min(3, len(words) - 1) and words[begin] in _LEADS:
        begin += 1
    words = words[begin:]
    first, second = (*words, "", "")[:2]
    if " ".join(words[-2:]) in _TAGS and len(words) > 2:
        return True
    if any(pair in _ASK_YOU and after not in _FILLERS for pair, after in zip(pairwise(words), words[2:], strict=False)):
        return True
    if first in _CONTRACTED:
        return True
    if first in _WH:
        return _wh_asks(first, second, words)
    if second == "not":
        second = (*words, "", "", "")[2]
    if first in _ASK_PEOPLE:
        return second in _SUBJECTS - {"it", "there"}
    return first in _ASK_ANY and (second in _SUBJECTS or second in _DETERMINERS)


def commas(tokens: Tokens) -> Tokens:
    """The tokens of one English sentence with its safe commas."""
    words = [token.text.lower() for token in tokens]
    last = len(words) - 1
    after = {place - 1 for place in range(2, last) if words[place] == "but" and _is_subject(words[place + 1])}
    if last > 1 and words[0] in _OPENERS and (_is_subject(words[1]) or words[1] in _AFTER_AN_OPENER):
        after.add(0)
    if last > 2 and " ".join(words[-2:]) in _TAGS:
        after.add(last - 2)
    return tuple(
        Token(token.text + ",", token.start, token.stop)
        if place in after and not token.text.endswith(_MARKS)
        else token
        for place, token in enumerate(tokens)
    )


def ended(text: str, mark: str) -> str:
    """The text at the end of a sentence: a comma gives way, the full stop of "Ave." serves for both."""
    if text.endswith("\n") or (mark == "." and text.endswith(".")):
        return text
    return text.rstrip(",;:") + mark if mark else text


def _breaks(before: Token, after: Token, pauses: Sequence[float]) -> bool:
    """Whether a sentence ends between two tokens: the longest pause between them tells, unless the words go on."""
    if max(pauses[before.stop : after.start + 1], default=0.0) < SENTENCE_PAUSE:
        return False
    return before.text.lower() not in _GOES_ON_AFTER and after.text.lower() not in _GOES_ON_WITH


def _is_subject(word: str) -> bool:
    """Whether a clause begins with the word: "they", "they're"."""
    return word.partition("'")[0] in _SUBJECTS


def _wh_asks(first: str, second: str, words: Sequence[str]) -> bool:
    """Whether a sentence that opens with "what", "how" ... asks: an auxiliary comes before any subject."""
    if second.partition("'")[0] in _SUBJECTS or (first == "what" and second in {"a", "an"}):
        return False
    if first in {"who", "whom", "whose", "which"} or (first == "how" and second in {"come", "about"}):
        return True
    inverted = any(a in _AUXILIARIES and b in _SUBJECTS for a, b in pairwise(words))
    return inverted or any(word in _AUXILIARIES for word in words[1:4])
