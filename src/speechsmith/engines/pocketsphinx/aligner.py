"""Which senone of the model each frame of a transcribed utterance belongs to.

Theory. A transcript becomes a graph of triphone states that has every pronunciation of each word, and between words
nothing or one pause or noise. A phone's states depend on its neighbors, also across words; so the first and the last
phone of a word occur once for each context that the neighboring words can give, and a pause counts as silence:

    - word -+-----------+- word -+- ...      a copy of the last phone before each phone that may follow,
            +- silence -+        |           a copy of the first phone after each phone that may come before
            +-  noise  -+

The best path through it is at once the pronunciation, the pauses and the states. The decoder's own aligner is not
used: it fails where its beam or the windows of its first pass do not hold the path, and takes three times as long.

Features are the decoder's own, with its removal of noise: it writes the cepstra of what it hears to a folder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechsmith.asr.bandwidth import narrowed
from speechsmith.asr.hmm import StateGraph, TiedMixtures, streams, viterbi
from speechsmith.asr.hmm.model import Floats, Integers
from speechsmith.asr.lexicon import Pronunciation
from speechsmith.asr.types import Samples
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.hmm_files import AcousticModel
from speechsmith.engines.pocketsphinx.listening import listen, pcm_of
from speechsmith.engines.pocketsphinx.telephone import is_for_telephone

FRAMES_PER_SECOND = 100
_MOST_VARIANTS = 6  # pronunciations of a word that are tried
_LOG_SILENCE, _LOG_NOISE = np.log(0.005), np.log(1e-8)  # of a pause between words, as the decoder has them
_FIT_STEP, _FIT_MOST = 3, 3000  # of so many frames one is looked at for the fit, and at most so many
PAUSE = -1  # the word of a frame that belongs to none


class FrontEnd:
    """The decoder's own cepstra, from a folder of its own that the caller provides and removes."""

    def __init__(self, acoustic: Path, model: AcousticModel, folder: Path) -> None:
        """Raises: EngineError: the library is missing (`EngineMissing`) or refuses the files (`ModelFilesDamaged`)."""
        try:
            from pocketsphinx import Decoder  # noqa: PLC0415  the heavy library, when it is first needed
        except ImportError as error:
            raise EngineError(
                f"The library is missing ({error}): pip install pocketsphinx.", code="EngineMissing"
            ) from error
        self._length = model.mixtures.means.shape[3]
        self._is_for_telephone = is_for_telephone(acoustic)
        self._written = folder / "cepstra"
        self._written.mkdir(parents=True)
        lexicon = folder / "one.dict"
        phone = next(name for name in model.definition.phones if name not in model.fillers)
        lexicon.write_text(f"one {phone}\n", "utf-8")
        beams = {"beam": 0.1, "pbeam": 0.1, "wbeam": 0.1, "topn": 1}
        try:
            # It has to search for something: one word of one phone, and hardly for that.
            self._decoder = Decoder(
                hmm=str(acoustic), lm=None, dict=str(lexicon), mfclogdir=str(self._written), loglevel="FATAL", **beams
            )
            self._decoder.set_align_text("one")
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(
                f"PocketSphinx cannot load the acoustic model {acoustic.name}; install or train the model again.",
                code="ModelFilesDamaged",
            ) from error

    def cepstra(self, samples: Samples) -> Floats:
        """(T,) samples at 16 kHz -> (frames, D) float32, as for an utterance on its own. Raises: EngineError."""
        pcm = pcm_of(narrowed(samples) if self._is_for_telephone else samples)
        if not pcm.any():
            return np.zeros((0, self._length), np.float32)
        try:
            listen(self._decoder, pcm)
        except (RuntimeError, MemoryError) as error:
            raise EngineError(f"PocketSphinx could not read the sound: {error}.", code="DecodingFailed") from error
        (path,) = self._written.iterdir()
        written = np.fromfile(path, ">f4")[1:]  # the first four bytes are a count
        path.unlink()
        return written.reshape(-1, self._length).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """An aligned utterance of T frames.

    features: (T, F, D). senones: (T,). words: (T,) the number of the word that a frame belongs to, or PAUSE.
    fit: how much likelier the frames of words are in their states than in the best base phone's, as a log value per
    frame. It tells right from wrong transcripts whatever the voice and the channel. -inf without a word.
    """

    features: Floats
    senones: Integers
    words: Integers
    fit: float


