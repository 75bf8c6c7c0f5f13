"""A loaded PocketSphinx model: audio in, words with times and confidences out.

The confidence of a word is its posterior in the word lattice: the share of the paths' probability that goes through
it. On 209 words of a test set the posterior separates right from wrong words with an area of 0.735 under the curve.

Wessel et al., "Confidence measures for large vocabulary continuous speech recognition", IEEE Transactions on Speech
and Audio Processing 9, 2001.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from speechsmith.asr.confidence import Calibration, calibrate
from speechsmith.asr.g2p import cached
from speechsmith.asr.lexicon import Pronunciation
from speechsmith.asr.types import SAMPLE_RATE_HZ, Hypothesis, PhraseList, Samples, Word
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.compounds import parts
from speechsmith.engines.pocketsphinx.files import DecoderFiles, cache_folder
from speechsmith.engines.pocketsphinx.hmm_files import read_language_scale
from speechsmith.engines.pocketsphinx.listening import PCM, listen, pcm_of
from speechsmith.engines.pocketsphinx.phrases import Expected, Vocabulary, is_filler, plain, second_decoder, vocabulary
from speechsmith.engines.pocketsphinx.telephone import heard_with, is_for_telephone

FRAME = 0.01  # seconds
LONGEST = 60.0  # seconds decoded in one piece; bounds the lattice, and with it the memory
_CUT_SEARCH = 5.0  # a longer utterance is cut where the last so many seconds of a piece are quietest
_NBEST_LOOKED_AT = 20  # paths seen for each alternative wanted: most differ in pauses and variants only
_SCORE_BITS = 10  # that the library's search leaves out of scores
_VOCABULARIES = 8  # phrase lists kept ready
_GUESSES = 2  # pronunciations of a word that no lexicon has


@dataclass(frozen=True, slots=True)
class DecoderProfile:
    """How much the decoder searches.

    `second_pass` runs the flat-lexicon search over the words that the first pass found. `active_states` bounds the
    states alive in a frame; -1 is no bound.

    Why these values: 74 utterances, 684 words (telephone prompts, read sentences of learners, audiobooks), base model.

        second pass  active states  errors  computing, share of the library's own setting
        yes          30,000         432     1.00 (the library's own)
        yes           5,000         433     0.85 to 0.91
        yes           3,000         435     0.69; but 161 errors instead of 150 in the 307 words of audiobooks
        no            5,000         +5      0.60; measured on 411 of the words
        no            3,000         +14     0.52; likewise

    4,000 lies between the second and third row on the audiobooks (156 errors of 309 words) at about 0.8. Models whose
    acoustics are adapted have fewer states alive and are bounded less.

    A beam is the least share of the best state's probability that keeps a state alive: `beam` of any state, `pbeam`
    of a phone's last one, `wbeam` of a word's last one, `lpbeam` and `lponlybeam` of words that come to their last
    phone and through it, the others likewise in the second pass. None leaves the library's own. Wider beams find more
    only where the model fits the audio. A last phone has a copy for each phone that may follow, and a word that comes
    through it looks up what may come next: a narrower `lponlybeam` alone saves a quarter to a third of the computing.
    Errors on parts of training data, of the base model (32 utterances of prompts, audiobooks and learners) and of a
    model of prompts' text (968 words), and computing:

        lpbeam   lponlybeam   base   text   computing
        1e-40    7e-29        242    552    1.0 (the library's own)
        1e-36    1e-22        239    557    0.65 to 0.75
        1e-30    1e-22        236    587    0.6 to 0.7

    `densities` is how many Gaussians of a codebook of 128 count for a frame, its nearest. The library's four are too
    few where they are computed for the telephone, and where the user's text prevails in the language model, which then
    relies on what little they tell of the words that it takes for likely; elsewhere more of them gain little. Errors of
    models of text, on parts of training data that their text was not made from, and of the base model (the last two
    rows), and computing:

        densities                4      16     32
        digits, telephone      47.3   38.7   39.3 %
        prompts, telephone     19.2   16.7   15.4 %
        phone numbers          55.7   42.9   38.6 %
        audiobooks             43.6   42.3   43.2 %
        learners               55.7   53.3     -
        computing               1.0    1.5    2.1

    No more than `words_a_frame` words end in a frame, the likeliest. Of 138 utterances (prompts, digits, phone numbers,
    audiobooks; base and text models; narrow and wide beams) none had another text with 20 than without a bound, and
    computing was 0.89 to 1.0 of that, 0.83 on other audiobooks.

    The second pass looks for a word only `second_pass_window` frames around where the first pass heard it begin; the
    library's own is 25. On parts of training data (prompts, learners, audiobooks; base, text and adapted models; 1,894
    words in all) errors went from 1,016 to 1,002 with 8, and computing to 0.9.

    `language_scale` is how much more than the library's own the language model counts, in all three passes.
    """

    second_pass: bool = True
    second_pass_window: int = 8
    active_states: int = 4_000
    densities: int = 4
    words_a_frame: int = 20
    language_scale: float = 1.0
    beam: float | None = None
    pbeam: float | None = None
    wbeam: float | None = None
    lpbeam: float | None = 1e-36
    lponlybeam: float | None = 1e-22
    fwdflatbeam: float | None = None
    fwdflatwbeam: float | None = None

    def settings(self) -> dict[str, Any]:
        """The library's names for it. The lattice pass stays on: without it there are no posteriors."""
        beams = {name: getattr(self, name) for name in _BEAMS if getattr(self, name) is not None}
        return {
            "fwdflat": self.second_pass,
            "fwdflatsfwin": self.second_pass_window,
            "maxhmmpf": self.active_states,
            "bestpath": True,
            "topn": self.densities,
            "maxwpf": self.words_a_frame,
            **beams,
            **{name: self.language_scale * weight for name, weight in _LANGUAGE_WEIGHTS.items()},
        }


_LANGUAGE_WEIGHTS = {"lw": 6.5, "fwdflatlw": 8.5, "bestpathlw": 9.5}  # the library's own, pass by pass
_BEAMS = ("beam", "pbeam", "wbeam", "lpbeam", "lponlybeam", "fwdflatbeam", "fwdflatwbeam")
STANDARD = DecoderProfile()
_MORE_DENSITIES = 16
_SHARED = "shared"  # the library's name for the search with another decoder's language model
WIDE = DecoderProfile(
    beam=1e-64, pbeam=1e-64, wbeam=1e-40, lpbeam=None, lponlybeam=None, fwdflatbeam=1e-80, fwdflatwbeam=1e-40
)


def profile_for(files: DecoderFiles) -> DecoderProfile:
    """How widely files are searched: acoustics that fit the speech pay for wide beams, others only get slower. Others
    pay for more densities where the user's text prevails, or they were computed for the telephone.

    Raises: EngineError: the folder of the acoustic model is damaged.
    """
    if files.is_adapted:
        return replace(WIDE, language_scale=read_language_scale(files.acoustic))
    return with_more_densities(STANDARD) if files.text_prevails or is_for_telephone(files.acoustic) else STANDARD


def with_more_densities(profile: DecoderProfile) -> DecoderProfile:
    """The same, but with more densities."""
    return replace(profile, densities=max(profile.densities, _MORE_DENSITIES))


class PocketSphinxRecognizer:
    """Recognizes with the files of one model. Not safe for two callers at once."""

    def __init__(self, files: DecoderFiles, profile: DecoderProfile = STANDARD, *, is_narrow: bool = False) -> None:
        """Args: is_narrow: whether all that is to be recognized is telephone speech.

        Raises: EngineError: the library is missing (`EngineMissing`) or refuses the files (`ModelFilesDamaged`).
        """
        self._files, self._profile, self._is_narrow = files, profile, is_narrow
        self._calibration = _calibration(files.confidence)
        self._vocabularies: dict[tuple[str, ...], Vocabulary] = {}  # least recently used first
        self._decoder = self._built(files.language, files.lexicon)
        self._start_mean = self._decoder.get_cmn(False)

    def _built(self, language: Path, lexicon: Path) -> Any:
        """A decoder with this model's acoustics."""
        files = replace(self._files, language=language, lexicon=lexicon)
        return built(files, self._profile.settings(), is_narrow=self._is_narrow)

    def recognize(
        self, audio: Samples, *, alternatives: int = 1, phrases: PhraseList | None = None
    ) -> list[Hypothesis]:
        """Decode one utterance; what was heard before never changes the result.

        Values outside [-1, 1] are clipped and NaN is silence. Audio longer than LONGEST is decoded in pieces and then
        has one hypothesis only. Phrases that were used lately are ready, others take time first, 0.1 s for a hundred;
        they do so with empty audio, too. Phrases whose words cannot be pronounced are left out.

        Args: audio (T,) mono at SAMPLE_RATE_HZ; alternatives: how many hypotheses at most; phrases: see `phrases`.
        Returns: best first, at least one; no words and confidence 0 for audio without speech.
        Raises: EngineError: the library could not decode (`DecodingFailed`).
        """
        if audio.ndim != 1:
            raise EngineError(f"Audio must have one dimension, not {audio.ndim}.", code="DecodingFailed")
        pcm = pcm_of(audio)
        expected = self._expected(phrases)
        pieces = list(_pieces(pcm))
        if len(pieces) == 1:
            return self._decoded(pcm, alternatives, expected)
        words: list[Word] = []
        for start, piece in pieces:
            words += [word.shifted(start / SAMPLE_RATE_HZ) for word in self._decoded(piece, 1, expected)[0].words]
        return [_hypothesis(words)]

    def _expected(self, phrases: PhraseList | None) -> Expected | None:
        """The list with its vocabulary, made ready or kept from an earlier utterance."""
        if phrases is None or not phrases.weight or not phrases.phrases:
            return None
        own = self._vocabularies.pop(phrases.phrases, None) or vocabulary(phrases.phrases, self._decoder, self._guess)
        self._vocabularies[phrases.phrases] = own
        if len(self._vocabularies) > _VOCABULARIES:
            del self._vocabularies[next(iter(self._vocabularies))]
        return Expected(own, phrases.weight) if own.words else None

    def _guess(self, words: Sequence[str]) -> Mapping[str, tuple[Pronunciation, ...]]:
        """How new words are spoken. The model for it is read anew (0.03 s) and not kept (100 MB)."""
        try:
            return cached(self._files.spelling or self._files.lexicon, cache_folder()).pronounce(words, _GUESSES)
        except ValueError:  # no word of this lexicon has letters: nothing can be learned from it
            return {}

    def _decoded(self, pcm: PCM, alternatives: int, expected: Expected | None) -> list[Hypothesis]:
        if not pcm.any():  # digital silence has no spectrum to normalize
            return [_hypothesis([])]
        seconds = len(pcm) / SAMPLE_RATE_HZ
        try:
            self._listen(self._decoder, pcm)
            first = self._heard(self._decoder, seconds, alternatives, {})
            second = second_decoder(self._decoder, expected, self._built) if expected and first[0].words else None
            if second is None or expected is None:
                return first
            self._listen(second, pcm)
            found = {plain(segment.word) for segment in second.seg() or ()} & expected.own.words.keys()
            return self._heard(second, seconds, alternatives, expected.own.words) if found else first
        except (RuntimeError, ValueError, IndexError, MemoryError) as error:
            raise EngineError(f"PocketSphinx could not decode: {error}.", code="DecodingFailed") from error

    def _listen(self, decoder: Any, pcm: PCM) -> None:
        decoder.set_cmn(self._start_mean)
        listen(decoder, pcm)

    def _heard(self, decoder: Any, duration: float, alternatives: int, names: Mapping[str, str]) -> list[Hypothesis]:
        """What the decoder found in the utterance that it listened to last. `names`: words for its tokens."""
        best = _hypothesis(list(self._words(decoder, duration, names)))
        if not best.words or alternatives < 2:
            return [best]
        return [best, *_others(decoder, best, alternatives - 1, names)]

    def _words(self, decoder: Any, duration: float, names: Mapping[str, str]) -> Iterator[Word]:
        for segment in decoder.seg() or ():
            if not is_filler(segment.word):
                end = min((segment.end_frame + 1) * FRAME, duration)
                confidence = float(min(max(segment.prob, 0.0), 1.0))
                if self._calibration:
                    confidence = calibrate(confidence, self._calibration)
                text = _text(segment.word, names)
                yield from _apart(Word(text, segment.start_frame * FRAME, end, confidence))


def built(
    files: DecoderFiles, settings: Mapping[str, Any], *, is_narrow: bool = False, beside: Any | None = None
) -> Any:
    """The library's decoder with these files.

    Args: beside: a decoder of the same language model and settings. The two share it, 33 MB; it must be used by one of
        them at a time.
    Raises: EngineError (`EngineMissing`, `ModelFilesDamaged`).
    """
    try:
        from pocketsphinx import Decoder  # noqa: PLC0415  the heavy library, when it is first needed
    except ImportError as error:
        raise EngineError(
            f"The library is missing ({error}): pip install pocketsphinx.", code="EngineMissing"
        ) from error
    try:
        with heard_with(files.acoustic, is_narrow=is_narrow) as acoustic:
            language = None if beside else str(files.language)
            made = Decoder(hmm=str(acoustic), lm=language, dict=str(files.lexicon), loglevel="FATAL", **settings)
            if beside:
                made.add_lm(_SHARED, beside.get_lm())
                made.activate_search(_SHARED)
            return made
    except (RuntimeError, ValueError, MemoryError) as error:
        raise EngineError(
            f"PocketSphinx cannot load {files.language.name}, {files.lexicon.name} and the acoustic model; "
            "train the model again.",
            code="ModelFilesDamaged",
        ) from error


def _calibration(path: Path | None) -> Calibration | None:
    """Raises: EngineError (`ModelFilesDamaged`)."""
    try:
        return Calibration.read(path) if path else None
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The confidences cannot be read ({error}); train the model again.", code="ModelFilesDamaged"
        ) from error


