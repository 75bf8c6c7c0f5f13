"""A recognizer for tests of the pool: its words are a digest of the samples, so any change of a cut shows. The
phrases that it is given are further words.

What else it does is written in files of the model's folder, as the model is all that reaches the process: `crashes`
holds how often it still kills its process, `hangs` after how many stretches it waits for ever (none where it is empty),
`log` gets a line for each load and stretch, `sure` holds the confidence of its words, `errs` lets it raise what no
engine should.
"""

import hashlib
import os
import signal
from pathlib import Path

from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, PhraseList, Samples, Word
from speechsmith.engines.base import EngineError, ModelFiles


class DigestRecognizer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recognize(
        self, audio: Samples, *, alternatives: int = 1, phrases: PhraseList | None = None
    ) -> list[Hypothesis]:
        note(self._folder, f"recognize {os.getpid()} {len(audio)}")
        hangs = self._folder / "hangs"
        if hangs.exists():
            left = int(hangs.read_text(encoding="utf-8") or 0)
            if not left:
                signal.pause()
            hangs.write_text(str(left - 1), encoding="utf-8")
        crashes = self._folder / "crashes"
        if crashes.exists() and (left := int(crashes.read_text(encoding="utf-8"))):
            crashes.write_text(str(left - 1), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGSEGV)
        if (self._folder / "errs").exists():
            raise ValueError("no engine should raise this")
        text = hashlib.sha256(audio.tobytes()).hexdigest()[:8]
        seconds = len(audio) / SAMPLE_RATE_HZ
        texts = (text, *(phrases.phrases if phrases else ()))
        sure = self._folder / "sure"
        confidence = float(sure.read_text(encoding="utf-8")) if sure.exists() else 1.0
        words = tuple(Word(text, 0.0, seconds, confidence) for text in texts)
        return [Hypothesis(words, 1.0 / (n + 1)) for n in range(alternatives)]


def load(model: ModelFiles) -> DigestRecognizer:
    if not model.base.is_dir():
        raise EngineError(f"{model.base.name} is not there", code="ModelMissing")
    note(model.base, f"load {os.getpid()}")
    return DigestRecognizer(model.base)


def note(folder: Path, line: str) -> None:
    with (folder / "log").open("a", encoding="utf-8") as log:
        log.write(line + "\n")


class CountingGuesser:
    """Guesses a word for each tenth of a second that it has heard."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._samples = 0

    def start(self) -> None:
        note(self._folder, f"start {os.getpid()}")
        self._samples = 0

    def accept(self, audio: Samples) -> None:
        if (self._folder / "breaks").exists():
            raise EngineError("It is broken.", code="DecodingFailed")
        self._samples += len(audio)

    def guess(self) -> str:
        return " ".join(["word"] * (self._samples * 10 // SAMPLE_RATE_HZ))


def guesser(model: ModelFiles) -> CountingGuesser:
    if not model.base.is_dir():
        raise EngineError(f"{model.base.name} is not there", code="ModelMissing")
    note(model.base, f"guesser {os.getpid()}")
    return CountingGuesser(model.base)
