"""Acoustic adaptation by the programs of sphinxtrain, as its manual has it, on a model of PocketSphinx.

    bw, mllr_solve, mllr_transform       statistics, one linear map of all means, and the means that it moves
    bw, map_adapt, mk_s2sendump          statistics under these, MAP of means, variances and weights, and the decoder's
                                         form of the weights

The programs need what PocketSphinx's wheel does not bring: contexts as text, mixture weights as floats, cepstra in
files, and transcripts with pauses. Contexts and weights are written from the model as Speechsmith reads it; cepstra
come from the decoder itself. Pauses are where Speechsmith's own aligner finds them: PocketSphinx's did not reach the
end of ten of twelve strings of digits, and without pauses bw found no path through five of six. Of the pronunciations
of a word bw is given the first.
"""

import itertools
import os
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import Skipped
from speechsmith.asr import audio
from speechsmith.asr.hmm import AlignmentError
from speechsmith.asr.hmm.model import Floats
from speechsmith.asr.lexicon import Lexicon
from speechsmith.engines.pocketsphinx.aligner import PAUSE, FrontEnd, align
from speechsmith.engines.pocketsphinx.hmm_files import AcousticModel, read_model

VARIABLE = "SPEECHSMITH_SPHINXTRAIN"
FOLDERS = ("/usr/lib/sphinxtrain", "/usr/libexec/sphinxtrain", "/usr/local/libexec/sphinxtrain")
PROGRAMS = ("bw", "mllr_solve", "mllr_transform", "map_adapt", "mk_s2sendump")
POSITIONS = {"begin": "b", "end": "e", "internal": "i", "single": "s"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A canonical file, and its words in lexical form."""

    wav: Path
    words: tuple[str, ...]


def programs() -> Path:
    """The folder of the programs. Raises: Skipped when they are not installed."""
    for folder in map(Path, filter(None, (os.environ.get(VARIABLE), *FOLDERS))):
        if all((folder / name).is_file() for name in PROGRAMS):
            return folder
    raise Skipped(
        f"sphinxtrain was not found; on Debian: apt-get install sphinxtrain; or name its folder by {VARIABLE}"
    )


def prepare(acoustic: Path, spoken: Sequence[Spoken], lexicon: Path, scratch: Path) -> None:
    """Write all that the programs read into `scratch`, a new folder: contexts, weights, words, transcripts, cepstra.

    What has words that the lexicon lacks is left out. Raises: EngineError.
    """
    model = read_model(acoustic)
    scratch.mkdir()
    with (scratch / "mdef.txt").open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in definition(model))
    _write_weights(model, scratch / "mixture_weights")
    shutil.copyfile(acoustic / "noisedict", scratch / "pauses.dict")
    _write_speech(model, spoken, lexicon, scratch)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Whether a linear map of the means comes before MAP, and the tau of MAP; None has sphinxtrain estimate it."""

    maps_means: bool = True
    tau: float | None = None


def adapt(acoustic: Path, scratch: Path, out: Path, recipe: Recipe) -> str:
    """Run the programs on what is prepared, and write the folder of the adapted model; what they said is returned.

    Raises: Skipped: they are not installed. RuntimeError: one of them failed.
    """
    tools = _Tools(programs(), scratch, acoustic)
    means = acoustic / "means"
    tools.count(means)
    if recipe.maps_means:
        tools("mllr_solve", *tools.gaussians(means), "-outmllrfn", "mllr", "-accumdir", "counts")
        moved = ("-inmeanfn", means, "-outmeanfn", "moved", "-mllrmat", "mllr")
        tools("mllr_transform", *moved, "-varfn", acoustic / "variances")
        means = scratch / "moved"
        tools.count(means)
    out.mkdir()
    for name in ("mdef", "feat.params", "noisedict", "transition_matrices"):
        shutil.copyfile(acoustic / name, out / name)
    prior = (*tools.definition, *tools.gaussians(means), *tools.chances, "-accumdir", "counts")
    tau = () if recipe.tau is None else ("-fixedtau", "yes", "-tau", recipe.tau)
    made = ("-mapmeanfn", out / "means", "-mapvarfn", out / "variances", "-mapmixwfn", "mapped", "-maptmatfn", "unused")
    tools("map_adapt", *prior, *tau, *made)
    weights = ("-mixwfn", "mapped", "-sendumpfn", out / "sendump")
    tools("mk_s2sendump", "-pocketsphinx", "yes", "-moddeffn", "mdef.txt", *weights)
    return tools.log.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class _Tools:
    """Runs the programs in the folder where their inputs are."""

    folder: Path
    scratch: Path
    acoustic: Path

    definition = ("-moddeffn", "mdef.txt", "-ts2cbfn", ".ptm.")

    @property
    def chances(self) -> tuple[object, ...]:
        """Weights and transitions of the model that is adapted."""
        return "-mixwfn", "mixture_weights", "-tmatfn", self.acoustic / "transition_matrices"

    @property
    def log(self) -> Path:
        return self.scratch / "programs.log"

    def gaussians(self, means: Path) -> tuple[object, ...]:
        """These means, with the variances of the model that is adapted."""
        return "-meanfn", means, "-varfn", self.acoustic / "variances"

    def count(self, means: Path) -> None:
        """Forward and backward over all utterances, into `counts`."""
        shutil.rmtree(self.scratch / "counts", ignore_errors=True)
        (self.scratch / "counts").mkdir()
        files = ("-ctlfn", "utterances", "-lsnfn", "transcripts", "-dictfn", "words.dict", "-fdictfn", "pauses.dict")
        features = ("-feat", "1s_c_d_dd", "-svspec", "0-12/13-25/26-38", "-cmn", "batch", "-agc", "none")
        passes = ("-cepdir", ".", "-cepext", "mfc", "-accumdir", "counts", "-2passvar", "no", "-timing", "no")
        self("bw", *self.definition, *self.gaussians(means), *self.chances, *files, *features, *passes)

    def __call__(self, program: str, *arguments: object) -> None:
        command = [str(self.folder / program), *map(str, arguments)]
        with self.log.open("ab") as log:
            done = subprocess.run(command, cwd=self.scratch, stdout=log, stderr=log, check=False)
        if done.returncode:
            said = self.log.read_text(encoding="utf-8", errors="replace")[-1000:]
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")


def _write_speech(model: AcousticModel, spoken: Sequence[Spoken], lexicon: Path, scratch: Path) -> None:
    ways = Lexicon.read(lexicon)
    known = [one for one in spoken if all(word in ways for word in one.words)]
    words = sorted({word for one in known for word in one.words})
    (scratch / "words.dict").write_text("".join(f"{word} {' '.join(ways[word][0])}\n" for word in words), "utf-8")
    front_end = FrontEnd(model.folder, model, scratch / "front")
    with (scratch / "utterances").open("w") as names, (scratch / "transcripts").open("w", encoding="utf-8") as texts:
        for number, one in enumerate(known):
            cepstra = front_end.cepstra(audio.read(one.wav))
            (scratch / f"{number}.mfc").write_bytes(struct.pack(">i", cepstra.size) + cepstra.astype(">f4").tobytes())
            names.write(f"{number}\n")
            texts.write(f"<s> {' '.join(_with_pauses(model, cepstra, one.words, ways))} </s> ({number})\n")


def _with_pauses(model: AcousticModel, cepstra: Floats, words: Sequence[str], ways: Lexicon) -> list[str]:
    """The words and the pauses between them: the programs know no pause that is not written down."""
    try:
        at = align(model, model.mixtures, cepstra, words, ways).words
    except AlignmentError:
        return list(words)
    pauses = {int(word) for word, after in itertools.pairwise(at) if word != PAUSE and after == PAUSE}
    pauses.discard(len(words) - 1)  # there comes the silence that ends every transcript
    return [f"{word} <sil>" if number in pauses else word for number, word in enumerate(words)]


def definition(model: AcousticModel) -> Iterator[str]:
    """The lines of a model definition as text: each phone, and each phone in each context where its states differ."""
    contexts, fillers = model.definition, model.fillers
    phones, sequences = contexts.phones, contexts.sequences
    base = sequences[contexts.base_sequence]  # (C, N)
    ends = [f"{matrix} {_states(states)}" for matrix, states in zip(contexts.matrix_of, base, strict=True)]
    kinds = ["filler" if name in fillers else "n/a" for name in phones]
    alone = [f"{name} - - - {kind} {end}" for name, kind, end in zip(phones, kinds, ends, strict=True)]
    spoken = [number for number, name in enumerate(phones) if name not in fillers]
    around = [*spoken, phones.index(fillers[0])]
    between = []
    for phone, left, right, (position, letter) in itertools.product(spoken, around, around, POSITIONS.items()):
        states = contexts.states(phone, left, right, position)
        if not np.array_equal(states, base[phone]):
            names = f"{phones[phone]} {phones[left]} {phones[right]}"
            between.append(f"{names} {letter} n/a {contexts.matrix_of[phone]} {_states(states)}")
    yield "0.3"
    yield f"{len(alone)} n_base"
    yield f"{len(between)} n_tri"
    yield f"{(len(alone) + len(between)) * (base.shape[1] + 1)} n_state_map"
    yield f"{len(model.mixtures.codebook_of)} n_tied_state"
    yield f"{len(np.unique(base))} n_tied_ci_state"
    yield f"{len(phones)} n_tied_tmat"
    yield "# base left right position attribute matrix states"
    yield from alone
    yield from between


def _states(senones: Iterable[int]) -> str:
    """The states of a phone and the one after them, which says nothing."""
    return f"{' '.join(map(str, senones))} N"


def _write_weights(model: AcousticModel, path: Path) -> None:
    """(S, F, K) weights as floats, in the format of the models' other files, without a checksum."""
    weights = model.mixtures.weights
    head = struct.pack("<5I", 0x11223344, *weights.shape, weights.size)
    path.write_bytes(b"s3\nversion 1.0\nendhdr\n" + head + weights.astype("<f4").tobytes())
