"""The lexical form of a transcript: its words as they were spoken, in one spelling.

Both sides of a comparison, the text of language models and the transcripts for alignment pass through the same
normalizer, so that only what was said can differ. A normalizer has a name and a version, which stand in every result:
rates are comparable only when both are equal. Rules that a release has written results with are never edited: a new
version stands beside them. Version 1 of english was never released, so no result can name it.

    english      figures, amounts, dates, addresses and abbreviations in words, "FBI" letter by letter
    german       the same for German, number words written apart
    mandarin     figures in words, one word per character, English in capitals
    characters   one word per Chinese character or kana (Japanese, and Chinese other than zh-CN)
    generic      folded words without punctuation; figures stay figures

For each of them lexical(lexical(x)) == lexical(x).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from speechsmith.asr.text import cjk, english, folding, german

_AMERICAN = frozenset({"en", "en-us", "en-ca", "en-ph"})


class UnknownNormalizer(ValueError):
    """A version of a normalizer that this release does not have."""

    code = "UnknownNormalizer"


@dataclass(frozen=True, slots=True)
class Normalizer:
    """The rules for one locale. Equal normalizers give equal forms, so their results may be compared."""

    name: str
    version: int
    locale: str
    _lexical: Callable[[str], str] = field(repr=False, compare=False)

    def lexical(self, text: str) -> str:
        """The words as spoken, one blank between them; "" when there are none."""
        return self._lexical(text)

    def tokens(self, text: str) -> list[str]:
        """The words of the lexical form."""
        return self._lexical(text).split()


def normalizer(locale: str, version: int | None = None) -> Normalizer:
    """The normalizer of a locale (BCP 47, any case), in its newest version unless told otherwise.

    Raises: UnknownNormalizer: there is no such version of it.
    """
    name = _name_for(locale.lower())
    versions = _versions(name, locale.lower())
    wanted = max(versions) if version is None else version
    if wanted not in versions:
        known = ", ".join(map(str, sorted(versions)))
        raise UnknownNormalizer(
            f"The normalizer '{name}' for {locale} has no version {wanted}; known here: {known}. "
            "Score the stored texts again with one of these."
        )
    return Normalizer(name, wanted, locale, versions[wanted])


def _name_for(locale: str) -> str:
    language = locale.partition("-")[0]
    if locale in {"zh-cn", "zh-hans-cn"}:
        return "mandarin"
    return {"en": "english", "de": "german", "ja": "characters", "zh": "characters", "yue": "characters"}.get(
        language, "generic"
    )


def _versions(name: str, locale: str) -> dict[int, Callable[[str], str]]:
    versions: dict[str, dict[int, Callable[[str], str]]] = {
        "english": {2: english.English(american=locale in _AMERICAN).lexical},
        "german": {1: german.lexical},
        "mandarin": {1: cjk.mandarin},
        "characters": {1: cjk.characters},
        "generic": {1: _generic},
    }
    return versions[name]


def _generic(text: str) -> str:
    return " ".join(folding.words(folding.fold(text)))
