"""From a corpus to a custom model: `language.lm.bin`, `lexicon.dict`, `acoustic/`, `confidence.json`, `text` and a
report.

    pronunciations -> text -> guessed pronunciations -> weight on held-out sentences -> mixture -> language model
    speech -> statistics -> settings tried on held-out speech -> acoustic model, and the weight once more

The report is a JSON object:

    engine             name, version
    seed               which every choice by chance came from
    data               each input: name, sha256; the transcripts of utterances are one input
    text               sentences, wordsRead, wordsUsed (fewer when the text was thinned), vocabulary
    weight             value (null: the text is not used), how, asked (null: chosen by the engine); null where there was
                       no text and nothing asked
    heldOut            sentences, tokens, perplexityBefore, perplexityAfter, oovRateBefore, oovRateAfter
    outOfVocabulary    each word that the base model could not recognize, and each of the user's entries:
                       word, source (user, lexicon, g2p), pronunciations
    notPronounced      words left out of the model: count, and the most frequent ones
    rejected           count, and the first lines: file, line, code, text, hint
    languageModel      order; how many n-grams of each order, in base and custom
    options            weight, learningCurve: what was asked for
    generalText        what the language model loses on everyday sentences: perplexity before, after, change
    speech             utterances, seconds, what was not used and why, pseudoTranscripts; null without speech, as all
                       that follows but the guard
    acoustic           strength and tau of the adaptation; null where the base model's acoustics were kept
    guard              verdict, the chosen setting, the error of each that was tried, what was held out, and what the
                       user's pronunciations of words that the base lexicon has do
    learningCurve      the error on held-out speech after none, a quarter, half and all of the speech
    confidence         slope and intercept of the calibration; null with too few words
    generalSpeech      the word error rate on the operator's general speech, before and after; null without any
    seconds            of each stage, by the name that progress showed
"""

import gc
import hashlib
import os
import tempfile
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from speechsmith.asr.g2p import cached
from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.text import normalizer
from speechsmith.asr.types import Corpus, Progress
from speechsmith.engines.base import AdaptOptions, AdaptResult, EngineError, ModelFiles
from speechsmith.engines.pocketsphinx import general_speech, speech
from speechsmith.engines.pocketsphinx.choice import Weights
from speechsmith.engines.pocketsphinx.domain_lm import Choice
from speechsmith.engines.pocketsphinx.domain_text import DomainText, Rejections, read_text, spoken
from speechsmith.engines.pocketsphinx.files import TEXT, base_files, cache_folder, decoder_files, prevails
from speechsmith.engines.pocketsphinx.general import GeneralText
from speechsmith.engines.pocketsphinx.languages import Languages
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm
from speechsmith.engines.pocketsphinx.pronunciations import Entry, contested, guess, read_own
from speechsmith.engines.pocketsphinx.stages import Stages
from speechsmith.engines.pocketsphinx.structured import is_token, read_phonetic, read_structured

MOST_GUESSED = 20_000  # new words of a text that get a pronunciation: the most frequent ones
_LISTED = 200  # words left out that the report names
MUCH_LOSS = 0.05  # growth of perplexity on general text from which on less of the domain is tried
_UNSURE = (
    "Nothing can be learned: in no phrase of the recordings the base model is sure enough of what it recognizes. "
    "Add human transcripts, or text of the same kind."
)
_SHARES = {  # users see these names
    "Reading pronunciations": 0.15,
    "Reading text": 0.2,
    "Guessing pronunciations": 0.2,
    "Choosing the weight": 0.2,
    "Mixing language models": 0.1,
    "Finishing the language model": 0.1,
    "Writing the language model": 0.05,
}
_CHOSEN = {"Applying what was chosen": 0.3}
_GENERAL = {"Measuring on general speech": 1.0}


