"""A model for one recording, learned from what was recognized in it: nobody has transcribed it, and nobody needs to.

    phrases of a first pass -> those that the recognizer is sure of -> aligned and summed -> MLLR -> files

What a second pass gains is what the recording has in common, a voice and a room, so little may be learned, and that of
all of it: linear maps of the means by classes of phones, and weights that the senones of a phone share. Settings for
each Gaussian and each senone learn the errors of the first pass by heart. What is wrong in the words costs little else,
and speech that is left out costs more. Errors in the words of three speakers of audiobooks, 47 s, 49 s and 40 s:

    first pass                    71    89    67
    MLLR, all phrases             63    83    59
    MLLR, those of 0.3            65    83    59    32 s of the first speaker
    MLLR, those of 0.5            66    88          19 s and 3 s
    with MAP, all phrases         71    89    65

But speech that is recognized well may lose when little is learned from, and nothing tells beforehand:

    24 to 57 s, twelve recordings    word errors -14 -8 -8 -8 -6 -4 -3 0 0 +5 +6 +6
    60 to 72 s, six recordings       word errors -16 -12 -8 -5 -3 -1
    238 s, one recording             word errors -94

The words that are expected, how they sound and how sure the model may be are those of the model that heard it.

Leggetter & Woodland, "Maximum likelihood linear regression for speaker adaptation of continuous density hidden Markov
models", Computer Speech & Language 9, 1995. Woodland, Pye & Gales, "Iterative unsupervised adaptation using maximum
likelihood linear regression", ICSLP 1996.
"""

import math
import shutil
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

from speechsmith.asr import audio
from speechsmith.asr.bandwidth import is_narrow
from speechsmith.asr.types import Progress
from speechsmith.engines.base import Attuned, ModelFiles, Recognized
from speechsmith.engines.pocketsphinx.acoustic import learn
from speechsmith.engines.pocketsphinx.counting import TrainingUtterance
from speechsmith.engines.pocketsphinx.files import DecoderFiles, decoder_files
from speechsmith.engines.pocketsphinx.telephone import heard_with, is_mostly_narrow

SURE = 0.2  # least confidence of a phrase, the mean of its words' by their duration
LEAST_WORDS = 2  # one word alone is recognized with too much confidence
LEAST = 60.0  # seconds of phrases that the recognizer is sure of
STRENGTH = "mllr"


def attuned(model: ModelFiles, heard: Sequence[Recognized], out: Path, *, workers: int, progress: Progress) -> Attuned:
    """Write a custom model into the empty folder `out`: new acoustics, and links to the rest of `model`.

    Raises: EngineError: a file of the model is missing or damaged, or a process was killed.
    """
    sure = [one for one in heard if is_sure(one)]
    seconds = sum(one.stop - one.start for one in sure)
    if seconds < LEAST:
        return Attuned(None, seconds, _too_little(seconds))
    files = decoder_files(model)
    bands = ((one.stop - one.start, _is_narrow(one)) for one in sure)
    utterances = [
        TrainingUtterance(str(number), one.wav, _words(one), start=one.start, stop=one.stop)
        for number, one in enumerate(sure)
    ]
    with (
        heard_with(files.acoustic, is_narrow=is_mostly_narrow(bands)) as acoustic,
        tempfile.TemporaryDirectory(prefix="statistics-", dir=out) as statistics,
    ):
        acoustics = learn(
            acoustic,
            utterances,
            files.lexicon,
            Path(statistics),
            passes=1,
            workers=workers,
            progress=lambda part: progress("Adapting to the speaker", part),
        )
        seconds = acoustics.seconds()
        if seconds < LEAST:
            return Attuned(None, seconds, _too_little(seconds))
        acoustics.write(STRENGTH, out / "acoustic")
    _link_rest(files, out)
    return Attuned(ModelFiles(model.engine, model.base, out), seconds)


def is_sure(one: Recognized) -> bool:
    """Whether a phrase is learned from."""
    return len(one.hypothesis.words) >= LEAST_WORDS and one.hypothesis.confidence >= SURE


def _is_narrow(one: Recognized) -> bool:
    """Sound that cannot be read is no reason to fail here: `learn` leaves it out."""
    try:
        return is_narrow(audio.read(one.wav, one.start, one.stop))
    except (OSError, wave.Error):
        return False


def _words(one: Recognized) -> tuple[str, ...]:
    return tuple(word.text for word in one.hypothesis.words)


def _too_little(seconds: float) -> str:
    return (
        f"Only {math.floor(seconds)} s were recognized with enough confidence to learn from; {LEAST:.0f} s are needed. "
        "The result is that of the model as it is."
    )


def _link_rest(files: DecoderFiles, out: Path) -> None:
    """Everything but the acoustics, from where `files` has it; copies where the file system has no links."""
    rest = {"language.lm.bin": files.language, "lexicon.dict": files.lexicon, "confidence.json": files.confidence}
    for name, path in rest.items():
        if path is None:
            continue
        try:
            (out / name).symlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, out / name)
