"""An engine for tests: it tells sentences by how loud they are, so that its errors can be worked out by hand.

The sound of sentence n of SENTENCES peaks at `peak(n)`. A base model knows the words of its folder's `words.txt`, a
custom one also those that it was trained with; every other word is heard as "uh", and doubted, unless it is in
a phrase list. A model attuned to a recording also knows all words of the sentences that were heard in it.
`broken` in a folder makes it refuse to load. It has no entry point: no service can choose it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechsmith.asr.types import SAMPLE_RATE_HZ, Corpus, CorpusKind, Hypothesis, PhraseList, Samples, Word
from speechsmith.engines.base import (
    AdaptOptions,
    AdaptResult,
    Attuned,
    EngineError,
    ModelFiles,
    PackagedModel,
    Progress,
    Recognized,
)

SENTENCES = (
    "please send a gasket",
    "where is the torx driver",
    "thank you",
    "the order is late",
)
WORDS = "please send a where is the thank you order late"
"""What base models know: all words of the sentences but gasket, torx and driver."""

GERMAN_WORDS = "please send a gasket where is the torx driver"
"""What the German one knows: all words of the first two sentences, and only those."""

SURE, DOUBTED = 0.9, 0.3

LEAST_TO_ATTUNE = 3.0  # seconds


def peak(sentence: int) -> float:
    """The largest sample of a sound that stands for the sentence."""
    return 0.2 + 0.15 * sentence


@dataclass
class LoudRecognizer:
    words: frozenset[str]

    def recognize(
        self, audio: Samples, *, alternatives: int = 1, phrases: PhraseList | None = None
    ) -> list[Hypothesis]:
        loudness = float(np.max(np.abs(audio), initial=0.0))
        number = round((loudness - peak(0)) / (peak(1) - peak(0)))
        if loudness < peak(0) / 2:
            return [Hypothesis((), 0.0)]
        spoken = SENTENCES[number].split()
        known = self.words | {word for phrase in (phrases.phrases if phrases else ()) for word in phrase.split()}
        width = len(audio) / SAMPLE_RATE_HZ / len(spoken)
        heard = [
            Word(word, at * width, (at + 1) * width, SURE)
            if word in known
            else Word("uh", at * width, (at + 1) * width, DOUBTED)
            for at, word in enumerate(spoken)
        ]
        return [Hypothesis(tuple(heard[: len(heard) - less]), 0.9 / (less + 1)) for less in range(min(alternatives, 2))]


class LoudGuesser:
    """Guesses what the recognizer makes of what it has heard."""

    def __init__(self, recognizer: LoudRecognizer) -> None:
        self._recognizer = recognizer
        self._heard = np.zeros(0, np.float32)

    def start(self) -> None:
        self._heard = np.zeros(0, np.float32)

    def accept(self, audio: Samples) -> None:
        self._heard = np.concatenate([self._heard, audio])

    def guess(self) -> str:
        return self._recognizer.recognize(self._heard)[0].lexical


class LoudEngine:
    name = "loud"
    version = "1"
    learns = frozenset({CorpusKind.ACOUSTIC, CorpusKind.LANGUAGE, CorpusKind.PRONUNCIATION})

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def packaged_models(self) -> list[PackagedModel]:
        found = []
        for locale, released in (("en-US", "20240101"), ("en-US", "20250101"), ("de-DE", "20250101")):
            folder = self._folder / f"{locale}-{released}"
            folder.mkdir(parents=True, exist_ok=True)
            words = GERMAN_WORDS if locale == "de-DE" else WORDS
            (folder / "words.txt").write_text(words, encoding="utf-8")
            found.append(PackagedModel(released, locale, folder, f"{locale} for tests"))
        return found

    def load(self, model: ModelFiles) -> LoudRecognizer:
        words: set[str] = set()
        for folder in filter(None, (model.base, model.custom)):
            if (folder / "broken").exists():
                raise EngineError("the model is damaged", code="ModelDamaged")
            words |= set((folder / "words.txt").read_text(encoding="utf-8").split())
        return LoudRecognizer(frozenset(words))

    def guesser(self, model: ModelFiles) -> "LoudGuesser":
        return LoudGuesser(self.load(model))

    def vocabulary(self, model: ModelFiles) -> frozenset[str]:
        return self.load(model).words

    def adapt(self, base: Path, corpus: Corpus, out: Path, options: AdaptOptions, progress: Progress) -> AdaptResult:
        lines = [path.read_text(encoding="utf-8-sig") for path in (*corpus.text, *corpus.pronunciations)]
        words = _words([*lines, *(utterance.transcript for utterance in corpus.utterances)])
        if not words:
            raise EngineError("there is nothing to learn", code="NothingToLearn")
        (out / "words.txt").write_text(" ".join(sorted(words)), encoding="utf-8")
        progress("Adapting", 1.0)
        weight = (options.weight or 0.5) if corpus.text or corpus.utterances else None
        return AdaptResult(weight, {"words": len(words), "utterances": len(corpus.utterances)})

    def attuned(
        self, model: ModelFiles, heard: Sequence[Recognized], out: Path, *, workers: int, progress: Progress
    ) -> Attuned:
        seconds = sum(one.stop - one.start for one in heard)
        if seconds < LEAST_TO_ATTUNE:
            return Attuned(None, seconds, f"{seconds:.1f} s are too little")
        found = [one.hypothesis.lexical.replace("uh", "[a-z']+") for one in heard]
        known = self.load(model).words | _words(line for line in SENTENCES if any(re.fullmatch(p, line) for p in found))
        (out / "words.txt").write_text(" ".join(sorted(known)), encoding="utf-8")
        progress("Adapting", 1.0)
        return Attuned(ModelFiles(self.name, model.base, out), seconds)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z']+", text.lower())}


def load(model: ModelFiles) -> LoudRecognizer:
    """For decode processes, which find it by its name."""
    return LoudEngine(model.base).load(model)


def guesser(model: ModelFiles) -> LoudGuesser:
    """For listening processes."""
    return LoudGuesser(load(model))