@dataclass(frozen=True, slots=True)
class _Domain:
    """What is known before a model is opened.

    `from_lexicon` holds, for the text's other words, the entry as the report shows it, so that the large lexicon can
    be let go. `contested` are the words that both the base lexicon and the user pronounce, each otherwise. `words_of`
    gives the lexical words of a transcript.
    """

    text: DomainText
    own: list[Entry]
    guessed: list[Entry]
    from_lexicon: dict[str, dict[str, Any]]
    left_out: list[str]
    contested: list[str]
    words_of: Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class _Language:
    """The custom language model as it was written, and what there is to tell of it."""

    choice: Choice | None
    general: dict[str, Any] | None
    order: int
    sizes: dict[str, list[int]]

    @property
    def weight(self) -> float:
        """Of the domain's model; 0 without text."""
        return self.choice.weight if self.choice else 0.0

    def weights(self, asked: float | None) -> Weights:
        """What is to be tried on held-out speech."""
        is_costly = self.general is not None and self.general["change"]["value"] > MUCH_LOSS
        likeliest = self.choice.likeliest if self.choice else 0.0
        return Weights(self.weight, likeliest, may_back_off=asked is None, is_costly=is_costly)


def adapt(base: Path, corpus: Corpus, out: Path, options: AdaptOptions, progress: Progress) -> AdaptResult:
    """Learn words, how they sound and what is said with them, from text, transcripts and pronunciations; and how
    the speakers sound, from their speech.

    Writes the whole base lexicon with the new entries, and a language model with all words of the text. In a corpus of
    pronunciations only, words that the base model does not expect become single words of small probability.

    Raises: EngineError: nothing can be learned (`NothingToLearn`), or a file of the base is missing or damaged.
    """
    files = base_files(base)
    rejections = Rejections(corpus.called)
    has_speech = bool(corpus.utterances or corpus.recordings)
    shares = _SHARES | (speech.shares(corpus, options) | _CHOSEN if has_speech else {})
    stages = Stages(progress, shares | (_GENERAL if options.general_speech else {}))
    target, lexicon = out / "language.lm.bin", out / "lexicon.dict"
    with tempfile.TemporaryDirectory(prefix="work-", dir=out) as folder:
        scratch = Path(folder)
        plain = scratch / "plain.dict"
        domain = _read_domain(
            files.lexicon, corpus, lexicon, plain, seed=options.seed, rejections=rejections, stages=stages
        )
        gc.collect()  # the lexicon and the model of spelling, 30 MB, before language models of 200 MB are read
        languages = Languages(files.language, domain.text, frozenset(entry.word for entry in domain.own))
        language, unknown = _write_language(
            languages, domain, corpus.locale, asked=options.weight, target=target, stages=stages
        )
        heard = speech.unheard(language.weight, domain.contested)
        if has_speech:
            own = speech.Own(lexicon, plain if domain.contested else None, domain.contested)
            weights = language.weights(options.weight)
            custom = speech.Custom(files, target, own, languages, weights, domain.words_of)
            heard = speech.learn(corpus, custom, out, scratch, options=options, stages=stages)
            if not domain.text.words_used and not domain.own and not heard.setting.strength:
                raise EngineError(_UNSURE, code="NothingToLearn")
            with stages("Applying what was chosen") as part:
                if domain.contested and not heard.setting.pronunciations:
                    os.replace(plain, lexicon)
                if (weight := heard.setting.weight) != language.weight:
                    language = _rewritten(
                        language, languages, weight, locale=corpus.locale, target=target, progress=part
                    )
    if prevails(language.weight):
        (out / TEXT).touch()
    report = {
        **_told(corpus, domain, language, unknown, rejections=rejections, options=options),
        **heard.report,
        "generalSpeech": _general_speech(base, out, domain, options, stages),
        "seconds": stages.seconds,
    }
    return AdaptResult(language.weight or None, report)


