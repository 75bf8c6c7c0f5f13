"""From a corpus to a custom model: `language.lm.bin`, `lexicon.dict`, and the report that the user downloads.

    pronunciations -> text -> guessed pronunciations -> weight on held-out sentences -> mixture -> files

The report is a JSON object:

    engine             name, version
    seed               which every choice by chance came from
    data               each input: name, sha256; the transcripts of utterances are one input
    text               sentences, wordsRead, wordsUsed (fewer when the text was thinned), vocabulary
    weight             value, how, asked (null: chosen by the engine); null where there was no text
    heldOut            sentences, tokens, perplexityBefore, perplexityAfter, oovRateBefore, oovRateAfter
    outOfVocabulary    each word that the base model could not recognize, and each of the user's entries:
                       word, source (user, lexicon, g2p), pronunciations
    notPronounced      words left out of the model: count, and the most frequent ones
    rejected           count, and the first lines: file, line, code, text, hint
    languageModel      order; how many n-grams of each order, in base and custom
    seconds            of each stage, by the name that progress showed
"""

import ctypes
import hashlib
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from speechsmith.asr.g2p import cached
from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.ngram import NGram
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import Corpus, Progress
from speechsmith.engines.base import AdaptOptions, AdaptResult, EngineError
from speechsmith.engines.pocketsphinx.domain_lm import Choice, choose_weight, finished, mixed
from speechsmith.engines.pocketsphinx.domain_text import DomainText, Rejections, read_text
from speechsmith.engines.pocketsphinx.files import base_files, cache_folder
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm
from speechsmith.engines.pocketsphinx.pronunciations import Entry, guess, read_own

MOST_GUESSED = 20_000  # new words of a text that get a pronunciation: the most frequent ones
_LISTED = 200  # words left out that the report names
_SHARES = {  # users see these names
    "Reading pronunciations": 0.15,
    "Reading text": 0.2,
    "Guessing pronunciations": 0.2,
    "Choosing the weight": 0.2,
    "Mixing language models": 0.1,
    "Finishing the language model": 0.1,
    "Writing the language model": 0.05,
}


class Stages:
    """Says how far the whole work is, and keeps how long each stage took."""

    def __init__(self, progress: Progress, shares: Mapping[str, float]) -> None:
        """`shares`: each stage's share of the whole, in order; they sum to one."""
        self._progress, self._shares = progress, shares
        self._done = 0.0
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[Callable[[float], None]]:
        """Run a stage. It may tell the share of itself that is done, in [0, 1]."""
        started, share = time.monotonic(), self._shares[stage]
        self._progress(stage, self._done)
        yield lambda fraction: self._progress(stage, self._done + share * fraction)
        _hand_back_memory()
        self._done = min(self._done + share, 1.0)
        self._progress(stage, self._done)
        self.seconds[stage] = round(time.monotonic() - started, 2)


def _hand_back_memory() -> None:
    """Let the system have what was freed. glibc keeps it, in pieces too small for the next stage: 100 MB of 400."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@dataclass(frozen=True, slots=True)
class _Domain:
    """What is known before a model is opened.

    `from_lexicon` holds, for the text's other words, the entry as the report shows it, so that the large lexicon can
    be let go.
    """

    text: DomainText
    own: list[Entry]
    guessed: list[Entry]
    from_lexicon: dict[str, dict[str, Any]]
    left_out: list[str]


@dataclass(frozen=True, slots=True)
class _Mixture:
    """The base model and the domain's as one, and what there is to tell of the base."""

    model: NGram
    choice: Choice | None
    base_sizes: tuple[int, ...]
    out_of_vocabulary: list[dict[str, Any]]


def adapt(base: Path, corpus: Corpus, out: Path, options: AdaptOptions, progress: Progress) -> AdaptResult:
    """Learn words, how they sound and what is said with them, from text, transcripts and pronunciations.

    Writes the whole base lexicon with the new entries, and a language model with all words of the text. In a corpus of
    pronunciations only, words that the base model does not expect become single words of small probability.

    Raises: EngineError: nothing can be learned (`NothingToLearn`), or a file of the base is missing or damaged.
    """
    files = base_files(base)
    rejections = Rejections()
    stages = Stages(progress, _SHARES)
    domain = _read_domain(
        files.lexicon, corpus, out / "lexicon.dict", seed=options.seed, rejections=rejections, stages=stages
    )
    text = domain.text
    mixture = _mix(files.language, domain, options.weight, stages)
    choice, weight = mixture.choice, mixture.choice.weight if mixture.choice else None
    with stages("Finishing the language model"):
        model = finished(mixture.model, weight, {entry.word for entry in domain.own})
    with stages("Writing the language model"):
        write_lm(model, out / "language.lm.bin")
    report = {
        "engine": {"name": "pocketsphinx", "version": version("pocketsphinx")},
        "seed": options.seed,
        "data": _digests(corpus),
        "text": {
            "sentences": len(text.draw),
            "wordsRead": text.words_read,
            "wordsUsed": text.words_used,
            "vocabulary": len(text.words) - 2,
        },
        "weight": {"value": choice.weight, "how": choice.how, "asked": options.weight} if choice else None,
        "heldOut": choice.held_out if choice else None,
        "outOfVocabulary": mixture.out_of_vocabulary,
        "notPronounced": {"count": len(domain.left_out), "words": domain.left_out[:_LISTED]},
        "rejected": {"count": rejections.count, "lines": [line.shown() for line in rejections.listed]},
        "languageModel": {"order": model.order, "base": list(mixture.base_sizes), "custom": list(model.sizes)},
        "seconds": stages.seconds,
    }
    return AdaptResult(weight, report)


