"""Real sound and the real engine decide which of two locales is spoken.

Only an English acoustic model comes with the engine. So the two base models here are of its sounds, and each has words
and sentences of its own; what one can say, the other cannot.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench import VOICE
from speechsmith.asr.ngram import END, START
from speechsmith.asr.ngram.counts import encode
from speechsmith.asr.ngram.estimate import estimate
from speechsmith.domain.transcriptions import TranscriptionOptions
from speechsmith.engines import registry
from speechsmith.engines.base import ModelFiles
from speechsmith.engines.pocketsphinx.lm_file import write_lm
from speechsmith.net.fetch import FetchPolicy
from speechsmith.tasks import transcribe
from speechsmith.tasks.listening import Listener
from speechsmith.tasks.recordings import Recording

pytestmark = pytest.mark.slow

SAID = dict(line.split("\t") for line in (VOICE.parents[1] / "trans.txt").read_text(encoding="utf-8").splitlines())
ENGLISH = ("test_18.wav", "test_20.wav", "test_22.wav", "test_24.wav")
GERMAN = ("test_01.wav", "test_02.wav", "test_04.wav", "test_06.wav")
INVENTED = {
    "bushing": "B UH SH IH NG",
    "dorvessa": "D AO R V EH S AH",
    "ferrule": "F EH R AH L",
    "impeller": "IH M P EH L ER",
    "lumbrisk": "L AH M B R IH S K",
    "moltrino": "M OW L T R IY N OW",
    "selbrano": "S EH L B R AA N OW",
}


def words(file: str, mark: str) -> str:
    """What is said, in words of a locale that marks them all."""
    return " ".join(mark + word for word in re.findall("[a-z]+", SAID[file].lower()))


def base_model(folder: Path, files: tuple[str, ...], mark: str) -> ModelFiles:
    """A base model that knows what is said in some recordings, and nothing else."""
    (packaged, *_) = registry.engine("pocketsphinx").packaged_models()
    folder.mkdir()
    (folder / "en-us").symlink_to(packaged.folder / "en-us", target_is_directory=True)
    lines = (packaged.folder / "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines()
    known = dict(line.split(maxsplit=1) for line in lines) | INVENTED
    sentences = [words(file, mark) for file in files]
    vocabulary = sorted({word for sentence in sentences for word in sentence.split()})
    lexicon = [f"{word} {known[word.removeprefix(mark)]}\n" for word in vocabulary]
    (folder / "cmudict-en-us.dict").write_text("".join(lexicon), encoding="utf-8")
    index = (START, END, *vocabulary)
    language = estimate(encode(sentences, {word: at for at, word in enumerate(index)}), index)
    write_lm(language, folder / "en-us.lm.bin")
    return ModelFiles("pocketsphinx", folder)


@pytest.fixture
def listeners(tmp_path) -> tuple[Listener, Listener]:
    return (
        Listener(locale="en-US", model=base_model(tmp_path / "us", ENGLISH, "e")),
        Listener(locale="de-DE", model=base_model(tmp_path / "de", GERMAN, "d")),
    )


def sound(*files: str) -> np.ndarray:
    """Recordings of the sample, two seconds apart."""
    return np.concatenate([np.pad(soundfile.read(VOICE.parent / file)[0], (0, 32_000)) for file in files])


def transcribed(
    folder: Path, listeners: tuple[Listener, ...], heard: np.ndarray, *, is_continuous: bool = True
) -> dict:
    soundfile.write(folder / "a.wav", heard, 16_000)
    task = transcribe.Transcribe(
        listener=listeners[0],
        candidates=listeners,
        is_continuous=is_continuous,
        recordings=(Recording(source="a.wav", name="a.wav", path=folder / "a.wav"),),
        options=TranscriptionOptions(),
        policy=FetchPolicy(allow_private=True),
        max_seconds=60.0,
        processes=1,
    )
    (out := folder / "out").mkdir()
    (made,) = transcribe.run(task, out, lambda _stage, _fraction: None).files
    result: dict = json.loads((out / made.path).read_bytes())
    return result


def phrases(result: dict) -> list[tuple[str, str]]:
    return [(phrase["locale"], phrase["nBest"][0]["lexical"]) for phrase in result["recognizedPhrases"]]


def test_each_phrase_is_in_the_locale_that_has_its_words(tmp_path, listeners):
    said = [ENGLISH[0], GERMAN[0], GERMAN[1], ENGLISH[1], GERMAN[2], ENGLISH[3]]

    found = phrases(transcribed(tmp_path, listeners, sound(*said)))

    assert found == [("en-US", words(one, "e")) if one in ENGLISH else ("de-DE", words(one, "d")) for one in said]


@pytest.mark.parametrize(("said", "locale"), [(ENGLISH, "en-US"), (GERMAN, "de-DE")])
def test_a_recording_is_in_the_locale_that_has_most_of_its_words(tmp_path, listeners, said, locale):
    other = GERMAN[3] if said is ENGLISH else ENGLISH[2]

    found = phrases(transcribed(tmp_path, listeners, sound(other, *said[:3]), is_continuous=False))

    assert {one for one, _ in found} == {locale}
    assert [text for _, text in found[1:]] == [words(file, locale[0]) for file in said[:3]]