def _told(
    corpus: Corpus,
    domain: _Domain,
    language: _Language,
    unknown: list[dict[str, Any]],
    *,
    rejections: Rejections,
    options: AdaptOptions,
) -> dict[str, Any]:
    """What the report tells of text and pronunciations."""
    text = domain.text
    return {
        "engine": {"name": "pocketsphinx", "version": version("pocketsphinx")},
        "seed": options.seed,
        "data": _digests(corpus),
        "text": {
            "sentences": len(text.draw),
            "wordsRead": text.words_read,
            "wordsUsed": text.words_used,
            "vocabulary": len(text.words) - 2,
        },
        "weight": _shown(language.choice, options.weight),
        "heldOut": language.choice.held_out.report(language.weight) if language.choice else None,
        "outOfVocabulary": unknown,
        "notPronounced": {"count": len(domain.left_out), "words": domain.left_out[:_LISTED]},
        "rejected": {"count": rejections.count, "lines": [line.shown() for line in rejections.listed]},
        "languageModel": {"order": language.order} | language.sizes,
        "options": {"weight": options.weight, "learningCurve": options.learning_curve},
        "generalText": language.general,
    }


def _read_domain(
    base_lexicon: Path,
    corpus: Corpus,
    lexicon_out: Path,
    plain_out: Path,
    *,
    seed: int,
    rejections: Rejections,
    stages: Stages,
) -> _Domain:
    """Read the corpus, find how each word sounds, and write the lexicon; where there are contested pronunciations, one
    without them too. What is only needed for that is let go.

    Raises: EngineError: `NothingToLearn`.
    """
    lexical = normalizer(corpus.locale).lexical
    with stages("Reading pronunciations"):
        lexicon = Lexicon.read(base_lexicon)
        g2p = cached(base_lexicon, cache_folder())
        own, whole = read_own(corpus.pronunciations, lexicon, g2p, lexical=lexical, rejections=rejections)
        phonetic, whole_too = read_phonetic(corpus.structured, lexical=lexical, rejections=rejections)
        own, whole = own + phonetic, whole | whole_too
        known = contested(own, lexicon)
        lexicon = lexicon.with_entries({entry.word: entry.pronunciations for entry in own})
    with stages("Reading text") as part:
        lists = read_structured(corpus.structured, lexical=lexical, own_words=whole, rejections=rejections)
        text = read_text(
            corpus,
            lexical=lexical,
            own_words=whole,
            seed=seed,
            rejections=rejections,
            progress=part,
            structured=lists.sentences,
        )
    with stages("Guessing pronunciations") as part:
        new = _by_frequency(text, lexicon)
        listed = [word for word in lists.words() if word not in lexicon]
        guessed = guess(list(dict.fromkeys([*listed, *new[:MOST_GUESSED]])), g2p, part)
        lexicon = lexicon.with_entries({entry.word: entry.pronunciations for entry in guessed})
        lists, compounds = lists.spoken(lexicon)
        lexicon = lexicon.with_entries(compounds)
        left_out = [word for word in dict.fromkeys([*new, *listed]) if word not in lexicon]
        text = replace(text, lists=lists.lists).restricted(lexicon)
        if not text.words_used and not own and not corpus.recordings:
            raise EngineError(_nothing_learned(rejections), code="NothingToLearn")
        lexicon.write(lexicon_out)
        if known:
            Lexicon({**lexicon, **known}).write(plain_out)
        mine = {entry.word for entry in own + guessed}
        others = [word for word in text.words[2:] if word not in mine and word not in text.lists]
        from_lexicon = {word: Entry(word, "lexicon", lexicon[word]).shown() for word in others}
    return _Domain(text, own, guessed, from_lexicon, left_out, list(known), lambda line: spoken(line, lexical, whole))


def _write_language(
    languages: Languages, domain: _Domain, locale: str, *, asked: float | None, target: Path, stages: Stages
) -> tuple[_Language, list[dict[str, Any]]]:
    """Choose the weight and write the model; the words that the base model did not know come with it."""
    with stages("Choosing the weight") as part:
        base = read_lm(languages.base)
        general = GeneralText.read(locale, base, normalizer(locale).lexical)
        choice = languages.choice(base, asked, general=general.sentences if general else (), progress=part)
        base_sizes, unknown = list(base.sizes), _out_of_vocabulary(domain, base.index)
    with stages("Mixing language models"):
        weight = choice.weight if choice else 0.0
        model = languages.mixture(weight, base)
        del base  # what follows needs its memory
    with stages("Finishing the language model"):
        model = languages.finished(model, weight)
    with stages("Writing the language model"):
        write_lm(model, target)
    sizes = {"base": base_sizes, "custom": list(model.sizes)}
    return _Language(choice, general.loss(model) if general else None, model.order, sizes), unknown