def align(
    model: AcousticModel,
    mixtures: TiedMixtures,
    cepstra: Floats,
    words: Sequence[str],
    lexicon: Mapping[str, Sequence[Pronunciation]],
) -> Alignment:
    """Align the words to the sound with the densities of `mixtures`.

    Args: cepstra (T, D), of the whole utterance.
    Raises: AlignmentError: there is less sound than the words need; KeyError: a word or phone is not known.
    """
    features = streams(cepstra)
    graph, word_of = transcript_graph(model, words, lexicon)
    path = viterbi(graph, len(features), lambda start, stop, some: mixtures.score(features[start:stop], some))
    senones, numbers = graph.senones[path.states], word_of[path.states]
    spoken = np.flatnonzero(numbers != PAUSE)
    spoken = spoken[:: max(_FIT_STEP, len(spoken) // _FIT_MOST)]
    return Alignment(features, senones, numbers, _fit(model, mixtures, features[spoken], senones[spoken]))


def _fit(model: AcousticModel, mixtures: TiedMixtures, features: Floats, senones: Integers) -> float:
    if not len(senones):
        return -np.inf
    definition = model.definition
    any_phone = np.unique(definition.sequences[definition.base_sequence])
    best = mixtures.score(features, any_phone).max(axis=1)
    return float((mixtures.score_path(features, senones) - best).mean(dtype=np.float64))


def transcript_graph(
    model: AcousticModel, words: Sequence[str], lexicon: Mapping[str, Sequence[Pronunciation]]
) -> tuple[StateGraph, Integers]:
    """The states of a transcript, and (S,) the word number of each, or PAUSE.

    Raises: KeyError: a word is not in the lexicon, or one of its phones not in the model.
    """
    number = {name: n for n, name in enumerate(model.definition.phones)}
    ways = [[tuple(number[phone] for phone in way) for way in list(lexicon[word])[:_MOST_VARIANTS]] for word in words]
    builder = _GraphBuilder(model, [number[name] for name in model.fillers])
    for n, variants in enumerate(ways):
        builder.add_word(n, variants, {way[0] for way in ways[n + 1]} if n + 1 < len(ways) else set())
    return builder.finished()


class _GraphBuilder:
    """Adds words in their order, so that each state comes after all its predecessors."""

    def __init__(self, model: AcousticModel, fillers: list[int]) -> None:
        self._model, self._fillers, self._silence = model, fillers, fillers[0]
        self._senones: list[int] = []
        self._words: list[int] = []
        self._initial: list[float] = []
        self._arcs: list[list[tuple[int, float]]] = []  # of each state: state before, log probability
        self._leaving: list[float] = []  # log probability of moving on
        self._ends: dict[tuple[int, int], list[int]] = {}  # (last phone, phone that must follow) -> last states

    def add_word(self, word: int, ways: Sequence[tuple[int, ...]], following: set[int]) -> None:
        """Args: ways: its pronunciations in base phones; following: first phones of what may come next."""
        pauses = self._add_pauses(first=word == 0)
        initial = 0.0 if word == 0 else -np.inf  # the sound may start with the word, as if after silence
        ends: dict[tuple[int, int], list[int]] = {}
        for way in ways:
            before: dict[int, list[int]] = {self._silence: list(pauses)}  # phone before -> last states
            for (last, needed), states in self._ends.items():
                if needed == way[0]:
                    before.setdefault(last, []).extend(states)
            for right in sorted(following | {self._silence}) if len(way) == 1 else (way[1],):
                position = "single" if len(way) == 1 else "begin"
                for left, states in before.items():
                    start = initial if left == self._silence else -np.inf
                    senones = self._model.definition.states(way[0], left, right, position)
                    last = self._add_phone(way[0], senones, word, [(s, 0.0) for s in states], start)
                    ends.setdefault((way[0], right), []).append(last)
            if len(way) > 1:
                self._add_rest(word, way, following, ends, ends.pop((way[0], way[1])))
        self._ends = ends

    def _add_rest(
        self,
        word: int,
        way: tuple[int, ...],
        following: set[int],
        ends: dict[tuple[int, int], list[int]],
        begun: list[int],
    ) -> None:
        """The phones of a pronunciation after the first; `begun` are the last states of the copies of that."""
        for left, phone, right in zip(way, way[1:-1], way[2:], strict=False):
            senones = self._model.definition.states(phone, left, right, "internal")
            begun = [self._add_phone(phone, senones, word, [(s, 0.0) for s in begun])]
        for right in sorted(following | {self._silence}):
            senones = self._model.definition.states(way[-1], way[-2], right, "end")
            last = self._add_phone(way[-1], senones, word, [(s, 0.0) for s in begun])
            ends.setdefault((way[-1], right), []).append(last)

    def _add_pauses(self, *, first: bool) -> list[int]:
        """Add silence and noises after the words so far, and give their last states."""
        before = [state for (_, needed), states in self._ends.items() if needed == self._silence for state in states]
        last = []
        for filler in self._fillers:
            cost = _LOG_SILENCE if filler == self._silence else _LOG_NOISE
            definition = self._model.definition
            senones = definition.sequences[definition.base_sequence[filler]]
            last.append(
                self._add_phone(filler, senones, PAUSE, [(s, cost) for s in before], cost if first else -np.inf)
            )
        return last

    def _add_phone(
        self,
        phone: int,
        senones: Integers,
        word: int,
        before: Sequence[tuple[int, float]],
        initial: float = -np.inf,
    ) -> int:
        """Add the states of a phone and give the last. Args: before: states that lead to it, with their cost."""
        moves = self._model.log_transitions[self._model.definition.matrix_of[phone]]  # (N, N + 1)
        for n, senone in enumerate(senones):
            state = len(self._senones)
            earlier = before if n == 0 else [(state - 1, 0.0)]
            self._arcs.append([(state, float(moves[n, n])), *((s, self._leaving[s] + cost) for s, cost in earlier)])
            self._senones.append(int(senone))
            self._words.append(word)
            self._initial.append(initial if n == 0 else -np.inf)
            self._leaving.append(float(moves[n, n + 1]))
        return len(self._senones) - 1

    def finished(self) -> tuple[StateGraph, Integers]:
        """The graph, which ends after the last word or a pause after it, and the word of each state."""
        ends = [state for (_, needed), states in self._ends.items() if needed == self._silence for state in states]
        ends += self._add_pauses(first=not self._ends)
        states, width = len(self._senones), max(len(arcs) for arcs in self._arcs)
        predecessors = np.full((states, width), states, np.int32)
        log_arcs = np.full((states, width), -np.inf)
        for state, arcs in enumerate(self._arcs):
            predecessors[state, : len(arcs)] = [before for before, _ in arcs]
            log_arcs[state, : len(arcs)] = [log_arc for _, log_arc in arcs]
        log_final = np.full(states, -np.inf)
        log_final[ends] = 0.0
        graph = StateGraph(np.array(self._senones), np.array(self._initial), log_final, predecessors, log_arcs)
        return graph, np.array(self._words, np.int32)