def _text(token: str, names: Mapping[str, str]) -> str:
    """What a token of the decoder stands for."""
    word = plain(token)
    return names.get(word, word)


def _apart(word: Word) -> Iterator[Word]:
    """The words of a compound, each with its share of the time by its letters."""
    texts = parts(word.text)
    step = (word.end - word.start) / sum(map(len, texts))
    at = 0
    for text in texts:
        start, at = word.start + at * step, at + len(text)
        yield Word(text, start, word.start + at * step if text is not texts[-1] else word.end, word.confidence)


def _others(decoder: Any, best: Hypothesis, wanted: int, names: Mapping[str, str]) -> list[Hypothesis]:
    """Up to `wanted` other readings, the likeliest first. All of them and the best share one probability:

        share_i = P_i / sum_j P_j,  P = score^(1024 / ascale)

    The library gives a path's score as exp of its log value without the last ten bits; posteriors divide by `ascale`.
    """
    scores: dict[tuple[str, ...], float] = {tuple(word.text for word in best.words): 0.0}
    for path in islice(decoder.nbest() or (), wanted * _NBEST_LOOKED_AT):
        spoken = (word for word in (path.hypstr or "").split() if not is_filler(word))
        text = tuple(part for word in spoken for part in parts(_text(word, names)))
        if text:
            scores[text] = max(path.score, scores.get(text, 0.0))
        if len(scores) > wanted:
            break
    own, *others = scores.values()
    highest = max(scores.values())
    likely = np.array([own or highest, *others]) / (highest or 1.0)  # (1 + alternatives,), the best reading first
    shares = likely ** (2**_SCORE_BITS / decoder.config["ascale"])
    shares /= shares.sum() or 1.0
    found = [_alternative(best, text, float(share)) for text, share in zip(scores, shares, strict=True)][1:]
    return sorted(found, key=lambda other: -other.confidence)


