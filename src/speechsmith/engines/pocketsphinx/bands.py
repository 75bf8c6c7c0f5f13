"""One model for full-band speech and for telephone speech: which it is, each utterance says by itself."""

from speechsmith.asr.bandwidth import is_narrow, narrowed
from speechsmith.asr.types import Hypothesis, PhraseList, Samples
from speechsmith.engines.pocketsphinx.files import DecoderFiles
from speechsmith.engines.pocketsphinx.recognizer import (
    STANDARD,
    DecoderProfile,
    PocketSphinxRecognizer,
    with_more_densities,
)
from speechsmith.engines.pocketsphinx.telephone import is_for_telephone


class BandRecognizer:
    """Recognizes speech of either band with the files of one model. Not safe for two callers at once.

    A model that learned from telephone speech hears full-band speech narrowed. One of full-band speech gets a second
    decoder with the first telephone speech, which takes half a second and 100 MB.
    """

    def __init__(self, files: DecoderFiles, profile: DecoderProfile = STANDARD) -> None:
        """Raises: EngineError: the library is missing (`EngineMissing`) or refuses the files (`ModelFilesDamaged`)."""
        self._files, self._profile = files, profile
        self._is_for_telephone = is_for_telephone(files.acoustic)
        self._own = PocketSphinxRecognizer(files, profile)
        self._telephone: PocketSphinxRecognizer | None = None

    def recognize(
        self, audio: Samples, *, alternatives: int = 1, phrases: PhraseList | None = None
    ) -> list[Hypothesis]:
        """As `PocketSphinxRecognizer.recognize`. Phrases are made ready for the decoder that hears the audio."""
        if self._is_for_telephone and audio.ndim == 1:
            return self._own.recognize(narrowed(audio), alternatives=alternatives, phrases=phrases)
        decoder = self._for_telephone() if audio.ndim == 1 and is_narrow(audio) else self._own
        return decoder.recognize(audio, alternatives=alternatives, phrases=phrases)

    def _for_telephone(self) -> PocketSphinxRecognizer:
        if self._telephone is None:
            self._telephone = PocketSphinxRecognizer(self._files, with_more_densities(self._profile), is_narrow=True)
        return self._telephone