def _rewritten(
    language: _Language,
    languages: Languages,
    weight: float,
    *,
    locale: str,
    target: Path,
    progress: Callable[[float], None],
) -> _Language:
    """The language model with the weight that held-out speech allows."""
    base = read_lm(languages.base)
    general = GeneralText.read(locale, base, normalizer(locale).lexical)
    progress(0.2)
    model = languages.model(weight, base)
    del base
    progress(0.7)
    write_lm(model, target)
    how = f"chosen on held-out speech; without speech it would be {language.weight}"
    choice = language.choice.at(weight, how) if language.choice else None
    sizes = language.sizes | {"custom": list(model.sizes)}
    return _Language(choice, general.loss(model) if general else None, model.order, sizes)


def _general_speech(
    base: Path, out: Path, domain: _Domain, options: AdaptOptions, stages: Stages
) -> dict[str, Any] | None:
    """What the finished model loses on the operator's speech."""
    if not options.general_speech:
        return None
    models = [decoder_files(ModelFiles("pocketsphinx", base, custom)) for custom in (None, out)]
    with stages("Measuring on general speech") as part, tempfile.TemporaryDirectory(prefix="work-", dir=out) as scratch:
        return general_speech.loss(
            options.general_speech,
            models,
            Path(scratch),
            words_of=domain.words_of,
            workers=options.workers,
            progress=part,
        )


def _shown(choice: Choice | None, asked: float | None) -> dict[str, Any] | None:
    if choice:
        return {"value": choice.weight or None, "how": choice.how, "asked": asked}
    return None if asked is None else {"value": None, "how": "not used: there is no text to weigh", "asked": asked}


def _by_frequency(text: DomainText, lexicon: Lexicon) -> list[str]:
    """The words of the text that are not in the lexicon, the most frequent first, then by the alphabet."""
    counts = text.counts()
    new = [
        (-int(counts[i]), word)
        for i, word in enumerate(text.words)
        if i > 1 and word not in lexicon and not is_token(word)
    ]
    return [word for _, word in sorted(new)]


def _out_of_vocabulary(domain: _Domain, in_base: Container[str]) -> list[dict[str, Any]]:
    entries = [entry.shown() for entry in domain.own]
    entries += [shown for word, shown in domain.from_lexicon.items() if word not in in_base]
    return entries + [entry.shown() for entry in domain.guessed]


def _digests(corpus: Corpus) -> list[dict[str, str]]:
    """What was learned from: each text by its file, and all transcripts, and all audio, as one input each."""
    inputs = [
        {"name": corpus.called(path), "sha256": _digest(path)}
        for path in (*corpus.text, *corpus.pronunciations, *corpus.structured)
    ]
    if corpus.utterances:
        lines = "".join(f"{utterance.name}\t{utterance.transcript}\n" for utterance in corpus.utterances)
        inputs.append({"name": "transcripts", "sha256": hashlib.sha256(lines.encode()).hexdigest()})
    if sounds := [utterance.audio for utterance in (*corpus.utterances, *corpus.recordings)]:
        inputs.append({"name": "audio", "sha256": hashlib.sha256("".join(map(_digest, sounds)).encode()).hexdigest()})
    return inputs


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:  # it is among the problems that the report lists
        return "missing"


def _nothing_learned(rejections: Rejections) -> str:
    if not rejections.count:
        return "The corpus has no sentence, transcript or pronunciation; add a dataset that has some."
    first = rejections.listed[0]
    return (
        f"Nothing can be learned: all {rejections.count} lines are unusable. "
        f"The first is line {first.line} of {first.file} ({first.code}): {first.hint}"
    )