def _hypothesis(words: list[Word]) -> Hypothesis:
    """Words with the utterance's confidence: the mean of the words', each weighted with its duration."""
    total = sum(word.end - word.start for word in words)
    if total <= 0:
        return Hypothesis(tuple(words), 0.0)
    return Hypothesis(tuple(words), sum(word.confidence * (word.end - word.start) for word in words) / total)


def _alternative(best: Hypothesis, text: tuple[str, ...], share: float) -> Hypothesis:
    """Another reading with the times of the best one, as confident as its share of the probability is.

    Words in common keep time and confidence. Where the readings differ, the other words share the stretch evenly and
    get that share of what the best reading leaves over there.
    """
    known = [word.text for word in best.words]
    words: list[Word] = []
    for tag, i, j, k, m in SequenceMatcher(None, known, text, autojunk=False).get_opcodes():
        if tag == "equal":
            words += best.words[i:j]
            continue
        replaced = best.words[i:j]
        start = replaced[0].start if replaced else (best.words[i - 1].end if i else 0.0)
        end = replaced[-1].end if replaced else (best.words[i].start if i < len(known) else start)
        left_over = share * (1.0 - (_hypothesis(list(replaced)).confidence if replaced else best.confidence))
        step = (max(end, start) - start) / max(m - k, 1)
        words += [Word(text[n], start + (n - k) * step, start + (n - k + 1) * step, left_over) for n in range(k, m)]
    return Hypothesis(tuple(words), best.confidence * share)


def _pieces(pcm: PCM) -> Iterator[tuple[int, PCM]]:
    """The audio in pieces of at most LONGEST, with where each starts, cut at the quietest 0.1 s near each limit."""
    start, longest = 0, int(LONGEST * SAMPLE_RATE_HZ)
    block = SAMPLE_RATE_HZ // 10
    while len(pcm) - start > longest:
        tail = pcm[start + longest - int(_CUT_SEARCH * SAMPLE_RATE_HZ) : start + longest].astype(np.float64)
        energy = np.square(tail.reshape(-1, block)).sum(axis=1)
        cut = start + longest - len(tail) + int(energy.argmin()) * block + block // 2
        yield start, pcm[start:cut]
        start = cut
    yield start, pcm[start:]
