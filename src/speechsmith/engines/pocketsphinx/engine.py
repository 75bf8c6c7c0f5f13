"""The embedded engine: PocketSphinx with its packaged US English model. Installs with pip, works offline, learns.

The library keeps its noise tracker and its cepstral mean from one utterance to the next, so that a result would depend
on what was heard before. `recognize` starts a new stream and a stated mean for each utterance, and hands the utterance
over whole, so that its own mean is used.

A call into the library holds the interpreter lock until the utterance is decoded: run recognizers in processes of
their own, never in threads beside other work.
"""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.types import Corpus, CorpusKind, Progress
from speechsmith.engines.base import (
    AdaptOptions,
    AdaptResult,
    Attuned,
    EngineError,
    ModelFiles,
    PackagedModel,
    Recognized,
)
from speechsmith.engines.pocketsphinx.bands import BandRecognizer
from speechsmith.engines.pocketsphinx.compounds import parts
from speechsmith.engines.pocketsphinx.files import base_files, decoder_files
from speechsmith.engines.pocketsphinx.guesser import PocketSphinxGuesser
from speechsmith.engines.pocketsphinx.lm_file import read_words
from speechsmith.engines.pocketsphinx.recognizer import DecoderProfile, profile_for


class PocketSphinxEngine:
    """PocketSphinx 5 as an engine."""

    name = "pocketsphinx"
    learns = frozenset(
        {
            CorpusKind.ACOUSTIC,
            CorpusKind.AUDIO_FILES,
            CorpusKind.LANGUAGE,
            CorpusKind.LANGUAGE_MARKDOWN,
            CorpusKind.PRONUNCIATION,
        }
    )

    def __init__(self, profile: DecoderProfile | None = None) -> None:
        """`profile`: how widely every model is searched; None leaves it to the model."""
        self._profile = profile

    @property
    def version(self) -> str:
        """The library's version; models remember it."""
        try:
            return importlib.metadata.version("pocketsphinx")
        except importlib.metadata.PackageNotFoundError:
            return "not installed"

    def packaged_models(self) -> list[PackagedModel]:
        """The US English model inside the library's wheel; none where the library is not installed."""
        library = importlib.util.find_spec("pocketsphinx")
        if library is None or not library.submodule_search_locations:
            return []
        folder = Path(library.submodule_search_locations[0]) / "model" / "en-us"
        return [
            PackagedModel(
                released="20221005",
                locale="en-US",
                folder=folder,
                description="PocketSphinx US English: phonetically tied mixtures, trigrams over 72,547 words",
            )
        ]

    def load(self, model: ModelFiles) -> BandRecognizer:
        """Load a base or a custom model: about 0.4 s and 110 MB.

        Raises: EngineError: a file is missing (`ModelFilesMissing`) or damaged (`ModelFilesDamaged`), or the library
        is not installed (`EngineMissing`).
        """
        files = decoder_files(model)
        return BandRecognizer(files, self._profile or profile_for(files))

    def guesser(self, model: ModelFiles) -> PocketSphinxGuesser:
        """Load what guesses need: about 0.3 s and 42 MB, 80 for the first of a model.

        Raises: EngineError, as `load` does.
        """
        return PocketSphinxGuesser(decoder_files(model))

    def adapt(self, base: Path, corpus: Corpus, out: Path, options: AdaptOptions, progress: Progress) -> AdaptResult:
        """Make a custom model in the empty folder `out`; see `adapt`.

        Raises: EngineError: a file of the base is missing or damaged, or nothing can be learned (`NothingToLearn`).
        """
        base_files(base)
        if importlib.util.find_spec("pocketsphinx") is None:
            raise EngineError("The library is missing: pip install pocketsphinx.", code="EngineMissing")
        from speechsmith.engines.pocketsphinx.adapt import adapt  # noqa: PLC0415  heavy, and not needed to recognize

        return adapt(base, corpus, out, options, progress)

    def vocabulary(self, model: ModelFiles) -> frozenset[str]:
        """The words of the language model that the lexicon can say. Raises: EngineError, as `load` does."""
        files = decoder_files(model)
        lexicon = Lexicon.read(files.lexicon)
        return frozenset(part for word in read_words(files.language) if word in lexicon for part in parts(word))

    def attuned(
        self, model: ModelFiles, heard: Sequence[Recognized], out: Path, *, workers: int, progress: Progress
    ) -> Attuned:
        """Make a model of one recording in the empty folder `out`; see `attune`.

        Raises: EngineError: a file of the model is missing or damaged, or a process was killed.
        """
        from speechsmith.engines.pocketsphinx.attune import attuned  # noqa: PLC0415  not needed to recognize

        return attuned(model, heard, out, workers=workers, progress=progress)
