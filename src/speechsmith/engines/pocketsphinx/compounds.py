"""Items of several words as one word of the decoder: "drive belt" is `drive_belt` while it is searched for.

So a list of names costs one word each in the language model, whatever their length, and no search mixes the first half
of one name with the second half of another. Users see `parts` again. No word of the base lexicon has the joint in it.
"""

from collections.abc import Collection, Mapping, Sequence

from speechsmith.asr.lexicon import Lexicon, Pronunciation, joined

JOINT = "_"


def compound(words: Sequence[str]) -> str:
    """The words as one; a single word stays what it is."""
    return JOINT.join(words)


def parts(word: str) -> list[str]:
    """The words of a compound; a word that is none stays what it is."""
    return [part for part in word.split(JOINT) if part] or [word]


def pronounced(
    compounds: Collection[str], lexicon: Lexicon, *, variants: int
) -> Mapping[str, tuple[Pronunciation, ...]]:
    """How each compound sounds: its words one after the other, in at most so many ways.

    Left out are single words, and compounds with a word that the lexicon does not have.
    """
    ways: dict[str, tuple[Pronunciation, ...]] = {}
    for word in compounds:
        words = parts(word)
        if len(words) > 1 and all(part in lexicon for part in words):
            ways[word] = joined([lexicon[part] for part in words], variants)
    return ways