def _read_domain(
    base_lexicon: Path, corpus: Corpus, lexicon_out: Path, *, seed: int, rejections: Rejections, stages: Stages
) -> _Domain:
    """Read the corpus, find how each word sounds, and write the lexicon. What is only needed for that is let go.

    Raises: EngineError: `NothingToLearn`.
    """
    lexical = normalizer(corpus.locale).lexical
    with stages("Reading pronunciations"):
        lexicon = Lexicon.read(base_lexicon)
        g2p = cached(base_lexicon, cache_folder())
        own, whole = read_own(corpus.pronunciations, lexicon, g2p, lexical=lexical, rejections=rejections)
        lexicon = lexicon.with_entries({entry.word: entry.pronunciations for entry in own})
    with stages("Reading text") as part:
        text = read_text(corpus, lexical=lexical, own_words=whole, seed=seed, rejections=rejections, progress=part)
    with stages("Guessing pronunciations") as part:
        new = _by_frequency(text, lexicon)
        guessed = guess(new[:MOST_GUESSED], g2p, part)
        lexicon = lexicon.with_entries({entry.word: entry.pronunciations for entry in guessed})
        left_out = [word for word in new if word not in lexicon]
        text = text.restricted(lexicon)
        if not text.words_used and not own:
            raise EngineError(_nothing_learned(rejections), code="NothingToLearn")
        lexicon.write(lexicon_out)
        mine = {entry.word for entry in own + guessed}
        others = [word for word in text.words[2:] if word not in mine]
        from_lexicon = {word: Entry(word, "lexicon", lexicon[word]).shown() for word in others}
    return _Domain(text, own, guessed, from_lexicon, left_out)


def _mix(base_language: Path, domain: _Domain, asked: float | None, stages: Stages) -> _Mixture:
    """Open the base model, choose the weight and mix; the base model is let go before the mixture is worked on."""
    text = domain.text
    with stages("Choosing the weight") as part:
        base = read_lm(base_language)
        choice = choose_weight(text, base, asked, part) if text.words_used else None
    with stages("Mixing language models"):
        model = mixed(text, base, choice.weight) if choice else base
    return _Mixture(model, choice, base.sizes, _out_of_vocabulary(domain, base.index))


def _by_frequency(text: DomainText, lexicon: Lexicon) -> list[str]:
    """The words of the text that are not in the lexicon, the most frequent first, then by the alphabet."""
    counts = text.counts()
    new = [(-int(counts[i]), word) for i, word in enumerate(text.words) if i > 1 and word not in lexicon]
    return [word for _, word in sorted(new)]


def _out_of_vocabulary(domain: _Domain, in_base: Container[str]) -> list[dict[str, Any]]:
    entries = [entry.shown() for entry in domain.own]
    entries += [shown for word, shown in domain.from_lexicon.items() if word not in in_base]
    return entries + [entry.shown() for entry in domain.guessed]


def _digests(corpus: Corpus) -> list[dict[str, str]]:
    inputs = []
    for path in (*corpus.text, *corpus.pronunciations):
        with path.open("rb") as file:
            inputs.append({"name": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()})
    if corpus.utterances:
        digest = hashlib.sha256()
        for utterance in corpus.utterances:
            digest.update(f"{utterance.name}\t{utterance.transcript}\n".encode())
        inputs.append({"name": "transcripts", "sha256": digest.hexdigest()})
    return inputs


def _nothing_learned(rejections: Rejections) -> str:
    if not rejections.count:
        return "The corpus has no sentence, transcript or pronunciation; add a dataset that has some."
    first = rejections.listed[0]
    return (
        f"Nothing can be learned: all {rejections.count} lines are unusable. "
        f"The first is line {first.line} of {first.file} ({first.code}): {first.hint}"
    )
